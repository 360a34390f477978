"""The worked examples, exported with the real rooms."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from archbook.design.loading import load, read
from archbook.errors import Conflict
from archbook.evidence import found, keep
from archbook.export import export

DESIGNS = Path(__file__).resolve().parent.parent / "data" / "designs"


@pytest.fixture(scope="module")
def ecommerce(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "out"
    export(load(DESIGNS / "ecommerce"), folder)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["ecommerce", "minimal", "first_draft"])
def test_every_picture_of_a_design_is_drawn(name: str, tmp_path: Path) -> None:
    export(load(DESIGNS / name), tmp_path, ["md"])
    assert "could not be drawn" not in (tmp_path / f"{name}.md").read_text(encoding="utf-8")


def test_a_design_gives_the_same_bytes_in_another_process(ecommerce: Path, tmp_path: Path) -> None:
    imports = "from archbook.design.loading import load; from archbook.export import export; "
    code = f"{imports}export(load({str(DESIGNS / 'ecommerce')!r}), 'out')"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, env={**os.environ, "PYTHONHASHSEED": "4711"})
    assert tree(tmp_path / "out") == tree(ecommerce)


def test_the_page_takes_nothing_from_outside(ecommerce: Path) -> None:
    page = (ecommerce / "ecommerce.html").read_text(encoding="utf-8")
    assert not re.search(r"<script|\son\w+=|<link|<img|<iframe|xmlns", page)
    assert set(re.findall(r"""(?:href|src)=["']?([^"'\s>]*)""", page)) == set(re.findall(r'href="(#[^"]*)"', page))
    assert not re.search(r"url\((?!#)", page)
    ids = re.findall(r'\sid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', page)) | set(re.findall(r"url\(#([^)]*)\)", page)) <= set(ids)


def test_every_service_store_endpoint_and_decision_is_in_the_document(ecommerce: Path) -> None:
    design = load(DESIGNS / "ecommerce")
    page = (ecommerce / "ecommerce.html").read_text(encoding="utf-8").replace("<wbr>", "").replace("&#x27;", "'")
    wanted = [*design.services, *design.stores, *design.events, *(e.name for e in design.api.endpoints)]
    wanted += [decision.title for decision in design.decisions]
    assert [name for name in wanted if name not in page] == []


def test_no_number_is_printed_bare_or_infinite(ecommerce: Path) -> None:
    text = (ecommerce / "ecommerce.md").read_text(encoding="utf-8")
    assert not re.search(r"\b(inf|nan|None(?! of)|True|False)\b", text)
    assert not re.search(r"\d\.\d{5,}|\de[-+]\d", text)


def test_evidence_of_the_folder_is_shown_and_goes_stale(tmp_path: Path) -> None:
    shutil.copytree(DESIGNS / "minimal", tmp_path / "design")
    design = load(tmp_path / "design")
    name = next(iter(design.services))
    entry = found(
        design, id="e", claim="It answers in time", value=0.0124, unit="s", how="simulation", about=f"services.{name}"
    )
    keep(tmp_path / "design", [entry])
    export(load(tmp_path / "design"), tmp_path / "out", ["md"])
    fresh = (tmp_path / "out" / "minimal.md").read_text(encoding="utf-8")
    assert "| It answers in time | 12.4 ms | simulated |" in fresh
    assert "STALE" not in fresh
    export(design.changed({("services", name, "instances"): 99}), tmp_path / "out", ["md"])
    assert "STALE" in (tmp_path / "out" / "minimal.md").read_text(encoding="utf-8")


def test_an_edited_document_is_not_overwritten(tmp_path: Path) -> None:
    design = load(DESIGNS / "minimal")
    export(design, tmp_path)
    (tmp_path / "minimal.md").write_text("my own words", encoding="utf-8")
    with pytest.raises(Conflict, match=r"`minimal.md` was edited since it was exported"):
        export(design, tmp_path)
    assert (tmp_path / "minimal.md").read_text(encoding="utf-8") == "my own words"


def test_names_that_differ_in_case_only_get_files_of_their_own(tmp_path: Path) -> None:
    text = (
        "archbook: 1\nname: twins\nservices: {a: {service_time: {mean: 1ms}}}\n"
        "api: {endpoints: [{name: GET /x, service: a}]}\n"
        "traffic: {daily_active_users: 10, journeys: {Buy: {share: 0.5, steps: [GET /x]},\n"
        "  buy: {share: 0.5, steps: [GET /x]}}}\n"
    )
    written = [path.relative_to(tmp_path).as_posix().lower() for path in export(read(text), tmp_path, ["md"])]
    assert len(written) == len(set(written))
    assert {"figures/journey-buy.svg", "figures/journey-buy-2.svg"} <= set(written)


def test_a_large_design_is_exported(tmp_path: Path) -> None:
    from tests.generated import big_design_yaml

    export(read(big_design_yaml(services=200, calls=1000, endpoints=400)), tmp_path)
    text = (tmp_path / "big.md").read_text(encoding="utf-8")
    assert "could not be drawn" not in text
    assert "service-199" in text


def test_the_document_says_which_items_of_the_checklist_are_earned(ecommerce: Path) -> None:
    text = (ecommerce / "ecommerce.md").read_text(encoding="utf-8")
    assert "**Queries use indexes: met**: On PostgreSQL" in text
    assert "**Pools sized: not measured**" in text

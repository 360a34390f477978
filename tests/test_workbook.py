"""Where the workbook is, and which design it is on."""

from __future__ import annotations

from pathlib import Path

import pytest

from archbook import workbook
from archbook.errors import ArchbookError, UnknownName


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the package installed elsewhere and no checkout around."""
    package = tmp_path / "site-packages" / "archbook"
    for name, text in {
        "notebooks/00_start_here.ipynb": "{}",
        "data/designs/minimal/design.yaml": "name: minimal",
    }.items():
        file = package / "workbook" / name
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(workbook, "_HERE", package)
    return here


def test_a_checkout_is_the_workbook_itself() -> None:
    assert workbook.writable_root() == Path(__file__).resolve().parent.parent
    assert {"ecommerce", "first_draft", "minimal"} <= set(workbook.designs())


def test_an_installed_workbook_is_copied_once_and_edits_are_kept(installed: Path) -> None:
    copy = workbook.writable_root()
    assert copy == installed / "archbook-workbook"
    page = copy / workbook.START
    page.write_text("edited", encoding="utf-8")
    assert workbook.writable_root() == copy
    assert page.read_text(encoding="utf-8") == "edited"
    assert workbook.designs() == {"minimal": copy / "data" / "designs" / "minimal"}


def test_without_notebooks_and_designs_there_is_no_workbook(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_HERE", installed / "nowhere" / "deep")
    with pytest.raises(ArchbookError, match="install archbook again"):
        workbook.root()


def test_a_design_is_a_folder_its_file_or_a_shipped_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "design.yaml").write_text("", encoding="utf-8")
    assert workbook.find_design(mine) == mine
    assert workbook.find_design(mine / "design.yaml") == mine / "design.yaml"
    assert workbook.find_design("ecommerce") == workbook.designs()["ecommerce"]
    monkeypatch.chdir(mine)
    assert workbook.find_design() == Path()


def test_what_is_no_design_is_answered_with_the_nearest_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "design.yaml").write_text("", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownName, match="did you mean `ecommerce`"):
        workbook.find_design("ecomerce")
    with pytest.raises(UnknownName, match="did you mean `orders`"):
        workbook.find_design("order")
    with pytest.raises(ArchbookError, match="`archbook new empty` makes one"):
        workbook.find_design("empty")
    with pytest.raises(ArchbookError, match="name a design: a folder, or `ecommerce`"):
        workbook.find_design()

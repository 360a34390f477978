"""A new design folder loads, checks clean and overwrites nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from archbook.design.creating import new
from archbook.design.loading import load
from archbook.design.schema import json_schema
from archbook.design.yaml_safe import read_yaml
from archbook.errors import Conflict, DesignError
from archbook.review import review


def test_a_new_design_loads_with_its_name_and_tables(tmp_path: Path) -> None:
    folder = new(tmp_path / "designs" / "web-shop", "web-shop")
    design = load(folder)
    assert folder == tmp_path / "designs" / "web-shop"
    assert design.name == "web-shop"
    assert "CREATE TABLE items" in (design.ddl("items-db") or "")
    assert all(decision.why for decision in design.decisions)
    assert sum(line.lstrip().startswith("#") for line in (folder / "design.yaml").read_text().splitlines()) >= 6


def test_a_new_design_is_what_the_schema_describes(tmp_path: Path) -> None:
    import jsonschema

    folder = new(tmp_path / "shop", "shop")
    jsonschema.validate(read_yaml((folder / "design.yaml").read_bytes(), "design.yaml").data, json_schema())


def test_the_review_of_a_new_design_asks_only_for_what_its_author_must_find_out(tmp_path: Path) -> None:
    report = review(load(new(tmp_path, "shop")))
    assert {finding.rule for finding in report.findings} == {"restore-never-tried", "secrets-have-no-place"}


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    assert load(new(tmp_path, "shop")).name == "shop"


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(Conflict, match="is there already and not empty; choose another"):
        new(tmp_path, "shop")
    with pytest.raises(Conflict, match="is there already"):
        new(tmp_path / "notes.txt", "shop")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Conflict, match="is there already"):
        new(tmp_path / "link", "shop")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "notes.txt"]


@pytest.mark.parametrize(
    "name", ["", "my shop", "../shop", "a/b", "1shop", ".hidden", "con", "NUL", "a" * 64, "a\nb", "a: b", "é"]
)
def test_a_bad_name_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(DesignError) as caught:
        new(tmp_path / "x", name)
    assert "cannot be the name of a design; begin with a letter" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Conflict, match="cannot be made"):
        new(tmp_path / "file" / "shop", "shop")

"""Saving keeps what the author wrote: comments, order, quotation marks, line ends."""

# ruff: noqa: E501  (tables of samples, one a line)
from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbook.design.edits import edited
from archbook.design.loading import load, read
from archbook.design.saving import save
from archbook.design.yaml_safe import read_yaml
from archbook.errors import Conflict, DesignError

TEXT = """\
# The shop
archbook: 1
name: shop        # for files
title: 'The "shop"'
why: >-
  A long reason
  in two lines

traffic:
  daily_active_users: 200k   # counted
  # growth: 20
services:
  a: {instances: 4, service_time: {mean: 12ms}}   # the first
  b:
    instances: 2   # two
    # why two: a spare

    slo: {p95: "200ms"}
  c: {}
  d:
    does: nothing
stores: {db: {engine: postgresql}}
calls:
  - {from: a, to: b, on: []}
  - from: b   # dashes
    to: db
decisions:
- id: 1
  title: One
  why: |
    Because
    it is so
# end
"""


def folder_with(folder: Path, content: bytes | str) -> Path:
    (folder / "design.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def difference(new: str, old: str = TEXT) -> tuple[list[str], list[str]]:
    """Lines taken out and lines put in."""
    before, after = old.splitlines(), new.splitlines()
    return [line for line in before if line not in after], [line for line in after if line not in before]


CHANGES: list[tuple[dict[tuple[Any, ...], Any], list[str], list[str]]] = [
    ({("services", "a", "instances"): 6},
     ["  a: {instances: 4, service_time: {mean: 12ms}}   # the first"],
     ["  a: {instances: 6, service_time: {mean: 12ms}}   # the first"]),
    ({("services", "a", "service_time", "mean"): "15ms", ("services", "b", "instances"): 3},
     ["  a: {instances: 4, service_time: {mean: 12ms}}   # the first", "    instances: 2   # two"],
     ["  a: {instances: 4, service_time: {mean: 15ms}}   # the first", "    instances: 3   # two"]),
    ({("services", "b", "slo", "p95"): "150ms"},
     ['    slo: {p95: "200ms"}'], ['    slo: {p95: "150ms"}']),
    ({("title",): 'It\'s the "shop"'}, ["title: 'The \"shop\"'"], ["title: 'It''s the \"shop\"'"]),
    ({("title",): "two\nlines"}, ["title: 'The \"shop\"'"], ['title: "two\\nlines"']),
    ({("name",): "store"}, ["name: shop        # for files"], ["name: store        # for files"]),
    ({("services", "c", "instances"): 2}, ["  c: {}"], ["  c: {instances: 2}"]),
    ({("services", "a", "concurrency"): 8},
     ["  a: {instances: 4, service_time: {mean: 12ms}}   # the first"],
     ["  a: {instances: 4, service_time: {mean: 12ms}, concurrency: 8}   # the first"]),
    ({("services", "d", "service_time", "mean"): "3ms"}, [], ["    service_time:", "      mean: 3ms"]),
    ({("services", "d", "service_time", "mean"): "3ms", ("services", "d", "service_time", "scv"): 2},
     [], ["    service_time:", "      mean: 3ms", "      scv: 2"]),
    ({("traffic", "growth"): {"low": 5, "likely": 10, "high": 20}},
     [], ["  growth:", "    low: 5", "    likely: 10", "    high: 20"]),
    ({("calls", 0, "retries"): 1, ("calls", 1, "retries"): 2},
     ["  - {from: a, to: b, on: []}"], ["  - {from: a, to: b, on: [], retries: 1}", "    retries: 2"]),
    ({("calls", 2): {"from": "a", "to": "db", "on": ["e"]}, ("events", "e"): {"from": "a"}},
     [], ["  - from: a", "    on:", "    - e", "events:", "  e:", "    from: a"]),
    ({("decisions", 1): {"id": 2, "title": "NO: not yet", "why": "One\nTwo"}},
     [], ["- id: 2", "  title: 'NO: not yet'", "  why: |-", "    One", "    Two"]),
    ({("why",): "A short reason"}, ["  A long reason", "  in two lines"], ["  A short reason"]),
    ({("why",): "One.\n\nTwo."}, ["  A long reason", "  in two lines"], ["  One.", "  Two."]),
    ({("decisions", 0, "why"): "New\nreason\n"}, ["    Because", "    it is so"], ["    New", "    reason"]),
    ({("why",): "ends with space "}, ["why: >-", "  A long reason", "  in two lines"], ['why: "ends with space "']),
    ({("services", "b", "slo"): None}, ['    slo: {p95: "200ms"}'], []),
    ({("services", "a", "service_time"): None},
     ["  a: {instances: 4, service_time: {mean: 12ms}}   # the first"], ["  a: {instances: 4}   # the first"]),
    ({("services", "a", "instances"): None},
     ["  a: {instances: 4, service_time: {mean: 12ms}}   # the first"],
     ["  a: {service_time: {mean: 12ms}}   # the first"]),
    ({("services", "a", "queue"): None}, [], []),
    ({("traffic", "daily_active_users"): 0.25 + 1e5},
     ["  daily_active_users: 200k   # counted"], ["  daily_active_users: 100000.25   # counted"]),
    ({("traffic", "daily_active_users"): 3e5},
     ["  daily_active_users: 200k   # counted"], ["  daily_active_users: 300000   # counted"]),
    ({("services", "d", "does"): None}, ["  d:", "    does: nothing"], ["  d: {}"]),
    ({("services", "b"): {"instances": 2, "slo": {"p95": "1s"}, "does": "x"}},
     ['    slo: {p95: "200ms"}'], ['    slo: {p95: "1s"}', "    does: x"]),
    ({("calls",): [{"from": "d", "to": "db", "does": "asks: often"}]},
     ["  - {from: a, to: b, on: []}", "  - from: b   # dashes", "    to: db"],
     ["  - {from: d, to: db, does: 'asks: often'}"]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "out", "put_in"), CHANGES, ids=[str(list(c))[:50] for c, _, _ in CHANGES])
def test_only_the_lines_of_the_change_are_touched(
    tmp_path: Path, changes: dict[tuple[Any, ...], Any], out: list[str], put_in: list[str]
) -> None:
    save(load(folder_with(tmp_path, TEXT)), changes)
    assert difference((tmp_path / "design.yaml").read_text()) == (out, put_in)


@pytest.mark.parametrize("changes", [c for c, _, _ in CHANGES], ids=[str(list(c))[:50] for c, _, _ in CHANGES])
def test_an_undone_save_leaves_the_design_as_it_was(tmp_path: Path, changes: dict[tuple[Any, ...], Any]) -> None:
    before = load(folder_with(tmp_path, TEXT))
    saved = save(before, changes)
    assert save(saved.design, saved.undo).design.model_dump() == before.model_dump()


@pytest.mark.parametrize(
    "changes",
    [
        {("services", "a", "instances"): 6, ("services", "c", "instances"): 2, ("traffic", "growth"): 20},
        {("services", "d", "service_time", "mean"): "3ms", ("services", "d", "service_time", "scv"): 2},
        {("calls", 2): {"from": "a", "to": "db"}},
    ],
)
def test_undoing_what_a_panel_saves_gives_the_old_bytes(tmp_path: Path, changes: dict[tuple[Any, ...], Any]) -> None:
    saved = save(load(folder_with(tmp_path, TEXT)), changes)
    save(saved.design, saved.undo)
    assert (tmp_path / "design.yaml").read_bytes() == TEXT.encode()


def test_structural_changes_keep_every_comment(tmp_path: Path) -> None:
    changes = {("services", "d"): {"instances": 9}, ("calls", 0): None, ("stores", "db"): {"engine": "mysql"}}
    design = save(load(folder_with(tmp_path, TEXT)), changes).design
    assert (design.services["d"].instances, len(design.calls), design.stores["db"].engine) == (9, 1, "mysql")
    text = (tmp_path / "design.yaml").read_text()
    assert [line for line in TEXT.splitlines() if "#" in line and line.partition("#")[2] not in text] == []


@pytest.mark.parametrize(
    ("newline", "end", "mark"), [("\r\n", "", b""), ("\r\n", "\r\n", b"\xef\xbb\xbf"), ("\n", "", b"")]
)
def test_line_ends_the_last_line_and_the_mark_stay(tmp_path: Path, newline: str, end: str, mark: bytes) -> None:
    content = mark + (TEXT.rstrip("\n").replace("\n", newline) + end).encode()
    changes = {("services", "a", "instances"): 6, ("traffic", "growth"): 5, ("calls", 0): None, ("why",): "a\nb"}
    save(load(folder_with(tmp_path, content)), changes)
    new = (tmp_path / "design.yaml").read_bytes()
    assert new.startswith(mark + b"# The shop" + newline.encode())
    assert new.endswith(b"# end" + end.encode())
    assert new.count(b"\n") == new.count(newline.encode())
    assert b"\r\r" not in new


def test_a_key_is_added_after_a_last_line_without_an_end(tmp_path: Path) -> None:
    save(
        load(folder_with(tmp_path, TEXT.removesuffix("# end\n").rstrip("\n"))), {("title",): None, ("currency",): "EUR"}
    )
    assert (tmp_path / "design.yaml").read_text().endswith("    it is so\ncurrency: EUR")


def test_a_file_that_has_changed_is_not_overwritten(tmp_path: Path) -> None:
    design = load(folder_with(tmp_path, TEXT))
    folder_with(tmp_path, TEXT + "# mine\n")
    with pytest.raises(Conflict, match=r"design\.yaml: has changed since it was loaded; load it again"):
        save(design, {("services", "a", "instances"): 6})
    assert (tmp_path / "design.yaml").read_text() == TEXT + "# mine\n"


def test_a_file_that_is_gone_is_a_conflict(tmp_path: Path) -> None:
    design = load(folder_with(tmp_path, TEXT))
    (tmp_path / "design.yaml").unlink()
    with pytest.raises(Conflict, match="cannot be read"):
        save(design, {("services", "a", "instances"): 6})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({("services", "a", "instances"): 0}, "`services.a.instances`: `0` must be at least 1"),
        ({("services", "a", "instances"): "many"}, "is `many` and must be a whole number"),
        ({("calls", 0, "to"): "nowhere"}, "no service, store or external system `nowhere`"),
        ({("services", "a", "instnces"): 4}, "there is no such key; did you mean `instances`?"),
        ({("services",): None}, "`services`: is missing"),
        ({("services", "a", "instances", "x"): 4}, "there is no such place"),
        ({("calls", 9): {"from": "a", "to": "b"}}, "there is no such place"),
        ({("calls", "x"): 1}, "there is no such place"),
        ({("title",): object()}, "is no value that a file can hold"),
        ({("title",): float("nan")}, "is no finite number"),
        ({("title",): "a\0b"}, "cannot be changed by Archbook"),
        ({("title",): "\ud800"}, "cannot be changed by Archbook"),
    ],
)  # fmt: skip
def test_an_invalid_change_writes_nothing(tmp_path: Path, changes: Mapping[Any, Any], words: str) -> None:
    design = load(folder_with(tmp_path, TEXT))
    with pytest.raises(DesignError) as caught:
        save(design, changes)
    assert words in str(caught.value)
    assert os.listdir(tmp_path) == ["design.yaml"]
    assert (tmp_path / "design.yaml").read_text() == TEXT


def test_a_design_made_in_code_has_nowhere_to_be_saved() -> None:
    with pytest.raises(DesignError, match="load it from a folder"):
        save(read(TEXT), {("services", "a", "instances"): 6})


def test_a_decision_in_a_file_of_its_own_is_not_saved_here(tmp_path: Path) -> None:
    (tmp_path / "decisions").mkdir()
    (tmp_path / "decisions" / "0002-x.md").write_text("# X\n")
    design = load(folder_with(tmp_path, TEXT))
    with pytest.raises(
        DesignError, match=r"`decisions\[1\]\.title`: stands in `decisions/0002-x\.md`; change it there"
    ):
        save(design, {("decisions", 1, "title"): "Y"})


def test_a_link_stays_a_link_and_rights_stay(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").mkdir()
    real = folder_with(tmp_path / "real", TEXT) / "design.yaml"
    real.chmod(0o640)
    (tmp_path / "linked" / "design.yaml").symlink_to(real)
    save(load(tmp_path / "linked"), {("services", "a", "instances"): 6})
    assert (tmp_path / "linked" / "design.yaml").is_symlink()
    assert "instances: 6" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640


def test_saving_says_what_it_did_and_can_go_on(tmp_path: Path) -> None:
    saved = save(load(folder_with(tmp_path, TEXT)), {("services", "a", "instances"): 6})
    assert saved.text == "Saved in design.yaml: services.a.instances `4` → `6`."
    assert saved.undo == {("services", "a", "instances"): 4}
    assert saved.design.source.digest == hashlib.sha256((tmp_path / "design.yaml").read_bytes()).hexdigest()
    assert save(saved.design, {}).text == "Nothing to save in design.yaml."


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff"),
    max_size=60,
)
texts = st.lists(words, min_size=1, max_size=3).map("\n".join) | st.sampled_from(["NO", "12:30:45", "# no", "a: b", "- x", "'", '"', "<<", "~", "6", "true", "", "\n", "a\n\n", " a\nb"])  # fmt: skip
wishes = st.fixed_dictionaries(
    {},
    optional={
        ("services", "a", "instances"): st.integers(1, 1000),
        ("services", "a", "concurrency"): st.integers(1, 1000),
        ("services", "c", "does"): texts,
        ("services", "d", "why"): texts,
        ("title",): texts,
        ("why",): texts,
        ("decisions", 0, "why"): texts,
        ("decisions", 0, "consequences"): st.lists(texts, max_size=3),
        ("stores", "db", "hit_ratio"): st.floats(0, 1),
        ("calls", 2): st.fixed_dictionaries({"from": st.just("d"), "to": st.just("db"), "why": texts}),
    },
)


@given(wishes, st.booleans())
def test_saved_values_come_back_and_every_comment_is_still_there(changes: dict[Any, Any], windows: bool) -> None:
    text = TEXT.replace("\n", "\r\n") if windows else TEXT
    new = edited(text, changes).text
    data = read_yaml(new, "design.yaml").data
    for where, value in changes.items():
        found = data
        for step in where:
            found = found[step]
        assert found == value
    comments = [line.partition("# ")[2] for line in TEXT.splitlines() if "# " in line]
    lines = new.splitlines()
    assert [comment for comment in comments if not any(line.endswith("# " + comment) for line in lines)] == []
    assert {key: data[key] for key in ("name", "traffic")} == {
        key: read_yaml(TEXT, "").data[key] for key in ("name", "traffic")
    }

"""Hostile and broken files are refused at once, with one plain sentence each."""

# ruff: noqa: E501  (errors are quoted whole, one a line)
from __future__ import annotations

import time
from pathlib import Path

import pytest

from archbook.design.loading import load, read
from archbook.design.yaml_safe import DEPTH_LIMIT, VALUES_LIMIT, read_yaml
from archbook.errors import DesignError

HOSTILE = Path(__file__).parent / "hostile"
REFUSALS = {
    "aliases": ":2 `name`: has an anchor (`&a`); write the value out where it is needed",
    "alias_bomb": ":1 `a`: has an anchor (`&a`); write the value out where it is needed",
    "alias_of_itself": ":1 `a`: has an anchor (`&a`); write the value out where it is needed",
    "tag_python": ":2 `name`: has a tag (`tag:yaml.org,2002:python/object/apply:os.system`); write the value without a tag",
    "tag_core": ":1 `archbook`: has a tag (`tag:yaml.org,2002:int`); write the value without a tag",
    "merge_key": ":4 `services`: has a merge key (`<<`); write the keys out",
    "two_documents": ":2: has more than one document; keep one document in a file",
    "directive": ":1: has a directive (`%…`); take the line out",
    "key_is_a_list": ":2: has a key that is no text; write keys as plain words",
    "key_is_a_mapping": ":2: has a key that is no text; write keys as plain words",
    "nul": ":2: has the control character U+0000; take it out",
    "nul_escaped": ":2 `name`: has the control character U+0000; take it out",
    "surrogate_escaped": ":2: there is a backslash that YAML does not know; write `\\\\`, or use single quotation marks",
    "surrogate": ":2: is not UTF-8 text; save the file in the encoding UTF-8",
    "latin1": ":2: is not UTF-8 text; save the file in the encoding UTF-8",
    "utf16": ":1: is not UTF-8 text; save the file in the encoding UTF-8",
    "escape_sequence": ":2: has the control character U+001B; take it out",
    "tab": ":3: is indented with a tab; indent with spaces",
    "open_quote": ":3: a quotation mark or bracket is not closed (opened in line 2); close it",
    "open_bracket": ":3: a bracket is not closed, or a comma is missing in it (opened in line 2); close it, or put the comma",
    "two_colons": ":2: there is a `: ` that does not fit; quote the text, or mend the indentation",
    "no_colon": ":3: the line is no `key: value`; add the colon, or mend the indentation",
    "bad_indentation": ":2: there is a `: ` that does not fit; quote the text, or mend the indentation",
    "reserved_character": ":2: this character cannot begin a value; put the text in quotation marks",
    "endpoint_in_brackets": ":2: an endpoint with `{…}` stands in brackets without quotation marks; "
    'inside brackets write `"GET /users/{id}"`, with quotation marks',
    "empty": ":1: is empty; `archbook new NAME` writes a design to begin with",
    "only_comments": ":1: is empty; `archbook new NAME` writes a design to begin with",
    "a_list": ":1: is no mapping; `archbook new NAME` writes a design to begin with",
    "a_word": ":1: is no mapping; `archbook new NAME` writes a design to begin with",
}
GENERATED = {
    "deep flow": ("[" * 200_000, "more than 50 deep"),
    "deep flow, closed": ("[" * 200_000 + "]" * 200_000, "more than 50 deep"),
    "deep flow mappings": ("{a: " * 200_000, "more than 50 deep"),
    "deep block sequences": ("- " * 200_000, "more than 50 deep"),
    "deep block mappings": ("".join(" " * i + "a:\n" for i in range(1_500)), "more than 50 deep"),
    "deep explicit keys": ("? " * 200_000, "a key that is no text"),
    "200 000 digits": ("archbook: " + "9" * 200_000, "a number of 200000 digits"),
    "5 MB": ("a: " + "x" * 5_000_000, "is larger than 5 MB"),
}


def problems(text: str | bytes) -> list[str]:
    with pytest.raises(DesignError) as caught:
        read(text)
    return [str(problem) for problem in caught.value.problems]


def test_every_hostile_file_has_its_sentence_here() -> None:
    assert sorted(path.stem for path in HOSTILE.iterdir()) == sorted(REFUSALS)


@pytest.mark.parametrize("name", REFUSALS)
def test_a_hostile_file_is_refused_with_one_plain_sentence(name: str) -> None:
    with pytest.raises(DesignError) as caught:
        load(HOSTILE / f"{name}.yaml")
    assert str(caught.value.problems[0]) == f"{name}.yaml{REFUSALS[name]}"


@pytest.mark.parametrize("name", GENERATED)
def test_a_huge_file_is_refused_in_milliseconds(name: str) -> None:
    text, words = GENERATED[name]
    started = time.process_time()
    told = problems(text)
    assert time.process_time() - started < 0.5
    assert len(told) == 1
    assert words in told[0]
    assert len(told[0]) < 200


def test_too_many_values_are_refused() -> None:
    assert f"more than {VALUES_LIMIT // 1000} 000 values" in problems("a: [" + "[]," * (VALUES_LIMIT + 1) + "]")[0]


def test_an_alias_bomb_does_not_explode_in_the_message() -> None:
    assert len("\n".join(problems((HOSTILE / "alias_bomb.yaml").read_bytes()))) < 20_000


def test_fifty_levels_are_read_and_one_more_is_refused() -> None:
    assert read_yaml("[" * DEPTH_LIMIT + "]" * DEPTH_LIMIT, "f").data
    with pytest.raises(DesignError):
        read_yaml("[" * (DEPTH_LIMIT + 1) + "]" * (DEPTH_LIMIT + 1), "f")


@pytest.mark.parametrize(
    ("written", "value"),
    [("NO", "NO"), ("yes", "yes"), ("off", "off"), ("true", True), ("FALSE", False), ("~", None), ("12:30:45", "12:30:45"),
     ("2026-11-23", "2026-11-23"), ("6", 6), ("-6", -6), ("010", "010"), ("0x1F", "0x1F"), ("1_000", "1_000"), ("0.5", 0.5),
     (".5", 0.5), ("1e3", 1000.0), ("1.", 1.0), (".inf", ".inf"), (".nan", ".nan"), ("'6'", "6"), ('"true"', "true"),
     ("9" * 30, int("9" * 30)), ("1" + "0" * 40 + ".5", "1" + "0" * 40 + ".5"), ("12ms", "12ms"), ("=", "=")],
)  # fmt: skip
def test_a_plain_value_means_what_it_looks_like(written: str, value: object) -> None:
    data = read_yaml(f"a: {written}\n", "f").data
    assert data == {"a": value}
    assert type(data["a"]) is type(value)


@pytest.mark.parametrize("key", ["on", "NO", "1", "null", "true", "2026-11-23"])
def test_a_key_is_always_text(key: str) -> None:
    assert read_yaml(f"{key}: x\n", "f").data == {key: "x"}


def test_a_key_that_stands_twice_is_told_with_both_lines() -> None:
    document = read_yaml("a: 1\nb: {c: 1,\n  c: 2}\na: 3\n", "f")
    assert [str(problem) for problem in document.problems] == [
        "f:3 `b.c`: the same key stands in line 2 and in line 3; keep one of them",
        "f:4 `a`: the same key stands in line 1 and in line 4; keep one of them",
    ]


def test_twice_the_same_key_does_not_hide_other_problems() -> None:
    told = problems("archbook: 1\nname: a\nname: b\ntraffic: {daily_active_users: x}\nservices: {a: {}}\n")
    assert len(told) == 2


def test_every_value_has_its_line() -> None:
    text = "# top\na:\n  - x\n  - b: 1\n    c: [2,\n        3]\nd: >-\n  long\ne: 5\n"
    assert read_yaml(text, "f").lines == {
        (): 2, ("a",): 2, ("a", 0): 3, ("a", 1): 4, ("a", 1, "b"): 4, ("a", 1, "c"): 5, ("a", 1, "c", 0): 5,
        ("a", 1, "c", 1): 6, ("d",): 7, ("e",): 9,
    }  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_counted_alike_on_every_system(newline: str) -> None:
    assert read_yaml(newline.join(["a: 1", "", "b: 2"]), "f").lines[("b",)] == 3


def test_a_byte_order_mark_is_no_problem() -> None:
    assert read_yaml(b"\xef\xbb\xbfa: 1\n", "f").data == {"a": 1}


def test_a_flood_of_problems_is_cut_at_a_hundred() -> None:
    head = "archbook: 1\nname: x\ntraffic: {daily_active_users: 1}\nservices: {a: {}}\n"
    told = problems(head + "calls:\n" + "".join(f"- {{from: b{i}, to: c{i}}}\n" for i in range(500)))
    assert len(told) == 101
    assert told[-1] == "design.yaml: there are more problems; mend these first"

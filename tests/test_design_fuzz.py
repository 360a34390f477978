"""Whatever is in a file, loading ends in a design or in a DesignError, never in anything else."""

# ruff: noqa: E501  (tables of samples, one a line)
from __future__ import annotations

import contextlib
import random
from typing import Any

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from archbook.design.loading import load, read
from archbook.design.madr import read_decision
from archbook.design.model import Design
from archbook.design.yaml_safe import read_yaml
from archbook.errors import DesignError
from tests.test_design_loading import BASE

PIECES = ["&a ", "*a", "!!x ", "<<: ", "{", "}", "[", "]", ": ", "- ", "\n", "\t", "\0", "'", '"', "|\n", ">-\n", "#", "? ",
          "---\n", "9" * 50, "\ud800", "NO", "12:30:45", "\ufeff", "\r", "\u2028", "1e999", "~", "per row", "%", ","]  # fmt: skip
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(
    ["gate", "GET /items", "order.created", "per row", "12ms", "0.5", "gateway", "sync"])  # fmt: skip
trees = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
                     max_leaves=12)  # fmt: skip
BASE_DATA = read_yaml(BASE, "design.yaml").data
PLACES = sorted((where for where in read_yaml(BASE, "design.yaml").lines if where), key=str)


def only_design_errors(text: str | bytes) -> None:
    problems = ()
    try:
        assert isinstance(read(text), Design)
    except DesignError as error:
        problems = error.problems
        assert problems
    assert not [problem for problem in problems if "nput should" in str(problem) or len(str(problem)) > 2_000]
    assert all(problem.line is None or problem.line >= 1 for problem in problems)


@given(st.text() | st.binary())
def test_arbitrary_text_is_a_design_or_an_error(text: str | bytes) -> None:
    only_design_errors(text)


@given(
    st.lists(st.tuples(st.integers(0, len(BASE)), st.sampled_from(PIECES), st.integers(0, 20)), min_size=1, max_size=4)
)
def test_a_mutilated_design_is_a_design_or_an_error(cuts: list[tuple[int, str, int]]) -> None:
    text = BASE
    for at, piece, gone in cuts:
        text = text[:at] + piece + text[at + gone :]
    only_design_errors(text)


@given(st.lists(st.tuples(st.sampled_from(PLACES), trees), min_size=1, max_size=3))
def test_a_design_with_other_values_in_it_is_a_design_or_an_error(changes: list[tuple[Any, Any]]) -> None:
    import copy

    data = copy.deepcopy(BASE_DATA)
    for where, value in changes:
        parent = data
        with contextlib.suppress(KeyError, IndexError, TypeError):
            for step in where[:-1]:
                parent = parent[step]
            if isinstance(parent, dict | list):
                parent[where[-1]] = value
    only_design_errors(yaml.safe_dump(data, allow_unicode=True))


@given(st.integers(0, 10_000))
def test_shuffled_lines_are_a_design_or_an_error(seed: int) -> None:
    lines = BASE.splitlines()
    random.Random(seed).shuffle(lines)
    only_design_errors("\n".join(lines))


@given(st.text() | st.lists(st.sampled_from(["# A\n", "## Status\n", "superseded by 5\n", "---\n", "* x\n", "\n", "status: [\n",
                                              "id: 3\n", "about: x\n", "## Decision\n", "text\n", "# 0\n"])).map("".join))  # fmt: skip
def test_any_decision_file_is_a_decision_or_an_error(text: str) -> None:
    with contextlib.suppress(DesignError):
        decision, lines = read_decision(text.encode("utf-8", "surrogatepass"), "decisions/0001-x.md")
        assert decision["title"] is not None
        assert all(line >= 0 for line in lines.values())


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@example("\0/x")
def test_any_path_is_a_design_or_an_error(path: str) -> None:
    with contextlib.suppress(DesignError):
        load(path)

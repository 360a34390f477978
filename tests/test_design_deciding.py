"""Decisions are written down with their why, beside the design, and never over another."""

import pytest

import archbook as ab
from archbook.design.contract import Alternative
from archbook.design.deciding import decide
from archbook.errors import ArchbookError, Conflict, UnknownName


@pytest.fixture
def design(design_folder):
    return ab.load(design_folder("minimal"))


def test_a_decision_written_down_is_read_back_with_all_its_parts(design):
    path = decide(design, "Keep one shop: no split", "It holds to 28×\nas it is", ["order-service"],
                  context="Two teams", alternatives=["split: later"], consequences=["Good: less to run"])  # fmt: skip
    last = ab.load(design.folder).decisions[-1]
    assert path.endswith(f"{last.id:04d}-keep-one-shop-no-split.md")
    assert (last.title, last.why, last.about) == (
        "Keep one shop: no split",
        "It holds to 28×\nas it is",
        ("order-service",),
    )
    assert (last.status, last.context) == ("accepted", "Two teams")
    assert last.alternatives == (Alternative(option="split", why_not="later"),)


def test_the_next_decision_gets_the_next_number(design):
    first = decide(design, "One", "because")
    second = decide(ab.load(design.folder), "Two", "because")
    assert int(second.split("/")[1][:4]) == int(first.split("/")[1][:4]) + 1


@pytest.mark.parametrize(
    ("title", "why", "about", "error"),
    [("One", " ", [], ArchbookError), ("", "why", [], ArchbookError), ("One", "why", ["order-servce"], UnknownName)],
)
def test_what_is_no_decision_is_refused_and_writes_nothing(design, title, why, about, error):
    with pytest.raises(error):
        decide(design, title, why, about)
    assert len(ab.load(design.folder).decisions) == len(design.decisions)


def test_the_same_decision_twice_is_refused(design):
    decide(design, "One", "because")
    with pytest.raises(Conflict, match="already"):
        decide(ab.load(design.folder), "one", "because")

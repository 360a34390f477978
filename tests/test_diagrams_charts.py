"""Charts: the finding as title, axes with units, lines with names, and alt text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from archbook.capacity import curve
from archbook.capacity.result import Estimate
from archbook.design.loading import load
from archbook.design.model import Design
from archbook.diagrams import Picture
from archbook.diagrams.charts import experiment_chart, utilisation_chart
from archbook.diagrams.over_time import replay_chart
from archbook.errors import RenderError, UnknownName
from archbook.schema.outcome import EngineOutcome, Outcome, Part, part_of
from archbook.simulate import Outage, replay
from archbook.units import show_factor

DESIGNS = Path(__file__).parent.parent / "data" / "designs"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def shop() -> Design:
    return load(DESIGNS / "ecommerce")


@pytest.fixture(scope="module")
def loads(shop: Design) -> list[Estimate]:
    return curve(shop, [10 ** (step / 12) for step in range(13)])


def outcome(medians: Mapping[str, tuple[float, float]], unit: str = "s") -> Outcome:
    spread = (0.8, 1.0, 1.4)
    engines = {}
    for name, (scan, index) in medians.items():
        values = {v: [m * factor for factor in spread] * 12 for v, m in (("scan", scan), ("index", index))}
        engines[name] = EngineOutcome(name, "1", 1_000_000, (part_of("look-up", unit, values),))
    return Outcome("index-or-scan", "?", "db", "orders", ("user_id",), "i", "", 1_000_000, 7, engines, {}, "")


def said(picture: Picture) -> str:
    return " | ".join("".join(e.itertext()) for e in ET.fromstring(picture.svg).iter(f"{SVG}text"))


def all_charts(shop: Design, loads: list[Estimate]) -> list[Picture]:
    measured = outcome({"duckdb": (0.0042, 0.00031), "postgresql": (0.0462, 0.00004)})
    return [utilisation_chart(loads, shop), experiment_chart(measured)]


def test_every_chart_stands_alone_with_title_alt_text_and_legible_type(shop: Design, loads: list[Estimate]) -> None:
    for picture in all_charts(shop, loads):
        root = ET.fromstring(picture.svg)
        assert root.findtext(f"{SVG}title") == picture.title
        assert root.findtext(f"{SVG}desc") == picture.alt
        assert picture.alt.endswith(".")
        assert picture.title in said(picture)
        assert not {e.tag.rpartition("}")[2] for e in root.iter()} & {"script", "foreignObject", "a", "style"}
        sizes = [float(size) for size in re.findall(r'font-size[:=]"?([\d.]+)', picture.svg)]
        assert min(sizes) >= 12
        assert picture.png().startswith(b"\x89PNG")
        assert set(picture._repr_mimebundle_()) == {"text/html", "image/svg+xml", "text/plain"}


def test_a_chart_drawn_twice_is_the_same(shop: Design, loads: list[Estimate]) -> None:
    assert [p.svg for p in all_charts(shop, loads)] == [p.svg for p in all_charts(shop, loads)]


def test_charts_on_one_page_share_no_id(shop: Design, loads: list[Estimate]) -> None:
    ids = [re.findall(r' id="([^"]*)"', picture.svg) for picture in all_charts(shop, loads)]
    flat = [name for names in ids for name in names]
    assert len(flat) == len(set(flat))


def test_utilisation_names_what_saturates_first_and_where(shop: Design, loads: list[Estimate]) -> None:
    first = loads[0].breaks[0]
    picture = utilisation_chart(loads, shop)
    assert picture.title == f"{first.element} saturates first, at {show_factor(first.at)} today's load"
    assert first.element in said(picture)


@pytest.mark.parametrize(
    ("medians", "title"),
    [
        ({"duckdb": (0.004, 0.0004), "postgresql": (0.04, 0.00004)},
         "index against scan: 10× faster on DuckDB and 1 000× faster on PostgreSQL"),
        ({"duckdb": (0.001, 0.002)}, "index against scan: 2× slower on DuckDB"),
    ],
)  # fmt: skip
def test_an_experiment_says_by_how_much_on_each_engine(medians: dict[str, tuple[float, float]], title: str) -> None:
    picture = experiment_chart(outcome(medians))
    assert picture.title == title.replace("1 000", "1\u202f000")
    assert "ms (logarithmic)" in said(picture)


def test_engines_with_remedies_of_their_own_are_each_named() -> None:
    both = outcome({"duckdb": (0.004, 0.0004), "postgresql": (0.04, 0.00004)})
    duck, postgres = both.engines["duckdb"], both.engines["postgresql"]
    first, last = duck.lead.variants
    renamed = replace(duck, parts=(replace(duck.lead, variants=(first, replace(last, name="sorting"))),))
    picture = experiment_chart(replace(both, engines={"duckdb": renamed, "postgresql": postgres}))
    assert picture.title == "sorting 10× faster on DuckDB, index 1\u202f000× faster on PostgreSQL"


@pytest.mark.parametrize(
    ("part", "title"),
    [
        (part_of("lost", "of 100", {"two": [72.0, 73.0], "atomic": [0.0, 0.0]}),
         "atomic against two: 0 of 100 instead of 72.5 of 100 on PostgreSQL"),
        (part_of("not seen", "share", {"at once": [0.25], "waits": [0.0]}),
         "waits against at once: 0 % instead of 25 % on PostgreSQL"),
        (part_of("taken", "B", {"copies": [1e6], "none": [0.0]}),
         "none against copies: 0 B instead of 1 MB on PostgreSQL"),
        (part_of("refused", "connections", {"opened": [200.0]}), "opened: 200 connections on PostgreSQL"),
    ],
)  # fmt: skip
def test_where_a_ratio_says_nothing_a_title_has_both_values(part: Part, title: str) -> None:
    picture = experiment_chart(one_part("postgresql", part))
    assert picture.title == title
    assert ("0\u202f%" in said(picture)) is (part.unit == "share")


def test_engines_with_problems_of_their_own_are_each_told_against_theirs() -> None:
    duck = part_of("changes", "1/s", {"read, then write": [10.0], "atomic": [20.0]})
    postgres = part_of("changes", "1/s", {"serializable": [10.0], "atomic": [40.0]})
    both = one_part("duckdb", duck)
    both = replace(both, engines={**both.engines, **one_part("postgresql", postgres).engines})
    picture = experiment_chart(both)
    assert picture.title == (
        "atomic against read, then write on DuckDB: 2× more; atomic against serializable on PostgreSQL: 4× more"
    )
    assert picture.title not in said(picture), "it stands on two lines, and does not widen the picture"


def test_an_axis_of_counts_has_no_fractions() -> None:
    words = said(experiment_chart(one_part("duckdb", part_of("rows", "rows", {"a": [1.0], "b": [0.0]}))))
    assert not re.search(r"\| 0\.\d", words)


def one_part(engine: str, part: Part) -> Outcome:
    engines = {engine: EngineOutcome(engine, "1", 1000, (part,))}
    return Outcome("locks", "?", "db", "orders", (), "", "", 1000, 7, engines, {}, "")


def test_what_cannot_be_charted_is_said_in_a_sentence(shop: Design, loads: list[Estimate]) -> None:
    with pytest.raises(RenderError, match="two loads at least"):
        utilisation_chart(loads[:1], shop)


@pytest.mark.parametrize(
    ("low", "high", "said"), [(0.8, 1.6, "no faster, within the spread"), (2.0, 4.0, "3× faster (2× to 4×)")]
)
def test_a_ratio_that_may_be_one_is_not_called_faster(low: float, high: float, said: str) -> None:
    assert Part("look-up", "s", (), 3.0 if low > 1 else 1.2, low, high).gain() == said


def test_a_part_of_an_outcome_in_a_unit_of_its_own_starts_at_zero() -> None:
    measured = outcome({"postgresql": (2e6, 5e5)}, unit="B")
    assert "index against scan: 4× smaller on PostgreSQL" in said(experiment_chart(measured, "look-up"))
    with pytest.raises(UnknownName, match="did you mean `look-up`"):
        experiment_chart(measured, "look up")


def test_a_replay_is_drawn_with_what_happened_and_a_name_at_each_line(shop: Design) -> None:
    run, other = (
        replay(shop, happenings=(Outage("bank", 20, 10, mode),), replications=2) for mode in ("hang", "refuse")
    )
    picture = replay_chart(run, other)
    for text in (
        "bank hangs, 10 s",
        "offered",
        "answered",
        "as designed",
        "attempts",
        "calls of bank a second",
        "time, s",
    ):
        assert text in said(picture)
    assert picture.title == run.outcome[0].upper() + run.outcome[1:]
    assert "At the end: offered" in picture.alt

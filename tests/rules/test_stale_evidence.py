"""Numbers whose subject has changed since."""

from __future__ import annotations

from archbook.design.model import Design
from archbook.evidence import Evidence, found
from tests.examples import by, good

review = by("stale-evidence")


def number(about: str, source: str, how: str = "measurement") -> Evidence:
    return found(good(), id=about, claim=f"{about} is quick", value=1.0, unit="s", how=how, about=about, source=source)


EVIDENCE = (number("services.front", "archbook load, 8 clients"),)


def test_what_has_changed_is_found_once_for_each_part_and_what_has_not_is_not() -> None:
    entries = [number("services.front", "a"), number("stores.broker", "b"), number("services.front", "c")]
    assert review(good(), entries).findings == ()
    changed = good("services: {front: {instances: 3}}\nstores: {broker: {replicas: 3}}")
    assert [finding.about for finding in review(changed, entries).findings] == ["services.front", "stores.broker"]
    assert "2 numbers about services.front" in review(changed, entries).findings[0].what


def test_what_is_gone_is_stale_too_and_has_no_line() -> None:
    gone = good("events: {thing.created: null}")
    (finding,) = review(gone, [number("events.thing.created", "a")]).findings
    assert "events.thing.created" in finding.what


def test_the_command_that_measures_anew_is_named() -> None:
    entries = [
        number("services.front", "archbook experiment index_or_scan, 1,000 generated rows"),
        number("services.front", "archbook.simulate", "simulation"),
        number("services.front", "a stopwatch"),
    ]
    (finding,) = review(good("services: {front: {instances: 3}}"), entries).findings
    for command in ("`archbook experiment DESIGN index_or_scan`", "`archbook simulate DESIGN`", "(a stopwatch)"):
        assert command in finding.do


def mutated(good: Design) -> Design:
    return good.migrated("orders-db", "-- looked at again")

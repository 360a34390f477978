"""A disk that is full before the plan ends."""

from dataclasses import replace

from archbook.capacity.storage import filling
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_duration, show_size, significant

SOON_S = 365.25 * 86400.0


def outgrown(subject: Subject) -> Hits:
    """A store that is full before the horizon, at the growth that is planned (high within a year, else medium).

    Caches make room by themselves.
    """
    if subject.grown is None:
        return
    for full in filling(subject.design, subject.grown.storage):
        if subject.design.stores[full.store].role == "cache":
            continue
        mine = [held for held in subject.grown.storage if held.store == full.store and held.size_at_horizon_b]
        most = max(mine, key=lambda held: (held.size_at_horizon_b or 0.0) + (held.indexes_at_horizon_b or 0.0))
        wanted = float(f"{full.largest_b * 1.25:.2g}")
        hit = subject.at(
            ("stores", full.store),
            full.store,
            f"{full.store} is full in {show_duration(full.full_after_s)}, before the {_horizon(subject)} that are "
            "planned"
            if full.full_after_s
            else f"{full.store} is too small for what it holds today",
            f"stores.{full.store}: set `capacity: {show_size(wanted).replace(' ', '')}`, or let old {most.holding} go "
            f"(stores.{full.store}.holds.{most.holding}: `keep` and `archive`)",
            f"{show_size(full.largest_b)} with indexes in {show_size(full.capacity_b)} of capacity, most of it "
            f"{significant(most.items_at_horizon)} {most.holding} (computed: growth of storage)",
            *subject.measured("archive", full.store),
        )
        yield hit if full.full_after_s < SOON_S else replace(hit, severity="medium")


def _horizon(subject: Subject) -> str:
    return show_duration(subject.design.traffic.horizon)


RULE = Rule(
    id="table-outgrows-its-store",
    severity="high",
    principle=1,
    why="A full disk refuses every write at once, and makes room for nothing: the tables that would be cleared need "
    "room to be cleared",
    remedy="Plan the disk to the horizon, and let what is old go to cheaper places.",
    references=("Google SRE book, ch. 18", "PostgreSQL documentation: Monitoring Disk Usage"),
    check=outgrown,
    fires="stores: {things-db: {capacity: 1GB}}",
    quiet="stores: {things-db: {capacity: 20GB}}",
    measured_by="archbook experiment DESIGN archive",
)

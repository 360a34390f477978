"""A table that grows for ever."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_duration, significant

MOST_ROWS = 100e6


def endless(subject: Subject) -> Hits:
    """A table of more than 100 million rows by the horizon, of which nothing ever goes."""
    for held in subject.grown.storage if subject.grown else ():
        store = subject.design.stores[held.store]
        holding = store.holds[held.holding]
        stays = holding.keep is None and holding.archive is None and store.role == "primary"
        if stays and held.items_per_day and held.items_at_horizon > MOST_ROWS:
            yield subject.at(
                ("stores", held.store, "holds", held.holding),
                f"{held.store}.{held.holding}",
                f"{held.holding} in {held.store} grow to {significant(held.items_at_horizon)} in "
                f"{show_duration(subject.design.traffic.horizon)}, and none ever goes",
                f"stores.{held.store}.holds.{held.holding}: add `keep:` with how long they are asked for and "
                "`archive:` with where they go then, and partition the table by that time",
                f"{significant(held.items_now)} today and {significant(held.items_per_day)} more a day {subject.peak} "
                "(computed: growth of storage)",
                *subject.measured("archive", held.store),
                *subject.measured("partition", held.store),
                cost=held.items_per_day,
            )


RULE = Rule(
    id="no-archive",
    severity="medium",
    principle=1,
    why="Indexes outgrow the memory, backups and restores take the day, and when it hurts the table is too large to be "
    "cleared while it is used",
    remedy="Say how long rows are needed, partition by that, and move whole partitions away.",
    references=("PostgreSQL documentation: Table Partitioning", "Azure: Data partitioning guidance"),
    check=endless,
    fires="stores: {things-db: {capacity: 1TB, holds: {things: {keep: null}}}}",
    quiet="stores: {things-db: {capacity: 1TB, holds: {things: {keep: 2y}}}}",
    measured_by="archbook experiment DESIGN archive",
)

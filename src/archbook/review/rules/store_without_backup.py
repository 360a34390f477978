"""A store whose loss nobody could mend."""

from dataclasses import replace

from archbook.design.elements import BROKERS, Store
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import significant

KEPT = ("primary", "objects", "archive")
"""Roles whose content is made nowhere else; replicas, caches and search indexes are made anew."""


def unsaved(subject: Subject) -> Hits:
    """A store with content of its own and no backup (high), or one without recovery objectives (medium)."""
    for name, store in subject.design.stores.items():
        if store.role not in KEPT or store.engine in BROKERS:
            continue
        missing = [key for key in ("rpo", "rto") if store.backup and getattr(store.backup, key) is None]
        data = ", ".join(kind for kind in store.data if kind != "public")
        if store.backup is None:
            yield subject.at(
                ("stores", name),
                name,
                f"{name} has no backup" + (f" and holds {data} data" if data else ""),
                f"stores.{name}: add `backup: {{rpo: 5min, rto: 1h}}` with what may be lost and how long it may be "
                "away, and `tested:` once a restore was tried",
                *_held(store),
            )
        elif missing:
            hit = subject.at(
                ("stores", name, "backup"),
                name,
                f"the backup of {name} promises no {' and no '.join(map(str.upper, missing))}",
                f"stores.{name}.backup: add {' and '.join(f'`{key}:`' for key in missing)}: {PROMISES[missing[0]]}",
                *_held(store),
            )
            yield replace(hit, severity="medium")


PROMISES = {"rpo": "how much work may be lost", "rto": "how long a restore may take"}


def _held(store: Store) -> list[str]:
    held = {name: holding.items for name, holding in store.holds.items() if holding.items}
    return [", ".join(f"{significant(items)} {name}" for name, items in held.items()) + " (declared)"] if held else []


RULE = Rule(
    id="store-without-backup",
    severity="high",
    principle=3,
    why="A broken disk, a wrong DELETE or a stolen key takes all of it, and replicas repeat the mistake within "
    "milliseconds",
    remedy="Agree how much may be lost and how long it may take, back up by that, and try a restore.",
    references=("Azure Well-Architected: RE:09 disaster recovery", "Google SRE book, ch. 26"),
    check=unsaved,
    fires="stores: {things-db: {backup: null}}",
    quiet="stores: {things-db: {backup: {rpo: 1h}}}",
)

"""A decision that says what and not why."""

from collections.abc import Iterator

from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_factor, show_rate


def unexplained(subject: Subject) -> Hits:
    """A decision, still in force or open, without its why."""
    for index, decision in enumerate(subject.design.decisions):
        if decision.status in ("proposed", "accepted", "rejected") and not decision.why.strip():
            others = "" if decision.alternatives else ", and those in `alternatives`"
            yield Hit(
                about=f"decision {decision.id}",
                what=f"decision {decision.id}, {decision.title}, does not say why",
                do=f"decisions[{index}]: add `why:` with what spoke for it and against the other roads{others}",
                where=("decisions", index),
                evidence=tuple(fact for name in decision.about for fact in _facts(subject, name)),
            )


def _facts(subject: Subject, name: str) -> Iterator[str]:
    found = subject.grown.elements.get(name) if subject.grown else None
    if found:
        limit = f"holds to {show_factor(found.breaks_at)}" if found.breaks_at < float("inf") else "has no known limit"
        yield f"{name} has {show_rate(found.arrival_rate_per_s)} {subject.peak} and {limit} (computed)"
    yield from subject.cited(name)


RULE = Rule(
    id="decision-without-why",
    severity="medium",
    principle=6,
    why="Whoever comes next can neither rely on it nor change it: nobody knows what would have to be different for the "
    "decision to be wrong",
    remedy="Write down why, and what else was thought of.",
    references=("Nygard, Documenting Architecture Decisions", "MADR 4"),
    check=unexplained,
    fires="decisions: [{id: 1, title: One database a service, about: [things-db]}]",
    quiet="decisions: [{id: 1, title: One database a service, why: Tables change alone, alternatives: [One]}]",
)

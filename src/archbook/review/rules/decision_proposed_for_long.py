"""A decision that nobody takes."""

import datetime

from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed

PATIENCE_DAYS = 90


def waiting(subject: Subject) -> Hits:
    """A decision that has been proposed for more than ninety days."""
    for index, decision in enumerate(subject.design.decisions):
        if decision.status == "proposed" and decision.date:
            days = (subject.day - datetime.date.fromisoformat(decision.date)).days
            if days > PATIENCE_DAYS:
                about = f"; {listed(decision.about)} waits for it" if decision.about else ""
                yield Hit(
                    f"decision {decision.id}",
                    f"decision {decision.id}, {decision.title}, was proposed {days} days ago and is not taken",
                    f"decisions[{index}]: accept or reject it, or say in `context` what is missing and until when",
                    ("decisions", index),
                    (f"proposed on {decision.date}{about}",),
                )


RULE = Rule(
    id="decision-proposed-for-long",
    severity="low",
    principle=6,
    why="While it is open everybody builds what they think will be decided, and in the end that has decided it",
    remedy="Give an open decision a day, and somebody who takes it.",
    references=("MADR 4",),
    check=waiting,
    fires="""
decisions: [{id: 1, title: Two regions, status: proposed, date: "2026-02-03", why: Fire, alternatives: [One]}]
""",
    quiet="""
decisions: [{id: 1, title: Two regions, status: proposed, date: "2126-02-03", why: Fire, alternatives: [One]}]
""",
)

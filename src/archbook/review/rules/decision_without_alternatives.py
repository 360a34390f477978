"""A decision with one road."""

from archbook.design.contract import Alternative, Decision
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Subject


def only_road(subject: Subject) -> Hits:
    """A decision, in force or open, that says why and names nothing else that was thought of.

    MADR lists the option that was chosen among those considered.
    """
    for index, decision in enumerate(subject.design.decisions):
        others = any(not _chosen(decision, road) for road in decision.alternatives)
        if decision.status in ("proposed", "accepted") and decision.why.strip() and not others:
            yield Hit(
                f"decision {decision.id}",
                f"decision {decision.id}, {decision.title}, names no road not taken",
                f"decisions[{index}]: add `alternatives: [{{option: …, why_not: …}}]`; doing nothing is one too",
                ("decisions", index),
            )


def _chosen(decision: Decision, road: Alternative | str) -> bool:
    return f'"{road if isinstance(road, str) else road.option}"' in decision.decision


RULE = Rule(
    id="decision-without-alternatives",
    severity="low",
    principle=6,
    why="What was not compared was not decided: the first doubt brings the whole discussion back, without what was "
    "known then",
    remedy="Name the roads not taken, and what spoke against each.",
    references=("MADR 4", "Nygard, Documenting Architecture Decisions"),
    check=only_road,
    fires="decisions: [{id: 1, title: Two regions, why: One may burn}]",
    quiet="decisions: [{id: 1, title: Two regions, why: One may burn, alternatives: [One region]}]",
)

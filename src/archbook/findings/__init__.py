"""Rules and findings: one protocol for design review, API lint and schema lint.

A rule is data plus one function. The function looks at a subject and yields a `Hit` for each place where the
rule's condition holds; `apply` turns hits into findings. A rule that crashes becomes an *error* in the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")
_RANKS = {severity: rank for rank, severity in enumerate(SEVERITIES)}


@dataclass(slots=True)
class Hit:
    """One place where a rule's condition holds.

    about: the element, as people name it, such as ``order-service → payment-service``.
    what: the finding in one line. do: the concrete change to this subject. where: path for file:line.
    cost: what it costs at the design's growth, for ranking (dimensionless, larger is worse).
    severity: where this place is worse, or less bad, than the rule's others. place: file:line where it is no part of
    the subject, such as a comment. mend: where the change needs no thought, the values that make it, as
    `archbook.design.saving.save` takes them: place → value as a person types it.
    """

    about: str
    what: str
    do: str
    where: tuple[str | int, ...] = ()
    evidence: tuple[str, ...] = ()
    cost: float = 0.0
    severity: Severity | None = None
    place: str = ""
    mend: Mapping[tuple[str | int, ...], Any] = field(default_factory=dict)


Hits = Iterator[Hit]


@dataclass(frozen=True, slots=True)
class Rule:
    """Data of a rule plus its one function, whose docstring begins with the rule's title.

    fires, quiet: the smallest subjects (as text) on which it does and does not fire; tests run both.
    measured_by: the command whose number would bear on a finding, such as ``archbook simulate DESIGN``.
    """

    id: str
    severity: Severity
    principle: int
    why: str
    remedy: str
    references: tuple[str, ...]
    check: Callable[[Any], Iterable[Hit]]
    fires: str
    quiet: str
    measured_by: str = ""

    @property
    def title(self) -> str:
        """What is wrong, in one line."""
        return (self.check.__doc__ or self.id).partition("\n")[0].rstrip(".")


@dataclass(slots=True)  # as Hit, not frozen: there may be tens of thousands, and that makes them slow to make
class Finding:
    """What a rule found at one place; never changed, but by `replace`."""

    rule: str
    severity: Severity
    principle: int
    about: str
    what: str
    why: str
    do: str
    references: tuple[str, ...] = ()
    place: str = ""
    evidence: tuple[str, ...] = ()
    cost: float = 0.0
    waived: str = ""
    mend: Mapping[tuple[str | int, ...], Any] = field(default_factory=dict)
    measured_by: str = ""


@dataclass(frozen=True, slots=True)
class Crash:
    """A rule that failed while it looked; never to be read as a pass."""

    rule: str
    error: str


def apply(
    rules: Sequence[Rule], subject: Any, place: Callable[[tuple[str | int, ...]], str]
) -> tuple[list[Finding], list[Crash]]:
    """All findings, worst first (severity, then cost, then place in `rules`), and the rules that crashed."""
    findings: list[Finding] = []
    crashes: list[Crash] = []
    for rule in rules:
        try:
            hits = list(rule.check(subject))
        except Exception as error:  # a rule's bug must be seen in the report, and must not lose the others
            crashes.append(Crash(rule.id, f"{type(error).__name__}: {error}"))
            continue
        findings += [_finding(rule, hit, place) for hit in hits]
    return worst_first(findings), crashes


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by severity, then by what they cost; those that are alike stay in their order."""
    return sorted(findings, key=lambda finding: (_RANKS[finding.severity], -finding.cost))


def _finding(rule: Rule, hit: Hit, place: Callable[[tuple[str | int, ...]], str]) -> Finding:
    where = hit.place or (place(hit.where) if hit.where else "")
    return Finding(rule.id, hit.severity or rule.severity, rule.principle, hit.about, hit.what, rule.why, hit.do,
                   rule.references, where, hit.evidence, hit.cost, "", hit.mend, rule.measured_by)  # fmt: skip

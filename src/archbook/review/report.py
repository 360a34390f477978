"""What a review found: one value that shows itself as text, Markdown, HTML, a table and JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from archbook.findings import SEVERITIES, Crash, Finding
from archbook.tables import Table, as_columns

FORMAT = 1
OK, FINDINGS, CRASHED = 0, 1, 3


@dataclass(frozen=True, slots=True)
class Report:
    """Findings, worst first.

    findings: the open ones. waived: accepted in the design, with the reason. crashes: rules that failed while they
    looked. remarks: what else is to be known (waivers out of date, stale measurements, no estimate).
    looked_at: what was looked at, as a sentence.
    """

    design: str
    findings: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    crashes: tuple[Crash, ...]
    remarks: tuple[str, ...]
    looked_at: str

    @property
    def exit_code(self) -> int:
        """0, or 1 where a finding of high severity is open, or 3 where a rule crashed: its answer is not known."""
        if self.crashes:
            return CRASHED
        return FINDINGS if any(finding.severity == "high" for finding in self.findings) else OK

    @property
    def groups(self) -> list[tuple[Finding, ...]]:
        """The findings of each rule, worst rule first, and the worst finding first in each.

        Rules of one severity are ordered by the requests that meet them, over the number of places to mend.
        """
        by_rule: dict[str, list[Finding]] = {}
        for finding in self.findings:
            by_rule.setdefault(finding.rule, []).append(finding)
        return [tuple(group) for group in sorted(by_rule.values(), key=_rank)]

    @property
    def answer(self) -> str:
        """The sentence that comes first."""
        if not self.findings:
            nothing = "no finding" if not self.crashes else "no finding, but the review is incomplete"
            return f"{self.design}: {nothing}. {self.looked_at}{self._waived_count(', ')}."
        counts = Counter(finding.severity for finding in self.findings)
        severities = ", ".join(f"{counts[s]} {s}" for s in SEVERITIES if counts[s])
        some = "1 finding" if len(self.findings) == 1 else f"{len(self.findings)} findings"
        worst = self.groups[0][0].what
        return f"{self.design}: {some} ({severities}){self._waived_count('; ')}. Mend first: {worst}."

    def _waived_count(self, before: str) -> str:
        return f"{before}{len(self.waived)} waived" if self.waived else ""

    def text(self, width: int = 100, all: bool = False) -> str:
        """For a terminal: one screen, or `all` of it."""
        from archbook.review.render import as_text

        return as_text(self, width, all)

    def markdown(self) -> str:
        """Every finding under its severity."""
        from archbook.review.render import as_markdown

        return as_markdown(self)

    def html(self) -> str:
        """For a notebook: the answer, and a group a line that unfolds."""
        from archbook.review.render import as_html

        return as_html(self)

    def table(self) -> Table:
        """One row a finding, the waived ones last."""
        everything = self.findings + self.waived
        rows = [(f.severity, f.about, f.what, f.do, f.waived or None, f.rule, f.place) for f in everything]
        return as_columns(("severity", "about", "finding", "do", "waived because", "rule", "place"), rows)

    def to_json(self) -> dict[str, Any]:
        """All of it in plain values, for files and scripts."""
        head = {"archbook_review": FORMAT, "exit_code": self.exit_code, "answer": self.answer}
        return head | asdict(self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html(), "text/markdown": self.markdown(), "text/plain": self.text()}

    def __str__(self) -> str:
        return self.text()


def _rank(group: list[Finding]) -> tuple[int, float, str]:
    worst = min(SEVERITIES.index(finding.severity) for finding in group)
    return worst, -sum(finding.cost for finding in group) / len(group), group[0].rule

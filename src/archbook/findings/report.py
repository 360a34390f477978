"""What rules found: one value that shows itself as text, Markdown, HTML, a table and JSON."""

from __future__ import annotations

import html
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from archbook.findings import SEVERITIES, Crash, Finding
from archbook.tables import Table, as_columns, escape_markdown
from archbook.units import listed, show_count

FORMAT = 1
OK, FINDINGS, CRASHED = 0, 1, 3
SCREEN_GROUPS, BRIEF_GROUPS = 3, 20
INDENT = 7
IN_DESIGN = 'in design.yaml: waivers: [{{rule: {rule}, about: "{about}", why: "…"}}]'
MARKS = {"high": ("#D55E00", "▲"), "medium": ("#E69F00", "◆"), "low": ("#0072B2", "●")}


@dataclass(frozen=True, slots=True)
class Report:
    """Findings, worst first.

    findings: the open ones. waived: accepted in the design, with the reason. crashes: rules that failed while they
    looked. remarks: what else is to be known (waivers out of date, stale measurements, no estimate).
    looked_at: what was looked at, as a sentence. kind: what looked: a review, or a lint. to_waive: how a finding is
    accepted, with `{rule}` and `{about}`.
    """

    design: str
    findings: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    crashes: tuple[Crash, ...]
    remarks: tuple[str, ...]
    looked_at: str
    kind: str = "review"
    to_waive: str = IN_DESIGN

    @property
    def exit_code(self) -> int:
        """0, or 1 where a finding of high severity is open, or 3 where a rule crashed: its answer is not known."""
        if self.crashes:
            return CRASHED
        return FINDINGS if any(finding.severity == "high" for finding in self.findings) else OK

    @property
    def groups(self) -> list[tuple[Finding, ...]]:
        """The findings of each rule, worst rule first, and the worst finding first in each.

        Rules of one severity are ordered by what they cost (a review: by the requests that meet them), over the number
        of places to mend.
        """
        by_rule: dict[str, list[Finding]] = {}
        for finding in self.findings:
            by_rule.setdefault(finding.rule, []).append(finding)
        return [tuple(group) for group in sorted(by_rule.values(), key=_rank)]

    @property
    def answer(self) -> str:
        """The sentence that comes first."""
        waived = f"{len(self.waived)} waived" if self.waived else ""
        if not self.findings:
            nothing = "no finding" if not self.crashes else f"no finding, but the {self.kind} is incomplete"
            return f"{self.design}: {nothing}. {self.looked_at}{waived and ', ' + waived}."
        counts = Counter(finding.severity for finding in self.findings)
        severities = ", ".join(f"{counts[s]} {s}" for s in SEVERITIES if counts[s])
        some = f"{show_count(len(self.findings), 'finding')} ({severities}){waived and '; ' + waived}"
        return f"{self.design}: {some}. Mend first: {self.groups[0][0].what}."

    def text(self, width: int = 100, all: bool = False) -> str:
        """For a terminal: one screen with one finding a rule, the last rules on one line each; or `all` of it."""
        groups, notes = self.groups, self._notes()
        if all:
            blocks = [_block(finding, (), width) for group in groups for finding in group]
            notes = [("waived", f"{finding.what}: {finding.waived}") for finding in self.waived] + notes
        else:
            blocks = [_block(group[0], group[1:], width) for group in groups[:SCREEN_GROUPS]]
            blocks.append("\n".join(_briefs(groups[SCREEN_GROUPS:], width)))
        told = [_line(label, text, width) for label, text in notes]
        return "\n\n".join(filter(None, [_fill(self.answer, width), *blocks, *told, _hint(self, all, width)]))

    def markdown(self) -> str:
        """Every finding under its severity; names of the design cannot break out of the page."""
        e = escape_markdown
        lines = [e(self.answer)]
        for severity in SEVERITIES:
            chosen = [finding for finding in self.findings if finding.severity == severity]
            lines += [f"## {severity.capitalize()}"] if chosen else []
            for finding in chosen:
                lines.append(f"- **{e(finding.what)}**" + (f" ({e(finding.place)})" if finding.place else ""))
                lines += [f"  - {label}: {_coded(text)}" for label, text in _told(finding)]
        lines += ["## Waived"] if self.waived else []
        lines += [f"- {e(finding.what)}: {e(finding.waived)} ({finding.rule})" for finding in self.waived]
        lines += ["## Notes"] if self._notes() else []
        return "\n".join([*lines, *(f"- {label}: {e(text)}" for label, text in self._notes())]) + "\n"

    def html(self) -> str:
        """For a notebook: the answer, and a group a line that unfolds; all text is escaped."""
        groups = "".join(_group(group) for group in self.groups)
        waived = folded("waived", [f"<b>{escaped(f.what)}</b>: {escaped(f.waived)}" for f in self.waived])
        notes = "".join(f'<p style="margin:4px 0"><b>{label}</b> {escaped(text)}</p>' for label, text in self._notes())
        return (f'<div style="font:13px/1.5 system-ui,sans-serif;max-width:60em"><p style="margin:4px 0">'
                f"<b>{escaped(self.answer)}</b></p>{groups}{waived}{notes}</div>")  # fmt: skip

    def _notes(self) -> list[tuple[str, str]]:
        crashes = [("crash", f"{c.rule} failed, so its answer is not known: {c.error}") for c in self.crashes]
        return crashes + [("note", remark) for remark in self.remarks]

    def table(self) -> Table:
        """One row a finding, the waived ones last."""
        everything = self.findings + self.waived
        rows = [(f.severity, f.about, f.what, f.do, f.waived or None, f.rule, f.place) for f in everything]
        return as_columns(("severity", "about", "finding", "do", "waived because", "rule", "place"), rows)

    def to_json(self) -> dict[str, Any]:
        """All of it in plain values, for files and scripts."""
        shown = {name: value for name, value in asdict(self).items() if name not in ("kind", "to_waive")}
        for found in (*shown["findings"], *shown["waived"]):
            found["mend"] = [{"place": list(where), "value": value} for where, value in found["mend"].items()]
        return {f"archbook_{self.kind}": FORMAT, "exit_code": self.exit_code, "answer": self.answer} | shown

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html(), "text/markdown": self.markdown(), "text/plain": self.text()}

    def __str__(self) -> str:
        return self.text()


def _coded(text: str) -> str:
    """Text for Markdown whose parts in backticks stay code, so that SQL in it can be copied.

    >>> _coded("run `DROP INDEX a_b;`, *now*")
    'run `DROP INDEX a_b;`, \\\\*now\\\\*'
    """
    parts = re.split(r"(`[^`<>&\s][^`<>&\n\r]*`)", text)
    return "".join(part if number % 2 else _escaped(part) for number, part in enumerate(parts))


def _escaped(part: str) -> str:
    """Escaped, with a space at the ends where there was one."""
    before, after = (" " if end.isspace() else "" for end in (part[:1], part[-1:]))
    return before + escape_markdown(part) + (after if part.strip() else "")


def _rank(group: list[Finding]) -> tuple[int, float, str]:
    return SEVERITIES.index(group[0].severity), -sum(finding.cost for finding in group) / len(group), group[0].rule


def _told(finding: Finding) -> list[tuple[str, str]]:
    seen = [("seen", "; ".join(finding.evidence))] if finding.evidence else []
    if not seen and finding.measured_by:
        seen = [("seen", f"not measured; `{finding.measured_by}` would")]
    anchors = f"{finding.rule} · principle {finding.principle} · {', '.join(finding.references)}"
    return [("why", finding.why), *seen, ("do", finding.do), ("rule", anchors)]


def _block(finding: Finding, others: Sequence[Finding], width: int) -> str:
    room = width - INDENT - len(finding.place) - 2
    head = _line(finding.severity, f"{finding.what}  {finding.place}", width)
    if len(finding.what) <= room:
        head = f"{finding.severity:<{INDENT}}{finding.what:<{room}}  {finding.place}".rstrip()
    told = _told(finding) + ([("also", listed(other.about for other in others))] if others else [])
    return "\n".join([head, *(_line("", f"{label:<6}{text}", width, INDENT + 6) for label, text in told)])


def _briefs(groups: Sequence[Sequence[Finding]], width: int) -> list[str]:
    """A line for each group; beyond the second screen they are only counted."""
    told, rest = groups[:BRIEF_GROUPS], groups[BRIEF_GROUPS:]
    more = f"and {sum(map(len, rest))} findings of {show_count(len(rest), 'other rule')}"
    return [_brief(group, width) for group in told] + ([_line("", more, width)] if rest else [])


def _brief(group: Sequence[Finding], width: int) -> str:
    count = f" ({len(group)} places)" if len(group) > 1 else ""
    return _line(group[0].severity, group[0].what + count, width)


def _hint(report: Report, everything: bool, width: int) -> str:
    if not report.findings:
        return ""
    worst = report.groups[0][0]
    rest = "" if everything or len(report.findings) == 1 else "all of them: --all;  "
    waiver = report.to_waive.format(rule=worst.rule, about=worst.about)
    return _fill(f"{rest}to accept a finding, say why {waiver}", width)


def _line(label: str, text: str, width: int, hang: int = INDENT) -> str:
    return _fill(text, width, f"{label:<{INDENT}}", " " * hang)


def _fill(text: str, width: int, first: str = "", rest: str = "") -> str:
    return textwrap.fill(text, max(width, 40), initial_indent=first, subsequent_indent=rest,
                         break_long_words=False, break_on_hyphens=False)  # fmt: skip


def _group(group: Sequence[Finding]) -> str:
    colour, mark = MARKS[group[0].severity]
    count = f" and {len(group) - 1} more" if len(group) > 1 else ""
    head = f'<span style="color:{colour}">{mark}</span> {group[0].severity} · {escaped(group[0].what)}{count}'
    return folded(head, map(_finding, group))


def _finding(finding: Finding) -> str:
    told = "".join(f"<br>{label}: {escaped(text)}" for label, text in _told(finding))
    return f"<b>{escaped(finding.what)}</b> <code>{escaped(finding.place)}</code>{told}"


def folded(head: str, blocks: Iterable[str]) -> str:
    """HTML of a line that unfolds; nothing where there are no blocks. Both are HTML already."""
    body = "".join(f'<div style="margin:4px 0 8px 18px">{block}</div>' for block in blocks)
    return f"<details><summary>{head}</summary>{body}</details>" if body else ""


def escaped(text: str) -> str:
    """Text as HTML in which what stands in backticks is code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(text))

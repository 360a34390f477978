"""What rules found: one value that shows itself as text, Markdown, HTML, a table and JSON."""

from __future__ import annotations

import html
import re
import textwrap
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from archbook.findings import SEVERITIES, Crash, Finding, Rule
from archbook.tables import Table, as_columns, escape_markdown
from archbook.units import listed, show_count

FORMAT = 1
OK, FINDINGS, CRASHED = 0, 1, 3
SCREEN_GROUPS, BRIEF_GROUPS = 3, 20
INDENT = 7
IN_DESIGN = 'in design.yaml: waivers: [{{rule: {rule}, about: "{about}", why: "…"}}]'
AT_A_GLANCE = 10
ABOUT = {1: "a simple start", 2: "promises to clients", 3: "data", 4: "failures", 5: "measuring", 6: "reasons"}
MARKS = {"high": ("#D55E00", "▲"), "medium": ("#E69F00", "◆"), "low": ("#0072B2", "●")}


@dataclass(frozen=True, slots=True)
class Report:
    """Findings, worst first.

    findings: the open ones. waived: accepted in the design, with the reason. crashes: rules that failed while they
    looked. remarks: what else is to be known (waivers out of date, stale measurements, no estimate).
    looked_at: what was looked at, as a sentence. kind: what looked: a review, or a lint. to_waive: how a finding is
    accepted, with `{rule}` and `{about}`. rules: those that looked. known: findings that stand in a baseline, which
    sets them apart (see `archbook.findings.baseline`); None without one.
    """

    design: str
    findings: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    crashes: tuple[Crash, ...]
    remarks: tuple[str, ...]
    looked_at: str
    kind: str = "review"
    to_waive: str = IN_DESIGN
    rules: tuple[Rule, ...] = field(default=(), repr=False)
    known: tuple[Finding, ...] | None = None

    @property
    def exit_code(self) -> int:
        """0, or 1 where a finding of high severity is open, or 3 where a rule crashed: its answer is not known.

        Beside a baseline, 1 where any finding is new.
        """
        if self.crashes:
            return CRASHED
        fails = any(finding.severity == "high" for finding in self.findings)
        return FINDINGS if fails or (self.findings and self.known is not None) else OK

    def mending(self, rules: Collection[str] = ()) -> list[Finding]:
        """Findings, of some rules or of all, that carry a change which needs no thought and meets no worse one's."""
        chosen: list[Finding] = []
        values: dict[tuple[str | int, ...], Any] = {}
        for finding in self.findings:
            asked = finding.mend and (not rules or finding.rule in rules)
            if asked and not any(_meet(place, finding.mend[place], values) for place in finding.mend):
                chosen.append(finding)
                values |= finding.mend
        return chosen

    @property
    def mends(self) -> dict[tuple[str | int, ...], Any]:
        """The changes that need no thought, as `ab.save` takes them: place → value as a person types it."""
        return {place: value for finding in self.mending() for place, value in finding.mend.items()}

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
        known = "" if self.known is None else f", {len(self.known)} known"
        if not self.findings:
            nothing = "no finding" if self.known is None else "no new finding"
            nothing += f"{known}, but the {self.kind} is incomplete" if self.crashes else known
            return f"{self.design}: {nothing}. {self.looked_at}{waived and ', ' + waived}."
        counts = Counter(finding.severity for finding in self.findings)
        severities = ", ".join(f"{counts[s]} {s}" for s in SEVERITIES if counts[s])
        some = show_count(len(self.findings), "finding") if self.known is None else f"{len(self.findings)} new{known}"
        some += f" ({severities}){waived and '; ' + waived}"
        return f"{self.design}: {some}. Mend first: {self.groups[0][0].what}."

    @property
    def outline(self) -> str:
        """What most findings are about, and how many are mended by a command; empty where that is seen at a glance."""
        if self.kind != "review" or len(self.findings) <= AT_A_GLANCE:
            return ""
        counts = Counter(ABOUT[finding.principle] for finding in self.findings).most_common()
        parts = [f"{about} ({count})" for about, count in counts]
        mended = sum(bool(finding.mend) for finding in self.findings)
        need = "needs" if mended == 1 else "need"
        by_command = f"; {mended} of them {need} no thought: `archbook fix` makes the changes" if mended else ""
        areas = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
        return f"They are about {areas}{by_command}."

    def text(self, width: int = 100, all: bool = False) -> str:
        """For a terminal: two screens with one finding a rule, the last rules on one line each; or `all` of it."""
        groups, notes = self.groups, self._notes()
        if all:
            blocks = ["\n".join(_whole(group, width)) for group in groups]
            apart = [("known", finding.what) for finding in self.known or ()]
            apart += [("waived", f"{finding.what}: {finding.waived}") for finding in self.waived]
            notes = apart + notes
        else:
            blocks = ["\n".join(_block(group[0], group[1:], width)) for group in groups[:SCREEN_GROUPS]]
            blocks.append("\n".join(_briefs(groups[SCREEN_GROUPS:], width)))
        lines = [_line(label, text, width) for label, text in notes]
        return "\n\n".join(
            filter(None, [*_fills((self.answer, self.outline), width), *blocks, *lines, _hint(self, all, width)])
        )

    def markdown(self) -> str:
        """Every finding under its severity; names of the design cannot break out of the page."""
        e = escape_markdown
        lines = [e(self.answer), *([_coded(self.outline)] if self.outline else [])]
        for severity in SEVERITIES:
            groups = [[finding for finding in group if finding.severity == severity] for group in self.groups]
            lines += [f"## {severity.capitalize()}"] if any(groups) else []
            for group in filter(None, groups):
                for finding in group:
                    lines.append(f"- **{e(finding.what)}**" + (f" ({e(finding.place)})" if finding.place else ""))
                    parts = told(finding) if finding is group[0] else _own(finding)  # the why of a rule is said once
                    lines += [f"  - {label}: {_coded(text)}" for label, text in parts]
        lines += ["## Known"] if self.known else []
        lines += [f"- {e(finding.what)} ({finding.rule})" for finding in self.known or ()]
        lines += ["## Waived"] if self.waived else []
        lines += [f"- {e(finding.what)}: {e(finding.waived)} ({finding.rule})" for finding in self.waived]
        lines += ["## Notes"] if self._notes() else []
        return "\n".join([*lines, *(f"- {label}: {e(text)}" for label, text in self._notes())]) + "\n"

    def html(self) -> str:
        """For a notebook: the answer, and a group a line that unfolds; all text is escaped."""
        groups = "".join(_group(group) for group in self.groups)
        known = folded("known", [f"<b>{escaped(f.what)}</b>" for f in self.known or ()])
        waived = folded("waived", [f"<b>{escaped(f.what)}</b>: {escaped(f.waived)}" for f in self.waived])
        notes = "".join(f'<p style="margin:4px 0"><b>{label}</b> {escaped(text)}</p>' for label, text in self._notes())
        head = f'<p style="margin:4px 0"><b>{escaped(self.answer)}</b> {escaped(self.outline)}</p>'
        return (f'<div style="font:13px/1.5 system-ui,sans-serif;max-width:60em">'
                f"{head}{groups}{known}{waived}{notes}</div>")  # fmt: skip

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
        shown = asdict(replace(self, rules=()))
        for name in ("kind", "to_waive", "rules"):
            del shown[name]
        for found in (*shown["findings"], *shown["waived"], *(shown["known"] or ())):
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


def _meet(place: tuple[str | int, ...], value: Any, others: Mapping[tuple[str | int, ...], Any]) -> bool:
    """Whether a change contradicts another one: the same place with another value, or a place inside it."""
    if place in others:
        return bool(others[place] != value)
    return any(place[: len(other)] == other or other[: len(place)] == place for other in others)


def _own(finding: Finding) -> list[tuple[str, str]]:
    """What is said of this place alone."""
    seen = [("seen", "; ".join(finding.evidence))] if finding.evidence else []
    if not seen and finding.measured_by:
        seen = [("seen", f"not measured; `{finding.measured_by}` would")]
    return [*seen, ("do", finding.do)]


def told(finding: Finding) -> list[tuple[str, str]]:
    """All that is said of a finding, with its labels."""
    anchors = f"{finding.rule} · principle {finding.principle} · {', '.join(finding.references)}"
    return [("why", finding.why), *_own(finding), ("rule", anchors)]


def _block(finding: Finding, others: Sequence[Finding], width: int) -> list[str]:
    parts = told(finding) + ([("also", listed(other.about for other in others))] if others else [])
    return [_head(finding, finding.severity, width), *_parts(parts, width)]


def _whole(group: Sequence[Finding], width: int) -> Iterator[str]:
    """Every finding of a rule: the first in full, of the others what is their own."""
    yield from _block(group[0], (), width)
    for finding in group[1:]:
        yield _head(finding, "also" if finding.severity == group[0].severity else finding.severity, width)
        yield from _parts(_own(finding), width)


def _head(finding: Finding, label: str, width: int) -> str:
    room = width - INDENT - len(finding.place) - 2
    if len(finding.what) > room:
        return _line(label, f"{finding.what}  {finding.place}", width)
    return f"{label:<{INDENT}}{finding.what:<{room}}  {finding.place}".rstrip()


def _parts(parts: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    return (_line("", f"{label:<6}{text}", width, INDENT + 6) for label, text in parts)


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


def _fills(texts: Iterable[str], width: int) -> list[str]:
    return [_fill(text, width) for text in texts if text]


def _fill(text: str, width: int, first: str = "", rest: str = "") -> str:
    return textwrap.fill(text, max(width, 40), initial_indent=first, subsequent_indent=rest,
                         break_long_words=False, break_on_hyphens=False)  # fmt: skip


def _group(group: Sequence[Finding]) -> str:
    colour, mark = MARKS[group[0].severity]
    count = f" and {len(group) - 1} more" if len(group) > 1 else ""
    head = f'<span style="color:{colour}">{mark}</span> {group[0].severity} · {escaped(group[0].what)}{count}'
    return folded(
        head, (_finding(finding, told(finding) if finding is group[0] else _own(finding)) for finding in group)
    )


def _finding(finding: Finding, parts: Iterable[tuple[str, str]]) -> str:
    said = "".join(f"<br>{label}: {escaped(text)}" for label, text in parts)
    return f"<b>{escaped(finding.what)}</b> <code>{escaped(finding.place)}</code>{said}"


def folded(head: str, blocks: Iterable[str]) -> str:
    """HTML of a line that unfolds; nothing where there are no blocks. Both are HTML already."""
    body = "".join(f'<div style="margin:4px 0 8px 18px">{block}</div>' for block in blocks)
    return f"<details><summary>{head}</summary>{body}</details>" if body else ""


def escaped(text: str) -> str:
    """Text as HTML in which what stands in backticks is code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(text))

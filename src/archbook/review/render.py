"""A report as text, Markdown and HTML."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Sequence

from archbook.findings import SEVERITIES, Finding
from archbook.review.report import Report
from archbook.review.subject import listed
from archbook.tables import escape_markdown

SCREEN_GROUPS = 3
INDENT = 7


def as_text(report: Report, width: int, everything: bool) -> str:
    """The answer, then findings; without `everything` one a rule, and the last rules on one line each."""
    parts = [textwrap.fill(report.answer, width, break_on_hyphens=False)]
    groups = report.groups
    if everything:
        parts += [_block(finding, width) for group in groups for finding in group]
        parts += [_line("waived", f"{finding.what}: {finding.waived}", width) for finding in report.waived]
    else:
        parts += [_block(group[0], width) + _others(group[1:], width) for group in groups[:SCREEN_GROUPS]]
        brief = [_brief(group, width) for group in groups[SCREEN_GROUPS:]]
        parts += ["\n".join(brief)] if brief else []
    parts += [_line("crash", f"{crash.rule} failed, so its answer is not known: {crash.error}", width)
              for crash in report.crashes]  # fmt: skip
    parts += [_line("note", remark, width) for remark in report.remarks]
    if report.findings:
        shown = "" if everything or len(report.findings) == 1 else "all of them: --all;  "
        worst = report.groups[0][0]
        waiver = f'waivers: [{{rule: {worst.rule}, about: "{worst.about}", why: "…"}}]'
        hint = f"{shown}to accept a finding, say why in design.yaml: {waiver}"
        parts.append(textwrap.fill(hint, width, break_on_hyphens=False))
    return "\n\n".join(parts)


def seen(finding: Finding) -> str:
    """The numbers behind a finding; says so where there is none."""
    return "; ".join(finding.evidence) or "not measured"


def _block(finding: Finding, width: int) -> str:
    room = width - INDENT - len(finding.place) - 2
    fits = len(finding.what) <= room
    head = finding.what.ljust(room) + "  " + finding.place if fits else f"{finding.what}  {finding.place}"
    anchors = f"{finding.rule} · principle {finding.principle} · {', '.join(finding.references)}"
    return "\n".join(
        [_line(finding.severity, head, width) if not fits else f"{finding.severity:<{INDENT}}{head}".rstrip()]
        + [_labelled(label, text, width)
           for label, text in (("why", finding.why), ("seen", seen(finding)), ("do", finding.do), ("rule", anchors))]
    )  # fmt: skip


def _brief(group: Sequence[Finding], width: int) -> str:
    count = f" ({len(group)} places)" if len(group) > 1 else ""
    return _line(group[0].severity, group[0].what + count, width)


def _others(rest: Sequence[Finding], width: int) -> str:
    if not rest:
        return ""
    return "\n" + _labelled("also", listed(finding.about for finding in rest), width)


def _labelled(label: str, text: str, width: int) -> str:
    return _line("", f"{label:<6}{text}", width, INDENT + 6)


def _line(label: str, text: str, width: int, hang: int = INDENT) -> str:
    return textwrap.fill(text, max(width, 40), initial_indent=f"{label:<{INDENT}}", subsequent_indent=" " * hang,
                         break_long_words=False, break_on_hyphens=False)  # fmt: skip


def as_markdown(report: Report) -> str:
    """Every finding under its severity; names of the design cannot break out of the page."""
    lines = [escape_markdown(report.answer)]
    for severity in SEVERITIES:
        chosen = [finding for finding in report.findings if finding.severity == severity]
        lines += [f"## {severity.capitalize()}"] if chosen else []
        lines += [_item(finding) for finding in chosen]
    if report.waived:
        lines += ["## Waived"]
        lines += [f"- {escape_markdown(f.what)}: {escape_markdown(f.waived)} ({f.rule})" for f in report.waived]
    lines += [
        f"- {crash.rule} failed, so its answer is not known: {escape_markdown(crash.error)}" for crash in report.crashes
    ]
    lines += [f"- {escape_markdown(remark)}" for remark in report.remarks]
    return "\n\n".join(lines) + "\n"


def _item(finding: Finding) -> str:
    place = f" ({finding.place})" if finding.place else ""
    return "\n".join((
        f"- **{escape_markdown(finding.what)}**{escape_markdown(place)}",
        f"  - why: {escape_markdown(finding.why)}",
        f"  - seen: {escape_markdown(seen(finding))}",
        f"  - do: {escape_markdown(finding.do)}",
        f"  - rule: {finding.rule}, principle {finding.principle}; {escape_markdown(', '.join(finding.references))}",
    ))  # fmt: skip


def as_html(report: Report) -> str:
    """The answer, and every rule's findings behind a line that unfolds; all text is escaped."""
    groups = "".join(_details(group) for group in report.groups)
    waived = [f"<b>{_e(f.what)}</b>: {_e(f.waived)}" for f in report.waived]
    notes = [f"<b>{_e(c.rule)} failed</b>: {_e(c.error)}" for c in report.crashes]
    notes += [_e(remark) for remark in report.remarks]
    tail = _folded("waived", waived) + "".join(f'<p style="margin:4px 0">{note}</p>' for note in notes)
    return (f'<div style="font:13px/1.5 system-ui,sans-serif;max-width:60em"><p style="margin:4px 0">'
            f"<b>{_e(report.answer)}</b></p>{groups}{tail}</div>")  # fmt: skip


_MARKS = {"high": ("#D55E00", "▲"), "medium": ("#E69F00", "◆"), "low": ("#0072B2", "●")}


def _details(group: Sequence[Finding]) -> str:
    colour, mark = _MARKS[group[0].severity]
    count = f" and {len(group) - 1} more" if len(group) > 1 else ""
    head = f'<span style="color:{colour}">{mark}</span> {group[0].severity} · {_e(group[0].what)}{count}'
    blocks = [
        f"<b>{_e(f.what)}</b> <code>{_e(f.place)}</code><br>why: {_e(f.why)}<br>"
        f"seen: {_e(seen(f))}<br>do: {_e(f.do)}<br>"
        f"<small>{f.rule} · principle {f.principle} · {_e(', '.join(f.references))}</small>"
        for f in group
    ]
    return _folded(head, blocks)


def _folded(head: str, blocks: Sequence[str]) -> str:
    body = "".join(f'<div style="margin:4px 0 8px 18px">{block}</div>' for block in blocks)
    return f"<details><summary>{head}</summary>{body}</details>" if blocks else ""


def _e(text: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(text))

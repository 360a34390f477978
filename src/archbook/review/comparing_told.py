"""How a comparison of two designs is told: text, Markdown, HTML and plain values."""

from __future__ import annotations

import html
import math
import textwrap
from dataclasses import asdict
from typing import Any

from archbook.design.comparing import Change
from archbook.findings import Finding
from archbook.review.comparing import Diff
from archbook.review.comparing_side import Side
from archbook.tables import Table, escape_markdown

FORMAT = 1
SIGNS = {"added": "+", "removed": "−", "renamed": "±", "changed": "±"}
MOST = 12  # changes and findings on a screen
HOW = (
    "Rates, waits and percentiles by the formulas of `archbook estimate`; cost by what is stated and the price table; "
    "what is there by the availabilities stated, in series, instances beside each other."
)


def tables(diff: Diff) -> list[Table]:
    """The numbers that matter, then elements and endpoints where any differs."""
    return [diff.table(), *(table for table in (diff.element_table(), diff.endpoint_table()) if table.rows)]


def text(diff: Diff, width: int = 100, all: bool = False) -> str:
    """For a terminal."""
    most = 10**6 if all else MOST
    parts = [textwrap.fill(diff.answer, max(width, 40), break_long_words=False)]
    if diff.changes:
        parts += [_block("What changed", [_line(change) for change in diff.changes], width, most)]
        parts += [table.text() for table in tables(diff)]
        for title, findings in _findings(diff):
            parts.append(_block(title, [_told(finding) for finding in findings], width, most))
    return "\n\n".join(part for part in parts if part)


def markdown(diff: Diff) -> str:
    """For a page or a pull request; names of the designs cannot break out of it."""
    e = escape_markdown
    parts = [f"**{e(diff.answer)}**"]
    if diff.changes:
        parts += ["## What changed", "\n".join(f"- {e(_line(change))}" for change in diff.changes)]
        parts += [f"## {table.title}\n\n{table.markdown()}" for table in tables(diff)]
        for title, findings in _findings(diff):
            parts += [f"## {title}", "\n".join(f"- {e(_told(finding))}" for finding in findings)]
    return "\n\n".join(parts) + "\n"


def page(diff: Diff) -> str:
    """For a notebook: the answer, the numbers, the picture, and what changed folded below."""
    first = f'<p style="font-size:1.1em;font-weight:600">{html.escape(diff.answer)}</p>'
    if not diff.changes:
        return first
    shown = "".join(table.html() for table in tables(diff))
    how = f"<details><summary>How was this computed?</summary><p>{html.escape(HOW)}</p></details>"
    return f"{first}{shown}{diff.picture().svg}{listing(diff)}{how}"


def listing(diff: Diff) -> str:
    """HTML of what changed, and of the findings that came and went, each folded."""
    folds = [("What changed", [_line(change) for change in diff.changes])]
    folds += [(title, [_told(finding) for finding in findings]) for title, findings in _findings(diff)]
    return "".join(
        f"<details><summary>{html.escape(title)} ({len(lines)})</summary><ul>"
        + "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        + "</ul></details>"
        for title, lines in folds
    )


def options(diff: Diff) -> tuple[str, str]:
    """The numbers of each option in a line: what it holds, costs, misses, and what the review finds."""
    a, b = (
        "; ".join(f"{name}: {told}" for name, told in side.figures().items() if not told.startswith("not known"))
        for side in (diff.a, diff.b)
    )
    return a, b


def to_json(diff: Diff) -> dict[str, Any]:
    """Plain values: units in the keys, null where a number is unknown or unbounded."""
    changes = [asdict(change) for change in diff.changes]
    for key in (key for change in changes for key in change["keys"]):
        key |= {name: float(f"{key[name]:.12g}") for name in ("old", "new") if isinstance(key[name], float)}
    return {
        "archbook_diff": FORMAT,
        "answer": diff.answer,
        "growth": diff.growth,
        "changes": changes,
        "a": _side(diff.a, diff.names[0]),
        "b": _side(diff.b, diff.names[1]),
        "findings": {"opened": _plain(diff.opened), "closed": _plain(diff.closed)},
    }


def _side(side: Side, name: str) -> dict[str, Any]:
    load, times = ("utilisation", "breaks_at"), ("p50_s", "p95_s", "p99_s")
    return {
        "name": name,
        "holds_to": _known(side.holds_to),
        "breaks_first": side.breaks_first or None,
        "cost_per_month": _known(side.at.cost.per_month),
        "currency": side.at.cost.currency,
        "available_share": _known(side.answered),
        "stored_at_horizon_b": side.stored_b,
        "missed": side.missed,
        "findings": len(side.report.findings),
        "elements": {e.name: {k: _known(getattr(e, k)) for k in load} for e in side.at.elements.values()},
        "endpoints": {e.name: {k: _known(getattr(e, k)) for k in times} for e in side.at.endpoints.values()},
    }


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _plain(findings: list[Finding]) -> list[dict[str, str]]:
    keys = ("rule", "severity", "about", "what", "do", "place")
    return [{key: getattr(finding, key) for key in keys} for finding in findings]


def _findings(diff: Diff) -> list[tuple[str, list[Finding]]]:
    a, b = diff.names
    pairs = [(f"Findings that {b} opens", diff.opened), (f"Findings of {a} that it closes", diff.closed)]
    return [(title, findings) for title, findings in pairs if findings]


def _line(change: Change) -> str:
    return f"{SIGNS[change.kind]} {change}"


def _told(finding: Finding) -> str:
    return f"{finding.severity}: {finding.what} ({finding.rule})"


def _block(title: str, lines: list[str], width: int, most: int) -> str:
    """Lines under a title, each wrapped; beyond `most` only counted."""
    shown = [textwrap.fill(line, max(width, 40), initial_indent="  ", subsequent_indent="    ", break_long_words=False,
                           break_on_hyphens=False) for line in lines[:most]]  # fmt: skip
    rest = [f"  and {len(lines) - most} more: --all"] if len(lines) > most else []
    return "\n".join([title, *shown, *rest])

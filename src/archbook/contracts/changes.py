"""What changed between two versions of an API, as text, Markdown, HTML, a table and JSON."""

from __future__ import annotations

import textwrap
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from archbook.contracts.kinds import LEVELS, Level
from archbook.errors import shown
from archbook.findings.report import MARKS, escaped, folded
from archbook.tables import Table, as_columns, escape_markdown
from archbook.units import listed, show_count

FORMAT = 1
_GROUPS, _PLACES = 8, 3


@dataclass(frozen=True, slots=True)
class Change:
    """One change, and all operations that it reaches.

    kind: oasdiff's name. it: the place. old, new: the values, where there are some. renamed_to: the new name.
    client: whom it breaks. path: how to get there without breaking anybody; both empty where it is safe.
    """

    kind: str
    level: Level
    it: str
    old: str
    new: str
    renamed_to: str
    operations: tuple[str, ...]
    client: str = ""
    path: str = ""

    @property
    def what(self) -> str:
        """The change in a few words."""
        if self.renamed_to:
            return f"{shown(self.it)} is now called {shown(self.renamed_to)}"
        values = [shown(value) for value in (self.old, self.new) if value]
        said = f": {' → '.join(values)}" if values else ""
        return f"{shown(self.it)}: {self.kind.replace('-', ' ')}{said}" if self.it else self.kind

    @property
    def where(self) -> str:
        """The operations, the first ones by name."""
        return "" if self.operations == (self.it,) else listed(self.operations, most=_PLACES)


@dataclass(frozen=True, slots=True)
class Changes:
    """All changes between two versions. operations: how many the old one has. notes: what else is to be known."""

    old: str
    new: str
    operations: int
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()

    def of(self, level: Level) -> list[Change]:
        """The changes of one level, grouped by kind; those that reach most operations first."""
        chosen = [change for change in self.changes if change.level == level]
        reach = Counter[str]()
        for change in chosen:
            reach[change.kind] += max(len(change.operations), 1)
        return sorted(chosen, key=lambda c: (-reach[c.kind], c.kind, -len(c.operations), c.it, c.old, c.new))

    @property
    def exit_code(self) -> int:
        """0, or 1 where a client breaks."""
        return int(any(change.level == "breaking" for change in self.changes))

    @property
    def answer(self) -> str:
        """The sentence that comes first."""
        names = self.old if self.old == self.new else f"{self.old} → {self.new}"
        if not self.changes:
            return f"{names}: nothing changed that a client could see, in {show_count(self.operations, 'operation')}."
        counts = ", ".join(f"{len(self.of(level))} {level}" for level in LEVELS if self.of(level))
        broken = {name for change in self.of("breaking") for name in change.operations}
        said = f"; {show_count(len(broken), 'operation')} broken" if broken else ""
        return f"{names}: {counts} {'change' if len(self.changes) == 1 else 'changes'}{said}."

    def text(self, width: int = 100, all: bool = False) -> str:
        """For a terminal: the worst kinds with whom they break and the way round, or `all` changes."""
        blocks = [textwrap.fill(self.answer, width)]
        groups = self._groups()
        blocks += ["\n".join(_block(group, width, all)) for group in (groups if all else groups[:_GROUPS])]
        if not all and len(groups) > _GROUPS:
            rest = [f"{group[0].kind} ({len(group)})" for group in groups[_GROUPS:]]
            blocks.append(_fill("more", f"{', '.join(rest)}; `--all` shows them", width))
        return "\n\n".join([*blocks, *(_fill("note", note, width) for note in self.notes)])

    def _groups(self) -> list[list[Change]]:
        groups: dict[tuple[str, str], list[Change]] = {}
        for level in LEVELS:
            for change in self.of(level):
                groups.setdefault((level, change.kind), []).append(change)
        return list(groups.values())

    def markdown(self) -> str:
        """Every change under its level; names of the documents cannot break out of the page."""
        e = escape_markdown
        lines = [e(self.answer)]
        for level in LEVELS:
            lines += [f"## {level.capitalize()}"] if self.of(level) else []
            for change in self.of(level):
                lines.append(f"- **{e(change.what)}** ({change.kind})")
                told = (("where", change.where), ("breaks", change.client), ("instead", change.path))
                lines += [f"  - {label}: {e(text)}" for label, text in told if text]
        lines += ["## Notes", *(f"- {e(note)}" for note in self.notes)] if self.notes else []
        return "\n".join(lines) + "\n"

    def html(self) -> str:
        """For a notebook: the answer, and a kind of change a line that unfolds, the first one open; text is escaped."""
        kinds = "".join(_unfolding(group) for group in self._groups()).replace("<details>", "<details open>", 1)
        notes = "".join(f'<p style="margin:4px 0"><b>note</b> {escaped(note)}</p>' for note in self.notes)
        return (f'<div style="font:13px/1.5 system-ui,sans-serif;max-width:60em"><p style="margin:4px 0">'
                f"<b>{escaped(self.answer)}</b></p>{kinds}{notes}</div>")  # fmt: skip

    def table(self) -> Table:
        """One row a change, the breaking ones first."""
        rows = [(c.level, c.what, c.where or None, c.client or None, c.path or None, c.kind)
                for level in LEVELS for c in self.of(level)]  # fmt: skip
        return as_columns(("level", "change", "where", "breaks", "instead", "kind"), rows, title=self.answer)

    def to_json(self) -> dict[str, Any]:
        """All of it in plain values, for files and scripts."""
        changes = [asdict(change) for level in LEVELS for change in self.of(level)]
        return {"archbook_diff": FORMAT, "exit_code": self.exit_code, "answer": self.answer,
                **asdict(self), "changes": changes}  # fmt: skip

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html(), "text/markdown": self.markdown(), "text/plain": self.text()}

    def __str__(self) -> str:
        return self.text()


def _unfolding(group: list[Change]) -> str:
    first = group[0]
    colour, mark = MARKS[{"breaking": "high", "risky": "medium", "safe": "low"}[first.level]]
    more = f" and {len(group) - 1} more" if len(group) > 1 else ""
    places = [f"{escaped(change.what)} ({escaped(change.where)})" for change in group if change.where]
    told = (("breaks", first.client), ("instead", first.path), ("kind", f"`{first.kind}`"))
    end = "<br>".join(f"{label}: {escaped(text)}" for label, text in told if text)
    head = f'<span style="color:{colour}">{mark}</span> {first.level} · {escaped(first.what)}{more}'
    return folded(head, [*places, end])


def _block(group: list[Change], width: int, all: bool) -> list[str]:
    first = group[0]
    lines = [f"{first.level} {first.kind}" + (f" ({len(group)})" if len(group) > 1 else "")]
    for change in group if all else group[:_PLACES]:
        where = f" ({change.where})" if change.where else ""
        lines.append(_fill("", f"{change.what}{where}", width))
    if not all and len(group) > _PLACES:
        lines.append(_fill("", f"and {len(group) - _PLACES} more", width))
    told = (("breaks", first.client), ("instead", first.path))
    return lines + [_fill(label, text, width) for label, text in told if text]


def _fill(label: str, text: str, width: int) -> str:
    return textwrap.fill(text, width, initial_indent=f"  {label:<8}" if label else "  ", subsequent_indent=" " * 10)

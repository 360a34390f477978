"""The review panel: findings ranked at a load, one unfolded with its evidence, accepted with a reason or mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import ipywidgets as widgets

from archbook.design.loading import FILE
from archbook.design.model import Design, Where
from archbook.design.yaml_safe import read_yaml
from archbook.errors import ArchbookError
from archbook.evidence import load_evidence
from archbook.findings import SEVERITIES, Finding
from archbook.findings.report import MARKS, Report, escaped, folded, told
from archbook.panels.controls import button, labelled, logarithmic, menu, row, sentence, shown, slider
from archbook.panels.saving import Saves
from archbook.review import review
from archbook.review.fixing import steps, told_step
from archbook.review.waiving import accepting
from archbook.units import show_count, show_factor

ALL = "all"
PRINCIPLES = {1: "start simple", 2: "APIs are contracts", 3: "data is sacred", 4: "failures happen",
              5: "measure everything", 6: "explain the why"}  # fmt: skip
MOST_STEPS, MOST_RULES = 4, 20
HOW = """<details><summary>How is this ranked?</summary><p>By severity, and within one by what a finding costs at the
load of the slider: the requests or calls a second that meet it (computed: traffic carried over the call graph). Rules
are ordered by the mean over their places, so that one change that helps many requests stands above ten that help few.
A finding that the load alone makes, such as a pool that no longer carries it, comes and goes with the slider. Numbers
say whether they were computed, simulated or measured; a finding without one names the command that would
measure.</p></details>"""


class ReviewPanel(Saves):
    """Filters and what is done about a finding left, the one unfolded right, all of them below."""

    def __init__(self, design: Design) -> None:
        self._saved_design = design
        self._reports: dict[float, Report] = {}
        self._shown: list[Finding] = []
        self._data: Any = None
        self._build_controls()
        self._top, self._one, self._list = shown("top"), shown("top"), shown("below")
        filters = [self._growth, self._severity, self._principle, self._element]
        column = [*filters, self._finding, self._why, *self._buttons()]
        super().__init__(column, [self._top, self._one], [self._list, widgets.HTML(HOW)])
        self._show()

    def _build_controls(self) -> None:
        design = self._saved_design
        growth = design.traffic.growth
        self._growth = slider("Growth", logarithmic(1.0, max(100.0, 10 * growth), growth), growth, show_factor,
                              "Multiple of today's load at which findings are ranked")  # fmt: skip
        self._severity = menu("Severity", [ALL, *SEVERITIES], ALL, "Show findings of one severity only")
        principles = [ALL, *(f"{number} {name}" for number, name in PRINCIPLES.items())]
        self._principle = menu("Principle", principles, ALL, "Show what offends one principle only")
        elements = [ALL, *design.services, *design.stores, *design.externals]
        self._element = menu("Element", elements, ALL, "Show what is about one service, store or external system only")
        self._finding = menu("Finding", [], None, "The finding that is unfolded beside")
        self._why = labelled(widgets.Text, "Why accept it", "Written into the design with a waiver",
                             placeholder="a reason, kept with the waiver", continuous_update=True)  # fmt: skip
        self._on(self._show, self._growth, self._severity, self._principle, self._element)
        self._on(self._look, self._finding)

    def _buttons(self) -> Iterator[widgets.Widget]:
        self._waive_button = button("Waive", "Accept the finding: write the reason into design.yaml", self.waive)
        self._fix_button = button("Fix", "Make the change shown beside, in design.yaml", self.fix)
        self._fix_all = button("Fix its rule", "Make this rule's changes at every place, in design.yaml", self.fix_rule)
        yield row(self._waive_button, self._fix_button, self._fix_all)
        undo = button("Undo save", "Put back what the last save replaced", self.undo)
        yield row(undo, button("Reset", "Back to the design's growth, all findings", self.reset))

    # What the controls do

    @property
    def report(self) -> Report:
        """The review of the design at the load of the slider."""
        growth = self._growth.value
        if growth not in self._reports:
            folder = self._saved_design.folder
            kept = load_evidence(folder) if folder else ()
            self._reports[growth] = review(self._saved_design, kept, growth=growth)
        return self._reports[growth]

    @property
    def finding(self) -> Finding | None:
        """The one that is unfolded."""
        return self._shown[self._finding.value] if self._finding.value is not None else None

    def reset(self) -> None:
        """Back to the design's growth, with all findings."""
        with self._quietly():
            self._growth.value = self._saved_design.traffic.growth
            self._severity.value = self._principle.value = self._element.value = ALL
        self._said.value = ""
        self._show()

    def waive(self) -> None:
        """Accept the unfolded finding, for the reason that was typed."""
        if self.finding is None:
            self._tell("Nothing to waive: no finding is shown.")
            return
        try:
            changes = accepting(self._saved_design, self.finding.rule, self.finding.about, self._why.value)
        except ArchbookError as error:
            self._tell(error)
            return
        self._write(changes)

    def fix(self) -> None:
        """Make the change that the unfolded finding carries."""
        self._mend([self.finding] if self.finding else [])

    def fix_rule(self) -> None:
        """Make the changes of the unfolded finding's rule, at all its places."""
        self._mend(self.report.mending([self.finding.rule]) if self.finding else [])

    def _mend(self, findings: Sequence[Finding]) -> None:
        changes: dict[Where, Any] = {where: value for finding in findings for where, value in finding.mend.items()}
        if not changes:
            self._tell("Nothing to fix here without thought: *do* says what is to be decided.")
            return
        self._write(changes)

    def _reloaded(self) -> None:
        self._reports.clear()
        self._data = None
        self._why.value = ""
        self._show()

    def _look(self) -> None:
        self._said.value = ""
        self._unfold()

    # What is said and shown

    def _show(self) -> None:
        report, was = self.report, self.finding
        groups = [chosen for group in report.groups if (chosen := [f for f in group if self._asked_for(f)])]
        self._shown = [finding for group in groups for finding in group]
        again = (i for i, f in enumerate(self._shown) if was and (f.rule, f.about) == (was.rule, was.about))
        with self._quietly():
            self._finding.options = [(f"{MARKS[f.severity][1]} {f.what}", i) for i, f in enumerate(self._shown)]
            self._finding.value = next(again, 0 if self._shown else None)
        self._top.value = sentence(self._answer(report))
        self._list.value = _grouped(groups) + folded(
            f"{len(report.waived)} waived", [f"<b>{escaped(f.what)}</b>: {escaped(f.waived)}" for f in report.waived]
        )
        self._unfold()

    def _asked_for(self, finding: Finding) -> bool:
        return (self._severity.value in (ALL, finding.severity)
                and self._principle.value.partition(" ")[0] in (ALL, str(finding.principle))
                and self._element.value in (ALL, *self._elements(finding)))  # fmt: skip

    def _elements(self, finding: Finding) -> set[str]:
        """Elements that a finding is about: both ends of a call, a table's store, the service of an endpoint."""
        about = finding.about
        named = {part.strip().partition(".")[0] for part in about.split("→")}
        return named | {e.service for e in self._saved_design.api.endpoints if about in (e.name, e.path)}

    def _answer(self, report: Report) -> str:
        at = "at today's load" if self._growth.value == 1 else f"at *{show_factor(self._growth.value)}* today's load"
        if report.crashes:
            crash = report.crashes[0]
            return f"{crash.rule} failed, so that the review is incomplete: {crash.error}."
        if not report.findings:
            return f"{report.design}, {at}: *no finding*. {report.looked_at}."
        if not self._shown:
            return f"{show_count(len(report.findings), 'finding')} {at}, and none of them is of this choice."
        counts = {s: sum(finding.severity == s for finding in self._shown) for s in SEVERITIES}
        severities = ", ".join(f"{counts[s]} {s}" for s in SEVERITIES if counts[s])
        of = f" of {len(report.findings)}" if len(self._shown) < len(report.findings) else ""
        return (f"*{len(self._shown)}{of}* {'finding' if len(report.findings) == 1 else 'findings'} {at} "
                f"({severities}). Mend first: *{self._shown[0].what}*.")  # fmt: skip

    def _unfold(self) -> None:
        finding = self.finding
        self._waive_button.disabled = finding is None
        self._fix_button.disabled = not (finding and finding.mend)
        together = self.report.mending([finding.rule]) if finding and finding.mend else []
        self._fix_all.disabled = len(together) < 2
        self._fix_all.description = f"Fix its rule ({len(together)} places)" if len(together) > 1 else "Fix its rule"
        self._one.value = "" if finding is None else _whole(finding, self._steps(finding))

    def _steps(self, finding: Finding) -> list[str]:
        if not finding.mend:
            return []
        if self._data is None:
            text = self._saved_design.source.texts.get(FILE, "")
            self._data = read_yaml(text, FILE).data if text else {}
        return [told_step(step) for step in steps(self._data, finding)]


def _whole(finding: Finding, changes: Sequence[str]) -> str:
    colour, mark = MARKS[finding.severity]
    parts = [(label, escaped(text)) for label, text in told(finding)]
    if finding.measured_by and finding.evidence:
        parts.insert(-1, ("measure", f"<code>{escaped(finding.measured_by)}</code> would put a number behind it"))
    if changes:
        more = f"<br>and {len(changes) - MOST_STEPS} more" if len(changes) > MOST_STEPS else ""
        lines = "<br>".join(map(escaped, changes[:MOST_STEPS]))
        parts.insert(-1, ("fix", f"{lines}{more}<br><i>Fix</i> writes it; <i>Undo save</i> takes it back"))
    cell = "padding:1px 10px 1px 0;vertical-align:top"
    rows = "".join(f'<tr><th scope="row" style="{cell};text-align:left;font-weight:600">{label}</th>'
                   f'<td style="{cell}">{text}</td></tr>' for label, text in parts)  # fmt: skip
    return (f'<div style="border-left:4px solid {colour};padding:2px 12px;font:13px/1.5 system-ui,sans-serif;'
            f'max-width:60em"><b>{mark} {finding.severity} · {escaped(finding.what)}</b> '
            f'<code>{escaped(finding.place)}</code><table style="border-collapse:collapse;margin:4px 0">'
            f"{rows}</table></div>")  # fmt: skip


def _grouped(groups: Sequence[Sequence[Finding]]) -> str:
    """A line for each rule, in order; a rule of several places unfolds to them."""
    lines = []
    for group in groups:
        colour, mark = MARKS[group[0].severity]
        places = f" and {len(group) - 1} more" if len(group) > 1 else ""
        head = (f'<span style="color:{colour}">{mark}</span> {group[0].severity} · {escaped(group[0].what)}{places} '
                f'<span style="opacity:.7">{group[0].rule}</span>')  # fmt: skip
        rest = [f"{escaped(f.what)} <code>{escaped(f.place)}</code>" for f in group]
        lines.append(folded(head, rest) if len(group) > 1 else f'<div style="padding-left:1.1em">{head}</div>')
    top, more = "".join(lines[:MOST_RULES]), lines[MOST_RULES:]
    below = folded(f"and {show_count(len(more), 'more rule')}", ["".join(more)]) if more else ""
    return f'<div style="font:13px/1.6 system-ui,sans-serif;max-width:70em">{top}{below}</div>'

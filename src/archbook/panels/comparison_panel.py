"""The comparison panel: a design and another option beside each other, at any load, and the choice written down."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

from archbook.design.deciding import decide
from archbook.design.loading import load
from archbook.design.model import Design
from archbook.errors import ArchbookError
from archbook.evidence import load_evidence
from archbook.panels.controls import button, labelled, logarithmic, menu, row, sentence, shown, slider
from archbook.panels.panel import Panel
from archbook.review.comparing import Diff, diff
from archbook.review.comparing_told import listing, options, tables
from archbook.units import show_factor

HOW = """<details><summary>How was this computed?</summary><p>Rates, waits and percentiles by the formulas of the
estimate, for both at the same load; cost by what is stated and the price table; availability by what is stated, in
series, instances beside each other. The review looks at the growth that each design is made for.</p></details>"""
NOTHING = (
    "There is nothing yet to hold *{name}* against: write a variant of it as variants/NAME.yaml (`archbook schema "
    "--variant` prints all keys), or open the panel with another design: ab.panels.comparison(design, other)."
)


class ComparisonPanel(Panel):
    """Controls left, the answer and the numbers right, the picture and what changed below. `diff` is what is shown."""

    def __init__(self, design: Design, others: Sequence[Design] = ()) -> None:
        self._design = design
        self._others = {_unlike(other, design): other for other in others}
        self._titles: dict[str, str] = {}
        self._diffs: dict[str, Diff] = {}
        self.diff: Diff | None = None
        self._build_controls()
        self._top, self._below = shown("top"), shown("below", "diagram")
        column = [self._option, self._growth, self._choice, self._title, self._why]
        buttons = row(
            button("Decide", "Write the choice, its why and the numbers of both into decisions/", self.decide),
            button("Reset", "Back to the growth that the design is made for", self.reset),
        )
        super().__init__([*column, buttons], [self._top], [self._below, widgets.HTML(HOW)])
        self._look()

    def _build_controls(self) -> None:
        growth = float(self._design.traffic.growth)
        names = [*self._variants(), *self._others]
        self._option = menu("Held against", names, next(iter(names), None), "The other option")
        self._growth = slider("Growth", logarithmic(1.0, max(100.0, 10 * growth), growth), growth, show_factor,
                              "Multiple of today's load")  # fmt: skip
        self._choice = menu("Choose", [], None, "The option to decide for")
        self._title = labelled(widgets.Text, "Title", "What the file is called", placeholder="The decision in one line")
        self._why = labelled(widgets.Textarea, "Why", "A decision needs its why",
                             placeholder="What tips the balance, in your words")  # fmt: skip
        self._on(self._look, self._option)
        self._on(self._grow, self._growth)
        self._on(self._name, self._choice)

    def _variants(self) -> list[str]:
        """Variants in the folder of the design, by the names of the menu."""
        try:
            found = self._design.variants()
        except ArchbookError as error:
            self._trouble = str(error) if self._design.folder else ""
            return []
        self._trouble = ""
        self._titles = {name: variant.title for name, variant in found.items()}
        return list(found)

    # What the controls do

    def _look(self) -> None:
        """Hold the design against the option in the menu."""
        name = self._option.value
        if name is None:
            self._top.value = sentence(self._trouble or NOTHING.format(name=self._design.called))
            return
        try:
            self._diffs[name] = self._diffs.get(name) or self._held(name)
        except ArchbookError as error:
            self.diff, self._top.value, self._below.value = None, sentence(str(error)), ""
            return
        self.diff = self._diffs[name]
        self._choice.options = self.diff.names
        self._choice.value = self.diff.names[1]
        changes = listing(self.diff)
        self._below.value = f"{self.diff.picture().svg}{changes}" if self.diff.changes else ""
        self._grow()

    def _held(self, name: str) -> Diff:
        design = self._design
        other = self._others[name] if name in self._others else design.variant(name)
        measured = [load_evidence(each.folder) if each.folder else () for each in (design, other)]
        return diff(design, other, float(design.traffic.growth), (measured[0], measured[1]))

    def _grow(self) -> None:
        if self.diff is None:
            return
        self.diff = self.diff.grown(float(self._growth.value))
        shown = "".join(table.html() for table in tables(self.diff)) if self.diff.changes else ""
        self._top.value = sentence(self.diff.answer) + shown

    def _name(self) -> None:
        """A title for the decision, until somebody types another."""
        if self.diff is None or self._title.value not in ("", *self._drafted()):
            return
        self._title.value = self._drafted()[self.diff.names.index(self._choice.value)]

    def _drafted(self) -> list[str]:
        titles = self._titles.get(str(self._option.value)) or f"Take {self._option.value}"
        return [f"It stays as it is, without: {titles}"[:200], titles]

    def reset(self) -> None:
        """Back to the growth that the design is made for."""
        self._growth.value = float(self._design.traffic.growth)
        self._said.value = ""

    def decide(self) -> None:
        """Write the choice into the folder of the design, with its why, the other option and the numbers of both."""
        if self.diff is None:
            self._tell("Nothing to decide: there is no other option.")
            return
        if not self._why.value.strip():
            self._tell("Nothing written yet: a decision needs its why.")
            return
        taken = self.diff.names.index(self._choice.value)
        numbers = options(self.diff)
        known = {*self._design.services, *self._design.stores, *self._design.externals, *self._design.events}
        about = dict.fromkeys(name for change in self.diff.changes for name in change.about if name in known)
        try:
            file = decide(
                self._design, self._title.value, self._why.value, list(about),
                decision=f"{self._title.value.strip()} ({self.diff.names[taken]}). In numbers: {numbers[taken]}.",
                context=f"Two options at {show_factor(self.diff.growth)} today's load (computed). {self.diff.answer}",
                alternatives=[f"{self.diff.names[1 - taken]}: {numbers[1 - taken]}"],
            )  # fmt: skip
            self._design = load(self._design.folder) if self._design.folder else self._design
        except ArchbookError as error:
            self._tell(error)
            return
        self._tell(f"Written to {file} of {self._design.name}; delete the file to undo.")


def _unlike(other: Design, design: Design) -> str:
    return other.called if other.called != design.called else f"{other.called} (another)"

"""The decision panel: asks for context, options, the why and what follows, drafts the rest, and writes the file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

from archbook.design.deciding import decide, subjects, written
from archbook.design.loading import load
from archbook.design.model import Design
from archbook.errors import ArchbookError, UnknownName
from archbook.evidence import load_evidence
from archbook.findings.report import Report
from archbook.panels.controls import button, labelled, row, sentence, shown
from archbook.panels.panel import Panel
from archbook.review import review
from archbook.review.drafting import context, facts, rivals
from archbook.review.subject import Subject

MOST_RIVALS = 4
HOW = """<details><summary>What makes a decision worth reading?</summary><p>Its <b>context</b> says what made it
necessary, in numbers where there are some; the <b>options</b> are roads that could really have been taken, each with
why not; the <b>why</b> is what tipped the balance, so that who comes later knows when it no longer holds;
<b>consequences</b> are good and bad ones. The file is Markdown in the form of MADR, numbered, and never written over
another.</p></details>"""
ASKED = {
    "title": (widgets.Text, "Decision", "What is done, in one line", "The title, and the name of the file"),
    "context": (widgets.Textarea, "Context", "What made it necessary",
                "Drafted from what is known of the elements, until you change it"),
    "options": (widgets.Textarea, "Options", "The roads not taken, one a line, as `option: why not`",
                "One a line, such as `two databases: twice the backups`"),
    "why": (widgets.Textarea, "Why", "What tips the balance", "A decision needs its why"),
    "consequences": (widgets.Textarea, "Consequences", "What follows, good and bad, one a line", "One a line"),
}  # fmt: skip


class DecisionPanel(Panel):
    """Questions left; what is known, warnings and the file to be right."""

    def __init__(self, design: Design, about: Sequence[str] = ()) -> None:
        self._design, self._drafted = design, ""
        self._report: Report | None = None
        known = subjects(design)
        if unknown := next((name for name in about if name not in known), None):
            raise UnknownName("element", unknown, known)
        tip = "The elements, events and endpoints that it is about; several with Ctrl or Shift"
        self._about = labelled(widgets.SelectMultiple, "About", tip, options=known, value=tuple(about), rows=6)
        self._fields = {name: _field(*asked) for name, asked in ASKED.items()}
        self._top, self._file = shown("top"), shown()
        self._on(self._show, self._about)
        self._on(self._preview, *self._fields.values())
        buttons = row(button("Write", "Write the decision into decisions/", self.write),
                      button("Clear", "Begin another one", self.reset))  # fmt: skip
        column = [self._about, *self._fields.values(), buttons]
        super().__init__(column, [self._top, self._file], [widgets.HTML(HOW)])
        self._show()

    # What is known

    @property
    def about(self) -> list[str]:
        """The elements chosen, in the order of the design."""
        return list(self._about.value)

    def _subject(self) -> Subject:
        folder = self._design.folder
        return Subject(self._design, load_evidence(folder) if folder else ())

    def _show(self) -> None:
        """What is known of the elements chosen, and the decisions that are about them already."""
        try:
            subject = self._subject()
            if self._report is None:
                self._report = review(self._design, subject.evidence)
            self._inform(subject, self._report)
        except ArchbookError as error:
            self._top.value = sentence(str(error))
        self._preview()

    def _inform(self, subject: Subject, report: Report) -> None:
        if not self.about:
            count = len(self._design.decisions)
            self._top.value = sentence(
                f"*{self._design.name}* has {count} decisions. Choose what the next one is about, and what is known of "
                "it stands here."
            )
            known = ""
        else:
            older = rivals(self._design.decisions, self.about)
            warned = "".join(sentence(f"{text[0].upper()}{text[1:]}.", "changed") for text in older[:MOST_RIVALS])
            items = "".join(f"<li>{escape(fact)}</li>" for fact in facts(subject, report, self.about) or ["nothing"])
            told = f'<ul style="line-height:1.45;margin:4px 0 12px;padding-left:20px">{items}</ul>'
            self._top.value = f"{sentence(_warning(len(older)))}{warned}<p><b>What is known</b></p>{told}"
            known = context(subject, report, self.about)
        field = self._fields["context"]
        if field.value in ("", self._drafted):
            self._drafted = field.value = known

    # The file

    def _parts(self) -> dict[str, Any]:
        value = {name: field.value for name, field in self._fields.items()}
        lines = {name: [line.strip(" -*") for line in value[name].splitlines() if line.strip(" -*")]
                 for name in ("options", "consequences")}  # fmt: skip
        return {"title": value["title"], "why": value["why"], "about": self.about, "context": value["context"],
                "alternatives": lines["options"], "consequences": lines["consequences"]}  # fmt: skip

    def _preview(self) -> None:
        """The file as it would be written, or what is missing for it."""
        self._said.value = ""
        try:
            file, text = written(self._design, **self._parts())
        except ArchbookError as error:
            asked = "Not yet a decision" if not self._fields["title"].value.strip() else "Not to be written like this"
            self._file.value = sentence(f"{asked}: {error}.", "changed")
            return
        missing = [] if self._parts()["alternatives"] else ["no road not taken is named"]
        missing += [] if self.about else ["it is about no element, so nothing leads to it"]
        doubt = sentence(f"To be thought of: {'; '.join(missing)}.", "changed") if missing else ""
        self._file.value = doubt + _shown(f"Will be {file}", text)

    def write(self) -> None:
        """Write the decision into the folder of the design, and show the file."""
        try:
            file = decide(self._design, **self._parts())
            folder = self._design.folder
            if folder:
                self._design = load(folder)
                self._file.value = _shown(file, (folder / file).read_text(encoding="utf-8"))
        except ArchbookError as error:
            self._tell(error)
            return
        self._report = None
        self._tell(f"Written to {file} of {self._design.name}; delete the file to undo. Clear begins another one.")

    def reset(self) -> None:
        """Begin another decision: nothing chosen, nothing typed."""
        self._drafted = ""
        for field in self._fields.values():
            field.value = ""
        self._about.value = ()
        self._show()


def _warning(number: int) -> str:
    if not number:
        return "No decision in force is about the same."
    are = "One decision in force is" if number == 1 else f"{number} decisions in force are"
    replace = "If yours replaces one, give that the status superseded, by the number of yours."
    return f"{are} about the same. {replace}"


def _field(kind: Any, label: str, hint: str, tip: str) -> Any:
    more = {"rows": 4} if kind is widgets.Textarea else {}
    return labelled(kind, label, tip, placeholder=hint, **more)


def _shown(title: str, text: str) -> str:
    """A file as it stands, under its name."""
    box = "white-space:pre-wrap;border:1px solid #C3CAD3;border-radius:4px;padding:8px 12px;font-size:12px;"
    box += "word-break:normal;overflow-wrap:anywhere"
    return f'{sentence(title, "changed")}<pre style="{box}">{escape(text)}</pre>'

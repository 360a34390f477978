"""The API panel: edit an endpoint, and see its lint, its OpenAPI, what breaks for clients, and a live call."""

from __future__ import annotations

from html import escape
from typing import get_args

import ipywidgets as widgets
from pydantic import TypeAdapter, ValidationError

from archbook.contracts.breaking import diff_api
from archbook.contracts.document import Document
from archbook.contracts.lint import lint_api
from archbook.contracts.live import NOBODY, Live, Request
from archbook.contracts.openapi import as_text, to_openapi
from archbook.design.contract import Endpoint
from archbook.design.model import Design
from archbook.design.quantities import EndpointName
from archbook.errors import ArchbookError
from archbook.findings import Finding
from archbook.findings.report import Report
from archbook.panels.api_edits import Edits
from archbook.panels.controls import button, labelled, menu, row, sentence, set_values, shown, slider
from archbook.panels.saving import Saves
from archbook.units import show_count, show_duration

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PAGES, WHOLE, ONE = "a list in pages", "a list at once", "one thing"
CALLERS = [("anybody", "none"), ("signed-in user", "user"), ("service", "service")]
CACHES = (0.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 3600.0, 86400.0, 2592000.0)
VIEWS = ("Lint", "OpenAPI", "Breaks", "Live call")
assert {auth for _, auth in CALLERS} == set(get_args(Endpoint.model_fields["auth"].annotation))


class ApiPanel(Saves):
    """An endpoint's promises left; answer and what follows from them right."""

    def __init__(self, design: Design) -> None:
        self._saved_design = design
        self._edits = Edits(design)
        self._report: Report | None = None
        self._before: tuple[Design, Document] | None = None
        self._live: Live | None = None
        self._answered = ""
        self._build_controls()
        self._top, self._shown = shown("top"), shown("below")
        more = widgets.Accordion([widgets.VBox([self._service, self._roles, self._owned, self._key, self._deprecated])],
                                 titles=("More",), selected_index=None)  # fmt: skip
        column = [self._endpoint, self._endpoint_buttons(), self._method, self._path, self._answers, self._auth,
                  self._cache, more, self._changed, self._buttons()]  # fmt: skip
        super().__init__(column, [self._top, self._view, self._live_part, self._shown])
        self._take()

    def _build_controls(self) -> None:
        names = [endpoint.name for endpoint in self._saved_design.api.endpoints]
        self._endpoint = menu("Endpoint", names, next(iter(names), None), "The endpoint to look at and to change")
        self._method = menu("Method", METHODS, METHODS[0], "What is done")
        tip = "Where it stands, such as /api/v1/orders/{id}"
        self._path = labelled(widgets.Text, "Path", tip, continuous_update=False)
        self._answers = menu("Answers with", [PAGES, WHOLE, ONE], ONE, "A list, cut into pages or not, or one thing")
        self._auth = menu("Caller", [], None, "Who may call it")
        self._auth.options = CALLERS
        self._cache = slider("Kept for", CACHES, 0.0, _kept, "How long clients and the CDN may keep the answer")
        self._service = menu("Service", self._saved_design.services, None, "The service that answers it")
        roles, tip = list(self._saved_design.security.roles), "Roles that may call it; all when none is chosen"
        self._roles = labelled(widgets.SelectMultiple, "Roles", tip, options=roles, rows=4)
        self._owned = menu("Owner check", ["off", "on"], "off", "Whether it asks whose an object is")
        self._key = menu("Idempotency key", ["off", "on"], "off", "Whether a repeated POST is done once")
        self._deprecated = menu("Deprecated", ["off", "on"], "off", "Whether clients are asked to leave it")
        self._view = widgets.ToggleButtons(options=VIEWS, value=VIEWS[0], description="",
                                           style={"button_width": "auto"})  # fmt: skip
        self._changed = shown()
        self._build_call()
        self._on(self._take, self._endpoint)
        self._on(self._look, self._view)
        self._on(self._edit, self._method, self._path, self._answers, self._auth, self._cache, self._service,
                 self._roles, self._owned, self._key, self._deprecated)  # fmt: skip

    def _build_call(self) -> None:
        roles = list(self._saved_design.security.roles)
        self._who = menu("Client", [NOBODY, *roles], (roles or [NOBODY])[0], "Who calls; each role has a client")
        self._body = labelled(widgets.Textarea, "Body", "What is sent, as JSON", continuous_update=False,
                              layout=widgets.Layout(width="auto", height="110px"))  # fmt: skip
        call = button("Call", "Ask the service of the design as it stands, which starts on this machine", self.call)
        self._live_part = widgets.VBox([self._who, self._body, widgets.HBox([call])])

    def _endpoint_buttons(self) -> widgets.HBox:
        buttons = row(
            button("New endpoint", "Add one beside the chosen one, and change it below", self.add),
            button("Remove endpoint", "Take the chosen one out, and the steps and calls that need it", self.remove),
        )
        buttons.layout.margin = "0 0 0 116px"
        return buttons

    def _buttons(self) -> widgets.HBox:
        return row(
            button("Reset", "Back to what the design says", self.reset),
            button("Save to design", "Write the changed endpoints into design.yaml", self.save),
            button("Undo save", "Put back what the last save replaced", self.undo),
        )

    # What the controls do

    @property
    def design(self) -> Design:
        """The design with its endpoints as they stand here."""
        return self._edits.design

    def _number(self) -> int:
        """Which endpoint is chosen; the menu keeps the order of the file."""
        return self._edits.left[int(self._endpoint.index or 0)]

    def _chosen(self) -> Endpoint:
        return self._edits.endpoints[self._number()]

    def _take(self) -> None:
        """The controls go to what the chosen endpoint promises."""
        if not self._edits.left:
            self._report = None
            self._top.value = sentence("This design promises no endpoints yet: *New endpoint* adds the first one.")
            self._shown.value = self._changed.value = ""
            return
        now = self._chosen()
        self._answered, self._body.value = "", ""
        kept = float(now.cache or 0.0)
        known = dict.fromkeys([*self._saved_design.security.roles, *now.roles])
        with self._quietly():
            self._method.options = list(dict.fromkeys([*METHODS, now.method]))
            self._method.value, self._path.value = now.method, now.path
            self._answers.value = (PAGES if now.paginated else WHOLE) if now.list else ONE
            self._auth.value, self._service.value = now.auth, now.service
            set_values(self._cache, sorted({*CACHES, kept}), kept, _kept)
            self._roles.options, self._roles.value = list(known), now.roles
            for control, value in ((self._owned, now.ownership), (self._key, now.idempotency_key),
                                   (self._deprecated, now.deprecated)):  # fmt: skip
                control.value = "on" if value else "off"
        self._show()

    def _edit(self) -> None:
        """The chosen endpoint goes to what the controls say; what cannot be is said, and changes nothing."""
        self._said.value = ""
        if not self._edits.left:
            return
        number, name = self._number(), f"{self._method.value} {self._path.value.strip()}"
        others = {self._edits.endpoints[other].name for other in self._edits.left if other != number}
        wrong = "is another endpoint of the design" if name in others else _wrong(name)
        if wrong:
            self._top.value = sentence(f"{name} {wrong}. Everything else stands as it was.")
            return
        answers = self._answers.value
        values = {"name": name, "list": answers != ONE, "auth": self._auth.value, "service": self._service.value,
                  "paginated": self._edits.base.api.endpoints[number].paginated if answers == ONE else answers == PAGES,
                  "cache": float(self._cache.value) or None, "roles": self._chosen_roles(),
                  "ownership": self._owned.value == "on", "idempotency_key": self._key.value == "on",
                  "deprecated": self._deprecated.value == "on"}  # fmt: skip
        for key, value in values.items():
            self._edits.change(number, key, value)
        self._show()

    def _chosen_roles(self) -> tuple[str, ...]:
        """The chosen roles, in the order in which the design has them."""
        saved = self._edits.base.api.endpoints[self._number()].roles
        return tuple(role for role in dict.fromkeys([*saved, *self._roles.value]) if role in self._roles.value)

    def add(self) -> None:
        """A new endpoint, after the manner of the chosen one."""
        number = self._edits.add(self._chosen() if self._edits.left else None)
        self._choose(self._edits.left.index(number))
        self._tell("A new endpoint: say below what it promises. Nothing is written before you save.")

    def remove(self) -> None:
        """The chosen endpoint, and what needs it, is taken out."""
        if len(self._edits.left) < 2:
            self._tell("An API has at least one endpoint: add another one before.")
            return
        name, place = self._chosen().name, int(self._endpoint.index or 0)
        try:
            along = self._edits.remove(self._number())
        except ArchbookError as error:
            self._tell(error)
            return
        self._choose(min(place, len(self._edits.left) - 1))
        also = f", and {show_count(along, 'place')} of the design that needed it (steps, calls)" if along else ""
        self._tell(f"{name} is taken out{also}. Nothing is written before you save.")

    def _choose(self, place: int | None) -> None:
        """The menu has the endpoints that are there, and one of them is chosen."""
        with self._quietly():
            self._endpoint.options = [self._edits.endpoints[number].name for number in self._edits.left]
            self._endpoint.index = place
        self._take()

    def reset(self) -> None:
        """Back to what the design says."""
        place = self._endpoint.index or 0
        self._edits = Edits(self._saved_design)
        most = len(self._edits.left) - 1
        self._choose(min(place, most) if most >= 0 else None)
        self._tell("Reset: every endpoint stands as the design says.")

    def _name_menu(self) -> None:
        """The menu's names follow a rename, and the choice stays."""
        names, index = [self._edits.endpoints[number].name for number in self._edits.left], self._endpoint.index
        if list(self._endpoint.options) != names:
            with self._quietly():
                self._endpoint.options = names
                self._endpoint.index = index

    def save(self) -> None:
        """Write the changed endpoints, and what speaks of them by name, into design.yaml."""
        if not self._edits:
            self._tell("Nothing to save: no endpoint differs from the design.")
            return
        self._write(self._edits.written())

    # What is said and shown

    def _show(self) -> None:
        design = self.design
        self._name_menu()
        endpoint = self._chosen()
        try:
            self._document = Document("with the changes", to_openapi(design))
            if self._before is None or self._before[0] is not self._saved_design:
                saved = to_openapi(self._saved_design) if self._saved_design.api.endpoints else {"paths": {}}
                self._before = (self._saved_design, Document("the saved design", saved))
            self._report, self._breaks = lint_api(design), diff_api(self._before[1], self._document)
        except ArchbookError as error:
            self._top.value = sentence(str(error))
            return
        self._top.value = sentence(self._answer(endpoint))
        if self._answered:
            self._answered = sentence("The endpoint has changed since; Call asks it again.", "changed")
        self._mark(self._edits.told())
        self._look()

    def _here(self, endpoint: Endpoint) -> list[Finding]:
        """Findings of the lint about the chosen endpoint."""
        findings = self._report.findings if self._report else ()
        return [finding for finding in findings if endpoint.name in f"{finding.about} {finding.what}"]

    def _answer(self, endpoint: Endpoint) -> str:
        here, broken = self._here(endpoint), self._breaks.of("breaking")
        lint = f"*{show_count(len(here), 'finding')}* of the lint" if here else "the lint has nothing to say"
        first = f" ({here[0].what})" if here else ""
        text = f"*{endpoint.name}*: {lint}{first}; ".replace("`", "")
        if not self._edits:
            return f"{text}it stands as it is saved."
        if not broken:
            return f"{text}*no client breaks* by what was changed."
        whom = f" ({broken[0].client})" if broken[0].client else ""
        what = broken[0].what.replace("`", "")
        return f"{text}*{show_count(len(broken), 'breaking change')}* against the saved design: {what}{whom}."

    def _look(self) -> None:
        live = self._view.value == VIEWS[3]
        self._live_part.layout.display = "flex" if live else "none"
        self._body.layout.display = "flex" if self._method.value in ("POST", "PUT", "PATCH") else "none"
        if self._report is None:
            return
        endpoint = self._chosen()
        shows = {VIEWS[0]: self._lint, VIEWS[1]: self._openapi, VIEWS[2]: self._broken, VIEWS[3]: self._called}
        self._shown.value = shows[self._view.value](endpoint)

    def _lint(self, endpoint: Endpoint) -> str:
        here = self._here(endpoint)
        parts = [
            (label, text)
            for f in here
            for label, text in ((f.severity, f.what), ("why", f.why), ("do", f.do), ("rule", _rule(f)))
        ]
        told = "".join(f'<p style="margin:4px 0"><b>{label}</b> {escape(text)}</p>' for label, text in parts)
        rest = len(self._report.findings) - len(here) if self._report else 0
        others = f"{show_count(rest, 'finding')} about the other endpoints and the API as a whole." if rest else ""
        return told + (sentence(others, "changed") if others else "")

    def _openapi(self, endpoint: Endpoint) -> str:
        node = self._document.data["paths"][endpoint.path][endpoint.method.lower()]
        return _as_typed(as_text({endpoint.path: {endpoint.method.lower(): node}}))

    def _broken(self, _: Endpoint) -> str:
        changes = self._breaks
        table = f'<div style="overflow-x:auto">{changes.table().html()}</div>'
        return table if changes.changes else sentence(changes.answer)

    def _called(self, endpoint: Endpoint) -> str:
        first = f"Call starts the service and asks {endpoint.name}; what is sent and answered stands here."
        return self._answered or sentence(first, "changed")

    # The live call

    def call(self) -> None:
        """Ask the service of the design as it stands, and show request and answer."""
        if self._report is None:
            return
        design, who = self.design, self._who.value
        endpoint = self._chosen()
        self._view.value = VIEWS[3]
        try:
            if self._live is None or self._live.design != design:
                self._shown.value = sentence("Starting the service …", "changed")
                self.stop()
                self._live = Live(design)
            fits = self._live.fitting(endpoint, who)
            request = Request(fits.line, fits.headers, self._body.value.strip() or fits.body)
            self._answered = _as_typed(self._live.call(request, who))
            self._body.value = request.body
        except ArchbookError as error:
            self._answered = sentence(str(error))
        self._look()

    def close(self) -> None:
        """Stop the service, and take the panel away."""
        self.stop()
        super().close()

    def stop(self) -> None:
        """Stop the service that Call started."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def _rule(finding: Finding) -> str:
    return ", ".join((finding.rule, *finding.references))


def _as_typed(text: str) -> str:
    style = "font-size:12px;line-height:1.4;max-height:480px;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere"
    return f'<pre style="{style}">{escape(text)}</pre>'


def _kept(seconds: float) -> str:
    return show_duration(seconds) if seconds else "not at all"


def _wrong(name: str) -> str:
    """What is wrong with the name of an endpoint."""
    try:
        TypeAdapter(EndpointName).validate_python(name)
    except ValidationError:
        return "is no endpoint: a path begins with `/` and has no blank, `?` or `#`"
    return ""

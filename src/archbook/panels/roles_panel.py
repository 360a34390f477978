"""The roles panel: who may call what, one caller's way through token, role, list and owner, and a cell changed."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets

from archbook.contracts.deciding import Asked, ask, has_object, permissions
from archbook.contracts.forging import TOKENS, a_token
from archbook.contracts.roles import Decision, cell
from archbook.contracts.tokens import ALGORITHMS, Claims, Keys, TokenRefused
from archbook.design.contract import Endpoint, Role
from archbook.design.model import Design, Where
from archbook.panels.controls import button, menu, row, sentence, shown
from archbook.panels.saving import Changes
from archbook.tables import STYLE, as_columns
from archbook.units import show_count, significant

CALLER, OTHER, NO_ROLE = "ann", "bob", "no role"
NOW_S = 1_800_000_000.0  # the clock of the panel, so that it shows the same at any time
NO, YES, OWN = "–", "yes", "own"
SHARED = f"{OTHER}, who shares it with {CALLER}"
MOST_TOLD = 6
TINTS = {YES: "rgba(0,114,178,.22)", OWN: "rgba(0,158,115,.26)"}
HOW = """<details><summary>How is this decided?</summary><p>Tokens are made, signed and verified here as the design
says (RFC 7519, RFC 8725). <b>RBAC</b> asks what the caller's roles may; a role knows nothing of whose an object is, so
that alone it opens the objects of others (broken object-level authorisation, OWASP API1:2023). The <b>owner</b> check
closes that: who asks for what belongs to another gets 404, as if it were not there. An <b>ACL</b> is a list of users
kept with each object; it can share one object with one person, and must be kept for each. Whatever nothing allows is
denied.</p></details>"""


class RolesPanel(Changes):
    """Controls left, one call's answer right, all callers and the matrix below."""

    def __init__(self, design: Design) -> None:
        self._saved_design = design
        self._changes: dict[Where, Any] = {}
        self._keys = _keys(design)
        self._build_controls()
        self._top, self._cases, self._matrix = shown("top"), shown("below"), shown("below")
        column = [self._endpoint, self._role, self._object, self._token, self._cell, self._owner_check, self._changed]
        super().__init__([*column, self._buttons()], [self._top, self._cases], [self._matrix, widgets.HTML(HOW)])
        self._show()

    def _build_controls(self) -> None:
        design = self._saved_design
        names = [endpoint.name for endpoint in design.api.endpoints]
        owned = [e for e in design.api.endpoints if e.ownership and has_object(e)]
        first = sorted(owned, key=lambda e: (e.method != "GET", not e.roles))  # what is read by some roles says most
        self._endpoint = menu(
            "Endpoint", names, next((e.name for e in first), next(iter(names), None)), "What is called"
        )
        roles = [*design.security.roles, NO_ROLE]
        self._role = menu("Role", roles, roles[0], f"What the token says of {CALLER}, who calls")
        self._object = menu("Object of", [CALLER, OTHER, SHARED], OTHER, "Whose object is asked for, and its own list")
        self._token = menu("Token", TOKENS, TOKENS[0], "What the caller shows")
        self._cell = menu("This cell", [NO, OWN, YES], NO, "What the role may at this endpoint: change it")
        self._owner_check = menu("Owner check", ["on", "off"], "on", "Whether the endpoint asks whose an object is")
        self._changed = shown()
        self._on(self._show, self._endpoint, self._role, self._object, self._token)
        self._on(lambda: self._edit(lambda: self._set(self._cell.value)), self._cell)
        self._on(lambda: self._edit(lambda: self._ask_whose(self._owner_check.value == "on")), self._owner_check)

    def _buttons(self) -> widgets.HBox:
        return row(
            button("Reset", "Back to what the design says", self.reset),
            button("Save to design", "Write the changed cells into design.yaml", self.save),
            button("Undo save", "Put back what the last save replaced", self.undo),
        )

    # What the controls do

    def _edit(self, act: Callable[[], None]) -> None:
        self._said.value = ""
        act()
        self._show()

    def _ask_whose(self, wanted: bool) -> None:
        self._put(("api", "endpoints", self._index(), "ownership"), wanted)

    def _index(self) -> int:
        names = [endpoint.name for endpoint in self._saved_design.api.endpoints]
        return names.index(self._endpoint.value)

    def _set(self, wanted: str) -> None:
        """Change what the chosen role may at the chosen endpoint."""
        index, name, design = self._index(), self._role.value, self.design
        saved, now = self._saved_design.api.endpoints[index], design.api.endpoints[index]
        everybody = list(design.security.roles)
        held = {*(now.roles or everybody)} - {name} | ({name} if wanted != NO else set())
        if not held:
            text = f"{now.name} needs a role that may call it: an endpoint without roles is open to everybody who is "
            self._tell(f"{text}signed in. Give it another role first.")
            return
        if wanted == YES and now.ownership and not now.resource:
            text = f"{now.name} names no resource that a permission could speak of; give it one, or switch Owner check "
            self._tell(f"{text}off.")
            return
        roles = tuple(role for role in dict.fromkeys([*saved.roles, *now.roles, *everybody]) if role in held)
        self._put(("api", "endpoints", index, "roles"), roles if now.roles or wanted == NO else ())
        if wanted == OWN:
            self._ask_whose(True)
        if wanted != NO and now.resource and (now.ownership or wanted == OWN):
            may = permissions(design.security.roles[name], now, wanted == OWN)
            self._put(("security", "roles", name, "may"), may)

    def reset(self) -> None:
        """Back to what the design says."""
        self._changes.clear()
        self._tell("Reset: every cell stands as the design says.")
        self._show()

    def save(self) -> None:
        """Write the changed cells into design.yaml."""
        if not self._changes:
            self._tell("Nothing to save: no cell differs from the design.")
            return
        self._write({where: list(v) if isinstance(v, tuple) else v for where, v in self._changes.items()})

    # What is said and shown

    def _show(self) -> None:
        design = self.design
        if not design.api.endpoints:
            self._top.value = sentence("This design promises no endpoints yet: write them under `api.endpoints`, and "
                                       "who may call each under its `roles`.")  # fmt: skip
            return
        endpoint = design.endpoint(self._endpoint.value)
        with self._quietly():
            self._cell.disabled = self._role.value == NO_ROLE or endpoint.auth == "none"
            self._cell.value = _cell(design, endpoint, self._role.value)
            self._owner_check.disabled = endpoint.auth == "none"
            self._owner_check.value = "on" if endpoint.ownership else "off"
        owner = self._object.value if has_object(endpoint) else ""
        asked = self._ask(design, endpoint, self._role.value, owner, self._token.value)
        self._top.value = sentence(self._answer(endpoint, asked)) + self._steps(endpoint, asked)
        self._cases.value = self._callers(design, endpoint)
        self._matrix.value = self._all_cells(design, endpoint)
        self._changed.value = self._differences(design)

    def _ask(self, design: Design, endpoint: Endpoint, role: str, owner: str, token: str) -> Asked:
        """One call of the caller; owner: whose the object is, empty where the path names none."""
        claims, shown = self._verified(a_token(token, self._keys, CALLER, NOW_S, () if role == NO_ROLE else (role,)))
        whose, friends = (OTHER, (CALLER,)) if owner == SHARED else (owner, ())
        return ask(design, endpoint, claims, shown, whose, friends)

    def _verified(self, token: str | None) -> tuple[Claims | None, Decision]:
        if token is None:
            return None, Decision(False, "there is no token")
        try:
            claims = self._keys.verify(token, NOW_S)
        except TokenRefused as refused:
            return None, Decision(False, str(refused))
        return claims, Decision(True, f"signed by our key with {self._keys.algorithm}, for us, and still valid")

    def _answer(self, endpoint: Endpoint, asked: Asked) -> str:
        role = "without a role" if self._role.value == NO_ROLE else f"as *{self._role.value}*"
        whose = " for their own object" if self._object.value == CALLER else f" for an object of *{self._object.value}*"
        token = {"valid": "with a valid token", "none at all": "without a token"}.get(
            self._token.value, f"with a token of the kind *{self._token.value}*")  # fmt: skip
        called = f"{CALLER} {role}, {token}, calls *{endpoint.name}*{whose if has_object(endpoint) else ''}: "
        if asked.refusal:
            return f"{called}refused with *{asked.status}*, since {asked.refusal.why.split(';')[0]}."
        if endpoint.auth == "none":
            return f"{called}answered with *{asked.status}*; anybody may, also without a token."
        by = self._saved_design.security.authorisation
        open_to_all = by != "acl" and not endpoint.ownership
        risk = asked.owner is not None and self._object.value != CALLER and open_to_all
        hole = f" Nobody asks whose it is: what belongs to {OTHER} lies open." if risk else ""
        return f"{called}answered with *{asked.status}*.{hole}"

    def _steps(self, endpoint: Endpoint, asked: Asked) -> str:
        by = self._saved_design.security.authorisation
        kind = getattr(self._saved_design.security.authentication, "kind", "none")
        note = "" if kind in ("jwt", "oauth2") else f" The design's callers use {kind}; JWT stands in for it here."
        checks = [
            ("token", asked.token, True),
            ("role (RBAC)", asked.role, by != "none"),
            ("owner", asked.owner, by != "acl"),
            ("list (ACL)", asked.listed, by == "acl"),
        ]
        rows = [
            (name, *_said(decision, endpoint), "decides" if used else "to compare") for name, decision, used in checks
        ]
        title = f"This call, check by check; the design decides by {'nothing' if by == 'none' else by.upper()}.{note}"
        return as_columns(("check", "says", "why", "here"), rows, title).html()

    def _callers(self, design: Design, endpoint: Endpoint) -> str:
        """The same object asked for by all: what each way to decide would say."""
        other = SHARED if self._object.value == SHARED else OTHER
        owners = (CALLER, other) if has_object(endpoint) else ("",)
        rows, through = [], [0, 0, 0]
        for role in (*design.security.roles, NO_ROLE):
            for owner in owners:
                asked = self._ask(design, endpoint, role, owner, "valid")
                alone = asked.role is not None and asked.role.allowed
                both = alone and (asked.owner is None or asked.owner.allowed)
                listed = asked.listed
                rows.append((role, {CALLER: "own", "": "none"}.get(owner, "of another"), _yes(alone), _yes(both),
                             None if listed is None else _yes(listed.allowed), asked.status))  # fmt: skip
                if owner == other:
                    for i, passes in enumerate((alone, both, listed is not None and listed.allowed)):
                        through[i] += passes
        title = "Every role with a valid token, on the same objects"
        table = as_columns(("role", "object", "RBAC alone", "RBAC and owner", "ACL", ">answer"), rows, title).html()
        if other not in owners:
            return table
        told = (
            f"To an object of {OTHER}, RBAC alone lets {through[0]} of {len(rows) // 2} roles through, with the owner "
            f"check {through[1]}, an ACL {through[2]}. "
        )
        return sentence(told + self._upkeep(endpoint), "changed") + table

    def _upkeep(self, endpoint: Endpoint) -> str:
        """What either has to keep: a role its cells, a list an entry for each object."""
        held = [store.holds[endpoint.resource] for store in self._saved_design.stores.values()
                if endpoint.resource in store.holds]  # fmt: skip
        items = max((float(holding.items) for holding in held), default=0.0)
        cells = show_count(len(endpoint.roles or self._saved_design.security.roles), "role")
        lists = (
            f"{significant(items)} lists, one for each of {endpoint.resource}" if items else "a list for each object"
        )
        return f"RBAC keeps {cells} for this endpoint, an ACL {lists}."

    def _all_cells(self, design: Design, chosen: Endpoint) -> str:
        roles = list(design.security.roles)
        if not roles:
            return sentence("This design has no roles: everybody who is signed in may call what is not open to all. "
                            "Write them under `security.roles`.", "changed")  # fmt: skip
        heads = "".join(_cell_html("th", escape(name), 'scope="col"') for name in ("endpoint", *roles, "caller"))
        rows = []
        for saved, now in zip(self._saved_design.api.endpoints, design.api.endpoints, strict=True):
            here = now.name == chosen.name
            cells = [_cell_html("th", escape(now.name), 'scope="row"', "" if here else "font-weight:400;")]
            for role in roles:
                before, after = _cell(self._saved_design, saved, role), _cell(design, now, role)
                cells.append(_changed_cell(before, after, here and role == self._role.value))
            rows.append(f"<tr>{''.join(cells)}{_cell_html('td', CALLERS[now.auth])}</tr>")
        caption = "Who may call what; own: only what belongs to the caller"
        table = (
            f'<div style="overflow-x:auto"><table style="{STYLE}"><caption style="text-align:left;padding:4px 10px">'
        )
        return f"{table}{caption}</caption><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"

    def _differences(self, design: Design) -> str:
        """Which calls are decided otherwise than by the design as it is saved."""
        told = []
        for saved, now in zip(self._saved_design.api.endpoints, design.api.endpoints, strict=True):
            for role in design.security.roles:
                if (saved.roles, saved.ownership, _cell(self._saved_design, saved, role)) == (
                        now.roles, now.ownership, _cell(design, now, role)):  # fmt: skip
                    continue
                for owner in (CALLER, OTHER) if has_object(now) else ("",):
                    before = self._ask(self._saved_design, saved, role, owner, "valid").status
                    after = self._ask(design, now, role, owner, "valid").status
                    whose = {CALLER: ", own object", OTHER: ", object of another", "": ""}[owner]
                    told += [f"{role}, {now.name}{whose}: {before} → {after}"] if before != after else []
        if not self._changes:
            return ""
        more = f"; and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
        calls = f"{show_count(len(told), 'decision')} other than before: {'; '.join(told[:MOST_TOLD])}{more}."
        return sentence(f"Changed from the design: {calls if told else 'no decision is another for it.'}", "changed")


CALLERS = {"none": "anybody", "user": "signed-in user", "service": "service"}


def _cell(design: Design, endpoint: Endpoint, role: str) -> str:
    if endpoint.auth == "none":
        return YES
    return cell(endpoint, role, design.security.roles.get(role, Role())) or NO


def _cell_html(tag: str, text: str, attributes: str = "", style: str = "") -> str:
    line = "padding:2px 10px;white-space:nowrap;border-bottom:1px solid rgba(107,114,128,.35);text-align:left;"
    return f'<{tag} {attributes} style="{line}{style}">{text}</{tag}>'


def _changed_cell(saved: str, now: str, chosen: bool) -> str:
    """A cell of the matrix, tinted by what it allows; what was changed says what it was."""
    text = now if saved == now else f"{now} (was {saved})"
    mark = "outline:2px solid #E69F00;outline-offset:-2px;" if chosen else ""
    bold = "" if saved == now else "font-weight:600;"
    return _cell_html("td", text, style=f"{mark}{bold}background:{TINTS.get(now, 'transparent')};")


def _yes(passes: bool) -> str:
    return "yes" if passes else "no"


def _said(decision: Decision | None, endpoint: Endpoint) -> tuple[str, str]:
    if decision is not None:
        return _yes(decision.allowed), decision.why
    if endpoint.auth == "none":
        return "not asked", "anybody may call this"
    if has_object(endpoint):
        return "not asked", "who calls is not known"
    own = "; what is answered or made belongs to the caller" if endpoint.ownership else ""
    return "not asked", f"the path names no object{own}"


def _keys(design: Design) -> Keys:
    """Keys as the design's tokens are signed; usual values where it says nothing."""
    rules = design.security.authentication
    algorithm = (
        next((name for name in rules.algorithms if name in ALGORITHMS), ALGORITHMS[0]) if rules else ALGORITHMS[0]
    )
    return Keys((rules and rules.issuer) or "https://accounts.example", (rules and rules.audience) or design.name,
                float((rules and rules.expiry) or 900.0), algorithm)  # fmt: skip

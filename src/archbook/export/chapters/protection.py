"""Security: who may do what, how it is known, and how data is protected."""

from __future__ import annotations

from archbook.design.contract import Endpoint, Security
from archbook.export.document import Block, Definitions, Grid, Section, grid, line, mark, terms
from archbook.export.material import Material
from archbook.export.prose import plain, read
from archbook.export.words import NONE, listed, names, per_minute, yes
from archbook.units import show_duration

_KINDS = {
    "jwt": "JWT",
    "oauth2": "OAuth 2",
    "session": "a session",
    "api-key": "an API key",
    "mtls": "mutual TLS",
}


def security(material: Material) -> Section:
    """Authentication, roles, limits, zones and data classes."""
    design, rules = material.design, material.design.security
    blocks: list[Block] = [*read(rules.why), _authentication(rules)]
    if rules.roles and design.api.endpoints:
        rows = [(e.name, *(_may(e, role) for role in rules.roles), yes(e.validated)) for e in design.api.endpoints]
        caption = line("Who may call what; own: only what belongs to the caller ", mark("declared"))
        blocks.append(grid("roles", caption, ("endpoint", *rules.roles, "input checked"), rows))
    if rules.rate_limits:
        blocks.append(_limits(rules))
    if rules.zones:
        blocks.append(_zones(material))
    if design.stores:
        stores = [(n, names(s.data), yes(s.encrypted), s.owner) for n, s in design.stores.items()]
        caption = line("What is kept where, and how it is protected ", mark("declared"))
        blocks.append(
            grid("data-classes", caption, ("store", "classes of data", "encrypted at rest", "written by"), stores)
        )
    return Section("security", "Security", tuple(blocks), (), _statement(material))


def _authentication(rules: Security) -> Definitions:
    a = rules.authentication
    proof: list[tuple[str, str]] = [("Authentication", "none: anybody may call")]
    if a:
        proof = [
            ("Authentication", _KINDS.get(a.kind, a.kind)),
            ("Signatures accepted", ", ".join(a.algorithms)),
            ("Signed by", a.issuer or ""),
            ("Meant for", a.audience or ""),
            ("Valid for", show_duration(a.expiry) if a.expiry else ""),
            ("Keys change every", show_duration(a.key_rotation) if a.key_rotation else ""),
            ("Checked by", a.checked_by or ""),
            ("Why", plain(a.why)),
        ]
    proof += [("Authorisation", rules.authorisation), ("Secrets are kept in", rules.secrets or "")]
    roles = [(f"Role {n}", f"{names(r.may)}. {plain(r.why)}".strip()) for n, r in rules.roles.items()]
    return terms(*proof, *roles)


def _may(endpoint: Endpoint, role: str) -> str:
    if endpoint.auth == "none":
        return "anyone"
    if endpoint.roles and role not in endpoint.roles:
        return NONE
    return "services" if endpoint.auth == "service" else "own" if endpoint.ownership else "yes"


def _limits(rules: Security) -> Grid:
    rows = [
        (r.per, per_minute(r.limit), r.burst, r.algorithm.replace("_", " "),
         names(r.on) if r.on else "all", r.at, plain(r.why) or NONE)
        for r in rules.rate_limits
    ]  # fmt: skip
    heads = ("per", ">limit", ">at once", "counted by", "endpoints", "enforced by", "why")
    return grid("rate-limits", line("Rate limits ", mark("declared")), heads, rows)


def _zones(material: Material) -> Grid:
    design = material.design
    placed = [*((n, s.zone) for n, s in design.services.items()), *((n, s.zone) for n, s in design.stores.items()),
              *((n, e.zone) for n, e in design.externals.items())]  # fmt: skip
    rows = [
        (name, yes(zone.public), plain(zone.does) or NONE, names(n for n, where in placed if where == name))
        for name, zone in design.security.zones.items()
    ]
    heads = ("zone", "reached from the internet", "for", "in it")
    return grid("zones", line("Trust zones ", mark("declared")), heads, rows)


def _statement(material: Material) -> str:
    design = material.design
    bare = list(dict.fromkeys(f"{c.from_} → {c.to}" for c in design.calls if not c.encrypted))
    kind = design.security.authentication.kind if design.security.authentication else "none"
    how = "Callers are not authenticated" if kind == "none" else f"Callers are known by {_KINDS.get(kind, kind)}"
    links = f"{len(bare)} links not encrypted ({listed(bare, 2)})" if bare else "every link is encrypted"
    return f"{how}; {links}"

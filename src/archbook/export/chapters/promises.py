"""Contracts, failure and security: what clients may rely on, also when a part does not answer or somebody intrudes."""

from __future__ import annotations

from archbook.design.contract import Endpoint, Security, Style
from archbook.design.elements import Backup, Slo
from archbook.design.interactions import Call
from archbook.export.document import DECLARED, Block, Definitions, Grid, Section, code, grid, line, say, terms
from archbook.export.material import Material
from archbook.export.prose import plain, read
from archbook.export.words import count, duration, joined, listed, optional, per_minute
from archbook.units import show_factor, show_share

_ERRORS = {"envelope": "{error: {code, message, field, request_id}}", "problem+json": "problem details (RFC 9457)",
           "none": "in no declared form"}  # fmt: skip
_KINDS = {"jwt": "JWT", "oauth2": "OAuth 2", "session": "a session", "api-key": "an API key", "mtls": "mutual TLS"}


def contracts(material: Material) -> Section:
    """The API as clients see it."""
    endpoints = material.design.api.endpoints
    if not endpoints:
        return Section("contracts", "Contracts", (say("The design publishes no endpoint."),))
    heads = ("endpoint", "does", "service", "who", "roles", "list", "client cache", ">limit a user", ">p95 promised",
             "idempotent", "status")  # fmt: skip
    table = grid("endpoints", line("Endpoints ", DECLARED), heads, [_endpoint(material, e) for e in endpoints])
    whys = terms(*((code(endpoint.name), read(endpoint.why)) for endpoint in endpoints))
    below = (Section("endpoints-why", "Why they are so", (whys,)),) if whys.items else ()
    whole = [endpoint.name for endpoint in endpoints if endpoint.list and not endpoint.paginated]
    paged = f"{listed(whole, 2)} not paginated" if whole else "every list is paginated"
    blocks = (_style(material.design.api.style), table)
    return Section("contracts", "Contracts", blocks, below, f"{count(len(endpoints), 'endpoint')}; {paged}")


def _style(style: Style) -> Definitions:
    versions = "none" if style.versioning == "none" else f"in the {style.versioning}, now {style.version}"
    pages = "none" if style.pagination == "none" else f"by {style.pagination}, at most {style.max_page_size} rows"
    return terms(
        ("Versions", versions),
        ("Answers", "{data, meta, errors}" if style.envelope else "without an envelope"),
        ("Errors", _ERRORS[style.errors]),
        ("Pages of lists", pages),
        ("Property names", f"{style.case} case"),
    )


def _endpoint(material: Material, e: Endpoint) -> tuple[object, ...]:
    service = material.design.services.get(e.service)
    slo = e.slo or (service and service.slo) or Slo()
    status = f"deprecated{', until ' + e.sunset if e.sunset else ''}" if e.deprecated else "current"
    hits = f"{show_share(e.hit_ratio)} hits" if e.hit_ratio is not None else ""
    return (
        e.name, plain(e.does), e.service, "anyone" if e.auth == "none" else e.auth, e.roles,
        ("paginated" if e.paginated else "whole") if e.list else None,
        joined(duration(e.cache or None) or "", hits), optional(e.rate_limit, per_minute), duration(slo.p95),
        e.idempotency_key or e.method != "POST", status,
    )  # fmt: skip


def failure(material: Material) -> Section:
    """Timeouts, retries and breakers of every call; recovery of every store."""
    design = material.design
    recovery = (Section("recovery", "Recovery", (_recovery(material),)),) if design.stores else ()
    if not design.calls:
        return Section("failure", "Failure", (say("The design names no call."),), recovery)
    numbered = list(enumerate(design.calls, 1))
    crossing = [_call(i, c) for i, c in numbered if c.to not in design.stores]
    kept = [(i, *_way(c), c.kind, c.mode, duration(c.timeout), _retries(c), c.query)
            for i, c in numbered if c.to in design.stores]  # fmt: skip
    between = line("Calls between services, and what happens when they fail ", DECLARED)
    blocks = (
        grid("calls", between, (">no.", "call", "on", "times", "mode", ">timeout", "retries", "breaker",
                                ">open at most", "repeated safely", "when it fails"), crossing),
        grid("store-calls", line("Calls to stores ", DECLARED),
             (">no.", "call", "on", "times", "kind", "mode", ">timeout", "retries", "asks by"), kept),
    )  # fmt: skip
    why = terms(*((f"{i}. {c.from_} → {c.to}", read(c.why)) for i, c in numbered))
    whys = (Section("calls-why", "Why each call is made", (why,)),) if why.items else ()
    shown = tuple(block for block in blocks if block.table.rows)
    return Section("failure", "Failure", shown, (*recovery, *whys), _timeouts(material))


def _call(number: int, c: Call) -> tuple[object, ...]:
    lost = "the request goes on without it" if c.optional else "the request fails" if c.mode == "sync" else None
    safe = "a read" if c.kind == "read" else c.idempotency_key
    return (number, *_way(c), c.mode, duration(c.timeout), _retries(c), c.breaker, c.bulkhead, safe, c.fallback or lost)


def _way(c: Call) -> tuple[str, str, str]:
    times = c.per_request if isinstance(c.per_request, str) else show_factor(c.per_request)
    return f"{c.from_} → {c.to}", listed(c.on, 2) or "every request", times


def _retries(c: Call) -> str:
    budget = f", at most {show_share(c.retry_budget)} more load" if c.retry_budget is not None else ""
    return f"{c.retries}, {c.backoff} pauses{budget}" if c.retries else "none"


def _timeouts(material: Material) -> str:
    design = material.design
    crossing = [c for c in design.calls if c.to not in design.stores and c.mode == "sync"]
    bare = list(dict.fromkeys(f"{c.from_} → {c.to}" for c in crossing if c.timeout is None))
    if bare:
        return f"{count(len(bare), 'link')} between services without a timeout: {listed(bare, 2)}"
    return "Every call between services has a timeout" if crossing else "No service waits for another"


def _recovery(material: Material) -> Grid:
    rows = [
        (name, duration(b.rpo), duration(b.rto), b.tested or "never", s.replicas, duration(s.replica_lag))
        for name, s in material.design.stores.items() for b in (s.backup or Backup(),)
    ]  # fmt: skip
    heads = ("store", ">work that may be lost (RPO)", ">back within (RTO)", "restore tried", ">replicas", ">behind by")
    return grid("recovery", line("What may be lost with a store, and for how long ", DECLARED), heads, rows)


def security(material: Material) -> Section:
    """Authentication, roles, limits, zones and data classes."""
    design, rules = material.design, material.design.security
    blocks: list[Block] = [*read(rules.why), _authentication(rules)]
    if rules.roles and design.api.endpoints:
        rows = [(e.name, *(_may(e, role) for role in rules.roles), e.validated) for e in design.api.endpoints]
        caption = line("Who may call what; own: only what belongs to the caller ", DECLARED)
        blocks.append(grid("roles", caption, ("endpoint", *rules.roles, "input checked"), rows))
    if rules.rate_limits:
        blocks.append(_limits(rules))
    if rules.zones:
        blocks.append(_zones(material))
    if design.stores:
        stores = [(name, s.data, s.encrypted, s.owner) for name, s in design.stores.items()]
        heads = ("store", "classes of data", "encrypted at rest", "written by")
        blocks.append(
            grid("data-classes", line("What is kept where, and how it is protected ", DECLARED), heads, stores)
        )
    return Section("security", "Security", tuple(blocks), (), _access(material))


def _authentication(rules: Security) -> Definitions:
    a = rules.authentication
    proof = [
        ("Authentication", _KINDS.get(a.kind, a.kind)), ("Signatures accepted", joined(*a.algorithms)),
        ("Signed by", a.issuer), ("Meant for", a.audience), ("Valid for", duration(a.expiry)),
        ("Keys change every", duration(a.key_rotation)), ("Checked by", a.checked_by), ("Why", plain(a.why)),
    ] if a else [("Authentication", "none: anybody may call")]  # fmt: skip
    roles = [(f"Role {n}", f"{joined(*r.may) or '–'}. {plain(r.why)}".strip()) for n, r in rules.roles.items()]
    return terms(*proof, ("Authorisation", rules.authorisation), ("Secrets are kept in", rules.secrets), *roles)


def _may(endpoint: Endpoint, role: str) -> str | None:
    if endpoint.auth == "none":
        return "anyone"
    if endpoint.roles and role not in endpoint.roles:
        return None
    return "services" if endpoint.auth == "service" else "own" if endpoint.ownership else "yes"


def _limits(rules: Security) -> Grid:
    rows = [
        (r.per, per_minute(r.limit), r.burst, r.algorithm.replace("_", " "), r.on or "all", r.at, plain(r.why))
        for r in rules.rate_limits
    ]
    heads = ("per", ">limit", ">at once", "counted by", "endpoints", "enforced by", "why")
    return grid("rate-limits", line("Rate limits ", DECLARED), heads, rows)


def _zones(material: Material) -> Grid:
    design = material.design
    placed = [(name, e.zone) for part in (design.services, design.stores, design.externals) for name, e in part.items()]
    rows = [
        (name, zone.public, plain(zone.does), [n for n, where in placed if where == name])
        for name, zone in design.security.zones.items()
    ]
    heads = ("zone", "reached from the internet", "for", "in it")
    return grid("zones", line("Trust zones ", DECLARED), heads, rows)


def _access(material: Material) -> str:
    design = material.design
    bare = list(dict.fromkeys(f"{c.from_} → {c.to}" for c in design.calls if not c.encrypted))
    kind = design.security.authentication.kind if design.security.authentication else "none"
    how = "Callers are not authenticated" if kind == "none" else f"Callers are known by {_KINDS[kind]}"
    links = f"{len(bare)} links not encrypted ({listed(bare, 2)})" if bare else "every link is encrypted"
    return f"{how}; {links}"

"""Small designs: a base for numbers, and a good one on which a rule fires or keeps quiet."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import yaml

from archbook.design.loading import read
from archbook.design.model import Design
from archbook.design.yaml_safe import read_yaml
from archbook.findings import Finding
from archbook.review import Report, review, rules

TODAY = datetime.date(2026, 11, 26)
"""The day on which the examples are looked at: some dates in them grow old."""

BASE = """
archbook: 1
name: example
traffic:
  daily_active_users: 86400
  journeys:
    visit: {share: 1, steps: [GET /api/v1/things, POST /api/v1/things]}
services:
  front: {instances: 2, concurrency: 8, service_time: {mean: 5ms}}
  back: {instances: 2, concurrency: 8, service_time: {mean: 5ms}}
  mailer: {instances: 2, concurrency: 8, service_time: {mean: 5ms}}
stores:
  things-db: {engine: postgresql, owner: front, servers: 8, service_time: {mean: 2ms}}
externals:
  bank: {service_time: {mean: 200ms}}
api:
  endpoints:
  - {name: GET /api/v1/things, service: front, list: true}
  - {name: POST /api/v1/things, service: front}
"""


def example(fragment: str) -> Design:
    """The base design with a YAML fragment laid over it: each section that the fragment has replaces the base's.

    A fragment that begins with ``  -`` adds endpoints.
    """
    parts = re.split(r"\n(?=[a-z])", f"{BASE}\n{fragment}".strip())
    return read("\n".join({part.partition(":")[0]: part.rstrip() for part in parts}.values()) + "\n")


GOOD = """
archbook: 1
name: example
why: Lend things to neighbours
traffic:
  daily_active_users: 86400
  growth: 10
  why: Counted in October
  journeys:
    visit: {share: 1, steps: [GET /api/v1/things, POST /api/v1/things]}
services:
  front: {does: Lends things, why: One team changes it, SERVICE}
  back: {does: Prices things, why: Prices change weekly, SERVICE}
  mailer: {does: Tells neighbours, why: Mail is slow, SERVICE}
stores:
  things-db:
    {engine: postgresql, does: Keeps things, why: Rows belong together, owner: front, servers: 8,
     service_time: {mean: 2ms}, pool: 8, max_connections: 100, replicas: 1, replica_lag: 20ms, encrypted: true,
     backup: {rpo: 5min, rto: 1h, tested: "2026-10-05"}, data: [internal], availability: 99.95%, capacity: 100GB,
     zone: data, holds: {things: {items: 10k, size: 300B, added_by: [POST /api/v1/things], keep: 30d}}}
  broker: {engine: rabbitmq, role: broker, does: Carries events, why: Known to the team, encrypted: true, replicas: 2,
     availability: 99.95%, zone: data}
externals:
  bank: {does: Takes deposits, why: We may not, service_time: {mean: 100ms}, p99: 400ms, availability: 99.9%,
     rate_limit: 500, zone: partners}
calls:
- {from: front, to: things-db, on: [GET /api/v1/things], timeout: 50ms, query: things(id), why: The list}
- {from: front, to: things-db, on: [POST /api/v1/things], kind: write, timeout: 50ms, why: The thing}
- {from: front, to: back, on: [GET /api/v1/things], timeout: 50ms, breaker: true, bulkhead: 8, optional: true,
   fallback: no price, why: Prices}
- {from: front, to: bank, on: [POST /api/v1/things], kind: write, timeout: 600ms, breaker: true, bulkhead: 12,
   idempotency_key: true, fallback: asked later, why: The deposit}
events:
  thing.created: {from: front, to: [mailer], on: [POST /api/v1/things], broker: broker, version: 1, key: thing_id,
     outbox: true, dead_letter: true, idempotent_consumers: true, size: 300B, why: Mail is not waited for}
api:
  endpoints:
  - {name: GET /api/v1/things, service: front, list: true, rows: 20, resource: things, roles: [member],
     ownership: true, cache: 30s}
  - {name: POST /api/v1/things, service: front, resource: things, roles: [member], ownership: true,
     idempotency_key: true, body_limit: 16KB, slo: {p95: 2s, p99: 3s}}
security:
  why: Every link is encrypted
  authentication: {kind: jwt, algorithms: [ES256], issuer: https://accounts.example, audience: things, expiry: 15min,
     key_rotation: 30d, checked_by: front, why: No look-up}
  roles:
    member: {may: ["things:own"], why: Lends}
  rate_limits:
  - {per: user, limit: 100/min, burst: 30, at: front, why: Twice the busiest}
  - {per: ip, limit: 300/min, burst: 60, at: front, why: Offices}
  zones: {public: {public: true, does: Nothing of ours}, app: {does: Services}, data: {does: Stores},
     partners: {does: Others}}
  secrets: Vault
decisions:
- {id: 100, title: One database, date: "2026-02-03", about: [things-db], context: There is little data, why: It is
   enough for ten times, alternatives: [{option: Two, why_not: More to run}], consequences: [One backup]}
"""
SERVICE = (
    "owner: things-team, instances: 4, concurrency: 16, queue: 32, service_time: {mean: 5ms, scv: 1}, zone: app, "
    "slo: {p95: 400ms, p99: 800ms, availability: 99%}, availability: 99.9%, health_check: /healthz, "
    "alerts: [{when: p95 > 400ms for 5min, tells: things-team}]"
)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # the same text; in C where PyYAML was built with it
APPENDED = ("calls", "decisions", "waivers")


def good(fragment: str = "") -> Design:
    """The good design with a YAML fragment merged into it, key by key; null takes a key out.

    Lists of calls, decisions and waivers are added to; a mapping such as ``calls: {2: {timeout: null}}`` changes the
    items of a list. A fragment that begins with ``  -`` adds endpoints. ``ddl`` has the text of schema files by store.
    """
    data: Any = read_yaml(GOOD.replace("SERVICE", SERVICE), "").data
    over: Any = read_yaml(fragment, "").data or {} if fragment.strip() else {}
    if isinstance(over, list):
        over = {"api": {"endpoints": data["api"]["endpoints"] + over}}
    for key in APPENDED:
        if isinstance(over.get(key), list):
            over[key] = data.get(key, []) + over[key]
    ddl = over.pop("ddl", {})
    design = read(yaml.dump(_merged(data, over), Dumper=DUMPER, sort_keys=False, allow_unicode=True, width=1000))
    design._source = replace(design.source, ddl=ddl)
    return design


def by(*chosen: str) -> Callable[..., Report]:
    """The review by the rules of these ids alone, on the day of the examples."""
    return partial(review, only=[rule for rule in rules() if rule.id in chosen], today=TODAY)


def findings(rule: str, fragment: str) -> tuple[Finding, ...]:
    """What one rule finds in the good design with a fragment merged into it."""
    report = by(rule)(good(fragment))
    assert report.crashes == ()
    return report.findings


def _merged(base: Any, over: Any) -> Any:
    if isinstance(base, list) and isinstance(over, dict):
        return [_merged(item, over[str(index)]) if str(index) in over else item for index, item in enumerate(base)]
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    merged = {key: _merged(base.get(key), over[key]) if key in over else base[key] for key in base}
    merged |= {key: value for key, value in over.items() if key not in base}
    return {key: value for key, value in merged.items() if value is not None}


def call_out(design: Design) -> int:
    """The index of a synchronous call of one service to another, in the middle of a request."""
    inner = (
        call.from_ != design.gateway and call.to in design.services and call.mode == "sync" for call in design.calls
    )
    return list(inner).index(True)

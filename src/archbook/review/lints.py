"""The lints of a design's DDL and of its API, as part of its review, ranked by the requests that meet a finding."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from archbook.design.model import Where
from archbook.errors import ArchbookError
from archbook.findings import Crash, Finding, Rule, worst_first
from archbook.findings.report import Report
from archbook.review.subject import Subject
from archbook.units import show_rate

SAID_BY = {
    "float-money-property": "float-money",
    "missing-429": "public-entry-without-rate-limit",
    "no-security": "authentication-missing",
    "open-input": "body-without-bounds",
    "unbounded-integer": "body-without-bounds",
    "unbounded-string": "body-without-bounds",
}
"""Lint rules whose finding in a document is the shadow of what another rule finds in the design or its DDL.

That one speaks alone, as does a rule of the review with the id of a lint's (`list-without-pagination`).
"""

MENDED_WITH = {
    "foreign-key-without-index": "unindexed-filter",
    "path-case": "verb-in-url",
    "singular-collection": "verb-in-url",
}
"""Lint rules whose finding goes when that of another rule at the same place is mended, which then speaks alone."""

IN_DESIGN = {
    "error-shape": "api.style: set `errors: envelope`, so that each failure has a code, the field and the request's id",
    "post-without-idempotency-key": "{where}: add `idempotency_key: true`; a repeated key gets the first answer",
}
"""What to change in a design, where the lint's own remedy is a change to an OpenAPI document. {where}: the endpoint."""

MENDED_BY = {"post-without-idempotency-key": "idempotency_key"}
"""The flag of an endpoint that mends a finding."""


def every_lint_rule() -> tuple[Rule, ...]:
    """The rules of both lints."""
    from archbook.contracts.lint import rules as api_rules
    from archbook.schema.lint import rules as schema_rules

    return (*schema_rules(), *api_rules())


def lint_rules(spoken: Collection[str]) -> tuple[Rule, ...]:
    """The rules of both lints, but for those whose findings the rules with ids in `spoken` tell better."""
    both = every_lint_rule()
    better = {*spoken, *(rule.id for rule in both)}
    return tuple(rule for rule in both if rule.id not in spoken and SAID_BY.get(rule.id) not in better)


def linted(subject: Subject, chosen: Collection[Rule]) -> Iterator[Report]:
    """What the lints find in a design, with the requests a second at growth that meet each finding, where known.

    A store whose DDL has no table is a remark; a fault of ours is a crash. Neither loses the review.
    """
    from archbook.contracts.lint import STYLE, lint_api
    from archbook.contracts.lint import rules as api_rules
    from archbook.schema.lint import lint as lint_schema
    from archbook.schema.lint import rules as schema_rules

    design, ids = subject.design, {rule.id for rule in chosen}
    if design.source.ddl:
        of_ddl = [rule for rule in schema_rules() if rule.id in ids]
        report = _safely(design.name, "lint-schema", lambda: lint_schema(design, only=of_ddl, today=subject.day))
        yield _ranked(report, _by_table(subject), subject)
    if design.api.endpoints:
        of_api = [rule for rule in api_rules() if rule.id in ids]
        report = _safely(design.name, "lint-api", lambda: lint_api(design, only=of_api, today=subject.day))
        known = replace(report, remarks=tuple(told for told in report.remarks if not told.startswith(STYLE)))
        yield _ranked(known, _by_endpoint(subject), subject)


def unsaid(report: Report, findings: Sequence[Finding]) -> list[Finding]:
    """The findings of a lint that none of the review's at the same place says already."""
    said = {(finding.rule, _place(finding)) for finding in findings if finding.rule in MENDED_WITH.values()}
    return [found for found in report.findings if (MENDED_WITH.get(found.rule), _place(found)) not in said]


def _place(finding: Finding) -> str:
    """The path of an endpoint, or the element."""
    return finding.about.rpartition(" ")[2]


def _safely(name: str, lint: str, look: Callable[[], Report]) -> Report:
    try:
        return look()
    except ArchbookError as error:
        return Report(name, (), (), (), (str(error),), "")
    except Exception as error:  # a fault of ours must be seen in the report, and must not lose the findings
        return Report(name, (), (), (Crash(lint, f"{type(error).__name__}: {error}"),), (), "")


def _ranked(report: Report, rates: Mapping[str, float], subject: Subject) -> Report:
    endpoints = {endpoint.name: index for index, endpoint in enumerate(subject.design.api.endpoints)}
    found = (_met(finding, rates, endpoints, subject.peak) for finding in report.findings)
    return replace(report, findings=tuple(worst_first(found)))


def _met(finding: Finding, rates: Mapping[str, float], endpoints: Mapping[str, int], peak: str) -> Finding:
    """A finding with the requests that meet it, or the table that it is a part of, and what to change in the design."""
    about = finding.about
    while about not in rates and "." in about:
        about = about.rpartition(".")[0]
    rate = rates.get(about, 0.0)
    seen = (f"{show_rate(rate)} {peak} (computed: share of the journeys)",) if rate else ()
    index = endpoints.get(finding.about)
    do = IN_DESIGN.get(finding.rule, finding.do).replace("{where}", f"api.endpoints[{index}]")
    flag = MENDED_BY.get(finding.rule)
    mend: dict[Where, Any] = {}
    if flag and index is not None:
        mend["api", "endpoints", index, flag] = True
    return replace(finding, cost=rate, evidence=(*finding.evidence, *seen), do=do, mend=mend)


def _by_endpoint(subject: Subject) -> dict[str, float]:
    """Requests a second of each endpoint, and of all endpoints of a path."""
    rates: dict[str, float] = {}
    for endpoint in subject.design.api.endpoints:
        rate = subject.requests_per_s(endpoint.name)
        rates[endpoint.name] = rate
        rates[endpoint.path] = rates.get(endpoint.path, 0.0) + rate
    return rates


def _by_table(subject: Subject) -> dict[str, float]:
    """Calls a second of each table that calls name in their `query`; else the requests that add rows to it."""
    design, rates = subject.design, dict[str, float]()
    for index, call in enumerate(design.calls):
        if call.query and call.to in design.stores and subject.grown:
            table = f"{call.to}.{call.query.partition('(')[0].strip()}"
            rates[table] = rates.get(table, 0.0) + subject.grown.calls[index].calls_per_s
    for store, held in design.stores.items():
        for name, holding in held.holds.items():
            rates.setdefault(f"{store}.{name}", sum(map(subject.requests_per_s, holding.added_by)))
    return rates

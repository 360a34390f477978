"""Secrets that are written down."""

from __future__ import annotations

from archbook.design.model import Design
from tests.examples import by, example

review = by("secret-in-design")

URL = "why: Reports read postgres://report:autumn-2026@things-db/things\n"


def test_the_finding_says_where_it_is_and_never_what_it_is() -> None:
    report = review(example(URL))
    (finding,) = report.findings
    assert (finding.place, finding.what) == ("design.yaml:19", "a secret stands in design.yaml: password in a URL")
    assert "into a secret manager" in finding.do
    assert "autumn-2026" not in report.text(all=True) + report.markdown() + report.html() + str(report.to_json())


def test_a_comment_is_read_too_and_the_place_where_secrets_are_kept_is_named() -> None:
    report = review(example(f"security: {{secrets: 'Vault, read at start'}}\n# {URL}"))
    assert "into Vault, where the design says that secrets are kept" in report.findings[0].do


def test_it_is_waived_by_its_kind_and_file() -> None:
    waiver = "waivers: [{rule: secret-in-design, about: password in a URL in design.yaml, why: A database for tests}]\n"
    report = review(example(URL + waiver))
    assert (report.findings, len(report.waived)) == ((), 1)


def mutated(good: Design) -> Design:
    return good.changed({("why",): "Reports read postgres://report:autumn-2026@orders-db/orders"})

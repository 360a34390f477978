"""The lints of DDL and API in the review: one report, each thing said once, ranked by who meets it."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import archbook.contracts.lint
from archbook.contracts.lint import rules as api_rules
from archbook.design.loading import load
from archbook.review import review, rules
from archbook.review.lints import SAID_BY, lint_rules
from archbook.schema.lint import rules as schema_rules
from tests.examples import good

Copy = Callable[[str], Path]
DAY = datetime.date(2026, 11, 26)
OWN = {rule.id for rule in rules()}
OF_DDL, OF_API = ({rule.id for rule in held()} for held in (schema_rules, api_rules))


def test_no_two_rules_that_speak_have_one_id() -> None:
    spoken = Counter([*OWN, *(rule.id for rule in lint_rules(OWN))])
    assert [name for name, times in spoken.items() if times > 1] == []
    assert set(SAID_BY) <= OF_DDL | OF_API


def test_a_poor_design_is_told_of_its_ddl_and_its_api_with_their_lines_and_their_load(design_folder: Copy) -> None:
    design = load(design_folder("first_draft"))
    report = review(design)
    found = {(finding.rule, finding.about): finding for finding in report.findings}
    money = found["float-money", "shop-db.orders.total"]
    assert money.place == "schema/shop.sql:36"
    orders = design.sessions_per_s(10) * design.traffic.journeys["checkout"].share  # each adds one
    assert money.cost == pytest.approx(orders)
    assert money.evidence[-1] == "12.5 req/s at 10× today's peak (computed: share of the journeys)"
    key = found["post-without-idempotency-key", "POST /createOrder"]
    assert key.place == "design.yaml:147"
    index = [endpoint.name for endpoint in design.api.endpoints].index("POST /createOrder")
    assert key.do.startswith(f"api.endpoints[{index}]: add `idempotency_key: true`")
    assert key.mend == {("api", "endpoints", index, "idempotency_key"): True}
    assert key.cost == pytest.approx(found["verb-in-url", "POST /createOrder"].cost)
    assert report.crashes == ()


def test_what_a_rule_of_the_review_says_no_lint_repeats(design_folder: Copy) -> None:
    report = review(load(design_folder("first_draft")))
    found = Counter((finding.rule, finding.about) for finding in report.findings)
    assert [(rule, about) for (rule, about), times in found.items() if times > 1 and rule in OF_DDL | OF_API] == []
    assert {rule for rule, _ in found} & {*SAID_BY} <= {name for name, better in SAID_BY.items() if better not in OWN}


WAIVED = {
    "in the design": ("", 'rule: float-money, about: shop-db.orders.total, why: "It is a game"'),
    "in the DDL": ("\n-- archbook: waive float-money orders.total because it is a game\n", ""),
}


@pytest.mark.parametrize(("comment", "waiver"), WAIVED.values(), ids=WAIVED)
def test_a_finding_of_a_lint_is_accepted_in_the_design_or_in_the_ddl(
    design_folder: Copy, comment: str, waiver: str
) -> None:
    folder = design_folder("first_draft")
    before = review(load(folder), today=DAY)
    for name, text in (("schema/shop.sql", comment), ("design.yaml", f"\nwaivers: [{{{waiver}}}]\n" * bool(waiver))):
        (folder / name).write_text((folder / name).read_text(encoding="utf-8") + text, encoding="utf-8")
    after = review(load(folder), today=DAY)
    (accepted,) = after.waived
    assert (accepted.rule, accepted.about) == ("float-money", "shop-db.orders.total")
    assert len(after.findings) == len(before.findings) - 1
    assert after.remarks == before.remarks


def test_a_waiver_for_the_lint_alone_is_no_fault_in_the_review() -> None:
    assert (
        review(good("waivers: [{rule: missing-429, about: GET /api/v1/things, why: The gateway does}]")).remarks == ()
    )


def test_a_path_that_is_renamed_for_its_verb_is_told_once(design_folder: Copy) -> None:
    report = review(load(design_folder("first_draft")))
    told = {finding.about.rpartition(" ")[2] for finding in report.findings if finding.rule == "verb-in-url"}
    odd = {finding.about for finding in report.findings if finding.rule in ("path-case", "singular-collection")}
    assert "/getUsers" in told
    assert odd == {"/searchProducts", "/product/{id}"}


@pytest.mark.parametrize(("wrong", "near"), [("flaot-money", "float-money"), ("path-cas", "path-case")])
def test_a_misspelt_waiver_is_told_the_lint_rule_that_was_meant(wrong: str, near: str) -> None:
    (told,) = review(good(f"waivers: [{{rule: {wrong}, about: x, why: y}}]")).remarks
    assert f"no rule `{wrong}`; did you mean `{near}`?" in told


def test_a_ddl_without_tables_is_a_remark_and_loses_nothing(design_folder: Copy) -> None:
    folder = design_folder("first_draft")
    (folder / "schema" / "shop.sql").write_text("-- to be written\n", encoding="utf-8")
    report = review(load(folder))
    assert any(remark.startswith("schema/shop.sql: ") for remark in report.remarks)
    assert {finding.rule for finding in report.findings} & OF_API
    assert report.crashes == ()


def test_a_lint_that_crashes_is_in_the_report_and_never_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(archbook.contracts.lint, "lint_api", broken)
    report = review(good())
    assert [crash.rule for crash in report.crashes] == ["lint-api"]
    assert report.exit_code == 3


@pytest.mark.parametrize(
    ("options", "lints"), [({}, True), ({"lints": False}, False), ({"only": rules()}, False),
                           ({"only": rules(), "lints": True}, True)]
)  # fmt: skip
def test_the_lints_are_left_out_where_some_rules_are_asked_for(options: dict[str, object], lints: bool) -> None:
    assert ("of the lints of DDL and API" in review(good(), **options).looked_at) == lints  # type: ignore[arg-type]


def test_a_table_of_a_named_schema_is_the_one_that_a_store_holds_by_its_bare_name() -> None:
    fragment = """
stores: {things-db: {schema: schema/things.sql, capacity: 1GB, holds: {things: {items: 9M, size: null}}}}
ddl: {things-db: "CREATE TABLE shop.things (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, weight int);"}
"""
    found = {finding.rule: finding for finding in review(good(fragment), today=DAY).findings}
    assert "9\u202f000\u202f000 rows of shop.things (declared)" in found["integer-key"].evidence
    assert "table-outgrows-its-store" in found  # its rows have the size that the DDL gives them

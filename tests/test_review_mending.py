"""What is done about a finding: mended by `archbook fix`, or accepted by `archbook waive`, in the design's own file."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

import archbook as ab
from archbook.cli import main
from archbook.design.loading import load
from archbook.errors import ArchbookError, InvalidInput, UnknownName
from archbook.findings import Rule
from archbook.review import review, rules
from archbook.review.fixing import BEFORE, fix
from archbook.review.waiving import waive
from tests.examples import TODAY, good

Copy = Callable[[str], Path]
CARRYING = {rule.id: rule for rule in rules() if any(f.mend for f in review(good(rule.fires), only=[rule]).findings)}


@pytest.mark.parametrize("rule", CARRYING.values(), ids=CARRYING)
def test_the_change_that_a_finding_carries_mends_it_and_breaks_nothing(rule: Rule, tmp_path: Path) -> None:
    text = good(rule.fires).source.texts["design.yaml"]
    (tmp_path / "design.yaml").write_text(text, encoding="utf-8")
    fixed = fix(load(tmp_path), [rule.id])
    assert [change.finding.rule for change in fixed.changes] == [rule.id]
    assert review(load(tmp_path), lints=False, today=TODAY).findings == ()
    assert (tmp_path / BEFORE).read_text(encoding="utf-8") == text


def test_a_poor_design_is_mended_where_no_thought_is_needed_and_the_rest_is_left_to_a_person(
    design_folder: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = design_folder("first_draft")
    before = (folder / "design.yaml").read_text(encoding="utf-8")
    assert main(["fix", str(folder), "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "would be made; nothing has been written" in told
    assert (folder / "design.yaml").read_text(encoding="utf-8") == before
    assert main(["fix", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "  api.style.pagination: `none` → `page`" in told
    assert f"To undo: {BEFORE}" in told
    assert "need a person (" in told
    left = {finding.rule for finding in review(load(folder)).findings}
    assert not left & {
        "no-circuit-breaker",
        "plaintext-link",
        "list-without-pagination",
        "post-without-idempotency-key",
    }
    assert {"shared-database", "everything-synchronous"} <= left
    comments = [line.partition(" # ")[2] for line in before.splitlines() if " # " in line]
    after = (folder / "design.yaml").read_text(encoding="utf-8")
    assert [comment for comment in comments if comment not in after] == []
    assert (folder / BEFORE).read_text(encoding="utf-8") == before


def test_one_rule_alone_is_mended(design_folder: Copy) -> None:
    folder = design_folder("first_draft")
    fixed = fix(load(folder), ["no-circuit-breaker"])
    assert {change.finding.rule for change in fixed.changes} == {"no-circuit-breaker"}
    found = {finding.rule for finding in review(load(folder)).findings}
    assert "no-circuit-breaker" not in found
    assert "plaintext-link" in found
    assert fix(load(folder), ["no-circuit-breaker"]).changes == ()


def test_an_unknown_rule_changes_nothing(design_folder: Copy) -> None:
    folder = design_folder("first_draft")
    with pytest.raises(UnknownName, match="did you mean `no-circuit-breaker`"):
        fix(load(folder), ["no-circut-breaker"])
    assert not (folder / BEFORE).exists()


def test_a_variant_is_left_to_its_editor(design_folder: Copy) -> None:
    folder = design_folder("first_draft")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    variant = ab.load(f"{folder}#ask-once")
    with pytest.raises(ArchbookError, match="a variant is not saved by Archbook"):
        fix(variant)
    assert "would be made" in str(fix(variant, dry_run=True))
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_changes_that_contradict_each_other_are_not_made_together(design_folder: Copy) -> None:
    report = review(load(design_folder("first_draft")))
    places = [place for finding in report.mending() for place in finding.mend]
    assert {place: report.mends[place] for place in places} == report.mends
    assert not [one for one in report.mends for other in report.mends if one != other and one == other[: len(one)]]


def test_a_finding_is_accepted_in_the_file_and_taken_out_of_the_report(
    design_folder: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = design_folder("first_draft")
    before = (folder / "design.yaml").read_text(encoding="utf-8")
    about = ["no-circuit-breaker", "gateway->product-service", str(folder)]
    assert main(["waive", *about, "--why", "nginx: it does"]) == 0
    assert "no-circuit-breaker at gateway → product-service is accepted." in capsys.readouterr().out
    assert (folder / "design.yaml").read_text(encoding="utf-8").startswith(before.rstrip())
    report = review(load(folder), today=TODAY)
    assert [(f.rule, f.about, f.waived) for f in report.waived] == [
        ("no-circuit-breaker", "gateway → product-service", "nginx: it does")
    ]
    assert main(["waive", *about, "--why", "until the new gateway", "--until", "2100-01-01"]) == 0
    (waiver,) = load(folder).waivers
    assert (waiver.why, waiver.until) == ("until the new gateway", "2100-01-01")
    waive(load(folder), "float-money", "shop-db.orders.total", "A game")
    assert [finding.waived for finding in review(load(folder)).waived] == ["until the new gateway", "A game"]


REFUSED = {
    "of no rule": ("no-circut-breaker", "a → b", "x", None, UnknownName, "did you mean `no-circuit-breaker`"),
    "at no place": ("no-circuit-breaker", "gateway → product-servce", "x", None, ArchbookError,
                    "did you mean `gateway → product-service`"),
    "of a rule that finds nothing": ("basic-authentication", "login", "x", None, ArchbookError, "finds nothing in"),
    "without a reason": ("no-circuit-breaker", "gateway → product-service", " ", None, InvalidInput, "say why"),
    "until a day that is over": ("no-circuit-breaker", "gateway → product-service", "x", "2026-11-25", InvalidInput,
                                 "is over"),
    "until no day": ("no-circuit-breaker", "gateway → product-service", "x", "soon", InvalidInput, "is no day"),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "about", "why", "until", "error", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_accepted_is_refused_and_nothing_is_written(
    rule: str, about: str, why: str, until: str | None, error: type[ArchbookError], told: str, design_folder: Copy
) -> None:
    folder = design_folder("first_draft")
    before = (folder / "design.yaml").read_bytes()
    with pytest.raises(error, match=told):
        waive(load(folder), rule, about, why, until, today=datetime.date(2026, 11, 26))
    assert (folder / "design.yaml").read_bytes() == before


def test_what_a_comment_in_the_ddl_accepts_needs_no_waiver(design_folder: Copy) -> None:
    folder = design_folder("first_draft")
    with (folder / "schema" / "shop.sql").open("a", encoding="utf-8") as ddl:
        ddl.write("\n-- archbook: waive float-money orders.total because it is a game\n")
    with pytest.raises(ArchbookError, match="accepted already, by a comment in the DDL"):
        waive(load(folder), "float-money", "shop-db.orders.total", "A game")


def test_the_mends_of_a_report_are_changes_that_save_takes(design_folder: Copy) -> None:
    design = load(design_folder("first_draft"))
    saved = ab.save(design, review(design).mends)
    assert len(review(saved.design).findings) < len(review(design).findings)

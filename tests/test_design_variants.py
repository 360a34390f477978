"""Variants: small overlays beside a design, read as strictly as a design, each fault with its file and line."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import jsonschema
import pytest
import yaml

import archbook as ab
from archbook.design.comparing import compare
from archbook.design.model import Design
from archbook.design.saving import save
from archbook.design.schema import variant_schema
from archbook.design.variants import variants
from archbook.design.varying import place_of
from archbook.design.yaml_safe import read_yaml
from archbook.errors import ArchbookError, DesignError, InvalidInput, Problem, UnknownName
from archbook.review import review, rules
from tests.broken import broken_documents
from tests.examples import good

SHIPPED = sorted((Path(__file__).resolve().parent.parent / "data" / "designs").glob("*/variants/*.yaml"))
HEAD = "archbook: 1\ntitle: Another way\n"


@pytest.fixture
def varied(design_folder):
    """A variant of a copy of the minimal design, by the text of its file."""
    folder = design_folder("minimal")

    def make(body: str, head: str = HEAD) -> Design:
        (folder / "variants").mkdir(exist_ok=True)
        (folder / "variants" / "other.yaml").write_text(head + body, encoding="utf-8")
        return ab.load(f"{folder}#other")

    return make


def changes(design: Design) -> list[str]:
    assert design.folder
    return [f"{change.kind} {change}" for change in compare(ab.load(design.folder), design)]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_variant_is_valid_says_its_why_and_has_a_schema(path: Path) -> None:
    design = ab.load(path.parent.parent)
    assert design.variants()[path.stem].why
    assert design.variant(path.stem).called == f"{design.name}#{path.stem}"
    jsonschema.validate(read_yaml(path.read_bytes(), path.name).data, variant_schema())


def test_there_is_a_shipped_variant() -> None:
    assert SHIPPED


def test_an_order_as_an_event_instead_of_a_call_takes_a_few_lines() -> None:
    shop = ab.load("ecommerce")
    found = {str(change) for change in compare(shop, ab.load("ecommerce#bank-by-event"))}
    assert "event order.created: to + payment-service" in found
    assert "call order-service → payment-service (asks for payment)" in found
    assert ab.load("ecommerce") == shop
    told = "E-commerce backend, variant: The order is answered before the bank is asked"
    assert ab.load("ecommerce#bank-by-event").title == told


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("change:\n  services.order-service.instances: 7", ["changed service order-service: instances 2 → 7"]),
        ("change: {traffic.growth: 12}", ["changed traffic: growth 10 → 12"]),
        ("add:\n  services:\n    mailer: {owner: us}", ["added service mailer"]),
        ("add:\n  security: {roles: {guest: {may: []}}}", ["added role guest"]),
        ("add: {services: {mailer: {}}, calls: [{from: order-service, to: mailer, does: asks}]}",
         ["added service mailer", "added call order-service → mailer (asks)"]),
        ("remove: [decisions.0]", None),
    ],
)  # fmt: skip
def test_a_variant_changes_adds_and_removes(varied, body: str, expected: list[str] | None) -> None:
    found = changes(varied(body))
    assert found == expected if expected else [line.split()[:2] for line in found] == [["removed", "decision"]]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("change:\n  services.order-servce.instances: 2\n",
         "variants/other.yaml:4 `change.services.order-servce.instances`: no place in the design "
         "`services.order-servce.instances`; did you mean `services.order-service.instances`?"),
        ("change:\n  services.order-service.instances: many\n",
         "variants/other.yaml:4 `services.order-service.instances`: is `many` and must be a whole number"),
        ("add:\n  services:\n    order-service: {}\n",
         "variants/other.yaml:5 `add.services.order-service`: is there already; set its values by their paths under"),
        ("add:\n  servces: {x: {}}\n", "variants/other.yaml:4 `add.servces`: nothing can be added here; did you mean "
         "`services`?"),
        ("add:\n  api: {style: {case: snake}}\n", "`add.api.style`: nothing can be added here"),
        ("add:\n  calls: {from: a}\n", "variants/other.yaml:4 `add.calls`: must be a list"),
        ("add:\n  services: {mailer: {instnces: 2}}\n",
         "variants/other.yaml:4 `services.mailer.instnces`: there is no such key; did you mean `instances`?"),
        ("add:\n  calls:\n  - {from: order-service, to: nobody}\n",
         ":5 `calls[8].to`: no service, store or external system `nobody`"),
        ("remove:\n- services.order-service\n", "design.yaml:"),
        ("remove:\n- calls[a → b]\n", "variants/other.yaml:4 `remove[0]`: no call `a → b`; "),
        ("chnge: {}\n", "variants/other.yaml:3 `chnge`: there is no such key; did you mean `change`?"),
        ("change: [1]\n", "variants/other.yaml:3 `change`: is a list and must be a mapping"),
        ("change: {a: 1\n", "variants/other.yaml:"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_file_line_and_remedy(varied, body: str, expected: str) -> None:
    with pytest.raises(DesignError) as raised:
        varied(body)
    assert expected in str(raised.value)


@pytest.mark.parametrize("body", ["remove: [decisions.9]", "change: {decisions.9.why: Else}"])
def test_what_stands_in_another_file_is_not_changed_by_a_variant(design_folder, body: str) -> None:
    folder = design_folder("ecommerce")
    (folder / "variants" / "other.yaml").write_text(HEAD + body, encoding="utf-8")
    with pytest.raises(
        DesignError, match=r"other.yaml:3 .*stands in `decisions/0010-pictures-behind-a-cdn.md`; a variant"
    ):
        ab.load(f"{folder}#other")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("archbook: 2\ntitle: x\n", "`2` is a format that this Archbook does not read; write `archbook: 1`"),
        ("title: x\n", "`archbook`: is missing"),
        ("archbook: 1\n", "`title`: is missing; add it: the option in one line"),
        ("- a\n", "other.yaml:1: is no mapping"),
    ],
)
def test_the_head_of_a_variant_is_checked(varied, head: str, expected: str) -> None:
    with pytest.raises(DesignError) as raised:
        varied("", head)
    assert expected in str(raised.value)


def test_every_fault_of_a_variant_is_told_at_once(varied) -> None:
    with pytest.raises(DesignError) as raised:
        varied("change: {services.x.instances: 1, traffic.y: 2}\nremove: [stores.z]\n")
    assert len(raised.value.problems) == 3


def test_a_call_is_named_by_its_ends_and_by_what_it_does_where_there_are_several() -> None:
    shop = ab.load("ecommerce")
    assert place_of(shop, "calls[payment-service -> bank].timeout") == place_of(
        shop, "calls[payment-service→bank].timeout"
    )
    where = place_of(shop, "calls[api-gateway → sessions, opens or ends a session].timeout")
    assert shop.calls[where[1]].does == "opens or ends a session"
    assert place_of(shop, "api.endpoints[GET /api/v1/orders/{id}].rows")[:2] == ("api", "endpoints")
    assert place_of(shop, "calls[3].timeout") == ("calls", 3, "timeout")
    with pytest.raises(InvalidInput, match=r"2 calls go `api-gateway → sessions`; say which one: `calls\[api-gateway"):
        place_of(shop, "calls[api-gateway → sessions].timeout")
    with pytest.raises(UnknownName, match="did you mean `GET /api/v1/orders`"):
        place_of(shop, "api.endpoints[GET /api/v1/order].rows")
    with pytest.raises(InvalidInput, match=r"`calls\[0\]`, `calls\[1\]`"):
        place_of(good(), "calls[front → things-db].timeout")


def design_problems(design: Design) -> tuple[Problem, ...]:
    with pytest.raises(DesignError) as raised:
        design.variant("other")
    return raised.value.problems


WHOLE = {
    "archbook": 1, "title": "x", "why": "y",
    "change": {"traffic.growth": 12, "services.order-service.slo": {"p95": "1s"}},
    "remove": ["calls[0]"],
    "add": {"services": {"mailer": {"instances": 2}}, "calls": [{"from": "order-service", "to": "mailer"}],
            "api": {"endpoints": [{"name": "GET /api/v1/mails", "service": "order-service"}]}},
}  # fmt: skip


def test_every_broken_variant_is_refused_with_its_place_or_means_something(design_folder) -> None:
    folder = design_folder("minimal")
    (folder / "variants").mkdir()
    design, file = ab.load(folder), folder / "variants" / "other.yaml"
    problems = []
    for broken in broken_documents(WHOLE):
        file.write_text(yaml.safe_dump(broken, allow_unicode=True), encoding="utf-8")
        with contextlib.suppress(DesignError):
            design.variant("other")
            continue
        problems += design_problems(design)
    assert len(problems) > 200
    assert all(problem.file and problem.line and problem.what for problem in problems)


def test_an_unknown_variant_names_the_nearest_and_the_command_line_ends_with_2(capsys) -> None:
    from archbook.cli import main

    assert main(["check", "ecommerce#bank-by-evnt"]) == 2
    assert "no variant of ecommerce `bank-by-evnt`; did you mean `bank-by-event`?" in capsys.readouterr().err
    assert main(["check", "ecommerce#bank-by-event"]) == 0
    assert main(["schema", "--variant"]) == 0


def test_check_looks_at_the_variants_too(varied, capsys) -> None:
    from archbook.cli import main

    folder = varied("change: {traffic.growth: 12}").folder
    assert main(["check", str(folder)]) == 0
    assert ", 1 variant" in capsys.readouterr().out
    file = folder / "variants" / "other.yaml"
    file.write_text(HEAD + "# AKIA" + "IOSFODNN7EXAMPLE\nchange: {traffic.growth: 12}\n", encoding="utf-8")
    assert main(["check", str(folder)]) == 0
    assert "variants/other.yaml:3: a secret stands here" in capsys.readouterr().out
    file.write_text(HEAD + "change: {traffic.grwth: 12}\n", encoding="utf-8")
    assert main(["check", str(folder)]) == 2
    assert "variants/other.yaml:3 `change.traffic.grwth`: no place in the design" in capsys.readouterr().err
    assert main(["check", str(folder), "--json"]) == 2


def test_a_variant_is_not_saved_into_the_design(varied) -> None:
    design = varied("change: {traffic.growth: 12}")
    before = (design.folder / "design.yaml").read_bytes()
    with pytest.raises(DesignError, match=r"variants/other.yaml: a variant is not saved"):
        save(design, {("traffic", "growth"): 13})
    assert (design.folder / "design.yaml").read_bytes() == before


def test_a_design_made_in_code_has_no_variants_and_says_so() -> None:
    with pytest.raises(ArchbookError, match="made in code and has no folder with variants"):
        good().variants()


def test_a_variant_may_not_lead_out_of_the_folder(varied, tmp_path) -> None:
    design = varied("change: {traffic.growth: 12}")
    outside = tmp_path / "outside.yaml"
    shutil.copy(design.folder / "variants" / "other.yaml", outside)
    (design.folder / "variants" / "link.yaml").symlink_to(outside)
    with pytest.raises(DesignError, match="leads out of the design folder"):
        ab.load(design.folder).variant("link")


def test_a_folder_whose_name_has_a_mark_is_still_a_folder(design_folder, tmp_path) -> None:
    shutil.copytree(design_folder("minimal"), tmp_path / "a#b")
    assert ab.load(tmp_path / "a#b").name == "minimal"


def test_the_variants_of_the_first_draft_mend_what_they_say_and_are_counted_by_what_is_typed() -> None:
    design = ab.load("first_draft")
    found = variants(design)
    cases = {"ask-once": ("chatty-services", 3), "own-stores": ("shared-database", 79), "breakers":
             ("no-circuit-breaker", 11), "pages": ("list-without-pagination", 16), "mail-by-event":
             ("everything-synchronous", 18)}  # fmt: skip
    for name, (rule, values) in cases.items():
        assert found[name].values == values
        left = {finding.rule for finding in ab.review(design.variant(name)).findings}
        assert rule not in left, name
    (rule,) = (rule for rule in rules() if rule.id == "no-circuit-breaker")
    mends = review(design, only=[rule]).mends
    written = {place_of(design, path): value for path, value in found["breakers"].change.items()}
    assert written == mends

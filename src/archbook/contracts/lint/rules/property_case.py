"""The case of properties."""

from archbook.contracts.lint.subject import Subject
from archbook.contracts.naming import CASES, cased
from archbook.errors import shown
from archbook.findings import Hit, Hits, Rule
from archbook.units import listed


def mixed(subject: Subject) -> Hits:
    """A schema with properties in another case than that of the API."""
    case = subject.style.case
    for name, where, schema in subject.named:
        held = schema.get("properties")
        odd = [
            key
            for key in (held if isinstance(held, dict) else ())
            if key[:1].isalpha() and not CASES[case].fullmatch(key)
        ]
        if odd:
            told = listed(shown(key) for key in odd)
            do = f"name it {shown(cased(odd[0], case))}; keep the old name beside it until its sunset"
            yield Hit(name, f"{shown(name)[1:-1]} has {told}, and the API writes {case} case", do, where)


RULE = Rule(
    id="property-case",
    severity="low",
    principle=2,
    why="Clients have to look up every name, and typed clients need a mapping for each that is unlike the others",
    remedy="Write all properties in one case.",
    references=("Zalando RESTful API guidelines, rule 118", "Google AIP-140"),
    check=mixed,
    fires="paths: {/a: {get: {}}}\ncomponents: {schemas: {A: {properties: {user_id: {}, shop_id: {}, orderId: {}}}}}",
    quiet="paths: {/a: {get: {}}}\ncomponents: {schemas: {A: {properties: {user_id: {}, shop_id: {}, name: {}}}}}",
)

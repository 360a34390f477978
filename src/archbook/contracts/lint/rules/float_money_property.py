"""Money in binary fractions."""

import re

from archbook.contracts.lint.subject import Subject, is_type
from archbook.errors import shown
from archbook.findings import Hit, Hits, Rule
from archbook.units import listed

_MONEY = re.compile(
    r"(.*[_-])?(price|amount|subtotal|cost|fee|tax|balance|salary|revenue|discount|refund|deposit|money|cash)|.*(Price|Amount|Cost|Fee|Balance)"
)


def inexact(subject: Subject) -> Hits:
    """An amount of money as a number with a fraction."""
    for name, where, schema in subject.named:
        held = schema.get("properties")
        properties = subject.properties(schema)
        odd = [
            key
            for key in (held if isinstance(held, dict) else ())
            if _MONEY.fullmatch(key) and is_type(properties[key], "number")
        ]
        if odd:
            do = f'write `{odd[0]}: {{type: string, format: decimal}}` ("12.30"), or whole cents, beside a `currency`'
            yield Hit(name, f"{shown(name)[1:-1]} has money as a binary fraction: {listed(map(shown, odd))}", do, where)


RULE = Rule(
    id="float-money-property",
    severity="medium",
    principle=3,
    why="JSON numbers become binary fractions in most clients: sums are off by cents, and do not compare equal",
    remedy="Send amounts as decimal text or in whole cents, with their currency.",
    references=("Zalando RESTful API guidelines, rule 173", "Google AIP-143 (google.type.Money)"),
    check=inexact,
    fires="paths: {/a: {get: {}}}\ncomponents: {schemas: {A: {properties: {price: {type: number, format: double}}}}}",
    quiet="paths: {/a: {get: {}}}\ncomponents: {schemas: {A: {properties: {price: {type: string, format: decimal}}}}}",
)

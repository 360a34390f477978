"""Dates that are any text."""

import re

from archbook.contracts.lint.subject import Subject, is_type
from archbook.errors import shown
from archbook.findings import Hit, Hits, Rule
from archbook.units import listed

_DATE = re.compile(r".+(_at|_on|At|_date|Date|_time|Time|_timestamp|Timestamp)|date|timestamp|birthday|date_?of_?birth")
_FORMATS = ("date", "date-time", "time", "duration")


def unwritten(subject: Subject) -> Hits:
    """A property that is named like a day or a time, and is a text of no format."""
    for name, where, schema in subject.named:
        held = schema.get("properties")
        properties = subject.properties(schema)
        odd = [
            key
            for key in (held if isinstance(held, dict) else ())
            if _DATE.fullmatch(key)
            and is_type(properties[key], "string")
            and properties[key].get("format") not in _FORMATS
            and not {"enum", "pattern"} & set(properties[key])
        ]
        if odd:
            kind = "date" if re.search(r"(?i)(_on|date|birthday|birth)$", odd[0]) else "date-time"
            do = f"write `{odd[0]}: {{type: string, format: {kind}}}` (RFC 3339, in UTC)"
            yield Hit(name, f"{shown(name)[1:-1]} has times in no format: {listed(map(shown, odd))}", do, where)


RULE = Rule(
    id="date-without-format",
    severity="low",
    principle=2,
    why="Is 03/04 in March or in April, and of which zone is 12:00? Every client guesses, and some guess wrong",
    remedy="Write days and times by RFC 3339, and say so in `format`.",
    references=("RFC 3339", "Zalando RESTful API guidelines, rules 169 and 235"),
    check=unwritten,
    fires="paths: {/a: {get: {}}}\ncomponents: {schemas: {A: {properties: {created_at: {type: string}}}}}",
    quiet="paths: {/a: {get: {}}}\ncomponents: {schemas: {A: {properties: {created_at: {type: string, format: "
    "date-time}}}}}",
)

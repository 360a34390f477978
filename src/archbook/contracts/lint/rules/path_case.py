"""The case of path segments."""

import re

from archbook.contracts.lint.subject import Subject
from archbook.contracts.naming import kebab, noun_form, verb_in
from archbook.findings import Hits, Rule

_KEBAB = re.compile(r"[a-z0-9-.]+|\{.+\}")


def mixed(subject: Subject) -> Hits:
    """A path with a segment that is not in lower case with hyphens."""
    for path in subject.addresses:
        parts = path.split("/")
        odd = [part for part in parts if part and not _KEBAB.fullmatch(part)]
        if odd:
            verb = verb_in(path)
            named = noun_form(path, verb).partition(" ")[2].split("/") if verb else parts
            better = "/".join(part if _KEBAB.fullmatch(part) or "{" in part else kebab(part) for part in named)
            do = (
                f"name it `{better}`"
                if better != path
                else "keep a parameter in a segment of its own, as in `/{id}/log`"
            )
            yield subject.at_path(path, f"has {' and '.join(f'`{part}`' for part in odd)}, no kebab-case", do)


RULE = Rule(
    id="path-case",
    severity="low",
    principle=2,
    why="Paths are case-sensitive, people are not: with one case for all of them an address can be guessed and "
    "read out",
    remedy="Write path segments in lower case with hyphens.",
    references=("Zalando RESTful API guidelines, rule 129", "Redocly: paths-kebab-case"),
    check=mixed,
    fires="paths: {/orderItems: {get: {}}}",
    quiet="paths: {'/order-items/{itemId}': {get: {}}}",
)

"""Collections that are named like one thing."""

import re
from itertools import pairwise

from archbook.contracts.lint.style import version_in
from archbook.contracts.lint.subject import Subject
from archbook.contracts.naming import is_plural, kebab, plural
from archbook.findings import Hits, Rule

_ID = re.compile(r"\{(.*[_-])?(id|uuid|slug|key|code|number)\}|\{.*(Id|ID|Key|Code|Number)\}")


def singular(subject: Subject) -> Hits:
    """A segment that holds many things, told apart by the parameter after it, and is named like one."""
    told = set()
    for path in subject.paths:
        parts = path.split("/")
        for index, (name, after) in enumerate(pairwise(parts)):
            collection = "/".join(parts[: index + 1])
            one = name and not name.startswith("{") and not is_plural(name) and not version_in(name)
            if one and (_ID.fullmatch(after) or after == f"{{{name}}}") and collection not in told:
                told.add(collection)
                words = kebab(name).split("-")
                better = "/".join([*parts[:index], "-".join([*words[:-1], plural(words[-1])]), *parts[index + 1 :]])
                yield subject.at_path(path, f"holds many things under the name of one, `{name}`", f"name it `{better}`")


RULE = Rule(
    id="singular-collection",
    severity="low",
    principle=2,
    why="Where some collections are plural and some are not, clients have to look up every address that they "
    "could have "
    "guessed",
    remedy="Name collections in the plural: `/users` and `/users/{id}`.",
    references=("Zalando RESTful API guidelines, rule 134", "Google AIP-122"),
    check=singular,
    fires="paths: {'/user/{id}': {get: {}}}",
    quiet="paths: {'/users/{id}': {get: {}}, /users/me: {get: {}}}",
)

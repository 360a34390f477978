"""The case of query parameters."""

from collections import Counter

from archbook.contracts.lint.style import VERSION_PARAMETER
from archbook.contracts.lint.subject import Endpoint, Subject
from archbook.contracts.naming import CASES, cased
from archbook.errors import shown
from archbook.findings import Hits, Rule
from archbook.units import show_count


def mixed(subject: Subject) -> Hits:
    """A query parameter in another case than the others."""
    users: dict[str, list[Endpoint]] = {}
    for endpoint in subject.endpoints:
        for name in endpoint.query:
            if VERSION_PARAMETER.fullmatch(name):
                continue  # has a name of its own in most APIs, `api-version`
            users.setdefault(name, []).append(endpoint)
    case = _case(subject, [name for name in users if not (name.isalpha() and name.islower())])
    for name, held in users.items():
        if name[:1].isalpha() and name.replace("_", "").replace("-", "").isalnum() and not CASES[case].fullmatch(name):
            rest = f", and in {show_count(len(held) - 1, 'other operation')}" if len(held) > 1 else ""
            do = f"name it {shown(cased(name, case))}; take the old name beside it until its sunset"
            yield held[0].at(f"asks by {shown(name)}{rest}, and the API writes {case} case", do)


def _case(subject: Subject, names: list[str]) -> str:
    """The declared case; else that of most names of several words, or of the properties where there is none."""
    most = Counter(case for name in names for case in CASES if CASES[case].fullmatch(name)).most_common(1)
    return most[0][0] if not subject.declared and most and 2 * most[0][1] > len(names) else subject.style.case


RULE = Rule(
    id="parameter-case",
    severity="low",
    principle=2,
    why="Clients have to look up every name; a misspelt parameter is ignored by most services, and the answer is then "
    "that to another question",
    remedy="Write all query parameters in one case, that of the properties.",
    references=("Zalando RESTful API guidelines, rule 130", "Google AIP-140"),
    check=mixed,
    fires="paths: {/a: {get: {parameters: [{name: page_size, in: query}, {name: shop_id, in: query}, "
    "{name: userId, in: query}]}}}",
    quiet="paths: {/a: {get: {parameters: [{name: page_size, in: query}, {name: shop_id, in: query}, "
    "{name: q, in: query}, {name: 'filter[userId]', in: query}]}}}",
)

"""The case of query parameters."""

from collections import Counter

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
            users.setdefault(name, []).append(endpoint)
    cases = Counter(case for name in users if not _one_word(name) for case in CASES if CASES[case].fullmatch(name))
    if not cases:
        return
    case = subject.style.case if subject.declared else cases.most_common(1)[0][0]
    for name, held in users.items():
        if name[:1].isalpha() and name.replace("_", "").replace("-", "").isalnum() and not CASES[case].fullmatch(name):
            rest = f", and in {show_count(len(held) - 1, 'other operation')}" if len(held) > 1 else ""
            do = f"name it {shown(cased(name, case))}; take the old name beside it until its sunset"
            yield held[0].at(f"asks by {shown(name)}{rest}, and the API writes {case} case", do)


def _one_word(name: str) -> bool:
    return name.isalpha() and name.islower()


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

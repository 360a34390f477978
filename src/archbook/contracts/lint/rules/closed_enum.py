"""Lists of values that can never grow."""

from archbook.contracts.lint.subject import Subject
from archbook.errors import shown
from archbook.findings import Hits, Rule
from archbook.units import listed


def closed(subject: Subject) -> Hits:
    """An answer with a closed list of values, in an API that does not declare its lists complete."""
    if subject.declared and subject.style.enums == "closed":
        return
    told: set[int] = set()  # one finding for a list, however many operations answer with it
    for endpoint in subject.endpoints:
        found = {}
        for _, schema in endpoint.shapes:
            for place, node in subject.fields(schema):
                values = [value for value in subject.document.items(node.get("enum")) if isinstance(value, str)]
                if len(values) > 1 and id(node) not in told:  # one value alone is a constant
                    told.add(id(node))
                    found[place] = values
        if found:
            place, values = next(iter(found.items()))
            known = ", ".join([*(shown(value)[1:-1] for value in values[:3]), *["…"][: len(values) - 3]])
            do = f"write `{place}: {{type: string, x-extensible-enum: [{known}]}}`, and say that it may grow"
            yield endpoint.at(f"answers with a closed list of values in {listed(map(shown, found))}", do)


RULE = Rule(
    id="closed-enum",
    severity="low",
    principle=2,
    why="A client generated from the document fails on the first value that it does not know, so that the list can "
    "never grow without breaking somebody; what clients send may stay closed",
    remedy="Leave lists in answers open, so that clients have a default case from the first day.",
    references=("Zalando RESTful API guidelines, rules 112 and 108", "Google AIP-126"),
    check=closed,
    fires="paths: {/a: {get: {responses: {'200': {content: {application/json: {schema: {properties: {status: "
    "{type: string, enum: [new, paid]}}}}}}}}}}",
    quiet="paths: {/a: {get: {responses: {'200': {content: {application/json: {schema: {properties: {kind: "
    "{type: string, enum: [a]}, status: {type: string, x-extensible-enum: [new, paid]}}}}}}}}, post: {requestBody: "
    "{content: {application/json: {schema: {properties: {status: {type: string, enum: [new, paid]}}}}}}}}}",
)

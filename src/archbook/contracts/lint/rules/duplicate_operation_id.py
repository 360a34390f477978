"""Two operations of one name."""

from archbook.contracts.lint.subject import Subject
from archbook.errors import shown
from archbook.findings import Hits, Rule


def twins(subject: Subject) -> Hits:
    """An operationId that another operation has too."""
    first: dict[str, str] = {}
    for endpoint in subject.endpoints:
        held = endpoint.node.get("operationId")
        if isinstance(held, str) and held:
            other = first.setdefault(held, endpoint.name)
            if other != endpoint.name:
                thing = "".join(part.capitalize() for part in endpoint.segments[-1:] if "{" not in part) or "One"
                do = f"name it `{shown(held + thing)[1:-1]}`"
                yield endpoint.at(f"has the operationId {shown(held)} of {other}", do, where=("operationId",))


RULE = Rule(
    id="duplicate-operation-id",
    severity="medium",
    principle=2,
    why="OpenAPI forbids it: a generated client has one of the two, or does not compile",
    remedy="Give every operation an id of its own.",
    references=("OpenAPI 3.1, Operation Object", "Spectral: operation-operationId-unique"),
    check=twins,
    fires="paths: {/a: {get: {operationId: read}}, /b: {get: {operationId: read}}}",
    quiet="paths: {/a: {get: {operationId: readA}}, /b: {get: {operationId: readB}}}",
)

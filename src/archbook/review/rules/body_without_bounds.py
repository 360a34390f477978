"""Input of any size and any shape."""

from archbook.design.contract import Endpoint
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_size

WITH_BODY = ("POST", "PUT", "PATCH")
SMALLEST, TIMES = 4000.0, 4
LARGE, FAR = 10e6, 1000
"""A limit of more bytes than this, and this many times a typical request, bounds nothing."""


def boundless(subject: Subject) -> Hits:
    """An endpoint that takes a body without a limit to its size, or with one far off, or without a schema."""
    for index, endpoint in enumerate(subject.design.api.endpoints):
        place = ("api", "endpoints", index)
        if endpoint.method not in WITH_BODY or (_bounded(endpoint) and endpoint.validated):
            continue
        limit = show_size(float(f"{max(SMALLEST, TIMES * (endpoint.request_size or 0)):.2g}")).replace(" ", "")
        faults, mend = [], dict[tuple[str | int, ...], object]()
        if not _bounded(endpoint):
            told = (
                f"up to {show_size(endpoint.body_limit or 0)}, where {show_size(endpoint.request_size or 0)} are usual"
            )
            faults.append("any size" if endpoint.body_limit is None else told)
            mend[*place, "body_limit"] = limit
        if not endpoint.validated:
            faults.append("any content")
            mend[*place, "validated"] = True
        changes = " and ".join(f"`{where[-1]}: {str(value).replace('True', 'true')}`" for where, value in mend.items())
        yield subject.at_endpoint(
            index,
            f"{endpoint.name} takes a body of {' and '.join(faults)}",
            f"api.endpoints[{index}]: set {changes}, and refuse what is larger (413) or otherwise (400)",
            mend=mend,
        )


def _bounded(endpoint: Endpoint) -> bool:
    limit, usual = endpoint.body_limit, endpoint.request_size
    return limit is not None and not (usual and limit > max(LARGE, FAR * usual))


RULE = Rule(
    id="body-without-bounds",
    severity="medium",
    principle=3,
    why="A body is read into memory before anybody looks at it: one of a gigabyte is enough for an outage, and a field "
    "that nobody expects for a break-in",
    remedy="Limit the size at the entry, and check the content against a schema with bounds.",
    references=("OWASP API Security 2023, API4 Unrestricted Resource Consumption", "OWASP ASVS 5, V2.2.1"),
    check=boundless,
    fires="api: {endpoints: {1: {body_limit: null}}}",
    quiet="api: {endpoints: {1: {body_limit: 3MB}}}",
)

"""Creations that happen twice."""

import re

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule

_READS = re.compile(r"(.*[-_/:])?(search|query|token|login|logout|validate|preview|batch-?get|export)", re.IGNORECASE)


def twice(subject: Subject) -> Hits:
    """A POST that makes something and takes no Idempotency-Key."""
    for endpoint in subject.endpoints:
        reads = endpoint.segments and _READS.fullmatch(endpoint.segments[-1])
        if endpoint.method == "POST" and not reads and not any("idempotency" in name for name in endpoint.headers):
            do = "add `{name: Idempotency-Key, in: header, required: true, schema: {type: string, maxLength: 64}}`"
            yield endpoint.at("takes no Idempotency-Key", f"{do}; answer a repeated key with the first answer")


RULE = Rule(
    id="post-without-idempotency-key",
    severity="medium",
    principle=4,
    why="When an answer is lost the client can only send the request again, and the order or the payment is "
    "there twice",
    remedy="Take an Idempotency-Key, and answer a repeated one with the first answer.",
    references=(
        "Zalando RESTful API guidelines, rule 230",
        "Google AIP-155",
        "draft-ietf-httpapi-idempotency-key-header-07",
    ),
    check=twice,
    fires="paths: {/orders: {post: {}}}",
    quiet="paths: {/orders: {post: {parameters: [{name: Idempotency-Key, in: header}]}}, /orders/search: {post: {}}}",
)

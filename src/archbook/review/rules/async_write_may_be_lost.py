"""A change that is asked for and forgotten."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject


def forgotten(subject: Subject) -> Hits:
    """A write to another service or an external system that nobody waits for, and that is no event."""
    for index, call in subject.crossings:
        if call.mode == "async" and call.kind == "write" and not call.optional:
            tried = "its retries are" if call.retries else "it is"
            yield subject.at_calls(
                [(index, call)],
                f"{call.from_} → {call.to} writes, and nobody waits to hear whether it was done",
                f"calls[{index}]: announce an event in its place, written with the data (`outbox: true`) and carried "
                "by a broker; or add `optional: true` if it may be lost",
                f"{tried} kept in the memory of {call.from_}, and gone with a crash or a release",
            )


RULE = Rule(
    id="async-write-may-be-lost",
    severity="medium",
    principle=3,
    why="The client has been told that all is well; when the process ends, or the target is away, the rest never "
    "happens, and no record says so",
    remedy="Write down what is still to be done in the transaction that made it necessary, and work it off from there.",
    references=("microservices.io: Transactional outbox", "Kleppmann, Designing Data-Intensive Applications, ch. 11"),
    check=forgotten,
    fires="calls: [{from: front, to: mailer, on: [POST /api/v1/things], mode: async, kind: write, timeout: 1s}]",
    quiet="""
calls: [{from: front, to: mailer, on: [POST /api/v1/things], mode: async, kind: write, timeout: 1s, optional: true}]
""",
)

"""A change that may be made twice."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.review.waiting import attempts
from archbook.units import show_rate


def repeated(subject: Subject) -> Hits:
    """A write that is tried again without an idempotency key."""
    for index, call in enumerate(subject.design.calls):
        if call.kind == "write" and call.retries and not call.idempotency_key:
            yield subject.at_calls(
                [(index, call)],
                f"{call.from_} → {call.to} writes, is tried {attempts(call)} times, and has no idempotency key",
                f"calls[{index}]: send one key with all attempts and let {call.to} remember its answer, then add "
                "`idempotency_key: true`; until it does, remove `retries`",
                *_again(subject, index),
            )


def _again(subject: Subject, index: int) -> list[str]:
    found = subject.grown.calls[index] if subject.grown else None
    again = found.attempts_per_s - found.calls_per_s if found else 0.0
    if not again:
        return []
    return [f"{show_rate(again, 'writes')} are sent again {subject.peak}, and each may have been done already "
            "(computed: failures × calls)"]  # fmt: skip


RULE = Rule(
    id="retry-of-a-write-without-key",
    severity="high",
    principle=3,
    why="A caller that hears nothing cannot know whether the write was done: tried again, it is done twice, such as a "
    "card charged twice",
    remedy="Let the caller name each intended change by a key, and the target do what it has done once only once.",
    references=("AWS Builders' Library: Making retries safe with idempotent APIs", "Google AIP-155"),
    check=repeated,
    fires="calls: {3: {retries: 1, backoff: jittered, retry_budget: 10%, idempotency_key: null}}",
    quiet="calls: {3: {retries: 1, backoff: jittered, retry_budget: 10%}}",
)

"""A change that is asked for twice on purpose."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_duration


def hedged(subject: Subject) -> Hits:
    """A write that is sent a second time when its answer is late, without an idempotency key."""
    for index, call in enumerate(subject.design.calls):
        if call.hedge_after and call.kind == "write" and not call.idempotency_key:
            yield subject.at_calls(
                [(index, call)],
                f"{call.from_} → {call.to} writes, and is sent again after {show_duration(call.hedge_after)}",
                f"calls[{index}]: remove `hedge_after`; hedge reads only, or send a key by which {call.to} knows both "
                "(`idempotency_key: true`)",
                mend={("calls", index, "hedge_after"): None},
            )


RULE = Rule(
    id="hedge-of-a-write",
    severity="high",
    principle=3,
    why="Both attempts are meant to arrive, so that whatever is slow is also done twice",
    remedy="Hedge what only reads, or what is recognised by a key.",
    references=("Dean and Barroso, The Tail at Scale, 2013", "Google AIP-155"),
    check=hedged,
    fires="calls: {3: {hedge_after: 300ms, idempotency_key: null}}",
    quiet="calls: {3: {hedge_after: 300ms}}",
)

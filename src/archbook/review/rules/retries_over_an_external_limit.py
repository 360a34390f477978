"""Retries that an external system will refuse."""

import math

from archbook.design.interactions import Call
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Placed, Subject, grouped
from archbook.units import show_rate


def refused(subject: Subject) -> Hits:
    """Calls within the rate limit of an external system at growth, that are over it when they fail and are tried again.

    A retry budget bounds the attempts that are counted.
    """
    retried = (placed for placed in subject.crossings if placed[1].to in subject.design.externals)
    for name, calls in grouped(retried, lambda call: call.to).items():
        limit = subject.design.externals[name].rate_limit
        if limit is None or subject.grown is None:
            continue
        rates = {i: subject.grown.calls[i].calls_per_s for i, _ in calls}
        plain = sum(rates.values())
        failing = sum(rates[i] * _most(call) for i, call in calls)
        if plain <= limit < failing:
            yield _hit(subject, [placed for placed in calls if placed[1].retries], plain, failing, float(limit))


def _hit(subject: Subject, calls: list[Placed], plain: float, failing: float, limit: float) -> Hit:
    index, call = max(calls, key=lambda placed: _most(placed[1]))
    room = max(0.0, limit / plain - 1)
    budget = math.floor(90 * room) / 100
    enough = f"set `retry_budget: {budget:g}`" if budget >= 0.01 else "remove `retries`"
    return subject.at_calls(
        [(index, call)],
        f"{call.to} accepts {show_rate(limit)}, and retries make it {show_rate(failing)}",
        f"calls[{index}]: {enough}, or agree on a higher limit with {call.to}",
        f"{show_rate(plain, 'calls')} {subject.peak}, {show_rate(failing, 'attempts')} while all fail (computed)",
        mend={("calls", index, "retry_budget"): budget} if budget >= 0.01 else None,
    )


def _most(call: Call) -> float:
    """Attempts for one call at most: all fail, within its budget."""
    budget = call.retries if call.retry_budget is None else float(call.retry_budget)
    return 1 + min(float(call.retries), budget)


RULE = Rule(
    id="retries-over-an-external-limit",
    severity="medium",
    principle=4,
    why="What is refused for being too many is tried again too: a short failure of theirs becomes a long one of ours, "
    "and some owners lock out whoever goes over",
    remedy="Leave room in what was agreed for the attempts that failures cost, and cap them by a budget.",
    references=("AWS Builders' Library: Timeouts, retries, and backoff with jitter",
                "OWASP API10:2023 Unsafe Consumption of APIs"),
    check=refused,
    fires="""
externals: {bank: {rate_limit: 18}}
calls: {3: {retries: 1, backoff: jittered, retry_budget: 0.9}}
""",
    quiet="""
externals: {bank: {rate_limit: 18}}
calls: {3: {retries: 1, backoff: jittered, retry_budget: 0.2}}
""",
)  # fmt: skip

"""Retries of retries: ten attempts or more for one request."""

from archbook.findings import Hits, Rule
from archbook.review.chains import passing, retried_chains
from archbook.review.subject import Placed, Subject
from archbook.review.waiting import attempts
from archbook.units import listed, show_rate

MOST = 10


def multiplied(subject: Subject) -> Hits:
    """A path on which several calls are tried again, so that one request becomes ten attempts or more at its end."""
    for total, calls in retried_chains(subject):
        if total >= MOST:
            last = calls[-1][1].to
            yield subject.at_calls(
                [calls[-1]],
                f"one request may ask {last} {total} times",
                keep_one(calls),
                f"{' × '.join(str(attempts(call)) for _, call in calls)} attempts (computed: when {last} fails)",
                *_storm(subject, total, calls),
                about=passing(calls),
                mend=once(calls),
            )


def keep_one(calls: list[Placed]) -> str:
    """Which of several retried calls to let go."""
    outer = listed(f"calls[{index}]" for index, _ in calls[:-1])
    inner, call = calls[-1]
    return f"{outer}: remove `retries`; only calls[{inner}], next to {call.to}, tries again"


def once(calls: list[Placed]) -> dict[tuple[str | int, ...], None]:
    """The change that leaves only the last of several retried calls."""
    return {("calls", index, "retries"): None for index, _ in calls[:-1]}


def _storm(subject: Subject, total: int, calls: list[Placed]) -> list[str]:
    rate, last = subject.asking[calls[0][0]], calls[-1][1].to
    if not rate:
        return []
    return [f"while {last} fails, {show_rate(rate)} become {show_rate(rate * total, 'attempts')} (computed)"]


RULE = Rule(
    id="attempts-multiply",
    severity="high",
    principle=4,
    why="Attempts multiply along a path, and all of them reach the target at the end just when it cannot answer one",
    remedy="Try again in one place only, next to what fails; everybody else passes the failure on.",
    references=("Google SRE book, ch. 22: retries at several layers",
                "AWS Builders' Library: Timeouts, retries, and backoff with jitter"),
    check=multiplied,
    fires="""
calls:
- {from: front, to: back, on: [POST /api/v1/things], timeout: 60ms, retries: 3, backoff: jittered, retry_budget: 10%,
   breaker: true, bulkhead: 8}
- {from: back, to: mailer, on: [POST /api/v1/things], timeout: 20ms, retries: 2, backoff: jittered, retry_budget: 10%,
   breaker: true, bulkhead: 8}
""",
    quiet="""
calls:
- {from: front, to: back, on: [POST /api/v1/things], timeout: 60ms, breaker: true, bulkhead: 8}
- {from: back, to: mailer, on: [POST /api/v1/things], timeout: 20ms, retries: 2, backoff: jittered, retry_budget: 10%,
   breaker: true, bulkhead: 8}
""",
    measured_by="archbook simulate DESIGN",
)  # fmt: skip

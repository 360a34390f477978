"""A failure that is tried again twice over."""

from archbook.findings import Hits, Rule
from archbook.review.chains import passing, retried_chains
from archbook.review.rules.attempts_multiply import MOST, keep_one, once
from archbook.review.subject import Subject
from archbook.review.waiting import attempts


def twice_over(subject: Subject) -> Hits:
    """A path on which two calls or more are tried again, with fewer than ten attempts together."""
    for total, calls in retried_chains(subject):
        if total < MOST:
            last = calls[-1][1].to
            yield subject.at_calls(
                [calls[-1]],
                f"a failure of {last} is tried again at {len(calls)} places",
                keep_one(calls),
                f"{' × '.join(str(attempts(call)) for _, call in calls)} = {total} attempts for one request (computed: "
                f"when {last} fails)",
                about=passing(calls),
                mend=once(calls),
            )


RULE = Rule(
    id="retry-at-two-layers",
    severity="medium",
    principle=4,
    why="Each layer believes that it alone tries again: budgets and timeouts are planned for fewer attempts than are "
    "made, and the next layer that does the same makes it many",
    remedy="Decide in which one place a failure is tried again, and write that decision down.",
    references=("Google SRE book, ch. 22: retries at several layers", "Azure: Retry Storm antipattern"),
    check=twice_over,
    fires="""
calls:
- {from: front, to: back, on: [POST /api/v1/things], timeout: 60ms, retries: 1, backoff: jittered, retry_budget: 10%,
   breaker: true, bulkhead: 8}
- {from: back, to: mailer, on: [POST /api/v1/things], timeout: 20ms, retries: 1, backoff: jittered, retry_budget: 10%,
   breaker: true, bulkhead: 8}
""",
    quiet="""
calls:
- {from: front, to: back, on: [POST /api/v1/things], timeout: 60ms, breaker: true, bulkhead: 8}
- {from: back, to: mailer, on: [POST /api/v1/things], timeout: 20ms, retries: 1, backoff: jittered, retry_budget: 10%,
   breaker: true, bulkhead: 8}
""",
)

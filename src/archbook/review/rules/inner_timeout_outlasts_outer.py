"""Work that goes on when nobody waits for it any more."""

from math import isfinite

from archbook.capacity.timeouts import timeout_budgets
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.review.waiting import attempts, typed, within_s
from archbook.units import show_duration


def outlasting(subject: Subject) -> Hits:
    """A call whose target waits longer, with its attempts, for one of its own calls than the caller waits for it."""
    for budget in timeout_budgets(subject.design) if subject.plan else ():
        if budget.verdict == "outlived" and isfinite(budget.longest_s):
            inner = subject.design.calls[budget.longest_call]
            times = f" {attempts(inner)} times" if inner.retries else ""
            fits = within_s(subject, inner, budget.timeout_s)
            do = f"set `timeout: {typed(fits)}`, or" if fits else f"{inner.to} needs longer:"
            yield subject.at_calls(
                [(budget.longest_call, inner)],
                f"{inner.from_} waits{times} {show_duration(inner.timeout or 0.0)} for {inner.to}, while "
                f"{budget.from_} waits {show_duration(budget.timeout_s)} for {inner.from_}",
                f"calls[{budget.longest_call}]: {do} let {budget.from_} wait longer (calls[{budget.call}])",
                mend={("calls", budget.longest_call, "timeout"): typed(fits)} if fits else None,
            )


RULE = Rule(
    id="inner-timeout-outlasts-outer",
    severity="high",
    principle=4,
    why="The caller has given up, perhaps tried again, and the work behind it goes on for nobody, with places and "
    "connections that the next request needs",
    remedy="Let timeouts get shorter on the way in, or pass the deadline on with the request.",
    references=("Google SRE book, ch. 22: deadline propagation", "Nygard, Release It!, 2nd ed., ch. 5"),
    check=outlasting,
    fires="""
calls: [{from: back, to: mailer, on: [GET /api/v1/things], timeout: 100ms, breaker: true, bulkhead: 8}]
""",
    quiet="""
calls: [{from: back, to: mailer, on: [GET /api/v1/things], timeout: 40ms, breaker: true, bulkhead: 8}]
""",
    measured_by="archbook simulate DESIGN",
)

"""Retries that nothing holds back."""

from archbook.design.interactions import Call
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.review.waiting import attempts
from archbook.units import show_factor, show_rate, significant

BUDGET = 0.1


def unbounded(subject: Subject) -> Hits:
    """A call that is tried again at once, or without a budget: medium where a breaker or a budget bounds the load."""
    for index, call in enumerate(subject.design.calls):
        wanted: dict[str, float | str] = {}
        if call.retries and call.retry_budget is None:
            wanted["retry_budget"] = BUDGET
        if call.retries and call.backoff == "none":
            wanted["backoff"] = "jittered"
        if wanted:
            lacks = {"retry_budget": "no budget", "backoff": "no pause"}
            missing = " and ".join(lacks[key] for key in wanted)
            bounded = call.breaker or "retry_budget" not in wanted
            yield subject.at_calls(
                [(index, call)],
                f"{call.from_} → {call.to} is tried {attempts(call)} times, with {missing}",
                f"calls[{index}]: add " + ", ".join(f"`{key}: {value}`" for key, value in wanted.items()),
                *_storm(subject, index, call),
                mend={("calls", index, key): value for key, value in wanted.items()},
                severity="medium" if bounded else "high",
            )


def _storm(subject: Subject, index: int, call: Call) -> list[str]:
    if subject.grown is None or not subject.grown.calls[index].calls_per_s:
        return []
    found = subject.grown.feedback.get(call.to)
    if found and index in found.calls and found.congested > found.amplification:
        return [f"after an outage retries keep {call.to} overloaded ({significant(found.congested)} attempts for each "
                f"planned one); it recovers below {show_factor(found.recovers_at)} today's load (computed: feedback "
                "of retries)"]  # fmt: skip
    rate = subject.grown.calls[index].calls_per_s
    return [f"while {call.to} fails, {show_rate(rate, 'calls')} become {show_rate(rate * attempts(call), 'calls')} "
            "(computed: every attempt fails)"]  # fmt: skip


RULE = Rule(
    id="retry-without-backoff-or-budget",
    severity="high",
    principle=4,
    why="Retries add load exactly when the target has too much of it: a short disturbance then becomes an outage that "
    "keeps itself going",
    remedy="Pause between attempts, each caller another time (jitter), and stop when a tenth of calls are retries.",
    references=("Google SRE book, ch. 22: Addressing Cascading Failures", "Bronson et al., Metastable Failures, 2021",
                "AWS Builders' Library: Timeouts, retries, and backoff with jitter"),
    check=unbounded,
    fires="calls: {2: {retries: 1}}",
    quiet="calls: {2: {retries: 1, backoff: jittered, retry_budget: 10%}}",
    measured_by="archbook simulate DESIGN",
)  # fmt: skip

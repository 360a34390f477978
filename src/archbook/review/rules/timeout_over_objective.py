"""A wait that is longer than what is promised to whoever waits."""

from archbook.design.interactions import Call
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.review.waiting import attempts, longest_s, pauses_s, promise, timed, typed, within_s
from archbook.units import show_duration


def overlong(subject: Subject) -> Hits:
    """Timeout × attempts, with the pauses between them, of a synchronous call over the objective of who waits for it.

    The objective is the p99 (else the p95) of the endpoint, where the caller answers it, or of the calling service;
    where several wait, the longest. Medium over a p95 alone, for one request in twenty may take longer than that.
    """
    for index, call in enumerate(subject.design.calls):
        if call.mode == "sync" and call.timeout:
            promised = promise(subject, call)
            if promised and longest_s(call) > promised.limit_s * (1 + 1e-9):
                limit, who, percentile = promised
                fits = within_s(subject, call, limit)
                fewer = f"; {call.to} needs longer than that, so try fewer times" if call.retries else ""
                do = f"set `timeout: {typed(fits)}`" if fits else f"wait at most {show_duration(limit)} in all{fewer}"
                yield subject.at_calls(
                    [(index, call)],
                    f"{call.from_} may wait {show_duration(longest_s(call))} for {call.to}; {who} promises "
                    f"{show_duration(limit)} ({percentile})",
                    f"calls[{index}]: {do}, or promise more",
                    *_sum(call),
                    *timed(subject, call.to),
                    mend={("calls", index, "timeout"): typed(fits)} if fits else None,
                    severity=None if percentile == "p99" else "medium",
                )


def _sum(call: Call) -> list[str]:
    if not call.retries:
        return []
    total = f"{attempts(call)} × {show_duration(call.timeout or 0.0)}"
    return [f"{total} and {show_duration(pauses_s(call))} of pauses (computed: when every attempt times out)"]


RULE = Rule(
    id="timeout-over-objective",
    severity="high",
    principle=4,
    why="When the target is slow the promise cannot be kept, and the last of the wait is for an answer that nobody "
    "can use any more",
    remedy="Divide what is promised among the attempts; a timeout is a part of the promise.",
    references=("AWS Builders' Library: Timeouts, retries, and backoff with jitter",
                "Google SRE book, ch. 22: latency and deadlines"),
    check=overlong,
    fires="calls: {2: {timeout: 1s}}",
    quiet="calls: {2: {timeout: 800ms}}",
    measured_by="archbook simulate DESIGN",
)  # fmt: skip

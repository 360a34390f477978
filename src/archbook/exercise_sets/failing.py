"""Exercises of `08_when_things_fail`: does it recover by itself?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archbook.capacity.formulas import availability_serial
from archbook.capacity.timeouts import timeout_budgets
from archbook.design.model import Design, Where
from archbook.exercises import Change, Exercise, Function, Value
from archbook.units import show_count, show_duration, significant

HOURS_A_YEAR = 8766.0
STORMS = [((145.0, 300.0, 1, 10.0, 1.0), 260.0), ((100.0, 300.0, 0, 10.0, 1.0), 3.5),
          ((60.0, 300.0, 1, 20.0, 2.0), 10.0)]  # by hand  # fmt: skip


def hours_away(_: Design) -> float:
    """All five must be there at once, so their availabilities multiply."""
    return float(HOURS_A_YEAR * (1 - 0.999**5))


def worst_attempts(_: Design) -> Callable[[int, int], int]:
    """Each layer repeats all that the layer below it repeats."""
    return lambda attempts, layers: attempts**layers


def steepest_rate(_: Design) -> float:
    """Every request of a storm costs two attempts, and the pool serves 300 a second."""
    return 300 / (1 + 1)


def time_to_drain(_: Design) -> Callable[[float, float, int, float, float], float]:
    """What has piled up, less what is answered in time, over what is served more than comes."""
    return lambda rate_per_s, capacity_per_s, retries, outage_s, timeout_s: (
        (rate_per_s * (1 + retries) * outage_s - capacity_per_s * timeout_s)
        / (capacity_per_s - rate_per_s * (1 + retries))
    )


def timeouts_that_fit(design: Design) -> dict[Where, float]:
    """From the outside in: where the inner calls in a row take too long, each of them gets its share."""
    changes: dict[Where, float] = {}
    for _ in range(20):
        now = design.changed(changes)
        wrong = [budget for budget in timeout_budgets(now) if budget.verdict != "fits"]
        for budget in wrong[:1]:
            part = 0.99 * budget.timeout_s / budget.in_a_row_s
            for i, call in enumerate(now.calls):
                if call.from_ == budget.to and call.mode == "sync":
                    changes["calls", i, "timeout"] = part * float(call.timeout or budget.timeout_s)
    return changes


def lacks(before: Design, after: Design) -> str:
    """Whether only timeouts changed, none to less than a quarter, and every budget fits."""
    back: dict[Where, Any] = {("calls", i, "timeout"): call.timeout for i, call in enumerate(before.calls)}
    if len(after.calls) != len(before.calls) or after.changed(back).model_dump() != before.model_dump():
        return "Only `timeout` of calls may change here."
    for old, new in zip(before.calls, after.calls, strict=True):
        if old.timeout and not old.timeout / 4 <= (new.timeout or 0) <= old.timeout:
            return f"The timeout of `{old.from_} → {old.to}` may not grow, nor shrink to less than a quarter."
    wrong = [budget for budget in timeout_budgets(after) if budget.verdict != "fits"]
    if wrong:
        w = wrong[0]
        return (f"`{w.from_} → {w.to}` waits {show_duration(w.timeout_s)}, and the calls behind it may take "
                f"{show_duration(w.in_a_row_s)} in a row.")  # fmt: skip
    return ""


EXERCISES = (
    Exercise(
        "08.1", "Five in a row", "Five services at 99.9 % stand in series. How many hours a year is the whole away?",
        Value(lambda _: HOURS_A_YEAR * (1 - availability_serial([0.999] * 5)), "number"),
        ("The whole is there only while all five are.", "Availabilities in series multiply.",
         "A year has 8 766 hours: 8 766 × (1 − 0.999⁵)."),
        hours_away, lambda design: f"{significant(hours_away(design))} h, not the 9 h of one service alone.",
    ),
    Exercise(
        "08.2", "Layers of retries",
        "Write a function of (attempts, layers): the most attempts that reach the last service when every layer makes "
        "so many.",
        Function(lambda _: [((4, 3), 64), ((2, 2), 4), ((1, 5), 1)]),
        ("One layer of four attempts makes four.", "The second layer makes each of these four again.",
         "A power: `attempts**layers`."),
        worst_attempts, lambda _: "Three layers of four attempts make 64. So only one layer may try again.",
    ),
    Exercise(
        "08.3", "The rate of no return",
        "A pool serves 300 requests/s, its caller makes one retry. From which rate on does a storm never end?",
        Value(lambda _: 150.0, "rate"),
        ("In a storm every attempt runs into its timeout.", "Then each request costs 1 + retries attempts.",
         "It cannot drain once rate × 2 reaches 300."),
        steepest_rate, lambda _: "At 280 requests/s two attempts each make 560; at 145 they make 290, just under 300.",
    ),
    Exercise(
        "08.4", "How long a storm lasts",
        "Write a function of (rate_per_s, capacity_per_s, retries, outage_s, timeout_s): seconds after the end of an "
        "outage until answers come in time again.",
        Function(lambda _: STORMS),
        ("During the outage every request leaves 1 + retries attempts in the queue.",
         "It is over when the queue is shorter than what is served in one timeout.",
         "(rate × (1 + retries) × outage − capacity × timeout) / (capacity − rate × (1 + retries))."),
        time_to_drain, lambda _: "10 s of outage can cost 260 s: the last bit of spare capacity decides.",
    ),
    Exercise(
        "08.5", "Budgets that fit",
        "Change the timeouts so that each caller waits at least as long as all calls behind it, in a row, may take. "
        "None may grow, and none may shrink to less than a quarter.",
        Change(lacks),
        ("`timeout_table(timeout_budgets(design))` names the calls that do not fit.",
         "The outermost is a promise to the customer: shorten the ones behind it, retries count too.",
         "`{(\"calls\", NUMBER, \"timeout\"): SECONDS}`; begin with the longest call behind the one that is tight."),
        timeouts_that_fit,
        lambda design: f"It takes {show_count(len(timeouts_that_fit(design)), 'shorter timeout')} from the outside in.",
    ),
)  # fmt: skip

"""Exercises of `01_requirements_and_capacity`: how much is a million users?"""

from __future__ import annotations

import math
from collections.abc import Callable

from archbook.capacity import estimate
from archbook.capacity.formulas import mmc_mean_wait_s
from archbook.design.model import Design, Where
from archbook.exercises import Change, Choice, Exercise, Function, Value
from archbook.units import show_duration, show_factor, show_rate, significant

USERS = 1_000_000.0
CASES = [((0.5, 1.0), 1.0), ((9.0, 0.1), 0.9), ((40.0, 0.02), 0.08)]  # by hand: ρ/(1 − ρ) × service time
ONE, MANY = "one server", "sixteen servers"


def million(design: Design) -> float:
    """The load of the design, in proportion to its users."""
    today = estimate(design).requests_per_s
    return today * USERS / float(design.traffic.daily_active_users)


def growth_of_wait(servers: int) -> float:
    """Mean wait at 90 % over the one at 50 %."""
    return mmc_mean_wait_s(0.9 * servers, 1.0, servers) / mmc_mean_wait_s(0.5 * servers, 1.0, servers)


def grows_more(_: Design) -> str:
    """Many servers hardly wait at 50 %, so that their wait has farther to grow."""
    return MANY if growth_of_wait(16) > growth_of_wait(1) else ONE


def fewest_servers(_: Design) -> int:
    """Count up from the offered load of 3.5 until the wait of M/M/c is short enough."""
    servers = math.floor(100 * 0.035) + 1
    while mmc_mean_wait_s(100.0, 0.035, servers) >= 0.005:
        servers += 1
    return servers


def single_server(_: Design) -> Callable[[float, float], float]:
    """ρ/(1 − ρ) × service time, with ρ the share of time that the server is busy."""
    return lambda arrival_rate_per_s, service_time_s: (
        arrival_rate_per_s * service_time_s / (1 - arrival_rate_per_s * service_time_s) * service_time_s
    )


def holds_to(design: Design) -> float:
    """The multiple of today's load at which the first element saturates; what waits for it counts too."""
    return min((entry.at for entry in estimate(design).breaks), default=math.inf)


def promise(design: Design) -> dict[Where, float]:
    """The whole multiple below the first limit."""
    return {("traffic", "growth"): float(math.ceil(holds_to(design)) - 1)}


def lacks(before: Design, after: Design) -> str:
    """Whether only the growth was changed, to the last whole multiple that the design holds."""
    growth, limit = after.traffic.growth, holds_to(before)
    if after.changed({("traffic", "growth"): before.traffic.growth}).model_dump() != before.model_dump():
        return "Only `traffic.growth` may change here: nothing is bought."
    if growth >= limit:
        return f"At {show_factor(growth)} something has saturated: the first part does at {show_factor(limit)}."
    if growth + 1 < limit:
        return f"{show_factor(growth)} holds, and {show_factor(growth + 1)} would too."
    return "" if growth == int(growth) else "A whole multiple is asked for."


EXERCISES = (
    Exercise(
        "01.1", "A million users", "How many requests a second does a million users a day make at today's peak?",
        Value(million, "rate"),
        ("Requests grow in proportion to users, as long as they do the same.",
         "`ab.estimate(design).requests_per_s` is the load of the users of today.",
         "Divide it by `design.traffic.daily_active_users` and multiply by a million."),
        million, lambda design: f"{show_rate(million(design))}: a number that a server understands.",
    ),
    Exercise(
        "01.2", "Whose wait grows more",
        f"From 50 % to 90 % busy: is it `{ONE}` or `{MANY}` whose mean wait grows more?",
        Choice(lambda _: [ONE, MANY], grows_more),
        ("Think of the start: who waits at all at 50 %?",
         "`formulas.mmc_mean_wait_s(0.5 * servers, 1.0, servers)`, and the same at 0.9.",
         "Sixteen servers hardly ever wait at 50 %; at 90 % they do."),
        grows_more,
        lambda _: f"{show_factor(growth_of_wait(1))} for one and {show_factor(growth_of_wait(16))} for sixteen, from a "
                  "far smaller start: sharing a queue helps, and hides the cliff.",
    ),
    Exercise(
        "01.3", "The fewest servers", "How many servers keep the mean wait of 100 requests/s of 35 ms under 5 ms?",
        Value(fewest_servers, "number", tolerance=0.0),
        ("100 requests a second of 35 ms keep 3.5 servers busy: fewer than four cannot do.",
         "Try `formulas.mmc_mean_wait_s(100, 0.035, servers)` for four, five, six.",
         "The first number for which it is under 0.005."),
        fewest_servers,
        lambda design: f"With one less the wait is "
                       f"{show_duration(mmc_mean_wait_s(100.0, 0.035, fewest_servers(design) - 1))}; with "
                       f"{significant(fewest_servers(design))} it is "
                       f"{show_duration(mmc_mean_wait_s(100.0, 0.035, fewest_servers(design)))}.",
    ),
    Exercise(
        "01.4", "The wait of one server", "Write the mean wait of M/M/1 from its arrival rate and its service time.",
        Function(lambda _: CASES),
        ("The utilisation is the arrival rate × the service time.",
         "At 50 % the wait is one service time; at 90 % it is nine.",
         "`busy / (1 - busy) * service_time_s`, with `busy` the utilisation."),
        single_server, lambda _: "The 1 − ρ below the line is the cliff: it goes to nothing as the server fills up.",
    ),
    Exercise(
        "01.5", "What you may promise",
        "Change the planned growth to the largest whole multiple that the design holds.",
        Change(lacks),
        ("`ab.headroom(design)` lists what saturates, first to last.",
         "What waits for a part that saturates, saturates just before it.",
         "Round the smallest of its multiples down."),
        promise,
        lambda design: f"The first part saturates at {show_factor(holds_to(design))}; what was planned is "
                       f"{show_factor(design.traffic.growth)}. Both belong into the document.",
    ),
)  # fmt: skip

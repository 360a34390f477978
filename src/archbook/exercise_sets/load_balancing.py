"""Exercises of `06_load_balancing`: does the policy matter?"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from archbook.capacity import estimate
from archbook.design.model import Design, Where
from archbook.exercises import Change, Choice, Exercise, Function, Value
from archbook.units import show_rate, show_share, significant

POLICIES = ("random", "round_robin", "least_connections", "power_of_two", "sticky", "consistent_hash")
LOOKS = ("least_connections", "power_of_two")
CASES = [((4, 16, 0.04, 0.85), 1020.0), ((2, 1, 0.5, 0.5), 1.0), ((10, 8, 0.1, 0.7), 504.0)]  # by hand
BUSY, LOAD, FAILOVER = 0.85, 0.9, ("instances", "balancing", "health_check")
MOST_INSTANCES = 3  # times today's; more is paid for and not needed


def widest(design: Design) -> str:
    """The service with the most instances: where spreading matters most."""
    return max(design.services, key=lambda name: design.services[name].instances)


def looks_at_queues(_: Design) -> str:
    """Round robin, random and sticky never ask how busy an instance is; these compare requests under way."""
    return "least_connections"


def two_choices(load: float) -> float:
    """Mean response in services of the better of two choices, many servers (Mitzenmacher 2001)."""
    return math.fsum(load ** (2.0**i - 2) for i in range(1, 40))


def gain(_: Design) -> float:
    """One random choice: M/M/1, 1 / (1 − load). Two: the sum of load ** (2**i - 2)."""
    return 1 / (1 - LOAD) / two_choices(LOAD)


def share_refused(design: Design) -> float:
    """Round robin gives each instance the same share, whether it answers or not."""
    return 1 / design.services[widest(design)].instances


def rate_with_one_out(_: Design) -> Callable[[int, int, float, float], float]:
    """Places that are left × the share of them to be used ÷ how long a request holds one."""
    return lambda instances, concurrency, holding_time_s, utilisation: (
        (instances - 1) * concurrency * utilisation / holding_time_s
    )


def with_one_out(design: Design) -> float:
    """Utilisation of the widest service at the planned growth while one of its instances is out."""
    name = widest(design)
    instances = design.services[name].instances
    busy = estimate(design, growth=design.traffic.growth).elements[name].utilisation
    return busy * instances / (instances - 1) if instances > 1 else float("inf")


def lacks(before: Design, after: Design) -> str:
    """Whether the widest service stands the loss of one instance, by changes of its own."""
    name = widest(before)
    old, new = before.services[name], after.services[name]
    back: dict[Where, Any] = {("services", name, key): getattr(old, key) for key in FAILOVER}
    if after.changed(back).model_dump() != before.model_dump():
        return f"Only {', '.join(f'`{key}`' for key in FAILOVER)} of `{name}` may change here."
    if new.balancing not in LOOKS:
        return f"`{new.balancing}` does not look at how busy an instance is: a slow one gets as much as the others."
    if not new.health_check:
        return f"`{name}` has no health check: an instance that refuses stays in."
    if new.instances > MOST_INSTANCES * max(old.instances, 2):
        return f"{new.instances} instances are more than {MOST_INSTANCES} times today's: paid for today."
    busy = estimate(after, growth=after.traffic.growth).elements[name].utilisation * new.instances
    left = busy / (new.instances - 1) if new.instances > 1 else float("inf")
    if left > BUSY:
        return f"With one out, the rest of `{name}` would be {show_share(left)} in use; {show_share(BUSY)} is the most."
    return ""


def stands_a_loss(design: Design) -> dict[Where, Any]:
    """Add instances until those that are left without one hold the planned growth."""
    name = widest(design)
    check = design.services[name].health_check or "/healthz"
    change: dict[Where, Any] = {("services", name, "balancing"): "least_connections",
                                ("services", name, "health_check"): check}  # fmt: skip
    instances = max(design.services[name].instances, 2)
    while (
        instances < 50 and with_one_out(design.changed({**change, ("services", name, "instances"): instances})) > BUSY
    ):
        instances += 1
    return {**change, ("services", name, "instances"): instances}


def left_over(design: Design) -> str:
    after = design.changed(stands_a_loss(design))
    name = widest(design)
    return (f"{after.services[name].instances} instances of `{name}`: with one out, the others are "
            f"{show_share(with_one_out(after))} in use at the planned growth.")  # fmt: skip


def refused_rate(design: Design) -> str:
    name = widest(design)
    rate = estimate(design).elements[name].arrival_rate_per_s * share_refused(design)
    return (f"One of {design.services[name].instances} instances of `{name}`: {show_rate(rate)} refused at today's "
            "peak, until a health check takes it out.")  # fmt: skip


EXERCISES = (
    Exercise(
        "06.1", "Who looks at the queues", "Which policy notices by itself that an instance has become slow?",
        Choice(lambda _: POLICIES, lambda _: [*LOOKS, "consistent_hash"]),
        ("A slow instance answers, so a health check does not take it out.",
         "It has more requests under way than the others.",
         "Look for a policy that compares the requests that instances have under way."),
        looks_at_queues,
        lambda _: "`least_connections` asks all, `power_of_two` asks two; `consistent_hash` here has a bound on each.",
    ),
    Exercise(
        "06.2", "One choice or two",
        "Many servers, each 90 % busy, one request at a time: how many times as long as with the better of two random "
        "choices does a request take with one?",
        Value(gain, "factor"),
        ("With one random choice each server is a queue of its own: M/M/1.",
         "Its mean response is 1 / (1 − load) services; two choices: the sum over i = 1, 2, ... of load ** (2**i - 2).",
         "10 services against `sum(0.9 ** (2**i - 2) for i in range(1, 40))`."),
        gain, lambda _: f"10 services against {significant(two_choices(LOAD))}, in the limit of many servers.",
    ),
    Exercise(
        "06.3", "The share that is refused",
        "The service with the most instances: one of them refuses every request, round robin, no health check. Which "
        "share of its requests is refused?",
        Value(share_refused, "share"),
        ("Round robin gives every instance the same share.",
         "`design.services[NAME].instances` has the number.", "One divided by the number of instances."),
        share_refused, refused_rate,
    ),
    Exercise(
        "06.4", "Room for a loss",
        "Write a function of (instances, concurrency, holding_time_s, utilisation): the rate that a service carries at "
        "that utilisation while one instance is out.",
        Function(lambda _: CASES),
        ("One instance fewer has fewer places.",
         "Places × utilisation is the requests in progress; Little's law turns them into a rate.",
         "`(instances - 1) * concurrency * utilisation / holding_time_s`."),
        rate_with_one_out, lambda _: "Sized for all instances, a service is too small on the day that one is missing.",
    ),
    Exercise(
        "06.5", "Stand the loss of one",
        "Change the service with the most instances so that it notices slow and dead instances, and with one of them "
        "out stays at or under 85 % at the planned growth.",
        Change(lacks),
        ("It takes a policy that looks at queues, a health check, and enough instances.",
         "The utilisation with one out is that of all × n / (n − 1).",
         "`ab.estimate(design, growth=10).elements[NAME].utilisation` is that of all; add instances one at a time."),
        stands_a_loss, left_over,
    ),
)  # fmt: skip

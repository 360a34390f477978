"""Exercises of `00_start_here`: what breaks first if we grow tenfold?"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from archbook.capacity import estimate
from archbook.capacity.result import Break
from archbook.design.model import Design, Where
from archbook.errors import ArchbookError
from archbook.exercises import Change, Choice, Exercise, Function, Value
from archbook.units import show_duration, show_factor, show_rate, significant

MOST_HEADROOM = 2.0  # times the growth that was asked for; more is paid for and not needed
CASES = [((100.0, 0.05, 10, 1.0), 1), ((10.0, 0.4, 4, 0.7), 2), ((412.0, 0.31, 20, 0.85), 8)]  # by hand


def first(design: Design) -> Break:
    """The service that saturates first. Raises ArchbookError where none is known to."""
    breaks = [found for found in estimate(design).breaks if found.element in design.services]
    if not breaks:
        raise ArchbookError(f"no service of {design.name} is known to saturate, so this exercise has no answer for it")
    return min(breaks, key=lambda found: found.at)


def peak_sessions(design: Design) -> float:
    """Users × visits a day ÷ seconds of a day × how much busier the peak is than the mean, times the growth."""
    traffic = design.traffic
    per_day = traffic.daily_active_users * traffic.sessions_per_user_per_day
    return per_day / 86_400 * traffic.peak_to_mean * traffic.growth


def first_to_break(design: Design) -> str:
    """The lowest of the loads at which services saturate."""
    services = (element for element in estimate(design).elements.values() if element.kind == "service")
    return min(services, key=lambda element: element.breaks_at).name


def load_it_holds(design: Design) -> float:
    """The same, as a multiple of today's load."""
    return min(estimate(design).elements[name].breaks_at for name in design.services)


def fewest(_: Design) -> Callable[[float, float, int, float], float]:
    """Little's law gives the requests in progress; each instance holds `concurrency`, and is kept below a limit."""
    return lambda rate_per_s, holding_time_s, concurrency, utilisation: math.ceil(
        rate_per_s * holding_time_s / (concurrency * utilisation)
    )


def more_instances(design: Design) -> dict[Where, int]:
    """The fewest instances with which each service stays at or under 85 % at the planned growth."""
    remedies = estimate(design, growth=design.traffic.growth).remedies
    return {("services", change.element, "instances"): change.needed for change in remedies
            if change.what == "instances"}  # fmt: skip


def lacks(before: Design, after: Design) -> str:
    """Whether only instances were changed, and to neither too few nor far too many."""
    back: dict[Where, Any] = {("services", n, "instances"): s.instances for n, s in before.services.items()}
    if after.changed(back).model_dump() != before.model_dump():
        return "Only `instances` of services may change here."
    goal, breaking = before.traffic.growth, first(after)
    if breaking.at < goal:
        return f"`{breaking.element}` holds to {show_factor(breaking.at)}, and {show_factor(goal)} is asked."
    for name, service in before.services.items():
        grown = after.services[name].instances
        if grown > service.instances and estimate(after).elements[name].breaks_at > MOST_HEADROOM * goal:
            return f"{grown} instances of `{name}` hold more than {show_factor(MOST_HEADROOM * goal)}: paid for today."
    return ""


def why_it_breaks(design: Design) -> str:
    services = [element for element in estimate(design).elements.values() if element.kind == "service"]
    found, busiest = first(design), max(services, key=lambda element: element.arrival_rate_per_s)
    other = f" The busiest is `{busiest.name}`, with {show_rate(busiest.arrival_rate_per_s)}."
    return f"`{found.element}` {found.why}.{other if busiest.name != found.element else ''}"


def holding(design: Design) -> str:
    element = estimate(design).elements[first(design).element]
    return (f"`{element.name}` works {show_duration(element.own_time_s)} on a request, but is occupied for "
            f"{show_duration(element.holding_time_s)}: waiting for others needs places too.")  # fmt: skip


def what_it_takes(design: Design) -> str:
    parts = [f"{significant(count)} of `{where[1]}`" for where, count in more_instances(design).items()]
    return f"With some room to spare it takes {' and '.join(parts) or 'no change'}; what breaks next is farther away."


EXERCISES = (
    Exercise(
        "00.1", "Sessions a second", "How many sessions start each second at peak, once the load has grown as planned?",
        Value(lambda design: design.sessions_per_s(design.traffic.growth), "rate"),
        ("Everything you need stands in `design.traffic`.",
         "`daily_active_users` × `sessions_per_user_per_day` is the sessions of a day of 86 400 s.",
         "Multiply the mean by `peak_to_mean`, and by `growth`."),
        peak_sessions,
        lambda design: f"{show_rate(peak_sessions(design), 'sessions')}; each of them makes several requests.",
    ),
    Exercise(
        "00.2", "What breaks first", "Which service saturates first when the load grows?",
        Choice(lambda design: list(design.services), lambda design: first(design).element),
        ("It need not be the one with the most requests.",
         "A service is occupied while it waits for those it calls.",
         "Look for the lowest *holds to* in `ab.estimate(design).table()`, among the services."),
        first_to_break, why_it_breaks,
    ),
    Exercise(
        "00.3", "How far it holds", "At which multiple of today's load does that service saturate?",
        Value(lambda design: first(design).at, "factor"),
        ("It saturates where its utilisation would pass one.",
         "Its utilisation grows in proportion to the load.",
         "One divided by today's utilisation of that service, in `ab.estimate(design).table()`."),
        load_it_holds,
        lambda design: f"{show_factor(first(design).at)}, and {show_factor(design.traffic.growth)} is planned.",
    ),
    Exercise(
        "00.4", "How many instances",
        "Write a function of (rate_per_s, holding_time_s, concurrency, utilisation): the fewest instances that stay "
        "at or below that utilisation.",
        Function(lambda _: CASES),
        ("Little's law: requests in progress = rate × time that each takes.",
         "An instance has `concurrency` places, of which only the share `utilisation` is to be used.",
         "Divide and round up: `math.ceil(rate_per_s * holding_time_s / (concurrency * utilisation))`."),
        fewest, holding,
    ),
    Exercise(
        "00.5", "Reach the growth",
        "Change the instances of services so that every service holds the planned growth, and none far more.",
        Change(lacks),
        ("Begin with the service that breaks first, and see what then breaks.",
         "The function of the exercise before tells how many instances a service needs; keep others as they are.",
         "`{(\"services\", NAME, \"instances\"): N}`, with the name from exercise 00.2; add instances one at a time."),
        more_instances, what_it_takes,
    ),
)  # fmt: skip

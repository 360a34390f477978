"""More availability promised than what it needs can give."""

from collections.abc import Iterator

from archbook.capacity.availability import HOURS_A_YEAR, Availability, availabilities
from archbook.capacity.formulas import availability_serial
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_duration, show_share

ALWAYS = 0.99999
ROUNDED = 1.05
"""What is stated in two or three digits may be away this many times as long as promised."""


def out_of_reach(subject: Subject) -> Hits:
    """An availability objective above the product of all that the answers need, of what states its own.

    An endpoint's own objective is held against that endpoint, a service's against its other endpoints in proportion to
    their requests. What a client's cache or a CDN answers needs nothing of ours. A service of one instance is left to
    its own rule.
    """
    slos = [*(e.slo for e in subject.design.api.endpoints), *(s.slo for s in subject.design.services.values())]
    if subject.plan is None or not any(slo and slo.availability for slo in slos):
        return
    single = {name for name, service in subject.design.services.items() if service.instances == 1}
    shares, needs = {}, availabilities(subject.design, fallback_saves=True)
    for index, endpoint in enumerate(subject.design.api.endpoints):
        reached = availability_serial(a for name, a in needs[endpoint.name].needs.items() if name not in single)
        cached = float(endpoint.hit_ratio or 0.0)
        shares[endpoint.name] = share = cached + (1 - cached) * reached
        promised = endpoint.slo.availability if endpoint.slo else None
        if promised is not None and _short(share, promised):
            yield _hit(subject, ("api", "endpoints", index), endpoint.name, promised, share, needs[endpoint.name])
    yield from _services(subject, shares, needs)


def _services(subject: Subject, shares: dict[str, float], needs: dict[str, Availability]) -> Iterator[Hit]:
    for name, service in subject.design.services.items():
        promised = service.slo.availability if service.slo else None
        own = [e.name for e in subject.served.get(name, ()) if not (e.slo and e.slo.availability)]
        weights = {endpoint: subject.requests_per_s(endpoint) for endpoint in own}
        total = sum(weights.values())
        if promised is not None and total:
            share = sum(weights[endpoint] * shares[endpoint] for endpoint in own) / total
            if _short(share, promised):
                worst = min(own, key=lambda endpoint: shares[endpoint] - 1e-6 * weights[endpoint] / total)
                yield _hit(subject, ("services", name), name, promised, share, needs[worst])


def _short(share: float, promised: float) -> bool:
    return 1 - share > ROUNDED * (1 - promised) + 1e-9


def _hit(
    subject: Subject, where: tuple[str | int, ...], about: str, promised: float, share: float, worst: Availability
) -> Hit:
    weakest = sorted(worst.needs, key=lambda name: worst.needs[name])[:3]
    known = ", ".join(f"{name} {show_share(worst.needs[name])}" for name in weakest if worst.needs[name] < ALWAYS)
    away = [show_duration(3600 * HOURS_A_YEAR * (1 - a)) for a in (share, promised)]
    place = f"services.{about}" if where[0] == "services" else f"api.endpoints[{where[2]}]"
    return subject.at(
        where,
        about,
        f"{about} promises {show_share(promised)} and can reach {show_share(share)} at best",
        f"{place}: promise less in `slo`, or need {weakest[0]} less: another copy of it, an answer without it "
        "(`optional`, `fallback`), or an event",
        f"what {worst.endpoint} needs: {known}; {away[0]} away a year, {away[1]} promised (computed: "
        "product of availabilities)",
        cost=subject.requests_per_s(about),
    )


RULE = Rule(
    id="availability-out-of-reach",
    severity="medium",
    principle=4,
    why="A request that needs five things is there only when all five are: a promise above their product is broken "
    "even when everybody keeps theirs",
    remedy="Need fewer things at once, keep a copy or a fallback, or promise what can be kept.",
    references=("Treynor et al., The Calculus of Service Availability, ACM Queue 2017", "Google SRE book, ch. 4"),
    check=out_of_reach,
    fires="services: {front: {slo: {availability: 99.97%}}}",
    quiet="services: {front: {slo: {availability: 99.95%}}}",
    measured_by="archbook simulate DESIGN",
)

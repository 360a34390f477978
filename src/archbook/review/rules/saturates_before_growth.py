"""What breaks before the load that the design is for."""

from math import isnan

from archbook.capacity.result import Break, Estimate, Remedy
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_factor, show_money, show_rate, show_share


def saturated(subject: Subject) -> Hits:
    """A service, store or external system that needs a change to carry the growth that the design is for.

    One that is only held up by another is not named: mending that one mends it.
    """
    grown = subject.grown
    if grown is None:
        return
    full = any(element.utilisation >= 1 for element in grown.elements.values())
    early = [broken for broken in grown.breaks if broken.at < grown.growth] if full else []
    needed = {remedy.element: remedy for remedy in grown.remedies} if early else {}
    for broken in early:
        if broken.element in needed:
            yield _hit(subject, grown, broken, needed[broken.element])


def _hit(subject: Subject, grown: Estimate, broken: Break, remedy: Remedy) -> Hit:
    name = broken.element
    section = next(s for s in ("services", "stores", "externals") if name in getattr(subject.design, s))
    hit = subject.at(
        (section, name),
        name,
        f"{name} saturates at {show_factor(broken.at)} today's peak, and {show_factor(grown.growth)} is what it is for",
        f"{section}.{name}: {_change(grown, remedy)}",
        f"{broken.why} (computed)",
        *subject.cited(name),
    )
    urgent = broken.at < grown.growth / 2
    return Hit(name, hit.what, hit.do, hit.where, hit.evidence, hit.cost, "high" if urgent else "medium")


def _change(grown: Estimate, remedy: Remedy) -> str:
    if remedy.what == "rate_limit":
        return f"agree on {show_rate(remedy.needed)} with its owner, or ask it less often"
    more = grown.cost.of(remedy.element) * (remedy.needed / remedy.now - 1)
    price = "" if isnan(more) or not more else f"; about {show_money(more, grown.cost.currency)} more"
    return (f"`{remedy.what}: {remedy.needed}` by then (now {remedy.now}), which is {show_share(remedy.utilisation)} "
            f"in use{price}; `archbook headroom` compares other ways")  # fmt: skip


RULE = Rule(
    id="saturates-before-growth",
    severity="high",
    principle=1,
    why="From there on the queue grows without end: answers take as long as clients wait, and retries make it worse",
    remedy="Add what carries the growth when its day comes near, and know that day.",
    references=("Google SRE book, ch. 21 and 22", "AWS Well-Architected, Reliability: REL07"),
    check=saturated,
    fires="services: {mailer: {instances: 2, concurrency: 1, service_time: {mean: 300ms}}}",
    quiet="services: {mailer: {instances: 2, concurrency: 1, service_time: {mean: 100ms}}}",
    measured_by="archbook simulate DESIGN",
)

"""Context, journeys and containers: who uses the system, for what, and what it is made of."""

from __future__ import annotations

from archbook.design.elements import Journey
from archbook.export.chapters.summary import PURPOSE_BLOCKS
from archbook.export.document import Grid, Section, code, grid, line, mark, say, terms
from archbook.export.material import Material
from archbook.export.prose import plain, read
from archbook.export.words import NONE, count, names, optional, yes
from archbook.units import show_duration, show_factor, show_rate, show_share, significant


def context(material: Material) -> Section:
    """Users, load, neighbours."""
    design, traffic = material.design, material.design.traffic
    rows = [
        ("users on an ordinary day", significant(traffic.daily_active_users), "declared"),
        ("sessions of a user a day", significant(traffic.sessions_per_user_per_day), "declared"),
        ("peak over the mean of the day", show_factor(traffic.peak_to_mean), "declared"),
        ("sessions that start at peak", show_rate(design.sessions_per_s(), "sessions"), "computed"),
        ("requests of clients at peak", show_rate(material.now.requests_per_s), "computed"),
        ("growth it is designed for", f"{show_factor(traffic.growth)} today's load", "declared"),
        ("storage is planned for", show_duration(traffic.horizon), "declared"),
    ]
    load = grid("traffic", line("Load that the design assumes"), ("quantity", ">value", "origin"), rows)
    others = terms(*((code(name), read(f"{e.does}\n\n{e.why}")) for name, e in design.externals.items()))
    below = (Section("externals", "Systems of others", (others,)),) if design.externals else ()
    users = significant(traffic.daily_active_users)
    statement = f"{users} users a day today, designed for {show_factor(traffic.growth)} that load"
    return Section(
        "context", "Context", (*read(design.why)[PURPOSE_BLOCKS:], load, *read(traffic.why)), below, statement
    )


def journeys(material: Material) -> Section:
    """What users do, each with the way it takes through the system."""
    found = sorted(material.design.traffic.journeys.items(), key=lambda item: -item[1].share)
    if not found:
        return Section("journeys", "Journeys", (say("The design names no journey."),))
    sessions = material.design.sessions_per_s()
    rows = [
        (name, show_share(j.share), show_rate(j.share * sessions, "sessions"), len(j.steps), plain(j.does) or NONE)
        for name, j in found
    ]
    table = grid(
        "journeys", line("Journeys; shares ", mark("declared"), ", rates ", mark("computed")),
        ("journey", ">share", ">at today's peak", ">steps", "what the user wants"), rows,
    )  # fmt: skip
    below = tuple(_journey(material, name, journey) for name, journey in found)
    statement = f"The most common journey is {found[0][0]}, {show_share(found[0][1].share)} of sessions"
    return Section("journeys", "Journeys", (table,), below, statement)


def _journey(material: Material, name: str, journey: Journey) -> Section:
    steps = material.design.steps(journey)
    said = ", then ".join(endpoint + (f" ({show_factor(n)})" if n != 1 else "") for endpoint, n in steps)
    figure = material.figure(f"journey-{name}", line("What happens in ", code(name), ", from request to answer"))
    return Section(f"journey-{name}", name, (*read(f"{journey.does}\n\n{journey.why}"), say(f"Steps: {said}."), figure))


def containers(material: Material) -> Section:
    """Services, stores, calls and events."""
    design = material.design
    figure = material.figure("containers", line("Services, stores and systems of others, with who calls whom"))
    groups = (design.services, design.stores)
    why = terms(*((code(name), read(element.why)) for group in groups for name, element in group.items()))
    below = [Section("boundaries", "Why each is there", (why,))] if why.items else []
    if design.events:
        picture = material.figure("events", line("Events: who announces them and who acts on them"))
        whys = terms(*((code(name), read(event.why)) for name, event in design.events.items()))
        below.append(Section("events", "Events", (picture, _events(material), whys)))
    parts = ((design.services, "service"), (design.stores, "store"), (design.events, "event"))
    statement = ", ".join(count(len(group), one) for group, one in parts)
    return Section(
        "containers", "Containers", (figure, _services(material), _stores(material)), tuple(below), statement
    )


def _services(material: Material) -> Grid:
    rows = [
        (name, plain(s.does) or NONE, s.owner or NONE, s.technology or NONE, s.instances, s.concurrency,
         show_duration(s.service_time.mean) if s.service_time else NONE, s.zone)
        for name, s in material.design.services.items()
    ]  # fmt: skip
    heads = ("service", "does", "owner", "technology", ">instances", ">requests each", ">own time (mean)", "zone")
    return grid("services", line("Services ", mark("declared")), heads, rows)


def _stores(material: Material) -> Grid:
    rows = [
        (name, plain(s.does) or NONE, s.engine, s.role, s.owner, s.servers, s.replicas,
         s.pool, s.max_connections, optional(s.ttl, show_duration), s.zone)
        for name, s in material.design.stores.items()
    ]  # fmt: skip
    heads = (
        "store", "does", "engine", "role", "owner", ">statements at once", ">replicas", ">pool", ">connections",
        ">kept for", "zone",
    )  # fmt: skip
    return grid("stores", line("Stores ", mark("declared")), heads, rows)


def _events(material: Material) -> Grid:
    rows = [
        (name, e.from_, names(e.to), names(e.on), e.broker, e.version, e.key, yes(e.outbox), yes(e.dead_letter),
         yes(e.idempotent_consumers))
        for name, e in material.design.events.items()
    ]  # fmt: skip
    heads = ("event", "from", "to", "announced on", "broker", ">version", "key", "outbox", "dead letters", "idempotent")
    return grid("events", line("Events ", mark("declared")), heads, rows)

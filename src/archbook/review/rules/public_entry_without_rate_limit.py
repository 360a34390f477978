"""A door at which nobody counts."""

from archbook.design.contract import Endpoint
from archbook.design.model import Design
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed, show_count, show_rate, show_share

KNOWS_THE_CALLER = ("user",)


def unlimited(subject: Subject) -> Hits:
    """An entry for clients with endpoints that no rate limit covers.

    A limit per user covers no endpoint that is open without signing in: there is no user to count.
    """
    design = subject.design
    open_ones: dict[str, list[Endpoint]] = {}
    for endpoint in design.api.endpoints:
        if endpoint.auth != "service" and not _limited(design, endpoint):
            open_ones.setdefault(design.gateway or endpoint.service, []).append(endpoint)
    for entry, endpoints in open_ones.items():
        yield _hit(subject, entry, endpoints)


def _limited(design: Design, endpoint: Endpoint) -> bool:
    if endpoint.rate_limit is not None:
        return True
    anonymous = endpoint.auth == "none"
    return any(
        (not limit.on or endpoint.name in limit.on) and not (anonymous and limit.per in KNOWS_THE_CALLER)
        for limit in design.security.rate_limits
    )


def _hit(subject: Subject, entry: str, endpoints: list[Endpoint]) -> Hit:
    whom = {"ip" if endpoint.auth == "none" else "user" for endpoint in endpoints}
    limits = " and ".join(f"`{{per: {per}, limit: 100/min, at: {entry}}}`" for per in sorted(whom, reverse=True))
    whose = " that need no sign-in" if whom == {"ip"} else ""
    return subject.at(
        ("services", entry),
        entry,
        f"{entry} limits nobody at {show_count(len(endpoints), 'endpoint')}{whose}, such as {endpoints[0].name}",
        f"security.rate_limits: add {limits}, about twice what the busiest honest client asks, and answer 429 with "
        "Retry-After beyond it",
        *_spare(subject, entry),
        f"open: {listed(endpoint.name for endpoint in endpoints)}",
    )


def _spare(subject: Subject, entry: str) -> list[str]:
    now = subject.today.elements.get(entry) if subject.today else None
    if now is None or not 0 < now.utilisation < 1:
        return []
    spare = show_rate(now.arrival_rate_per_s * (1 / now.utilisation - 1))
    return [f"one client that asks {spare} more takes all that {entry} has left: today {show_share(now.utilisation)} "
            "of it is in use (computed: capacity less today's peak)"]  # fmt: skip


RULE = Rule(
    id="public-entry-without-rate-limit",
    severity="high",
    principle=4,
    why="One client, by mistake or on purpose, takes the service from all the others, guesses passwords at leisure and "
    "runs up the bill",
    remedy="Count requests at the entry, per user where one is known and per address where none is.",
    references=("OWASP API Security 2023, API4 Unrestricted Resource Consumption", "OWASP ASVS 5, V2.4.1"),
    check=unlimited,
    fires="security: {rate_limits: []}",
    quiet="security: {rate_limits: [{per: global, limit: 900/min, at: front}]}",
    measured_by="archbook load DESIGN",
)

"""A service that goes where strangers send it."""

from archbook.design.model import Design
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed


def sent(subject: Subject) -> Hits:
    """A service that fetches URLs which users supply, and that reaches anything inside."""
    design = subject.design
    for name, service in design.services.items():
        if service.fetches_user_urls and (inside := _reached(design, name)):
            yield subject.at(
                ("services", name, "fetches_user_urls"),
                name,
                f"{name} fetches URLs that users supply, and stands where it reaches {listed(inside)}",
                f"services.{name}: fetch in a worker of its own, in a zone from which only the internet is reached, "
                "by https, to names on a list, after resolving them, without following redirects",
            )


def _reached(design: Design, name: str) -> list[str]:
    """What the service calls, and who shares its zone; everybody where it has none."""
    zone = design.services[name].zone
    zones = {n: s.zone for n, s in design.services.items()} | {n: s.zone for n, s in design.stores.items()}
    near = [other for other, its in zones.items() if other != name and (zone is None or its == zone)]
    called = [call.to for call in design.calls if call.from_ == name and call.to not in design.externals]
    return list(dict.fromkeys([*called, *near]))


RULE = Rule(
    id="user-supplied-url-fetched",
    severity="high",
    principle=3,
    why="The address may be one of ours: the service then reads the cloud's credentials, or a store without a "
    "password, for somebody outside",
    remedy="Fetch from a place that reaches nothing of ours, and only what is on a list.",
    references=(
        "OWASP API Security 2023, API7 Server Side Request Forgery",
        "OWASP ASVS 5, V13.2.4",
        "Threagile: server-side-request-forgery",
    ),
    check=sent,
    fires="services: {mailer: {fetches_user_urls: true}}",
    quiet="""
security: {zones: {outside: {does: Fetches}}}
services: {mailer: {fetches_user_urls: true, zone: outside}}
""",
)

"""Your page, shown to the next one who asks."""

from archbook.findings import Hits, Rule
from archbook.review.privacy import reached
from archbook.review.subject import Subject
from archbook.units import listed, show_duration


def shared(subject: Subject) -> Hits:
    """An endpoint whose answer is private and may be kept, in a design with a content network or by a hit ratio."""
    design = subject.design
    networks = [name for name, store in design.stores.items() if "cdn" in (store.role, store.engine)]
    for index, endpoint in enumerate(design.api.endpoints):
        kept = endpoint.auth == "user" and endpoint.cache and (networks or endpoint.hit_ratio)
        classes = reached(design, endpoint) if kept else None
        if classes:
            held = [key for key in ("cache", "hit_ratio") if getattr(endpoint, key) is not None]
            place = ("api", "endpoints", index)
            yield subject.at_endpoint(
                index,
                f"{endpoint.name} shows {listed(classes)} data, and {listed(networks) or 'a cache'} may keep it for "
                f"{show_duration(endpoint.cache or 0)}",
                f"api.endpoints[{index}]: remove `{'` and `'.join(held)}`, and answer `Cache-Control: private`",
                mend={(*place, key): None for key in held},
            )


RULE = Rule(
    id="private-answer-in-a-shared-cache",
    severity="high",
    principle=3,
    why="A shared cache answers by the address, not by the caller: the next one who asks sees the page of the one "
    "before",
    remedy="Let shared caches keep only what everybody may see.",
    references=("OWASP ASVS 5, V14.2.2 and V14.3.2", "RFC 9111, section 3.5", "CWE-525"),
    check=shared,
    fires="api: {endpoints: {0: {hit_ratio: 10%}}}\nstores: {things-db: {data: [personal]}}",
    quiet="api: {endpoints: {0: {hit_ratio: 10%}}}",
)

"""Exercises of `02_api_contracts`: what would break a client?"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection
from http import HTTPStatus
from typing import Any

from archbook.contracts.answers import FAILURES
from archbook.contracts.breaking import diff_api
from archbook.contracts.document import Document
from archbook.contracts.lint import lint_api, rules
from archbook.contracts.openapi import to_openapi
from archbook.design.model import Design, Where
from archbook.errors import ArchbookError
from archbook.exercises import Change, Choice, Exercise, Function, Names, Value
from archbook.units import show_count, show_duration, significant

NAMES = ("GET /getOrders", "GET /order/list", "GET /orders", "GET /Orders/")
NAMING = ("path-case", "singular-collection", "trailing-slash", "verb-in-url")
STATUSES = (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)
NOTICE_DAYS = 180
CASES = [(("request", {"a", "b"}, {"a", "b", "c"}), False), (("request", {"a", "b"}, {"a"}), True),
         (("answer", {"a", "b"}, {"a", "b", "c"}), True), (("answer", {"a", "b"}, {"a"}), False),
         (("request", {"a"}, {"b"}), True), (("answer", {"a"}, {"a"}), False)]  # fmt: skip


def well_named(_: Design) -> str:
    """The only one in which the lint finds nothing about names."""
    naming = [rule for rule in rules() if rule.id in NAMING]

    def faults(name: str) -> int:
        api = f'{{openapi: 3.1.0, info: {{title: a, version: "1"}}, paths: {{"{name.split()[1]}": {{get: {{}}}}}}}}'
        return len(lint_api(api, only=naming).findings)

    return min(NAMES, key=faults)


def shown_status(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def changed_meanwhile(_: Design) -> str:
    """If-Match is a condition, and it does not hold any more."""
    return next(shown_status(status) for status, told in FAILURES.items() if told.code == "CHANGED_MEANWHILE")


def innocent(design: Design) -> dict[str, Design]:
    """Changes that look like tidying up, each by itself."""
    style, last = design.api.style, len(design.api.endpoints) - 1
    other: dict[Any, Any] = {"snake": "camel", "camel": "snake", "kebab": "snake"}
    held: dict[str, dict[Where, Any]] = {
        "another case": {("api", "style", "case"): other[style.case]},
        "the envelope": {("api", "style", "envelope"): not style.envelope},
        "the order": {("api", "endpoints"): design.api.endpoints[::-1]},
        "a notice": {("api", "endpoints", last, "deprecated"): True},
        "half a page": {("api", "style", "max_page_size"): max(style.max_page_size // 2, 1)},
    }
    return {name: design.changed(values) for name, values in held.items()}


def breaking(design: Design) -> list[str]:
    """Those in which `diff_api` finds a client that breaks."""
    before = Document("before", to_openapi(design))
    after = {name: Document("after", to_openapi(new)) for name, new in innocent(design).items()}
    return [name for name, new in after.items() if diff_api(before, new).exit_code]


def longest_list(design: Design) -> tuple[str, float, float]:
    """Table with most rows that has a list, its rows, and requests a second that one user may make."""
    held = {name: holding.items for store in design.stores.values() for name, holding in store.holds.items()}
    lists = {e.resource for e in design.api.endpoints if e.list and e.paginated and e.resource in held}
    limit = next((rule.limit for rule in design.security.rate_limits if rule.per == "user" and not rule.on), None)
    if not lists or limit is None:
        raise ArchbookError(f"{design.name} has no list with a limit a user, so this exercise has no answer for it")
    name = max(lists, key=lambda name: held[name])
    return str(name), held[name], limit


def time_to_read_all(design: Design) -> float:
    """Pages of the largest size, one request each, as fast as the limit lets one user go."""
    _, rows, requests_per_s = longest_list(design)
    return rows / design.api.style.max_page_size / requests_per_s


def widened_or_narrowed(_: Design) -> Callable[[str, Collection[str], Collection[str]], bool]:
    """A request may only be widened, an answer only narrowed."""

    def breaks(place: str, before: Collection[str], after: Collection[str]) -> bool:
        lost, come = set(before) - set(after), set(after) - set(before)
        return bool(lost if place == "request" else come)

    return breaks


def leaving(design: Design) -> int:
    """The place of the endpoint that is to go: the first list that is not told to go yet."""
    places = [place for place, e in enumerate(design.api.endpoints) if e.list and not e.deprecated]
    if not places:
        raise ArchbookError(f"no endpoint of {design.name} is a list, so this exercise has no answer for it")
    return places[0]


def with_notice(design: Design) -> dict[Where, Any]:
    """Told to all who call it, with a day that leaves them time."""
    here: Where = ("api", "endpoints", leaving(design))
    day = datetime.date.today() + datetime.timedelta(days=NOTICE_DAYS + 1)
    return {(*here, "deprecated"): True, (*here, "sunset"): day.isoformat()}


def lacks(before: Design, after: Design) -> str:
    """Whether those who call it are told, and have time."""
    place = leaving(before)
    here: Where = ("api", "endpoints", place)
    if len(after.api.endpoints) < len(before.api.endpoints):
        return "It is gone at once: whoever calls it gets 404 tomorrow."
    old, new = before.api.endpoints[place], after.api.endpoints[place]
    if after.changed({(*here, "deprecated"): old.deprecated, (*here, "sunset"): old.sunset}) != before:
        return f"Only `deprecated` and `sunset` of `{old.name}` may change here."
    if not new.deprecated:
        return f"Nothing tells the clients of `{old.name}` that it will go."
    try:
        days = (datetime.date.fromisoformat(str(new.sunset)) - datetime.date.today()).days
    except ValueError:
        return 'No client knows until when it works; a day is written as `"2027-06-30"`.'
    return f"{days} days are too few." if days < NOTICE_DAYS else ""


EXERCISES = (
    Exercise(
        "02.1", "A name", "Which name is one that needs no explanation, for a list of orders?",
        Choice(lambda _: NAMES, well_named),
        ("The method says already what is done.",
         "A path is a place where things are, so it is a noun, and a list is more than one.",
         "Small letters, plural, no verb, no slash at the end."),
        well_named,
        lambda design: f"`{well_named(design)}`. With the same noun, `POST` adds one and `GET /orders/7` reads one: "
                       "who knows one endpoint can guess the next.",
    ),
    Exercise(
        "02.2", "Changed meanwhile",
        "Two people have read the same product. One saves. Then the other saves, with the `If-Match` that she read. "
        "What does she get?",
        Choice(lambda _: [shown_status(status) for status in STATUSES], changed_meanwhile),
        ("Without `If-Match` the second would overwrite the first, and nobody would know.",
         "The header is a condition: do it if it is still what I read.",
         "The status whose name says that a condition was not met."),
        changed_meanwhile,
        lambda design: f"{changed_meanwhile(design)}. She reads again and decides; nothing is lost.",
    ),
    Exercise(
        "02.3", "Innocent?",
        "Which of these break a client? `another case` of property names; `the envelope` taken away, or put on; `the "
        "order` of endpoints in the document; `a notice` that an endpoint will go; `half a page` as the most rows.",
        Names(lambda design: list(innocent(design)), breaking),
        ("Ask of each: does a client that works today read or send something else tomorrow?",
         "An order that no client sees, and a notice, change nothing that is read or sent.",
         '`ab.diff_api(design, design.changed({("api", "style", "max_page_size"): 50}))` tells of one; try them.'),
        breaking,
        lambda design: f"{show_count(len(breaking(design)), 'of them breaks', 'of them break')}. A smaller limit is "
                       "felt by whoever asks for more than it now allows.",
    ),
    Exercise(
        "02.4", "To the last page",
        "A partner reads all rows of your longest list, in pages of the largest size, as fast as the limit for one "
        "user allows. How long does it take?",
        Value(time_to_read_all, "duration"),
        ("Which list has the most rows? `design.stores[...].holds[...].items` counts them.",
         "Requests = rows ÷ `design.api.style.max_page_size`; the limit is in `design.security.rate_limits`.",
         "rows ÷ max_page_size ÷ limit, with the limit a second: the model has it so."),
        time_to_read_all,
        lambda design: f"{show_duration(time_to_read_all(design))} for {significant(longest_list(design)[1])} rows of "
                       f"`{longest_list(design)[0]}`. Pages are for people; whoever wants everything needs an export.",
    ),
    Exercise(
        "02.5", "One law",
        'Write a function of (place, before, after): does a change of the allowed values break a client? place is '
        '"request" or "answer"; before and after are sets of values, such as the states of an order.',
        Function(lambda _: CASES),
        ("A client sends what was allowed before. And it understands what it could get before.",
         "In a request it hurts when a value goes; in an answer it hurts when one comes.",
         '`bool(before - after)` for a request, `bool(after - before)` for an answer.'),
        widened_or_narrowed,
        lambda _: "A request may only be widened, and an answer only narrowed. Nearly every verdict of `diff_api` is "
                  "this law.",
    ),
    Exercise(
        "02.6", "A decent end",
        f"The first list of this API is to go. Change the design so that its clients are told, and have at least "
        f"{NOTICE_DAYS} days.",
        Change(lacks),
        ("Nothing is removed yet: whoever calls it goes on calling it.",
         "An endpoint has `deprecated`, and `sunset`, a day.",
         '`{("api", "endpoints", I, "deprecated"): True, ("api", "endpoints", I, "sunset"): "YYYY-MM-DD"}`'),
        with_notice,
        lambda design: f"Each answer of `{design.api.endpoints[leaving(design)].name}` now carries Deprecation and "
                       "Sunset, so that even those who read no mail learn of it.",
    ),
)  # fmt: skip

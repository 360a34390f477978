"""Exercises of `09_security`: who may do what, and how would we know?"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from archbook.contracts.roles import by_role, reaches_all
from archbook.design.contract import Endpoint, RateLimit
from archbook.design.model import Design, Where
from archbook.errors import ArchbookError
from archbook.exercises import Change, Choice, Exercise, Function, Value
from archbook.units import show_count, show_duration, significant

THIEF = ("read it", "change it", "read it and change it", "neither")
CODES = 1_000_000  # of six digits
BUSIEST, AT_ONCE, MOST = 61, 20, 100  # requests in a minute of the busiest honest user, of one page, and allowed
MINUTE_S = 60.0
GUESSES = [((CODES, 10), 50_000.0), ((CODES, 100), 5_000.0), ((10_000, 10), 500.0), ((62**8, 100), 62**8 / 200)]
CASES = [(("ann", ["customer"], "ann"), True), (("bob", ["customer"], "ann"), False),
         (("sue", ["support"], "ann"), True), (("sue", ["customer", "support"], "ann"), True),
         (("eve", [], "ann"), False), (("eve", [], "eve"), False)]  # fmt: skip


def exposed(design: Design) -> list[Endpoint]:
    """Endpoints at which a role would get at what belongs to others, if nobody asked whose it is."""
    roles = design.security.roles
    found = [
        endpoint
        for endpoint in design.api.endpoints
        if endpoint.ownership
        and any(by_role(endpoint, {name}).allowed and not reaches_all(endpoint, role) for name, role in roles.items())
    ]
    if not found:
        raise ArchbookError(f"no endpoint of {design.name} asks whose it is, so this exercise has no answer for it")
    return found


def per_user(design: Design) -> tuple[int, RateLimit]:
    """The limit of one user that a token bucket counts, with its place. Raises ArchbookError where there is none."""
    for place, rule in enumerate(design.security.rate_limits):
        if rule.per == "user" and rule.algorithm == "token_bucket" and not rule.on:
            return place, rule
    raise ArchbookError(f"{design.name} has no token bucket a user, so this exercise has no answer for it")


def in_a_minute(rule: RateLimit) -> float:
    """The most that pass in some minute: a full bucket, and what is refilled meanwhile."""
    each = rule.limit * MINUTE_S
    return each + (each if rule.burst is None else rule.burst)


def seen_by_a_thief(_: Design) -> str:
    """The payload is base64, which needs no key; a change breaks the signature."""
    return "read it"


def doors(design: Design) -> float:
    """As many as have an `own` in the role matrix."""
    return float(len(exposed(design)))


def fullest_minute(design: Design) -> float:
    """A full bucket, and what a minute refills."""
    _, rule = per_user(design)
    return in_a_minute(rule)


def minutes_to_guess(_: Design) -> Callable[[float, float], float]:
    """On average half of the codes are tried before the right one comes."""
    return lambda codes, tries_per_minute: codes / 2 / tries_per_minute


def owner_or_support(_: Design) -> Callable[[str, Collection[str], str], bool]:
    """First what the caller is, then whose it is; whatever nothing allows is denied."""

    def may_read(caller: str, roles: Collection[str], owner: str) -> bool:
        return "support" in roles or ("customer" in roles and caller == owner)

    return may_read


def gentler(design: Design) -> dict[Where, Any]:
    """What is refilled must carry the busiest honest user, and the bucket one page; together they are the most."""
    place, _ = per_user(design)
    here: Where = ("security", "rate_limits", place)
    return {(*here, "limit"): 65 / MINUTE_S, (*here, "burst"): 30}


def lacks(before: Design, after: Design) -> str:
    """Whether the limit keeps its promise to us, and to honest users."""
    place, old = per_user(before)
    here: Where = ("security", "rate_limits", place)
    if after.changed({(*here, "limit"): old.limit, (*here, "burst"): old.burst}) != before:
        return "Only `limit` and `burst` of the limit for each user may change here."
    rule = after.security.rate_limits[place]
    each, burst = rule.limit * MINUTE_S, rule.limit * MINUTE_S if rule.burst is None else rule.burst
    if each < BUSIEST - 1e-9:
        return f"{significant(each)} a minute turn the busiest honest user away, who makes {BUSIEST}."
    if burst < AT_ONCE:
        return f"A page makes {AT_ONCE} requests at once; a bucket of {significant(burst)} breaks it."
    most = in_a_minute(rule)
    return f"{significant(most)} may still pass in one minute." if most > MOST + 1e-9 else ""


EXERCISES = (
    Exercise(
        "09.1", "A copied token", "A thief copies a token from a log. He has no key. What can he do with what it says?",
        Choice(lambda _: THIEF, seen_by_a_thief),
        ("Which of its three parts needs a key, and for what?",
         "You read one above, with `base64` alone.",
         "A change breaks the signature; reading needs nothing."),
        seen_by_a_thief,
        lambda design: "A token is signed and not encrypted; and he can use it as it is, until it expires"
                       + (f" ({show_duration(design.security.authentication.expiry)})."
                          if design.security.authentication and design.security.authentication.expiry else "."),
    ),
    Exercise(
        "09.2", "Doors without an owner",
        "Somebody removes the check of the owner everywhere. At how many endpoints does a role then get at what "
        "belongs to others, and should not?",
        Value(doors, "number", 0.0),
        ("`matrix(design)` says which role may call what; `own` means: only what is theirs.",
         "Count the endpoints whose row has an `own` in it.",
         '`sum("own" in row for row in matrix(design).rows)`'),
        doors,
        lambda design: f"{show_count(len(exposed(design)), 'endpoint')}, among them `{exposed(design)[0].name}`. Each "
                       "is one forgotten line away.",
    ),
    Exercise(
        "09.3", "The fullest minute",
        "The design's limit for each user is a token bucket. How many requests of one user may pass in some minute, at "
        "most?",
        Value(fullest_minute, "number", 0.01),
        ("The bucket may be full when the minute begins.",
         "While it is emptied, it is refilled at the rate of the limit.",
         "What it holds (`burst`) and what a minute refills (`limit`)."),
        fullest_minute,
        lambda design: f"{significant(fullest_minute(design))}: a limit of "
                       f"{significant(per_user(design)[1].limit * MINUTE_S)} a minute is not that many in any minute.",
    ),
    Exercise(
        "09.4", "Guessing a code",
        "Write a function of (codes, tries_per_minute): after how many minutes has somebody guessed a code, on "
        "average, who tries each of so many codes once?",
        Function(lambda _: GUESSES),
        ("How many codes are tried before the right one, on average?",
         "Half of them.",
         "`codes / 2 / tries_per_minute`"),
        minutes_to_guess,
        lambda _: f"A code of six digits at 10 tries a minute lasts {show_duration(60 * CODES / 2 / 10)}; from a "
                  f"thousand addresses with a limit each, {show_duration(60 * CODES / 2 / 10_000)}. So count by "
                  "account, too.",
    ),
    Exercise(
        "09.5", "Close the hole",
        "Write a function of (caller, roles, owner): whether an order may be read. Customers read what is theirs, "
        "support reads all, nobody else reads any.",
        Function(lambda _: CASES),
        ("Deny whatever nothing allows: somebody without a role reads nothing, not even what bears their name.",
         "Two ways lead in: being support, or being a customer and the owner.",
         '`"support" in roles or ("customer" in roles and caller == owner)`'),
        owner_or_support,
        lambda _: "Two questions, in this order: what are you, and whose is it? Leave out the second and any customer "
                  "reads all orders.",
    ),
    Exercise(
        "09.6", "A limit that holds",
        f"Change the limit for each user so that at most {MOST} requests pass in any minute. The busiest honest user "
        f"({BUSIEST} a minute) and a page that makes {AT_ONCE} requests at once must go on as now.",
        Change(lacks),
        ("`limit` is a number a second in the model: 100 a minute are `100 / 60`.",
         f"limit × 60 + burst may be {MOST} at most; limit × 60 at least {BUSIEST}, burst at least {AT_ONCE}.",
         '`{("security", "rate_limits", 0, "limit"): 65 / 60, ("security", "rate_limits", 0, "burst"): 30}`'),
        gentler,
        lambda _: "Burst is for pages, the rate is for people; their sum is what the worst minute brings.",
    ),
)  # fmt: skip

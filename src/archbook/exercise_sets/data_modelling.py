"""Exercises of `04_data_modelling`: which index pays?"""

from __future__ import annotations

from collections.abc import Callable

from archbook.design.model import Design
from archbook.errors import ArchbookError
from archbook.exercises import Choice, Exercise, Function, Names, Text, Value
from archbook.schema import Schema, Table, parse
from archbook.schema.lint import lint
from archbook.units import show_count, significant

STORE = "orders-db"
INDEX = ("user_id", "status", "created_at")
QUERIES = ("user_id", "status", "user_id and status", "created_at")
REVIEWS = """
CREATE TABLE reviews (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_item_id bigint NOT NULL REFERENCES order_items (id),
    rating        smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
    body          text,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX reviews_order_item_id_idx ON reviews (order_item_id);
COMMENT ON TABLE reviews IS 'What a customer says of one line of an order.';
"""


def schema(design: Design) -> Schema:
    """The schema of the orders database. Raises ArchbookError where the design has none."""
    ddl = design.ddl(STORE) if STORE in design.stores else None
    if ddl is None:
        raise ArchbookError(f"{design.name} has no store {STORE} with DDL, so this exercise has no answer for it")
    return parse(ddl)


def foreign_keys(design: Design) -> float:
    """All of all tables."""
    return sum(len(table.foreign_keys) for table in schema(design).tables.values())


def paths(table: Table) -> int:
    """Indexes of a table, with those of its primary key and unique constraints."""
    return bool(table.primary_key) + len(table.uniques) + len(table.indexes)


def most_indexed(design: Design) -> str:
    """A primary key and a unique constraint are kept by an index each."""
    return max(schema(design).tables.values(), key=paths).name


def tied(design: Design) -> list[str]:
    """All tables with as many."""
    tables = schema(design).tables
    return [table.name for table in tables.values() if paths(table) == paths(tables[most_indexed(design)])]


def served(_: Design) -> list[str]:
    """An index is sorted by its first column, then by the second: it serves what gives the first ones."""
    return [query for query in QUERIES if tuple(query.split(" and ")) == INDEX[: len(query.split(" and "))]]


def round_trips_s(_: Design) -> Callable[[float, float], float]:
    """One statement for the list, and one for each of its rows."""
    return lambda parents, round_trip_s: (parents + 1) * round_trip_s


def pays_above(_: Design) -> Callable[[float, float], float]:
    """Reads × gain must outweigh one write's cost."""
    return lambda read_gain_s, write_cost_s: write_cost_s / read_gain_s


def reviews(_: Design) -> str:
    """A key, a foreign key with its index, a bound on the rating, a time with its zone, and a comment."""
    return REVIEWS


def lacks(ddl: str, design: Design) -> str:
    """What the table still lacks: read, then the lint."""
    known = design.ddl(STORE) or ""
    read = parse(f"{known}\n{ddl}")
    if "reviews" not in read.tables:
        refused = next((str(entry) for entry in parse(ddl).concerns()), "no CREATE TABLE reviews in it")
        return f"No table `reviews` could be read: {refused}."
    table = read.tables["reviews"]
    if all(key.to != "order_items" for key in table.foreign_keys):
        return "A review belongs to an order line: the table needs a foreign key to `order_items`."
    if not any(limit.low == 1 and limit.high == 5 for check in table.checks for limit in check.limits):
        return "A rating is from 1 to 5: a `CHECK` must say so in one condition (`BETWEEN`)."
    found = [f for f in lint(read).findings if f.about.split(".")[0] == "reviews" and f.severity != "low"]
    return f"The lint still says: {found[0].what}. {found[0].do}" if found else ""


EXERCISES = (
    Exercise(
        "04.1", "Foreign keys", f"How many foreign keys do the tables of `{STORE}` have?",
        Value(foreign_keys, "number", tolerance=0),
        ("Each `REFERENCES` in the DDL is one.",
         'The diagram `ab.draw(design, "er", of="orders-db")` has a line for each.',
         '`parse(design.ddl("orders-db")).tables.values()` have `foreign_keys` each.'),
        foreign_keys,
        lambda design: f"{show_count(int(foreign_keys(design)), 'foreign key')}: user_id and product_id have none, "
                       "since no constraint reaches into another service's database.",
    ),
    Exercise(
        "04.2", "Most indexes",
        f"Which table of `{STORE}` has the most indexes, those of its primary key and unique constraints counted?",
        Choice(lambda design: list(schema(design).tables), tied),
        ("A primary key and a UNIQUE constraint are kept by an index each.",
         "Count `PRIMARY KEY`, `UNIQUE` and `CREATE INDEX` for each table.",
         "For a table: `bool(table.primary_key) + len(table.uniques) + len(table.indexes)`."),
        most_indexed,
        lambda design: f"Each insert into it keeps {significant(max(map(paths, schema(design).tables.values())))} "
                       "indexes in order.",
    ),
    Exercise(
        "04.3", "Column order",
        f"A table has an index on ({', '.join(INDEX)}) and no other. Which of these conditions can it serve?",
        Names(lambda _: QUERIES, served),
        ("An index is sorted like a telephone book: by the first column, then by the second.",
         "What use is a book sorted by surname when only the first name is known?",
         "It serves conditions that give the first column, or the first two, or all three."),
        served,
        lambda _: "The column that is always given comes first; `status` alone would read all of the index.",
    ),
    Exercise(
        "04.4", "Round trips",
        "Write a function of (parents, round_trip_s): how long do the round trips of a lazily loaded page take "
        "together, in seconds?",
        Function(lambda _: [((50.0, 0.0005), 0.0255), ((20.0, 0.002), 0.042), ((0.0, 0.001), 0.001)]),
        ("The list is a statement too.",
         "N rows, so N + 1 statements.",
         "`(parents + 1) * round_trip_s`."),
        round_trips_s,
        lambda _: "The network waits N + 1 times, however quick each statement is.",
    ),
    Exercise(
        "04.5", "When a copy pays",
        "Write a function of (read_gain_s, write_cost_s): above how many reads for each write does a copy pay?",
        Function(lambda _: [((0.002, 0.0005), 0.25), ((0.001, 0.01), 10.0), ((1.0, 1.0), 1.0)]),
        ("Each read gains a little, each write loses once.",
         "It pays when reads × read gain is more than the cost of the write.",
         "`write_cost_s / read_gain_s`."),
        pays_above,
        lambda _: "Below that ratio the copy only makes writes dearer, and can drift besides.",
    ),
    Exercise(
        "04.6", "Reviews",
        "Write the DDL of a table `reviews`: each belongs to a line of an order and has a rating from 1 to 5. The "
        "lint must find nothing of high or medium severity in it.",
        Text(lacks, "the text of a CREATE TABLE, and of what else it needs"),
        ("It needs a primary key, a foreign key to `order_items (id)`, and a `CHECK` on the rating.",
         "A foreign key wants an index on its own column.",
         "`timestamptz` for times, an identity column for the key, CREATE INDEX for the foreign key."),
        reviews,
        lambda _: "A constraint is a promise that every row keeps, whoever writes it.",
    ),
)  # fmt: skip

"""Entity-relationship pictures: what they say of a schema, at every size."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbook.cli import main
from archbook.design.loading import load
from archbook.diagrams import Picture, draw
from archbook.diagrams.entities import entities
from archbook.diagrams.er import MERMAID_LIMIT, er_picture
from archbook.diagrams.layering import columns
from archbook.errors import UnknownName
from archbook.schema import Schema, parse

SVG = "{http://www.w3.org/2000/svg}"
ECOMMERCE = Path(__file__).parent.parent / "data" / "designs" / "ecommerce"
SHOP = """
CREATE TABLE users (id bigint PRIMARY KEY, email text UNIQUE NOT NULL, boss bigint REFERENCES users (id));
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users (id), gift_to bigint REFERENCES users (id));
CREATE TABLE receipts (order_id bigint PRIMARY KEY REFERENCES orders (id), scan bigint REFERENCES scans (id));
CREATE TABLE tags (id bigint PRIMARY KEY, name text);
CREATE TABLE order_tags (order_id bigint REFERENCES orders (id), tag_id bigint REFERENCES tags (id), PRIMARY KEY (order_id, tag_id));
CREATE TABLE logs (id bigint, at timestamptz, user_id bigint) PARTITION BY RANGE (at);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
ALTER TABLE logs_1 ADD CONSTRAINT k FOREIGN KEY (user_id) REFERENCES users (id);
CREATE TABLE settings (name text PRIMARY KEY);
"""  # noqa: E501


def chain(count: int, columns: int = 1) -> Schema:
    wide = "".join(f", note_{i} text" for i in range(columns))
    ddl = f"CREATE TABLE t0 (id int PRIMARY KEY{wide});"
    rest = (f"CREATE TABLE t{i} (id int PRIMARY KEY, up int REFERENCES t{i // 3}{wide});" for i in range(1, count))
    return parse(ddl + "".join(rest))


def texts(picture: Picture) -> list[str]:
    return ["".join(e.itertext()) for e in ET.fromstring(picture.svg).iter(f"{SVG}text")]


def test_a_reference_says_how_many_rows_it_joins() -> None:
    lines = [line.strip() for line in (er_picture(parse(SHOP), "shop").mermaid or "").splitlines()]
    for line in (
        'n_users ||--o{ n_orders : "user_id"', 'n_users |o--o{ n_orders : "gift_to"',
        'n_orders ||--o| n_receipts : "order_id"', 'n_users |o--o{ n_users : "boss"',
        'n_users |o--o{ n_logs : "user_id"',
    ):  # fmt: skip
        assert line in lines


def test_tables_say_what_they_are() -> None:
    found = entities(parse(SHOP)).tables
    said = {name: entity.notes for name, entity in found.items() if entity.notes}
    assert said == {"order_tags": ("join table",), "logs": ("1 partition",), "scans": ("not in this DDL",)}
    assert [(row.name, row.keys) for row in found["receipts"].rows] == [("order_id", ("PK", "FK")), ("scan", ("FK",))]
    assert [row.keys for row in found["users"].rows] == [("PK",), ("UK",), ("FK",)]


def test_every_table_and_a_legend_are_in_the_picture_and_what_has_no_references_is_apart() -> None:
    picture = er_picture(parse(SHOP), "shop")
    assert {"users", "settings", "scans", "no references", "exactly one", "none or more", "join table"} <= set(
        texts(picture)
    )
    apart = (picture.dot or "").partition("subgraph cluster_apart")[2]
    assert "n_settings" in apart
    assert "n_tags" not in apart


def test_columns_beyond_twelve_are_rolled_up_and_keys_stay() -> None:
    drawn = texts(er_picture(chain(3, columns=20), "wide"))
    assert drawn.count("up") == 2
    assert "… 10 more" in drawn  # of 21 columns 11 are drawn
    assert "note_19" not in drawn


@pytest.mark.parametrize(
    ("count", "columns_drawn", "title"),
    [(50, True, "s"), (51, False, "s"), (100, False, "s"), (101, False, "s (the 40 most connected of 101)")],
)
def test_larger_schemas_are_drawn_with_less(count: int, columns_drawn: bool, title: str) -> None:
    picture = er_picture(chain(count), "s")
    assert picture.title == title
    assert ("note_0" in texts(picture)) == columns_drawn
    assert (picture.dot or "").count("<table") == count


def test_a_cut_picture_says_which_references_are_not_drawn() -> None:
    around = er_picture(chain(400), "s", around="t9")
    assert {"t3", "t9", "t27", "t28", "t29"} <= set(texts(around))
    assert "t1" not in texts(around)
    assert texts(around).count("3 references not drawn") == 4  # t3: t1, t10, t11; each child: its three
    assert {"t1", "t81"} <= set(texts(er_picture(chain(400), "s", around="t9", depth=2)))


def test_a_hub_keeps_its_most_connected_neighbours() -> None:
    ddl = "CREATE TABLE hub (id int PRIMARY KEY);"
    ddl += "".join(f"CREATE TABLE s{i} (id int PRIMARY KEY, up int REFERENCES hub (id));" for i in range(200))
    ddl += "CREATE TABLE late (up int REFERENCES s150 (id));"
    picture = er_picture(parse(ddl), "star", around="hub")
    assert "24 neighbours" not in picture.title
    assert picture.alt.startswith("star: around hub: 25 tables and 24 references")
    assert {"s150", "176 references not drawn"} <= set(texts(picture))


def test_around_a_partition_is_around_its_table_and_no_table_is_refused() -> None:
    assert er_picture(parse(SHOP), "shop", around="logs_1").title == "shop: around logs"
    with pytest.raises(UnknownName, match="did you mean `users`"):
        er_picture(parse(SHOP), "shop", around="user")


@pytest.mark.parametrize(("count", "columns"), [(100, 60), (400, 3), (1500, 1)])
def test_mermaid_text_keeps_within_what_mermaid_reads(count: int, columns: int) -> None:
    picture = er_picture(chain(count, columns), "s")
    assert 5_000 < len(picture.mermaid or "") <= MERMAID_LIMIT
    if count == 1500:
        assert re.search(r"title: .*the \d+ most connected of 1500", picture.mermaid or "")


def test_no_text_leaves_its_box(corpus: Callable[[str], Path]) -> None:
    pagila = parse(corpus("ddl/pagila-schema.sql").read_text(encoding="utf-8"))
    for picture in (
        er_picture(pagila, "pagila"),
        er_picture(parse('CREATE TABLE "漢字漢字漢字" ("名前" text)'), "wide"),
    ):
        for node in ET.fromstring(picture.svg).iter(f"{SVG}g"):
            frames = [e for e in node if e.tag == f"{SVG}polygon" and e.get("fill") == "none"]
            if len(frames) != 1 or node.find(f"{SVG}text") is None:
                continue
            right = max(float(point.split(",")[0]) for point in frames[0].attrib["points"].split())
            for text in node.iter(f"{SVG}text"):
                wide = not "".join(text.itertext()).isascii()
                width = sum(13 if wide and c.isalpha() else 5.2 for c in "".join(text.itertext()))
                assert float(text.attrib["x"]) + width < right, "".join(text.itertext())


def test_pagila_is_drawn_whole(corpus: Callable[[str], Path]) -> None:
    picture = er_picture(parse(corpus("ddl/pagila-schema.sql").read_text(encoding="utf-8")), "pagila")
    assert {"film", "rental", "customer", "film_actor", "55 partitions"} <= set(texts(picture))
    assert texts(picture).count("join table") == 3  # two tables and the legend
    assert "n_customer ||--o{ n_payment" in (picture.mermaid or "")  # the key is of the partitions only


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=80))
def test_every_box_has_a_column_and_those_without_a_cycle_are_right_of_their_parents(
    links: list[tuple[int, int]],
) -> None:
    names = [f"t{i}" for i in range(31)]
    forward = [(f"t{min(pair)}", f"t{max(pair)}") for pair in links]
    place = columns(dict.fromkeys(names, 300.0), forward)
    assert place.keys() == set(names)
    assert all(place[parent] < place[child] for parent, child in forward if parent != child)
    cyclic = columns(dict.fromkeys(names, 300.0), [(f"t{a}", f"t{b}") for a, b in links])
    assert min(cyclic.values()) >= 0


def test_no_column_is_much_taller_than_the_picture_should_be() -> None:
    star = columns({"hub": 50.0, **{f"s{i}": 50.0 for i in range(400)}}, [("hub", f"s{i}") for i in range(400)])
    tallest = max(sum(50 for column in star.values() if column == other) for other in set(star.values()))
    assert 1_900 < tallest < 2_150  # √(401 × 50 × 330 / 1.5) = 2 100


def test_the_view_takes_a_store_a_table_or_both() -> None:
    design = load(ECOMMERCE)
    assert draw(design, "er", "orders-db").title == "Tables of orders-db"
    assert draw(design, "er", "order_items").title == "Tables of orders-db: around order_items"
    assert draw(design, "er", "orders-db/order_items").svg == draw(design, "er", "order_items").svg
    with pytest.raises(UnknownName, match="no store or table `order_item`; did you mean `order_items`"):
        draw(design, "er", "order_item")


def test_the_command_line_draws_a_store_and_what_is_around_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> tuple[int, str, str]:
        code = main(["draw", "ecommerce", *words])
        return code, *capsys.readouterr()

    assert run("er", "--store", "orders-db", "--format", "dot")[1].startswith("digraph tables {")
    assert "around order_items" in run("er", "--store", "orders-db", "--of", "order_items")[1]
    code, _, said = run("events", "--store", "orders-db")
    assert (code, "--store is for the view er" in said) == (2, True)

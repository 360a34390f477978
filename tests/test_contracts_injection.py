"""Pasted and bound input, on each engine: the same holes, and the same way to close them."""

import pytest

from archbook.contracts import injection
from archbook.schema.engines import NAMES

INPUTS = ["Ann", "O'Brien", "' OR 1=1 --", "' UNION SELECT id, email FROM users --", "'; DROP TABLE users; --", "Ann"]


def pasted(db, name):
    return db.execute(f"SELECT id, name FROM users WHERE name = '{name}'")  # noqa: S608


def bound(db, name):
    return db.execute("SELECT id, name FROM users WHERE name = $1", [name])


@pytest.mark.parametrize("engine", NAMES)
def test_pasted_input_is_a_part_of_the_statement_and_bound_input_is_a_value(engine):
    table = injection.compared({"bound": bound, "pasted": pasted}, INPUTS, [engine])
    asked = [row[1:] for row in table.rows]
    assert [row[0] for row in asked] == INPUTS
    assert [row[1] for row in asked[:5]] == ["1 Ann", "3 O'Brien", "nobody", "nobody", "nobody"]
    assert asked[0][2] == "1 Ann"
    assert "syntax" in asked[1][2].lower()
    assert asked[2][2] == "1 Ann, 2 Bob, 3 O'Brien"
    assert asked[3][2] == "1 ann@shop.example, 2 bob@shop.example, 3 ob@shop.example"
    assert all("does not exist" in text for text in asked[5][1:])


def test_an_engine_that_is_not_there_is_said_and_the_others_are_tried():
    at = "postgresql://nobody@127.0.0.1:1/nothing"
    rows = injection.compared({"bound": bound}, ["Ann"], ["duckdb", at]).rows
    assert rows[0] == ("duckdb", "Ann", "1 Ann")
    assert rows[1][0] == at
    assert rows[1][2].startswith("not tried: ")

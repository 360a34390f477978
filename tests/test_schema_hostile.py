"""Broken and hostile DDL: a plain ledger, no hang, no traceback, and the rest of the text is still read."""

# ruff: noqa: E501 - DDL on one line

import random
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archbook.schema import parse

GOOD = "\nCREATE TABLE good (a int);\n"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("CREATE TABEL t (a int);", "did you mean `TABLE`?"),
        ("CREATE TABEL users (a int);", "did you mean `TABLE`?"),  # CREATE USER would be a setting
        ("CREATE TABEL user (a int);", "did you mean `TABLE`?"),
        ("DROP TABEL t;", "did you mean `TABLE`?"),
        ("CREATE TABLE t (a int DEFAULT 'oops);", "never closed"),
        ('CREATE TABLE "t (a int);', "never closed"),
        ("/* a comment", "never closed"),
        ("CREATE TABLE t (a int", "syntax error"),
        ("CREATE TABLE t (a int))", "syntax error"),
        ("CREATE FUNCTION f() AS $x$ BEGIN", "never closed"),
        ("garbage;", 'syntax error at or near "garbage"'),
        ("CREATE TABLE t (" + "(" * 100_000 + ";", "characters, more than"),
        ("CREATE TABLE t AS SELECT " + "(SELECT " * 100 + "1" + ")" * 100 + ";", "nests too deep"),
        ("CREATE INDEX i ON t ((" + "a+" * 50_000 + "a));", "characters, more than"),
    ],
    ids=lambda text: text[:24],
)
def test_what_cannot_be_read_is_told_and_the_rest_is_read(broken: str, said: str) -> None:
    schema = parse(broken + GOOD)
    assert "good" in schema.tables
    assert any(said in str(entry) for entry in schema.ledger if entry.kind == "refused"), schema.ledger


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("broken broken broken", "`broken broken broken`: is left out of its table"),
        ("CHECK (a" + "+1" * 60 + " > 0)", "nests too deep"),
        ("CHECK (a" + "+1" * 100_000 + " > 0)", "more than the 2,500"),
        ("CHECK (a" + "::int" * 50_000 + " > 0)", "more than the 2,500"),
    ],
    ids=lambda text: text[:24],
)
def test_one_broken_part_costs_itself_and_not_its_table(part: str, said: str) -> None:
    schema = parse(f"CREATE TABLE t (\n a int,\n {part},\n b int\n);")
    assert [column.name for column in schema.table("t").columns] == ["a", "b"]
    refused = [entry for entry in schema.ledger if entry.kind == "refused"]
    assert [(entry.line, said in str(entry)) for entry in refused] == [(3, True)]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t (a int);\n" * 50_000,
        "'" * 5_000_001,
        "(" * 5_000_000,
        "CREATE TABLE t (\n" * 300_000,
        "".join(f"CREATE TABLE t{i} ($a{i}$\n" for i in range(200_000)),
        "/*" * 2_500_000,
        "INSERT INTO t VALUES ('" + "x" * 5_000_000 + "');",
        ";" * 5_000_000,
        "a #1 " * 1_000_000,
        "#\n" * 2_500_000,
        "# it's\n" * 700_000,
        "CREATE TABLE t (" + " #\n" * 1_000_000,
        "".join(f"CREATE TABLE t{i} (a int);ALTER TABLE x{i} RENAME TO y;DROP INDEX i{i};" for i in range(3_000)),
        "CREATE TABLE t0 (a int);" + "".join(f"CREATE TABLE t{i} (a int);ALTER TABLE t{i - 1} RENAME a TO b{i};" for i in range(1, 3_000)),
        "\\x\n" * 200_000,
        "DELIMITER ;;\n" * 300_000,
        "CREATE TABLE t (" + ",".join(f"c{i} int" for i in range(5_000)) + ");",
        "ALTER TABLE t ADD c int;\n" * 20_000,
    ],
    ids=["repeated", "quotes", "parentheses", "unclosed", "dollar", "comments", "row", "empty", "hashes", "hash lines",
         "hash quotes", "hash columns", "searches", "renames", "psql", "delimiters", "wide", "alters"],
)  # fmt: skip
def test_megabytes_of_nonsense_end_in_seconds(text: str) -> None:
    start = time.process_time()
    schema = parse(text)
    assert time.process_time() - start < 30
    assert schema.ledger or schema.tables or text.startswith((";", "DELIMITER", "#"))


def test_a_text_of_refusals_stops_and_says_where() -> None:
    ledger = parse("nonsense here;\n" * 2_000).ledger
    assert str(ledger[-1]) == (
        "line 500: the rest of the text: is not read from line 500 on (500 statements before it were not understood)"
    )


@pytest.mark.parametrize(
    "text", ["CREATE TABLE \0t (a int)", "\ufeffCREATE TABLE t (a int)", "CREATE TABLE t (a int)\r\n;\r\n"]
)
def test_odd_characters_do_not_cut_the_text(text: str) -> None:
    assert list(parse(text).tables) == ["t"]


def test_lone_surrogates_are_told() -> None:
    assert [entry.kind for entry in parse("CREATE TABLE t\ud800 (a int)").ledger] == ["refused"]


def test_an_expression_that_would_crash_the_parser_is_refused_even_in_a_thread_with_a_small_stack() -> None:
    program = (
        "import threading; threading.stack_size(512 * 1024)\n"
        "from archbook.schema import parse\n"
        "done = []\n"
        "ddl = 'CREATE TABLE t (a int, CHECK (a' + '+1' * 1200 + ' > 0))'\n"
        "t = threading.Thread(target=lambda: done.append(parse(ddl))); t.start(); t.join()\n"
        "print(len(done[0].tables))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout.strip()) == (0, "1")


FRAGMENTS = [
    "CREATE TABLE t (", "a int", ",", ")", ";", "'", '"', "`", "$$", "$x$", "--", "/*", "*/", "\n", "INDEX i (a)",
    "KEY k (a)", "PRIMARY KEY (a)", "REFERENCES t", "CHECK (a > 0)", "ALTER TABLE t ADD", "CREATE INDEX i ON t (a)", "enum('a','b')",
    "DELIMITER ;;", "\\.", "COPY t FROM stdin;", "ENGINE=InnoDB", "AUTO_INCREMENT", "UNIQUE", "COMMENT 'x'", "é", "\0",
    "PARTITION OF", "DEFAULT", "CREATE TYPE m AS ENUM ('x')", "GENERATED ALWAYS AS (a)", "::", "[]",
    "COMMENT ON TABLE t IS 'x'",
    
    "CREATE DOMAIN d AS int CHECK (VALUE > 0)", "DROP TABLE t", "CONSTRAINT", "ON UPDATE CURRENT_TIMESTAMP", "unsigned",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=25))
def test_any_mixture_of_fragments_gives_a_schema(fragments: list[str]) -> None:
    schema = parse(" ".join(fragments))
    assert all(entry.line >= 1 and entry.what for entry in schema.ledger)


def test_a_file_cut_anywhere_gives_a_schema() -> None:
    whole = (
        "CREATE TABLE a (id int PRIMARY KEY, n text DEFAULT 'x;y');\nCREATE TABLE `b` (`a_id` int, KEY `k` (`a_id`));\n"
        * 3
    )
    for cut in random.Random(7).sample(range(len(whole)), 60):
        parse(whole[:cut])

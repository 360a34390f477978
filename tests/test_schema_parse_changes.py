"""ALTER, RENAME, LIKE, search_path and what else changes a table after it is made; MySQL's odder habits."""

# ruff: noqa: E501 - DDL on one line

import pytest

from archbook.schema import parse, to_duckdb, to_postgres

TWO = """CREATE TABLE t (a int PRIMARY KEY, b text, c int CHECK (c > 0), u int UNIQUE, g int GENERATED ALWAYS AS (c * 2) STORED,
  CHECK (c > u AND b <> 'c'));
CREATE INDEX i ON t (c, lower(b)) WHERE c > 1;
CREATE TABLE o (t int REFERENCES t (a), other int CONSTRAINT other_fk REFERENCES t (u));
"""


def shape(ddl: str) -> dict[str, list[str]]:
    return {name: [f"{c.name} {c.type}" for c in table.columns] for name, table in parse(ddl).tables.items()}


def test_a_renamed_column_is_renamed_wherever_it_stands() -> None:
    schema = parse(
        TWO + 'ALTER TABLE t RENAME COLUMN c TO "Sum"; ALTER TABLE t RENAME u TO v; ALTER TABLE t RENAME a TO id;'
    )
    assert schema.concerns() == ()
    t, o = schema.table("t"), schema.table("o")
    assert ([c.name for c in t.columns], t.primary_key) == (["id", "b", "Sum", "v", "g"], ("id",))
    assert [c.expression for c in t.checks] == ['"Sum" > 0', "\"Sum\" > v AND b <> 'c'"]
    assert t.checks[0].limits[0].column == "Sum"
    assert (t.columns[4].generated, t.uniques[0].columns) == ('"Sum" * 2', ("v",))
    index = t.indexes[0]
    assert (index.columns, index.where, index.parts) == (("Sum",), '"Sum" > 1', ('"Sum"', "lower(b)"))
    assert [key.to_columns for key in o.foreign_keys] == [("id",), ("v",)]


def test_a_renamed_table_type_index_and_constraint_are_known_by_the_new_name() -> None:
    schema = parse(
        "CREATE TYPE m AS ENUM ('x'); CREATE TABLE q (m m);"
        + TWO
        + "ALTER TABLE t RENAME TO things; ALTER TYPE m RENAME TO mood;"
        "ALTER TYPE mood RENAME VALUE 'x' TO 'y'; ALTER INDEX i RENAME TO j; ALTER TABLE o RENAME CONSTRAINT other_fk TO key; ALTER TABLE o SET SCHEMA s;"
    )
    assert schema.concerns() == ()
    assert sorted(schema.tables) == ["q", "s.o", "things"]
    assert schema.enums["mood"].values == ("y",)
    assert schema.table("q").column("m").type.name == "mood"
    assert schema.table("things").indexes[0].name == "j"
    assert [(key.to, key.name) for key in schema.table("s.o").foreign_keys] == [("things", ""), ("things", "key")]


def test_a_dropped_column_takes_its_keys_and_indexes_along() -> None:
    schema = parse(TWO + "ALTER TABLE t DROP COLUMN c, DROP COLUMN u; DROP INDEX nothing;")
    t = schema.table("t")
    assert (t.indexes, t.uniques, t.checks) == ((), (), ())
    assert [str(e) for e in schema.concerns() if "left out" in str(e)] == []


@pytest.mark.parametrize(
    ("dropped", "left"),
    [
        ("t_pkey", (0, 1, 2)),
        ("t_u_key", (1, 0, 2)),
        ("t_c_check", (1, 1, 1)),
        ("t_check", (1, 1, 1)),
    ],
)
def test_a_constraint_without_a_name_is_dropped_by_the_one_that_postgresql_gives(
    dropped: str, left: tuple[int, int, int]
) -> None:
    schema = parse(TWO + f"ALTER TABLE t DROP CONSTRAINT {dropped}; ALTER TABLE o DROP CONSTRAINT o_t_fkey;")
    t = schema.table("t")
    assert (len(t.primary_key), len(t.uniques), len(t.checks)) == left
    assert [key.name for key in schema.table("o").foreign_keys] == ["other_fk"]
    assert schema.concerns() == ()


@pytest.mark.parametrize(
    ("including", "default", "identity", "checks", "indexes"),
    [("", None, "", 0, 0), (" INCLUDING DEFAULTS", "7", "", 0, 0), (" INCLUDING ALL", "7", "always", 1, 1),
     (" INCLUDING ALL EXCLUDING INDEXES", "7", "always", 1, 0)],
)  # fmt: skip
def test_like_copies_what_including_names(
    including: str, default: str | None, identity: str, checks: int, indexes: int
) -> None:
    schema = parse(
        "CREATE TABLE u (id int GENERATED ALWAYS AS IDENTITY, n int NOT NULL DEFAULT 7 CHECK (n > 0));"
        f"CREATE INDEX i ON u (n); CREATE TABLE t (LIKE u{including}, more int);"
    )
    t = schema.table("t")
    assert ([c.name for c in t.columns], t.column("n").nullable) == (["id", "n", "more"], False)
    assert (t.column("n").default, t.column("id").identity, len(t.checks), len(t.indexes)) == (
        default,
        identity,
        checks,
        indexes,
    )


def test_the_search_path_says_where_a_bare_name_belongs() -> None:
    schema = parse(
        """SET search_path = sales, pg_catalog;
        CREATE TYPE mood AS ENUM ('a'); CREATE TABLE users (id int PRIMARY KEY, m mood); CREATE INDEX i ON users (m);
        SET search_path TO public;
        CREATE TABLE users (id int PRIMARY KEY, s int REFERENCES sales.users); ALTER TABLE ONLY users ADD COLUMN more int;
        SET search_path = other, 'sales';
        CREATE TABLE orders (u int REFERENCES users); COMMENT ON TABLE orders IS 'o';"""
    )
    assert schema.concerns() == ()
    assert sorted(schema.tables) == ["other.orders", "sales.users", "users"]
    assert schema.table("sales.users").column("m").type.name == "sales.mood"
    assert [i.name for i in schema.table("sales.users").indexes] == ["i"]
    assert schema.table("users").has("more")
    assert (schema.table("other.orders").foreign_keys[0].to, schema.table("other.orders").comment) == (
        "sales.users",
        "o",
    )


@pytest.mark.parametrize(
    ("ddl", "told"),
    [
        ("CREATE TABLE t (a int, EXCLUDE USING gist (a WITH =))", "is an exclusion constraint: USING gist (a WITH =)"),
        ("CREATE TABLE t (a int, UNIQUE NULLS NOT DISTINCT (a))", "is NULLS NOT DISTINCT"),
        ("CREATE TABLE u (a int PRIMARY KEY); CREATE TABLE t (a int REFERENCES u MATCH FULL)", "is MATCH FULL"),
        ("CREATE TABLE t (b int) INHERITS (gone)", "inherits from gone; its columns are not in this DDL before it"),
        (
            "CREATE TABLE u (a int CHECK (a > 0)); CREATE TABLE t (b int) INHERITS (u)",
            "its columns and checks are copied",
        ),
        ("CREATE FOREIGN TABLE t (a int) SERVER s", "is a foreign table; read as a table of its own"),
        ("CREATE SCHEMA s CREATE TABLE t (a int)", "create schema: is not read"),
        ("\\i more.sql\n", "file more.sql: is not read (only the text at hand is)"),
        ("source more.sql;", "file more.sql: is not read (only the text at hand is)"),
        (
            "CREATE TABLE user (id int, end int)",
            'name user: is a reserved word of PostgreSQL; read as a name (PostgreSQL wants "user")',
        ),
        ("CREATE TABLE Tags (Id int, PRIMARY KEY (`ID`))", "has keys that write a name in another case"),
    ],
)
def test_what_is_read_in_part_is_told(ddl: str, told: str) -> None:
    assert any(told in str(entry) for entry in parse(ddl).concerns()), parse(ddl).ledger


def test_domains_composites_partitions_and_detaching_are_read() -> None:
    schema = parse(
        """CREATE DOMAIN d AS int; ALTER DOMAIN d ADD CONSTRAINT pos CHECK (VALUE > 0); ALTER DOMAIN d SET NOT NULL;
        CREATE TYPE pair AS (x int, y d); CREATE TABLE t (p pair, r int) PARTITION BY LIST (r);
        CREATE TABLE p PARTITION OF t FOR VALUES IN (1, 2); CREATE TABLE q PARTITION OF t DEFAULT; ALTER TABLE t DETACH PARTITION q;"""
    )
    assert schema.concerns() == ()
    assert (schema.domains["d"].nullable, schema.domains["d"].checks[0].name) == (False, "pos")
    assert [(field, str(type_)) for field, type_ in schema.composites["pair"].fields] == [("x", "integer"), ("y", "d")]
    assert [schema.table(n).partition_bound for n in "pq"] == ["FOR VALUES IN (1, 2)", ""]


MYSQL = """
# A dump; isn't it
DROP TABLE IF EXISTS `Users`;
CREATE TABLE user (            # 'quoted; and more
  Id int(11) NOT NULL auto_increment,
  #comment: of a; kind
  name varchar(128) BINARY NOT NULL DEFAULT _utf8mb4'x' COMMENT 'a # b',
  flag bit(1) DEFAULT b'0',
  made timestamp NOT NULL DEFAULT current_timestamp(),
  `order` int,
  PRIMARY KEY (`ID`), KEY `order` (`order`), CONSTRAINT f FOREIGN KEY (`order`) REFERENCES `User` (`Id`)
) ENGINE=InnoDB;
"""


def test_mysql_without_quotes_and_with_its_own_comments_is_read() -> None:
    schema = parse(MYSQL)
    assert {entry.kind for entry in schema.concerns()} == {"read as meant"}
    user = schema.table("user")
    assert [c.name for c in user.columns] == ["id", "name", "flag", "made", "order"]
    assert (user.column("name").comment, user.column("name").line) == ("a # b", 7)
    assert (user.primary_key, user.foreign_keys[0].to, user.foreign_keys[0].to_columns) == (("id",), "user", ("id",))


def test_a_hash_in_postgresql_is_an_operator() -> None:
    schema = parse("CREATE TABLE t (a int CHECK (a # 1 > 0),\n b jsonb CHECK (b\n #> '{a}' IS NOT NULL), c int);")
    assert shape("CREATE TABLE t (a int);") == {"t": ["a integer"]}
    assert (schema.concerns(), len(schema.table("t").checks)) == ((), 2)


def test_whole_numbers_that_a_foreign_key_joins_become_one_type_in_duckdb() -> None:
    schema = parse(
        "CREATE TABLE a (id smallint PRIMARY KEY); CREATE TABLE b (id bigint PRIMARY KEY, a int REFERENCES a); CREATE TABLE c (a int REFERENCES a)"
    )
    ddl = to_duckdb(schema)
    assert str(ddl).count("REFERENCES") == 2
    assert '"id" INTEGER NOT NULL' in str(ddl)
    assert [str(e) for e in ddl.ledger] == [
        "line 1: a.id: smallint becomes integer (DuckDB wants one type on both sides of a foreign key)"
    ]


@pytest.mark.parametrize(
    ("check", "kept"),
    [
        ("length(a) > 2 AND a <> 'pg_read_file(x)'", True),
        ("pg_read_file('/etc/passwd') IS NOT NULL", False),
        ("a ~ lo_import('/etc/passwd')::text", False),
        ('"Evil"(a)', False),
    ],
)
def test_a_scratch_schema_has_no_check_that_could_do_more_than_compute(check: str, kept: bool) -> None:
    schema = parse(f"CREATE TABLE t (a text, CHECK ({check}))")
    ddl = to_postgres(schema, scratch=True)
    assert ("CHECK" in str(ddl)) is kept
    assert [e.kind for e in ddl.ledger] == ([] if kept else ["lost"])


def test_names_of_indexes_are_told_where_postgresql_needs_others() -> None:
    ddl = to_postgres(
        parse(
            "CREATE TABLE `t` (`a` int, KEY `k` (`a`), FULLTEXT KEY `ft` (`a`)); CREATE TABLE `u` (`a` int, KEY `k` (`a`));"
        )
    )
    assert 'INDEX "k_2" ON "u"' in str(ddl)
    assert [str(e) for e in ddl.ledger] == [
        "line 1: index k: is named k_2 here (PostgreSQL wants names of indexes and tables to differ)",
        "line 1: index ft: is lost; PostgreSQL has gin over to_tsvector(…) for it (fulltext is MySQL's)",
    ]


@pytest.mark.parametrize(
    ("ddl", "text"),
    [
        ('CREATE TABLE t (a "x; DROP TABLE y; --")', '"a" "x; DROP TABLE y; --"'),
        ('CREATE TABLE "a""; DROP TABLE y; --" (b int)', 'CREATE TABLE "a""; DROP TABLE y; --" ('),
        ("CREATE TABLE t (a geometry(point, 4326))", "geometry(point,4326)"),
        ("CREATE TABLE t (a text DEFAULT $$it's; DROP TABLE y$$)", "DEFAULT 'it''s; DROP TABLE y'"),
    ],
)
def test_no_name_or_text_of_the_ddl_breaks_out_of_ours(ddl: str, text: str) -> None:
    written = str(to_postgres(parse(ddl)))
    assert text in written
    assert list(parse(written).tables) == list(parse(ddl).tables)


def test_what_postgresqls_grammar_takes_for_something_else_is_read_as_mysql_means_it() -> None:
    schema = parse(
        "CREATE TABLE t (a mediumblob, d datetime(3) DEFAULT '0000-00-00 00:00:00', n double DEFAULT NULL, e longtext);"
        "CREATE INDEX i ON t (e(20), n); CREATE INDEX j ON t (abs(20));"
    )
    t = schema.table("t")
    assert [str(c.type) for c in t.columns] == ["bytea", "timestamp(3)", "double precision", "text"]
    assert [c.default for c in t.columns] == [None] * 4
    assert [(i.columns, i.expressions) for i in t.indexes] == [(("e", "n"), ()), ((), ("abs(20)",))]
    assert [(e.kind, e.part, e.what) for e in schema.concerns()] == [
        ("read as meant", "type mediumblob", "is MySQL's; read as bytea, here and below"),
        ("read as meant", "type datetime", "is MySQL's; read as timestamp, here and below"),
        ("lost", "t.d", "default '0000-00-00 00:00:00' is left out"),
        ("read as meant", "type double", "is MySQL's; read as double precision, here and below"),
        ("read as meant", "type longtext", "is MySQL's; read as text, here and below"),
        ("unread", "index i", "covers a prefix of a column; read as the whole"),
    ]


def test_functions_that_a_table_needs_first_are_told() -> None:
    schema = parse(
        "CREATE FUNCTION s.me() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (a int DEFAULT s.me(), CHECK (a <> s.me()), b text DEFAULT 'me()');"
    )
    assert [(e.part, e.what) for e in to_postgres(schema).ledger] == [
        ("t.a", "calls me()"),
        ("check of t", "calls me()"),
    ]

"""Schema lint: what holds for every rule, traps of single rules, waivers, and the report on real schemas."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from archbook.design.loading import load
from archbook.errors import ArchbookError, UnknownName
from archbook.findings import SEVERITIES, Rule
from archbook.review import review
from archbook.schema.lint import lint, rules
from archbook.schema.lint.rules import __path__ as room
from archbook.schema.model import Column, Schema, Table, Type

DESIGNS = Path(__file__).resolve().parent.parent / "data" / "designs"
RULES = {rule.id: rule for rule in rules()}
ANCHORS = re.compile(
    r"https://|(SchemaCrawler|pg-index-health|squawk|splinter|sqlcheck|strong_migrations|index-digest|skeema): \w"
    r"|Karwin, SQL Antipatterns, ch\. \d+ \(|OWASP ASVS 5, V"
)


def fired(ddl: str) -> list[str]:
    """The rules that find something, without the one about comments, which short examples have none of."""
    report = lint(ddl)
    assert report.crashes == ()
    return sorted({finding.rule for finding in report.findings} - {"no-comment"})


def test_each_file_of_the_room_is_a_rule_named_after_it() -> None:
    files = {path.stem for path in Path(next(iter(room))).glob("*.py")} - {"__init__"}
    assert files == {rule.replace("-", "_") for rule in RULES}
    assert len(RULES) >= 32


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_data_of_a_rule_are_complete(rule: Rule) -> None:
    assert rule.severity in SEVERITIES
    assert rule.principle in range(1, 7)
    assert all(len(text) > 20 for text in (rule.title, rule.why, rule.check.__doc__ or ""))
    assert len(rule.remedy) > 15
    assert not rule.why.endswith(".")
    assert rule.remedy.endswith(".")
    assert rule.references
    assert [text for text in rule.references if not ANCHORS.match(text)] == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_first_example_fires_the_rule_and_no_other(rule: Rule) -> None:
    assert fired(rule.fires) == [rule.id] * (rule.id != "no-comment")
    assert rule.id in {finding.rule for finding in lint(rule.fires).findings}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_second_example_keeps_every_rule_quiet(rule: Rule) -> None:
    assert fired(rule.quiet) == []
    assert rule.id not in {finding.rule for finding in lint(rule.quiet).findings}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_finding_says_where_it_is_and_what_to_change_there(rule: Rule) -> None:
    for finding in lint(rule.fires, file="shop.sql", only=[rule]).findings:
        assert re.fullmatch(r"shop\.sql:\d+", finding.place)
        table = finding.about.partition(".")[0]
        assert table in finding.what or rule.id == "mysql-syntax"
        assert "`" in finding.do or rule.id in ("foreign-key-cycle", "too-many-indexes")
        assert not finding.what.endswith(".")


ID = "id uuid PRIMARY KEY"
TRAPS = {  # what a rule must not take for its mistake, and what it must not miss
    "an index with another operator class is no twin": (
        f"CREATE TABLE t ({ID}, a text NOT NULL); CREATE INDEX i ON t (a);"
        " CREATE INDEX j ON t (a text_pattern_ops);", []),
    "an index for some rows is no twin": (
        f"CREATE TABLE t ({ID}, a int NOT NULL); CREATE INDEX i ON t (a); CREATE INDEX j ON t (a) WHERE a > 0;", []),
    "an index that is the key's": (
        f"CREATE TABLE t ({ID}, a int NOT NULL); CREATE INDEX i ON t (id);", ["duplicate-index"]),
    "three of one index are two too many": (
        f"CREATE TABLE t ({ID}, a int NOT NULL); CREATE INDEX i ON t (a); CREATE INDEX j ON t (a);"
        " CREATE INDEX k ON t (a);",
        ["duplicate-index"] * 2),
    "the other order of rows is another index": (
        f"CREATE TABLE t ({ID}, a int NOT NULL); CREATE INDEX i ON t (a); CREATE INDEX j ON t (a DESC, id);", []),
    "a column in INCLUDE leads nothing": (
        f"CREATE TABLE t ({ID}, a int NOT NULL, b int NOT NULL); CREATE INDEX i ON t (a) INCLUDE (b);"
        "CREATE INDEX j ON t (a, id);", []),
    "a unique set for rows without nulls is meant": (
        f"CREATE TABLE t ({ID}, a int NOT NULL, b int); CREATE UNIQUE INDEX i ON t (b) WHERE b IS NOT NULL;", []),
    "an optional value that is unique": (
        f"CREATE TABLE t ({ID}, a int NOT NULL, b int UNIQUE);", ["nullable-unique"]),
    "the kind of a thing with a key of its own": (
        "CREATE TABLE media (media_id text PRIMARY KEY, media_type text NOT NULL);", []),
    "two ends of a link are no repetition": (
        f"CREATE TABLE n ({ID}, a int NOT NULL); CREATE TABLE e (n1 uuid REFERENCES n, n2 uuid REFERENCES n,"
        "PRIMARY KEY (n1, n2)); CREATE INDEX i ON e (n2);", []),
    "two standards are no repetition": (
        "CREATE TABLE languages (iso_639_1 text NOT NULL, iso_639_3 text PRIMARY KEY);", []),
    "hashes, tokens and times of a password": (
        f"CREATE TABLE users ({ID}, password_hash text NOT NULL, password_changed_at date NOT NULL,"
        "encrypted_password text NOT NULL, password_reset_token text NOT NULL);", ["plaintext-password"]),
    "a secret of a machine": (
        f"CREATE TABLE hosts ({ID}, snmp_password text NOT NULL);", ["plaintext-password"]),
    "weights and rates are no money": (
        f"CREATE TABLE items ({ID}, price_rank real NOT NULL, weight real NOT NULL,"
        f" total_distance real NOT NULL);", []),
    "amounts are": (
        f"CREATE TABLE items ({ID}, tax_amount real NOT NULL, price_eur float8 NOT NULL);", ["float-money"] * 2),
    "a flag called a list": (f"CREATE TABLE t ({ID}, show_list char(1) NOT NULL);", []),
    "an id of another service, explained": (
        f"CREATE TABLE t ({ID}, user_id bigint NOT NULL);"
        " COMMENT ON COLUMN t.user_id IS 'An id of user-service.';", []),
    "an id of nobody": (f"CREATE TABLE t ({ID}, user_id bigint NOT NULL);", ["id-without-foreign-key"]),
    "an id of a foreign system is a text": (f"CREATE TABLE t ({ID}, stripe_id text NOT NULL);", []),
    "a parent in the same table": (
        f"CREATE TABLE t ({ID}, parent_id uuid, a int NOT NULL);", ["id-without-foreign-key"]),
    "a domain over text": (
        f"CREATE DOMAIN mail AS varchar(200); CREATE TABLE t ({ID}, a mail NOT NULL);", ["varchar-limit"]),
    "partitions are what their parent is": (
        "CREATE TABLE t (id uuid, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
        "CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
        "CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');", []),
    "a circle whose last link may be empty": (
        f"CREATE TABLE a ({ID}, b uuid UNIQUE); CREATE TABLE b ({ID}, a uuid NOT NULL UNIQUE REFERENCES a);"
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;", ["foreign-key-cycle", "nullable-unique"]),
    "a name that is reserved in quotes": (
        'CREATE TABLE "User" (id uuid PRIMARY KEY, "from" int NOT NULL);', ["quoted-name"]),
    "MySQL keeps its own manners": (
        "CREATE TABLE `order` (`id` int NOT NULL AUTO_INCREMENT, `user` varchar(20) NOT NULL, `at` datetime NOT NULL,"
        "PRIMARY KEY (`id`), KEY `i` (`at`)) ENGINE=InnoDB;", ["integer-key"]),
    "a comment of MySQL": (
        "CREATE TABLE `t` (`id` bigint NOT NULL AUTO_INCREMENT, `a_id` bigint NOT NULL COMMENT 'of another',"
        " PRIMARY KEY"
        " (`id`)) ENGINE=InnoDB COMMENT='one row for each';", []),
}  # fmt: skip


@pytest.mark.parametrize(("ddl", "expected"), TRAPS.values(), ids=TRAPS)
def test_a_rule_finds_its_mistake_and_nothing_like_it(ddl: str, expected: list[str]) -> None:
    found = [finding.rule for finding in lint(ddl).findings if finding.rule != "no-comment"]
    assert sorted(found) == expected


SHOP = """\
CREATE TABLE users (id uuid PRIMARY KEY, password text NOT NULL);
CREATE TABLE orders (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id), {comment}
    total double precision NOT NULL
);
COMMENT ON TABLE users IS 'One row for each account.';
COMMENT ON TABLE orders IS 'One row for each order.';
"""
WAIVED = {
    "with a reason": ("-- archbook: waive foreign-key-without-index orders.user_id because users are never deleted",
                      "users are never deleted", ""),
    "in another comment": ("/* archbook: waive foreign-key-without-index orders.user_id because: small */", "small",
                           ""),
    "without a reason": ("-- archbook: waive foreign-key-without-index orders.user_id", "",
                         "shop.sql:4: foreign-key-without-index at `orders.user_id` is waived without a reason"),
    "with an empty reason": ("-- archbook: waive foreign-key-without-index orders.user_id because ", "",
                             "without a reason"),
    "of no rule": ("-- archbook: waive foreign-key-without-idx orders.user_id because small", "",
                   "no rule `foreign-key-without-idx`; did you mean `foreign-key-without-index`?"),
    "at no place": ("-- archbook: waive foreign-key-without-index orders.usr_id because small", "",
                    "finds nothing at `orders.usr_id`; did you mean `orders.user_id`?"),
    "for nothing any more": ("-- archbook: waive array-btree orders.user_id because small", "",
                             "array-btree finds nothing any more; remove the waiver"),
}  # fmt: skip


@pytest.mark.parametrize(("comment", "reason", "remark"), WAIVED.values(), ids=WAIVED)
def test_a_comment_in_the_ddl_waives_one_finding_and_says_when_it_does_not(
    comment: str, reason: str, remark: str
) -> None:
    report = lint(SHOP.format(comment=comment), file="shop.sql")
    assert [finding.waived for finding in report.waived] == [reason] * bool(reason)
    assert len(report.findings) + len(report.waived) == 3
    assert [told for told in report.remarks if remark in told] == list(report.remarks)
    assert len(report.remarks) == bool(remark)


def test_the_report_begins_with_the_worst_and_says_how_to_accept_it() -> None:
    report = lint(SHOP.format(comment=""), file="shop.sql")
    text = report.text(200)
    assert text.startswith("shop.sql: 3 findings (2 high, 1 medium). Mend first: ")
    assert "say why in the DDL: -- archbook: waive plaintext-password users.password because …" in text
    assert report.exit_code == 1
    assert report.to_json()["archbook_lint"] == 1
    assert lint(rules()[0].quiet).exit_code == 0


def test_a_design_is_linted_store_by_store_and_its_waivers_count(tmp_path: Path) -> None:
    (tmp_path / "shop.sql").write_text(SHOP.format(comment=""), encoding="utf-8")
    design = tmp_path / "design.yaml"
    design.write_text(
        (DESIGNS / "minimal" / "design.yaml").read_text(encoding="utf-8").replace("schema/orders.sql", "shop.sql")
        .replace("schema/users.sql", "shop.sql") + WAIVERS, encoding="utf-8",
    )  # fmt: skip
    report = lint(load(tmp_path))
    assert [finding.about for finding in report.waived] == ["orders-db.users.password"]
    assert "users-db.users.password" in {finding.about for finding in report.findings}
    assert {finding.place.partition(":")[0] for finding in report.findings} == {"shop.sql"}
    assert lint(load(tmp_path), store="users-db").remarks == ()
    assert review(load(tmp_path)).remarks == ()  # a waiver of the lint is none of the review's business


WAIVERS = """
waivers:
- {rule: plaintext-password, about: orders-db.users.password, why: It holds hashes; renamed next month}
"""


def test_the_good_designs_are_without_findings_and_the_poor_one_has_the_usual_ones() -> None:
    for name in ("ecommerce", "minimal"):
        report = lint(load(DESIGNS / name))
        assert (report.findings, report.crashes, report.remarks) == ((), (), ())
    poor = Counter(finding.rule for finding in lint(load(DESIGNS / "first_draft")).findings)
    assert poor["float-money"] == 4
    assert poor["foreign-key-without-index"] == 5
    assert {"plaintext-password", "comma-list", "repeated-columns", "id-without-foreign-key"} <= set(poor)


def test_the_text_of_every_kind_of_mistake_at_once_is_two_screens() -> None:
    shared = re.compile(r"\b(orders|users|posts|visits|people|items)\b")  # tables of more than one example
    ddl = "\n".join(
        shared.sub(rf"\1_{chr(97 + number // 26)}{chr(97 + number % 26)}", rule.fires)
        for number, rule in enumerate(RULES.values())
    )
    report = lint(ddl)
    assert len({finding.rule for finding in report.findings}) > 35
    text = report.text(100)
    assert len(text.splitlines()) <= 60
    assert max(map(len, text.splitlines())) <= 100
    assert len(report.text(100, all=True).splitlines()) > 200


@pytest.mark.parametrize(
    ("text", "answer"),
    {
        "": "ddl: there is no CREATE TABLE in it",
        "SELECT 1;": "ddl: there is no CREATE TABLE in it",
        "CREATE TABEL things (id int);": "that can be read; line 1: `CREATE TABEL things (id int)`",
    }.items(),
)  # fmt: skip
def test_a_text_without_a_table_is_refused_in_a_sentence(text: str, answer: str) -> None:
    with pytest.raises(ArchbookError, match=re.escape(answer)):
        lint(text)


def test_a_store_that_is_not_there_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UnknownName, match="did you mean `orders-db`"):
        lint(load(DESIGNS / "ecommerce"), store="order-db")


def test_what_could_not_be_read_is_told() -> None:
    report = lint("CREATE TABLE t (id uuid PRIMARY KEY, a text NOT NULL);\nCREATE TABEL u (id int);", file="x.sql")
    assert report.remarks == ("x.sql: 1 part could not be read, and no rule has seen them",)


def test_a_schema_without_its_text_is_linted_too() -> None:
    schema = Schema({"users": Table("users", (Column("id", Type("int4"), identity="always"),), ("id",))})
    report = lint(schema, file="the server")
    assert [(finding.rule, finding.place) for finding in report.findings] == [
        ("integer-key", "the server"), ("no-comment", "the server"), ("one-column-table", "the server")
    ]  # fmt: skip


def test_sql_can_be_copied_from_the_markdown() -> None:
    page = lint(SHOP.format(comment=""), file="shop.sql").markdown()
    assert "  - do: `CREATE INDEX orders_user_id_idx ON orders (user_id);`\n" in page
    assert "- **orders.user\\_id → users has no index** (shop.sql:4)\n" in page


def test_a_name_breaks_out_of_no_page() -> None:
    nasty = '"<script>alert(1)</script>` *x*"'
    report = lint(f"CREATE TABLE {nasty} (id uuid PRIMARY KEY, page text NOT NULL);")
    assert len(report.findings) == 2
    for page in (report.markdown(), report.html(), report.table().markdown(), report.table().html()):
        assert "<script" not in page


def test_a_column_of_mysql_keeps_its_default_when_its_type_is_changed() -> None:
    ddl = "CREATE TABLE t (`id` int PRIMARY KEY, `state` enum('new','paid') NOT NULL DEFAULT 'new') ENGINE=InnoDB;"
    (finding,) = (finding for finding in lint(ddl).findings if finding.rule == "enum-type")
    assert finding.do.startswith("`ALTER TABLE t MODIFY state varchar(4) NOT NULL DEFAULT 'new';` with `CHECK (")

"""The price table: list prices with date and source, and what a design's own folder puts in their place."""

from __future__ import annotations

import csv
import functools
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from archbook.design.model import Design
from archbook.errors import DesignError, InvalidInput, Problem, shown, suggestion
from archbook.units import parse_number

FILE, CURRENCY = "prices.csv", "USD"
ITEMS = (
    "vcpu_hour", "memory_gb_hour", "database_vcpu_hour", "cache_gb_hour", "ssd_gb_month", "object_gb_month",
    "object_write_million", "object_read_million", "egress_gb", "cdn_gb", "queue_million",
)  # fmt: skip
COLUMNS = ("item", "price", "unit", "provider", "product", "as_of", "source")
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of something costs: the median of the providers in the table, and their range.

    The table holds rounded list prices without discounts, each with the month in which it held and its source.
    """

    item: str
    value: float
    low: float
    high: float
    unit: str
    as_of: str  # the oldest of its rows, year and month
    sources: tuple[str, ...]  # provider and product of each row


def prices(design: Design) -> Mapping[str, Price]:
    """Prices by item for a design, in its currency.

    The shipped table is in USD and serves designs in USD. A `prices.csv` beside design.yaml, with the same columns and
    in the design's currency, replaces the items that it lists. Raises DesignError for a row that cannot be read.

    >>> from archbook.design.loading import read
    >>> made = read("archbook: 1\\nname: a\\ntraffic: {daily_active_users: 1}\\nservices: {a: {}}")
    >>> prices(made)["vcpu_hour"].value
    0.0405
    """
    found = dict(_shipped()) if design.currency == CURRENCY else {}
    own = design.folder / FILE if design.folder else None
    return found | read_prices(own) if own and own.is_file() else found


@functools.cache
def _shipped() -> dict[str, Price]:
    """The table of the checkout, or of the installed package."""
    places = [folder / "data" / FILE for folder in (_PACKAGE.parents[1], _PACKAGE / "workbook")]
    return read_prices(next((place for place in places if place.is_file()), places[-1]))


def read_prices(path: Path) -> dict[str, Price]:
    """Prices of a CSV file by item. Raises DesignError with every bad row, InvalidInput where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path.name}: cannot be read ({error}); it is a CSV file in UTF-8") from None
    reader = csv.DictReader(text.splitlines())
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise DesignError([Problem(path.name, 1, "", "has other columns", f"the first line is {','.join(COLUMNS)}")])
    rows: dict[str, list[dict[str, str]]] = {}
    problems = []
    for row in reader:
        if what := _wrong(row):
            problems.append(Problem(path.name, reader.line_num, *what))
        else:
            rows.setdefault(row["item"], []).append(row)
    if problems:
        raise DesignError(problems)
    return {item: _price(item, offers) for item, offers in rows.items()}


def _wrong(row: dict[str, str]) -> tuple[str, str, str] | None:
    """Field, what is wrong with it, and the remedy."""
    if row["item"] not in ITEMS:
        return "item", f"no item {shown(row['item'])}", suggestion(row["item"], ITEMS)
    try:
        right = parse_number(row["price"]) >= 0
    except ValueError:
        right = False
    if not right:
        return "price", f"{shown(row['price'])} is not a price", "write a number such as 0.08"
    missing = next((column for column in ("as_of", "source") if not row[column]), None)
    return (missing, "is empty", "a price needs its date and its source") if missing else None


def _price(item: str, rows: list[dict[str, str]]) -> Price:
    values = sorted(parse_number(row["price"]) for row in rows)
    return Price(
        item, statistics.median(values), values[0], values[-1], rows[0]["unit"], min(row["as_of"] for row in rows),
        tuple(f"{row['provider']} {row['product']}, {row['as_of']}: {row['source']}" for row in rows),
    )  # fmt: skip

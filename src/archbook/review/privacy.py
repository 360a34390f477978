"""Which data of a design belong to people, and which of them an endpoint gets at."""

from __future__ import annotations

from collections.abc import Iterable

from archbook.contracts.naming import nouns
from archbook.contracts.resources import owner_column, resource_of
from archbook.design.contract import Endpoint
from archbook.design.model import Design

PRIVATE = ("credentials", "health", "payment", "personal")
"""Classes of data that harm a person when a stranger reads them."""


def private(classes: Iterable[str]) -> list[str]:
    """Those of `classes` that are private.

    >>> private(["internal", "personal", "payment"])
    ['payment', 'personal']
    """
    held = set(classes)
    return [name for name in PRIVATE if name in held]


def reached(design: Design, endpoint: Endpoint) -> list[str] | None:
    """Classes of private data that an endpoint gets at; None where nothing in the design tells.

    The DDL is believed first: a table in which no person's id stands belongs to nobody, whatever else its store holds.
    Then the classes of the store that holds the resource, or of all stores of the service whose tables are not known.
    """
    spoken = [resource_of(design, endpoint)]
    spoken += [resource_of(design, endpoint.model_copy(update={"resource": noun})) for noun in nouns(endpoint.path)]
    tables = [resource.table for resource in spoken if resource.table]
    if tables and not any(map(owner_column, tables)):
        return []
    called = {call.to for call in design.calls if call.from_ == endpoint.service}
    near = {name: s for name, s in design.stores.items() if s.owner == endpoint.service or name in called}
    holding = [store for store in near.values() if endpoint.resource in store.holds]
    unread = [store for name, store in near.items() if tables or design.ddl(name) is None]
    classes = {name for store in holding or unread for name in store.data}
    return private(classes) or (["personal"] if tables else [] if classes else None)

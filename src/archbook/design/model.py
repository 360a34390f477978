"""The design: one frozen value that every view, estimate, rule and page looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sized
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, PrivateAttr

from archbook.design.contract import Api, Decision, Endpoint, Security, Waiver
from archbook.design.elements import External, Journey, Service, Store, Traffic
from archbook.design.interactions import Call, Event
from archbook.design.quantities import EndpointName, Label, Name, Part, Text
from archbook.errors import InvalidInput, UnknownName, shown
from archbook.tables import Table
from archbook.units import show_count, show_factor, significant

if TYPE_CHECKING:
    from archbook.design.variants import Variant

Where = tuple[str | int, ...]
"""A place inside a design, such as ``("calls", 2, "to")``."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a design came from: its folder, the line of every part, the DDL of its stores, and its files' own text.

    texts: of design.yaml and the decisions, by file. variant: the name of the variant that was laid over it.
    """

    folder: Path | None = None
    places: Mapping[Where, tuple[str, int]] = field(default_factory=dict)
    ddl: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    texts: Mapping[str, str] = field(default_factory=dict, compare=False)
    variant: str = ""


def place_in(places: Mapping[Where, tuple[str, int]], where: Where) -> str:
    """``file:line`` of a part by the places of its design, or of its nearest parent that has one."""
    if (found := places.get(where)) is not None:  # as most are
        return f"{found[0]}:{found[1]}"
    for end in range(len(where) - 1, -1, -1):
        if (found := places.get(where[:end])) is not None:
            return f"{found[0]}:{found[1]}"
    return ""


class Memo(dict[str, Any]):
    """What has been worked out from a design: no part of its value, so that all are equal, and left out of copies."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Memo)

    __hash__ = None

    def __reduce__(self) -> tuple[type[Memo], tuple[()]]:
        return Memo, ()


def a_design(value: Any) -> Design:
    """`value` where it is a design, or InvalidInput."""
    if not isinstance(value, Design):
        raise InvalidInput(f'{shown(value)} is no design; load it first: `ab.load("ecommerce")`')
    return value


class Design(Part):
    """A backend: who uses it, its services, stores, calls, events, promises, protection and decisions."""

    archbook: Literal[1] = Field(description="Version of the format.")
    name: Name = Field(description="Short name, used for files.")
    title: Label = Field("", description="Name for people.")
    why: Text = Field("", description="What it is for, and for whom.")
    currency: Label = Field("USD", description="Currency of all costs.")
    traffic: Traffic = Field(description="Who uses it, and how much.")
    services: dict[Name, Service] = Field(description="Services by name.", min_length=1)
    stores: dict[Name, Store] = Field({}, description="Databases, caches, object stores and brokers by name.")
    externals: dict[Name, External] = Field({}, description="Systems of others by name.")
    calls: tuple[Call, ...] = Field((), description="Who asks whom; calls of one request happen in this order.")
    events: dict[Name, Event] = Field({}, description="Facts that services announce, by name.")
    api: Api = Field(Api(), description="What is promised to clients.")
    security: Security = Field(Security(), description="Who may do what.")
    decisions: tuple[Decision, ...] = Field((), description="Decisions with their why.")
    waivers: tuple[Waiver, ...] = Field((), description="Findings that were looked at and accepted.")

    _source: Source = PrivateAttr(default_factory=Source)
    _memo: Memo = PrivateAttr(default_factory=Memo)

    def summary(self) -> Table:
        """What is in the design, counted."""
        rows = [
            ("for", f"{significant(self.traffic.daily_active_users)} users a day, designed to grow "
                    f"{show_factor(self.traffic.growth)}"),
            ("journeys", _listed(self.traffic.journeys)),
            ("services", _listed(self.services)),
            ("stores", _listed(self.stores)),
            ("externals", _listed(self.externals)),
            ("events", _listed(self.events)),
            ("calls and endpoints", f"{len(self.calls)} calls, {len(self.api.endpoints)} endpoints"),
            ("decisions", f"{len(self.decisions)}, {sum(bool(d.why) for d in self.decisions)} with their why"),
        ]  # fmt: skip
        return Table(("what", "in this design"), tuple(rows), self.title or self.name)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return self.summary()._repr_mimebundle_()

    @property
    def source(self) -> Source:
        return self._source

    @property
    def memo(self) -> Memo:
        """What other rooms have worked out from this design, and need not work out again."""
        held: Memo = (self.__pydantic_private__ or {})["_memo"]  # asked for so often that pydantic's way costs
        return held

    @property
    def called(self) -> str:
        """Its name; of a variant with that of the variant, as the command line takes it."""
        return f"{self.name}#{self._source.variant}" if self._source.variant else self.name

    @property
    def folder(self) -> Path | None:
        return self._source.folder

    @property
    def gateway(self) -> str | None:
        """The service through which clients enter, or None when they reach each service directly."""
        return next((name for name, service in self.services.items() if service.role == "gateway"), None)

    def endpoint(self, name: EndpointName) -> Endpoint:
        """The endpoint called `name`. Raises UnknownName."""
        table = self._memo.get("endpoints")
        if table is None:
            table = self._memo["endpoints"] = {e.name: e for e in self.api.endpoints}
        if name not in table:
            raise UnknownName("endpoint", name, table)
        endpoint: Endpoint = table[name]
        return endpoint

    def element(self, name: str) -> Service | Store | External:
        """The service, store or external system called `name`. Raises UnknownName."""
        for group in (self.services, self.stores, self.externals):
            if name in group:
                found: Service | Store | External = group[name]
                return found
        raise UnknownName("element", name, [*self.services, *self.stores, *self.externals])

    def place(self, where: Where) -> str:
        """``file:line`` of a part, or of its nearest parent with a known line; empty for a design made in code."""
        return place_in(self._source.places, where)

    def ddl(self, store: str) -> str | None:
        """The DDL text of a store, or None when it names no schema file."""
        return self._source.ddl.get(store)

    def migrated(self, store: str, ddl: str) -> Design:
        """A copy in which more DDL follows that of a store, such as an ALTER TABLE; nothing is written or checked.

        Raises UnknownName for a store without a schema file.
        """
        held = self._source.ddl
        if store not in held:
            raise UnknownName("store with a schema file", store, held)
        design = self.model_copy()
        design._source = replace(self._source, ddl={**held, store: f"{held[store]}\n;{ddl};\n"}, texts={})
        design._memo = Memo()
        return design

    def variants(self) -> dict[str, Variant]:
        """The variants in its folder, by name: see `archbook.design.variants`. Raises DesignError."""
        from archbook.design.variants import variants

        return variants(self)

    def variant(self, name: str) -> Design:
        """The design as one of the variants in its folder has it. Raises UnknownName, DesignError."""
        from archbook.design.variants import variant

        return variant(self, name)

    def steps(self, journey: Journey) -> Iterator[tuple[str, float]]:
        """Endpoint name and times of each step of a journey, in order."""
        for step in journey.steps:
            yield (step, 1.0) if isinstance(step, str) else (step.do, step.times)

    def counted(self) -> str:
        """What there is of each kind, such as ``4 services, 1 store, 9 calls``."""
        parts: dict[str, Sized] = {"service": self.services, "store": self.stores, "call": self.calls,
                                   "event": self.events, "endpoint": self.api.endpoints,
                                   "decision": self.decisions}  # fmt: skip
        return ", ".join(show_count(len(part), name) for name, part in parts.items() if part)

    def sessions_per_s(self, growth: float = 1.0) -> float:
        """Sessions that start each second at peak, at `growth` times today's load."""
        traffic = self.traffic
        per_day = traffic.daily_active_users * traffic.sessions_per_user_per_day
        return per_day / 86400.0 * traffic.peak_to_mean * growth

    def changed(self, changes: Mapping[Where, Any]) -> Design:
        """A copy with some values replaced; nothing is written and no value is parsed or validated.

        changes: place → value in the model's own units, such as ``{("services", "a", "instances"): 4}``.
        """
        design: Any = self
        for where, value in changes.items():
            design = _replaced(design, where, value)
        design._source = replace(self._source, texts={})  # they do not say what was changed
        design._memo = Memo(plan=self._memo.get("plan"))
        return design  # type: ignore[no-any-return]


def _listed(names: Mapping[str, Any]) -> str:
    shown = ", ".join(list(names)[:8])
    return (shown + (f" and {len(names) - 8} more" if len(names) > 8 else "")) or "none"


def _replaced(part: Any, where: Where, value: Any) -> Any:
    if not where:
        return value
    key, rest = where[0], where[1:]
    if isinstance(part, Mapping):
        if key not in part:
            raise UnknownName("part", str(key), map(str, part))
        return {**part, key: _replaced(part[key], rest, value)}
    if isinstance(part, tuple):
        return tuple(_replaced(old, rest, value) if i == key else old for i, old in enumerate(part))
    aliases = {info.alias or name: name for name, info in type(part).model_fields.items()}
    if key not in aliases:
        raise UnknownName("key", str(key), aliases)
    return part.model_copy(update={aliases[str(key)]: _replaced(getattr(part, aliases[str(key)]), rest, value)})

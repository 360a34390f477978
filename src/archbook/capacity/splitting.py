"""One service cut into several: what one part needs of another's becomes a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from archbook.capacity.flow import plan
from archbook.capacity.handlings import DEFAULT_ROWS
from archbook.capacity.merging import HOP, free_name, inner_service, mixed, read_hop
from archbook.capacity.visits import visits
from archbook.design.complaints import complaints
from archbook.design.contract import Endpoint
from archbook.design.elements import Service, ServiceTime, Store
from archbook.design.interactions import Call, Event
from archbook.design.model import Design, a_design
from archbook.design.varying import rebuilt
from archbook.errors import InvalidInput, UnknownName, shown
from archbook.units import listed

_KEPT = ("does", "mode", "kind", "parallel", "hit_ratio", "unless_hit", "optional", "fallback", "per_request",
         "request_size", "response_size")  # fmt: skip

_LEAST_S = 1e-9  # a service takes some time, also where a hop costs nothing


def split(
    design: Design, service: str, parts: Mapping[str, Iterable[str]], *, hop: str = HOP, together: bool = False,
    calls: Mapping[str, Any] | None = None,
) -> Design:  # fmt: skip
    """A copy of a design in which parts of a service are services of their own; the rest keeps its name.

    parts: name → what it takes over: endpoints and events whose handling is its work, stores, and tables (as `query` of
    a call and `holds` of a store name them). What one part has and another needs is asked for: each statement becomes a
    call, as a function does that is now behind a network, or with `together` all that a request needs is one call. Each
    adds `hop` to the work (writing, sending, reading, checking); all else is done as often as it was. calls: keys of
    the new calls as the file has them, such as ``{"timeout": "80ms"}``; they have no timeout otherwise. Tables move
    into a store of their own, sized and priced as the old one, with all of its DDL; where no table or store is named,
    the parts share what there is. Each part runs as many instances as the whole did, since it must be away as rarely:
    size them afterwards. Outside its own endpoints a part works for one mean time: where such calls and older work meet
    there, times shift between them, and only their sum stands. Raises UnknownName, and InvalidInput where the cut
    cannot be made.
    """
    lists = (
        isinstance(parts, Mapping) and parts and all(not isinstance(names, str) and names for names in parts.values())
    )
    if not lists:
        raise InvalidInput(f"{shown(str(parts))} names no parts; write them as {{'cart-service': ['carts']}}")
    taken_over = {part: [*names] for part, names in parts.items()}
    cut = _Cut(a_design(design), service, taken_over, read_hop(hop), together)
    return cut.design(_settings(calls or {}))


def _settings(keys: Mapping[str, Any]) -> dict[str, Any]:
    data = {"from": "a", "to": "b", **keys}
    try:
        read = Call.model_validate(data)
    except ValidationError as error:
        fault = next(complaints(error, data))
        raise InvalidInput(f"`calls`: `{fault.where[-1] if fault.where else ''}` {fault.what}") from None
    return {key: getattr(read, key) for key in read.model_fields_set - {"from_", "to"}}


@dataclass(frozen=True, slots=True)
class _Ask:
    """What one part asks another for: the calls of the old service by index."""

    asking: str
    asked: str
    calls: tuple[int, ...]


class _Cut:
    def __init__(
        self, design: Design, service: str, parts: Mapping[str, list[str]], hop_s: float, together: bool
    ) -> None:
        inner_service(design, service)
        self.old, self.service, self.parts, self.hop_s, self.together = design, service, parts, hop_s, together
        self.visits = visits(design, plan(design), (service,))
        self.mine = {name: store for name, store in design.stores.items() if store.owner == service}
        self.tables = {(call.to, _table(call)) for call in design.calls if call.from_ == service and call.query}
        self.tables |= {(name, table) for name, store in self.mine.items() for table in store.holds}
        self.tables = {(store, table) for store, table in self.tables if store in self.mine}
        self.homes = self._homes()
        self.owned = any(name in self.mine or any(name == table for _, table in self.tables) for name in self.homes)
        self.moves = {(store, table): (part, self._store_of(part, store)) for store, table in self.tables
                      if (part := self.homes.get(table))}  # fmt: skip
        self.asks = self._asks()

    def _homes(self) -> dict[str, str]:
        """Endpoint, event, table or store → the part that takes it over."""
        known = [*self.visits, *sorted({table for _, table in self.tables}), *self.mine]
        homes = dict[str, str]()
        for part, names in self.parts.items():
            free_name(self.old, part)
            for name in names:
                if name not in known:
                    raise UnknownName(f"endpoint, event, table or store of {self.service}", name, known)
                if name in homes:
                    raise InvalidInput(f"{shown(name)} is given to two parts; one owns it")
                homes[name] = part
        return homes

    def _store_of(self, part: str, store: str) -> str:
        """Where tables of a store go: with it, where all of them go to one part; else to a store of the part's own."""
        if {self.homes.get(table) for held, table in self.tables if held == store} == {part}:
            return store
        name = f"{part.removesuffix('-service')}-db"
        return name if name not in self.old.stores else f"{part}-{store}"

    def _home(self, cause: str) -> str:
        return self.homes.get(cause, self.service)

    def _place(self, call: Call, home: str) -> tuple[str, str]:
        """The part that makes a call of the old service, for work of `home`, and to whom."""
        if not self.owned or call.to not in self.mine:
            return home, call.to
        return self.moves.get((call.to, _table(call))) or (self.homes.get(call.to, self.service), call.to)

    def _made(self, call: Call) -> list[str]:
        """Endpoints and events in whose handling a call of the old service is made."""
        return [cause for cause in self.visits if cause in call.on or not call.on]

    def _asks(self) -> dict[str, list[_Ask]]:
        """Endpoint or event → what its part asks others for."""
        found: dict[str, list[_Ask]] = {}
        for cause in self.visits:
            home, needed = self._home(cause), dict[str, list[int]]()
            for i, call in enumerate(self.old.calls):
                if call.from_ == self.service and cause in self._made(call):
                    owner, _ = self._place(call, home)
                    if owner != home:
                        needed.setdefault(owner, []).append(i)
            for owner, calls in needed.items():
                bundles = [tuple(calls)] if self.together else [(i,) for i in calls]
                found.setdefault(cause, []).extend(_Ask(home, owner, bundle) for bundle in bundles)
        return found

    def _times(self, cause: str, ask: _Ask) -> float:
        """Calls of one kind for one visit."""
        if self.together:
            return 1.0
        call = self.old.calls[ask.calls[0]]
        rows = next((e.rows for e in self.old.api.endpoints if e.name == cause), None) or DEFAULT_ROWS
        times = rows if isinstance(call.per_request, str) else float(call.per_request)
        cache = self.old.stores.get(call.unless_hit or "")
        return float(times) * (1 - float(call.hit_ratio or 0)) * (1 - float((cache and cache.hit_ratio) or 0))

    def design(self, settings: Mapping[str, Any]) -> Design:
        old, services = self.old, dict[str, Service]()
        for name, service in old.services.items():
            cut = [self.service, *self.parts] if name == self.service else []
            services |= {part: self._part(part, service) for part in cut} or {name: service}
        stores, ddl = self._stores()
        return rebuilt(
            old, f"{'+'.join(self.parts)}-apart", ddl,
            services=services, stores=stores,
            calls=tuple(call for i, before in enumerate(old.calls) for call in self._calls(i, before, settings)),
            events={name: self._event(name, event) for name, event in old.events.items()},
            api=old.api.model_copy(update={"endpoints": tuple(map(self._endpoint, old.api.endpoints))}),
        )  # fmt: skip

    def _calls(self, index: int, call: Call, settings: Mapping[str, Any]) -> Iterator[Call]:
        if call.from_ == self.service:
            yield from self._asking(index, settings)
            yield from self._own(index, call)
        elif call.to == self.service:
            yield from self._towards(call)
        else:
            yield call

    def _asking(self, index: int, settings: Mapping[str, Any]) -> Iterator[Call]:
        """The new calls that are made in place of this one (and of others, where they are made together)."""
        causes: dict[_Ask, list[str]] = {}
        for cause, asks in self.asks.items():
            for ask in asks:
                if ask.calls[0] == index:
                    causes.setdefault(ask, []).append(cause)
        for ask, on in causes.items():
            olds = [self.old.calls[i] for i in ask.calls]
            update = {key: getattr(olds[0], key) for key in _KEPT}
            if self.together:
                update = {"does": listed(dict.fromkeys(call.does for call in olds if call.does)),
                          "kind": "write" if any(call.kind == "write" for call in olds) else "read",
                          "optional": all(call.optional for call in olds)}  # fmt: skip
                for key in ("request_size", "response_size"):
                    sizes = [size for call in olds if (size := getattr(call, key)) is not None]
                    update[key] = sum(sizes) if sizes else None
            made = Call.model_validate({"from": ask.asking, "to": ask.asked})
            yield made.model_copy(update={"on": tuple(on), **update, **settings})

    def _own(self, index: int, call: Call) -> Iterator[Call]:
        """A call of the old service, made by the part to which it belongs now."""
        groups: dict[tuple[str, str, Any], list[str]] = {}
        for cause in self._made(call):
            home = self._home(cause)
            part, to = self._place(call, home)
            times: Any = call.per_request
            if part != home and not self.together:
                asked = {ask: self._times(cause, ask) for ask in self.asks[cause] if ask.asked == part}
                times = next(t for ask, t in asked.items() if index in ask.calls) / (sum(asked.values()) or 1.0)
            groups.setdefault((part, to, times if part == home else (times,)), []).append(cause)
        for (part, to, times), causes in groups.items():
            always = not call.on and len(causes) == len(self.visits)
            update: dict[str, Any] = {"from_": part, "to": to, "on": () if always else tuple(causes)}
            if isinstance(times, tuple):
                update |= {"per_request": times[0], "parallel": None}
                update |= {} if self.together else {"hit_ratio": None, "unless_hit": None}
            yield call.model_copy(update=update)

    def _towards(self, call: Call) -> Iterator[Call]:
        served = {self._home(e.name) for e in self.old.api.endpoints if e.service == self.service}
        if call.from_ == self.old.gateway and not call.on and served:
            yield from (call.model_copy(update={"to": part}) for part in (self.service, *self.parts) if part in served)
            return
        causes = call.on or [c for c in visits(self.old, plan(self.old), (call.from_,)) if c in self.visits]
        groups: dict[str, list[str]] = {}
        for cause in causes:
            groups.setdefault(self._home(cause), []).append(cause)
        if len(groups) < 2:
            yield call.model_copy(update={"to": next(iter(groups), self.service)})
            return
        yield from (call.model_copy(update={"to": part, "on": tuple(on)}) for part, on in groups.items())

    def _part(self, part: str, service: Service) -> Service:
        """A part as a program; its own work where no endpoint of its own states it: messages, and the old work."""
        new = {} if part == self.service else {"does": f"Was part of {self.service}", "why": ""}
        own = {endpoint.name for endpoint in self.old.api.endpoints if endpoint.service == self.service}
        works: list[tuple[float, ServiceTime | None]] = []
        message = ServiceTime.model_construct(mean=max(self.hop_s, _LEAST_S), scv=1.0)
        for cause, some in self.visits.items():
            asks = [ask for ask in self.asks.get(cause, ()) if ask.asked == part]
            works += [
                (
                    some.per_s * some.total * self._times(cause, ask),
                    message,
                )
                for ask in asks
            ]
            if self._home(cause) == part and cause not in own:
                works.append((some.per_s * some.total, service.service_time))
        asked = any(ask.asked == part for asks in self.asks.values() for ask in asks)
        return service.model_copy(update=new | ({"service_time": mixed(works)} if asked else {}))

    def _endpoint(self, endpoint: Endpoint) -> Endpoint:
        if endpoint.service != self.service:
            return endpoint
        own = endpoint.service_time or self.old.services[self.service].service_time
        return endpoint.model_copy(update={"service": self._home(endpoint.name), "service_time": own})

    def _event(self, name: str, event: Event) -> Event:
        to = tuple(dict.fromkeys(self._home(name) if one == self.service else one for one in event.to))
        if event.from_ != self.service:
            return event.model_copy(update={"to": to})
        parts = sorted({self._home(cause) for cause in event.on if cause in self.visits})
        if len(parts) > 1:
            raise InvalidInput(f"event {shown(name)} would be announced by {listed(parts)}; give what announces it "
                               "(its `on`) to one part")  # fmt: skip
        return event.model_copy(update={"to": to, "from_": parts[0] if parts else self.service})

    def _stores(self) -> tuple[dict[str, Store], dict[str, str]]:
        """All stores, and the DDL of those that are new."""
        stores, ddl = dict(self.old.stores), dict[str, str]()
        for name, store in self.mine.items():
            moved = {table: move for (held, table), move in sorted(self.moves.items()) if held == name}
            stores[name] = store.model_copy(update={
                "owner": next((part for part, to in moved.values() if to == name), self.homes.get(name, self.service)),
                "holds": {t: held for t, held in store.holds.items() if t not in moved or moved[t][1] == name},
            })  # fmt: skip
            for part, to in dict.fromkeys(moved.values()):
                if to != name:
                    holds = {t: held for t, held in store.holds.items() if t in moved and moved[t][1] == to}
                    stores[to] = store.model_copy(update={"owner": part, "holds": holds, "why": ""})
                    ddl |= {to: self.old.source.ddl[name]} if name in self.old.source.ddl else {}
        return stores, ddl


def _table(call: Call) -> str:
    """The table that a call asks for, by its `query`."""
    return (call.query or "").partition("(")[0].strip()

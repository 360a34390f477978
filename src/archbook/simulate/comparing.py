"""Balancing policies side by side: the same requests meet each of them."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from archbook.capacity import estimate
from archbook.capacity import plan as planned
from archbook.capacity.formulas import checked, counted, sequence
from archbook.design.loading import read
from archbook.design.model import Design, a_design
from archbook.errors import InvalidInput, UnknownName
from archbook.evidence import Evidence, found
from archbook.simulate import running
from archbook.simulate.figures import Figure, figure
from archbook.simulate.measured import ELEMENT, Measured
from archbook.simulate.program import POLICIES, program_of
from archbook.simulate.running import Progress
from archbook.simulate.timeline import Happening, Outage, Slow, Spike, in_order, timeline
from archbook.simulate.world import Plan
from archbook.tables import Table, as_columns
from archbook.units import show_count, show_duration, show_factor, show_rate, show_share, significant

REPLICATIONS = 10
WARM = 0.25
"""What each replication runs before it counts, as a share of what it then counts."""
MOST_REQUESTS = 20_000_000


@dataclass(frozen=True, slots=True)
class InstanceFigures:
    """One instance of a service. turned_away: share of its requests that it shed or refused."""

    load_per_s: Figure
    utilisation: Figure
    response_s: Figure
    turned_away: Figure


@dataclass(frozen=True, slots=True)
class PolicyFigures:
    """A service under one policy: its responses (s), over all instances and of each.

    turned_away: share of its requests that were shed or refused. p99_to_best: its p99 over that of the best policy,
    replication by replication. settled: False where requests pile up for as long as it was watched.
    """

    policy: str
    mean_s: Figure
    p50_s: Figure
    p95_s: Figure
    p99_s: Figure
    turned_away: Figure
    p99_to_best: Figure
    settled: bool
    instances: tuple[InstanceFigures, ...]

    @property
    def name(self) -> str:
        """The policy in words."""
        return self.policy.replace("_", " ")


@dataclass(frozen=True, eq=False)
class Balancing:
    """A service under several policies. visits: of the service, counted under each policy."""

    subject: Design
    service: str
    growth: float
    seed: int
    happenings: tuple[Happening, ...]
    load_per_s: float
    visits: int
    policies: Mapping[str, PolicyFigures]
    best: str

    @property
    def answer(self) -> str:
        """The result in two or three sentences."""
        service, best = self.subject.services[self.service], self.policies[self.best]
        at = f"At {show_rate(self.load_per_s)} on {show_count(service.instances, 'instance')} of {self.service}"
        sick = "".join(f", {_told(happening)}" for happening in self.happenings)
        if not best.settled:
            return f"{at}{sick}, requests pile up under every policy: none of them replaces an instance."
        if math.isnan(best.p99_s.value):
            return f"{at}{sick}, too few requests are answered under any policy for a p99{_away(best)}."
        rest = [found for found in self.policies.values() if found is not best]
        alike = [
            found.name for found in rest if found.settled and found.p99_to_best.low <= 1 and not _more(found, best)
        ]
        p99 = f"p99 {best.p99_s.shown(show_duration)}{_away(best)}."
        if rest and len(alike) == len(rest):
            return f"{at}{sick}, no difference between {show_count(len(rest) + 1, 'policy', 'policies')} is seen: {p99}"
        text = f"{at}{sick}, {best.name} is best: {p99}"
        if alike:
            text += f" {', '.join(alike).capitalize()}: not told apart from it."
        worst = max(rest, key=_rank, default=best)
        if worst.name not in alike and worst is not best:
            text += f" {worst.name.capitalize()} is worst: {_fate(worst)}."
        return text

    def table(self) -> Table:
        """A row a policy: percentiles of the service's response, and what it turned away."""
        rows = []
        for each in self.policies.values():
            cells = [each.p50_s, each.p95_s, each.p99_s]
            shown = [figure.shown(show_duration) for figure in cells] if each.settled else ["piles up"] * 3
            ratio = "best" if each.policy == self.best else each.p99_to_best.shown(significant)
            rows.append([each.name, *shown, ratio if each.settled else None, each.turned_away.shown(show_share)])
        title = f"Response of {self.service} at {show_rate(self.load_per_s)} (simulated, 95 % intervals)"
        return as_columns(("policy", ">p50", ">p95", ">p99", ">times the best p99", ">turned away"), rows, title)

    def instance_table(self, policy: str) -> Table:
        """A row an instance under one policy: load, utilisation, mean response."""
        if policy not in self.policies:
            raise UnknownName("policy", policy, self.policies)
        each = self.policies[policy]
        rows = [(f"instance {i}", found.load_per_s.shown(show_rate), found.utilisation.shown(show_share),
                 found.response_s.shown(show_duration), found.turned_away.shown(show_share))
                for i, found in enumerate(each.instances)]  # fmt: skip
        heads = ("instance", ">load", ">utilisation", ">mean response", ">turned away")
        return as_columns(heads, rows, f"Instances of {self.service}, {each.name} (simulated, 95 % intervals)")

    def evidence(self, design: Design | None = None) -> list[Evidence]:
        """The answer, with the p99 of the best policy, to keep in the design's folder; none where nothing settles."""
        p99 = self.policies[self.best].p99_s
        if not self.policies[self.best].settled or math.isnan(p99.value):
            return []
        return [found(design or self.subject, id=f"balancing.{self.service}", how="simulation", claim=self.answer,
                      value=p99.value, low=p99.low, high=p99.high, unit="s", about=f"services.{self.service}",
                      engine="archbook", seed=self.seed, sample=self.visits)]  # fmt: skip

    def how(self) -> str:
        """How the numbers came about."""
        return (f"Simulated: {REPLICATIONS} replications of the whole design under each policy, all meeting the same "
                f"requests (seed {self.seed}), about {significant(self.visits)} visits of {self.service} each policy "
                "after a warm-up; intervals are Student's t at 95 %. Ratios: replication by replication.")  # fmt: skip

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        head = f'<p style="font-size:1.1em;font-weight:600">{html.escape(self.answer)}</p>'
        fold = f"<details><summary>How was this simulated?</summary><p>{html.escape(self.how())}</p></details>"
        return {"text/html": head + self.table().html() + fold, "text/plain": str(self)}

    def __str__(self) -> str:
        return "\n\n".join([self.answer, self.table().text(), self.how()])


def compare_balancing(
    design: Design, service: str, policies: Sequence[str] = tuple(POLICIES), growth: float = 1.0,
    happenings: Sequence[Happening] = (), *, visits: int = 50_000, seed: int = 1, progress: Progress | None = None,
) -> Balancing:  # fmt: skip
    """One service of a design under several balancing policies, all meeting the same requests.

    happenings: what ails it, for instance ``Slow(service, at_s=0, for_s=3600, factor=10, instance=0)``; they begin
    with the warm-up. visits: of the service, counted under each policy; progress: called with (done, total, label).
    Raises UnknownName, and InvalidInput where there is nothing to balance.
    """
    if service not in a_design(design).services:
        raise UnknownName("service", service, design.services)
    for policy in sequence("policies", policies):
        if policy not in POLICIES:
            raise UnknownName("policy", policy, POLICIES)
    if not policies:
        raise InvalidInput(f"`policies` is empty; name one of {', '.join(POLICIES)}")
    if design.services[service].instances < 2:
        raise InvalidInput(f"{service} has one instance, so there is nothing to balance: give it two or more")
    happenings = in_order(happenings)
    load, count = checked("growth", growth, above=0, most=1e6), counted("visits", visits, least=1000)
    flow = planned(design)
    row = list(flow.elements).index(service)
    once = _visits_per_s(design, flow, service)
    length_s = count / REPLICATIONS / (once * load)
    requests = sum(flow.arriving_per_s.values()) * load * length_s * REPLICATIONS * len(policies)
    if requests > MOST_REQUESTS:
        raise InvalidInput(f"that is {requests:.2g} requests, more than {MOST_REQUESTS:.2g}: take fewer `visits`")
    plan = Plan(load, WARM * length_s, (1 + WARM) * length_s, running.SLOTS, counted("seed", seed, least=0))
    runs: dict[str, list[Measured]] = {}
    for policy in dict.fromkeys(policies):
        changed = design.changed({("services", service, "balancing"): policy})
        program = program_of(changed, flow)
        runs[policy] = []
        for run in running.replications(program, timeline(program, happenings), plan, range(REPLICATIONS)):
            runs[policy].append(run)
            if progress:
                done = len(runs) * REPLICATIONS - REPLICATIONS + len(runs[policy])
                progress(done, len(policies) * REPLICATIONS, policy.replace("_", " "))
    instances = program.rows_of(service)
    each = {policy: _figures(policy, found, row, instances) for policy, found in runs.items()}
    best = min(each.values(), key=_rank).policy
    p99 = ELEMENT.index("p99_s")
    for policy, found_ in runs.items():
        with np.errstate(invalid="ignore", divide="ignore"):  # a service whose work takes no time has no ratio
            ratios = [run.elements[row, p99] / base.elements[row, p99]
                      for run, base in zip(found_, runs[best], strict=True)]  # fmt: skip
        each[policy] = replace(each[policy], p99_to_best=figure(ratios))
    loads = [run.elements[row, ELEMENT.index("load_per_s")] for run in runs[best]]
    return Balancing(design, service, load, plan.seed, tuple(happenings), float(np.mean(loads)), count, each, best)


def _visits_per_s(design: Design, flow: Any, service: str) -> float:
    rate = estimate(design, plan=flow).elements[service].arrival_rate_per_s
    if not rate > 0:
        raise InvalidInput(f"no request reaches {service}, so there is nothing to balance")
    return rate


def _figures(policy: str, runs: list[Measured], row: int, instances: range) -> PolicyFigures:
    def of(name: str) -> Figure:
        return figure([run.elements[row, ELEMENT.index(name)] for run in runs])

    table = np.array([run.instances for run in runs])
    settled = all(run.ended for run in runs) and not running.rise(runs).low > 1.2
    return PolicyFigures(
        policy, of("response_s"), of("p50_s"), of("p95_s"), of("p99_s"), of("turned_away"), of("p99_s"), settled,
        tuple(InstanceFigures(*(figure(column) for column in table[:, i].T)) for i in instances),
    )  # fmt: skip


def _rank(each: PolicyFigures) -> tuple[bool, float, float]:
    """What turns away more is worse, whatever its p99: those that are refused at once would make it look quick."""
    p99 = each.p99_s.value if not math.isnan(each.p99_s.value) else math.inf
    return not each.settled, round(each.turned_away.value, 2), p99


def _more(each: PolicyFigures, best: PolicyFigures) -> bool:
    return each.turned_away.low > best.turned_away.high


def _fate(each: PolicyFigures) -> str:
    if not each.settled:
        return "requests pile up"
    if math.isnan(each.p99_to_best.value):
        return f"too few answers for a p99{_away(each)}"
    longer = each.p99_to_best.shown(significant)
    return f"p99 {each.p99_s.shown(show_duration)}, {longer} times as long{_away(each)}"


def _away(each: PolicyFigures) -> str:
    value = each.turned_away
    return f", {value.shown(show_share)} turned away" if value.value >= 0.0005 else ""


def _told(happening: Happening) -> str:
    if isinstance(happening, Slow):
        return f"one of which takes {show_factor(happening.factor)} as long"
    if isinstance(happening, Outage):
        noticed = happening.noticed_after_s == 0 and happening.checked
        return f"one of which {happening.mode}s" + (" and was taken out by health checks" if noticed else "")
    return f"with {show_factor(happening.factor)} the load" if isinstance(happening, Spike) else "a cache emptied"


def server_farm(servers: int, load: float, service_time_s: float = 1.0, service_scv: float = 1.0) -> Design:
    """A design of one service: `servers` instances that serve one request at a time, each busy for the share `load`.

    Arrivals are Poisson. Raises InvalidInput unless 0 < load < 1.

    >>> server_farm(10, 0.9).services["server"].instances
    10
    """
    share = checked("load", load, above=0, most=1)
    if share == 1:
        raise InvalidInput("`load` is 1: at that load the queue has no end; take less")
    rate = share * counted("servers", servers) / checked("service_time_s", service_time_s, above=0)
    scv = checked("service_scv", service_scv)
    return read(f"""
archbook: 1
name: farm
traffic:
  daily_active_users: 86400
  sessions_per_user_per_day: {rate!r}
  journeys:
    visit: {{share: 1, steps: [GET /work]}}
services:
  server: {{instances: {servers}, service_time: {{mean: {service_time_s!r}s, scv: {scv!r}}}}}
api:
  endpoints:
  - {{name: GET /work, service: server}}
""")


def ring_peak_to_mean(nodes: int, virtual_nodes: int, rings: int = 1000, seed: int = 1) -> Figure:
    """Load of the fullest of `nodes` on a consistent-hash ring over the mean load, for keys that are asked for alike.

    virtual_nodes: points of each node on the ring. The arcs between points that lie at random are exponential over
    their sum, so the share of a node is a gamma variate over the sum of all; one node a point: mean H(nodes).
    Source: Karger et al., Consistent hashing and random trees, STOC 1997.

    >>> ring_peak_to_mean(10, 1000).value < 1.06
    True
    """
    chance = np.random.default_rng(counted("seed", seed, least=0))
    shape = (counted("rings", rings, least=2), counted("nodes", nodes))
    if shape[0] * shape[1] > MOST_REQUESTS:
        raise InvalidInput(
            f"`rings` × `nodes` is {math.prod(shape):.3g}; take fewer, at most {MOST_REQUESTS:.3g} in all"
        )
    arcs: Any = chance.standard_gamma(counted("virtual_nodes", virtual_nodes), shape)
    return figure(arcs.max(axis=1) / arcs.mean(axis=1))

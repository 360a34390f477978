"""How each number of an estimate was computed: the formula, when it holds, and where it comes from."""

from __future__ import annotations

from archbook.capacity.result import Formula

_GROSS = "Gross et al., Fundamentals of Queueing Theory, 4th ed. (2008)"
_POISSON = (
    "Arrivals are Poisson, one first-come-first-served queue feeds all servers (perfect balancing), nobody leaves."
)

FORMULAS: dict[str, Formula] = {
    formula.name: formula
    for formula in (
        Formula(
            "traffic",
            "sessions/s = daily users × sessions per user and day / 86 400 s × peak_to_mean × growth; requests/s = Σ "
            "over journeys of sessions/s × share × times of each step; a share hit_ratio of an endpoint never arrives",
            "Journeys keep their shares as the load grows; the peak is long enough for queues to settle.",
            "The forced-flow law: Denning and Buzen, ACM Computing Surveys 10 (1978)",
        ),
        Formula(
            "flow",
            "calls/s = visits of the caller × per_request (rows of the endpoint for `per row`) × (1 − hit_ratio) × "
            "miss ratio of `unless_hit`; attempts = calls × (1 − pʳ⁺¹)/(1 − p), at most 1 + retry_budget; each event "
            "is one write to its broker, one read and one visit a consumer",
            "Attempts fail independently with the `failure` of the design. Overload, timeouts and hedging add no "
            "attempts, and a saturated element still hands on all that it is offered.",
            "Denning and Buzen (1978); Google, Site Reliability Engineering (2016), chapter 22",
        ),
        Formula(
            "holding",
            "holding time = own work + Σ of synchronous callees' (wait + holding time) × attempts; calls that run at "
            "once count with the longest of them; a call with a timeout counts with E[min(time, timeout)]",
            "A server is held while its callees answer. Parts are independent. Pauses between retries are not counted.",
            "Layered queues: Franks et al., IEEE Transactions on Software Engineering 35 (2009)",
        ),
        Formula(
            "mmc",
            "M/M/c: P(wait) = C(c, a) (Erlang C), mean wait = C·S/(c − a), percentiles from the exact distribution",
            f"{_POISSON} Service times are exponential (scv 1).",
            f"{_GROSS}, section 2.3",
        ),
        Formula(
            "mg1",
            "M/G/1: mean wait = ρ/(1 − ρ)·(1 + scv)/2·S (Pollaczek–Khinchine, exact); percentiles from a gamma "
            "distribution with the mean and variance of wait and holding time",
            f"{_POISSON} The wait's variance is taken as if waits, when there are any, were exponential.",
            f"{_GROSS}, section 5.1",
        ),
        Formula(
            "mgc",
            "M/G/c: mean wait = C·S/(c − a)·(scv + (1 − scv)(1 + γ)/2), γ = min(0.24, (1 − ρ)(c − 1)(√(4 + 5c) − 2)"
            "/(16cρ)); percentiles from a gamma distribution with the mean and variance of wait and holding time",
            f"{_POISSON} An approximation: good for scv from 0 to 2, rough beyond 4 and above 95 % utilisation.",
            "Cosmetatos (1976); Tijms, A First Course in Stochastic Models (2003), section 9.7",
        ),
        Formula(
            "delay",
            "no queue: response = service time, percentiles from a gamma distribution with its mean and variance",
            "The element serves any number of requests at once: no limit is known.",
            "An infinite-server station, M/G/∞",
        ),
        Formula(
            "rate_limit",
            "utilisation = requests/s ÷ rate_limit; response = service time (p99 as its owner states it, if at all)",
            "The owner of the external system keeps to it, and slows down for nobody below the limit.",
            "The design's `rate_limit`",
        ),
        Formula(
            "unknown",
            "not estimated: no service_time",
            "Its load is known, its speed is not; callers are estimated without its time and say so.",
            "–",
        ),
        Formula(
            "path",
            "mean and variance of each part add up along the path of the endpoint (own work, wait and holding time of "
            "synchronous callees; the longest of parallel ones); percentiles from a gamma distribution with that mean "
            "and variance, in which a callee whose own percentile is beyond its timeout takes the whole timeout, and "
            "the median counts waits with the share of requests that wait",
            "The parts are independent and the network between them is free. Only requests that arrive are counted, "
            "not those that a CDN or client cache answers. Asynchronous work is not part of the response.",
            "Two-moment fit: Whitt, Operations Research 30 (1982); Clark, Operations Research 9 (1961) on the longest",
        ),
        Formula(
            "feedback",
            "an element offered x times today's load answers late with P(response > timeout), so that a call takes "
            "(1 − pʳ⁺¹)/(1 − p) attempts, at most 1 + retry_budget, and clients make g(x) = x ÷ attempts; it tips over "
            "where g first falls, and recovers below the least g after that: capacity ÷ (1 + retries) when all fail",
            "Attempts fail independently, and the callee works for callers that have given up. Calls with a breaker "
            "add none; a bounded queue turns away what is too much. Other layers keep their planned attempts.",
            "Bronson et al., Metastable Failures in Distributed Systems, HotOS (2021)",
        ),
        Formula(
            "bandwidth",
            "attempts/s × (request_size + response_size); at the edge: requests of clients × the endpoint's sizes",
            "Sizes are typical ones, without protocol overhead; egress includes what a CDN answers.",
            "–",
        ),
        Formula(
            "storage",
            "items/day = requests/day (mean, not peak) of `added_by` × per_request; at the horizon: items now + "
            "items/day × days, or what `keep` leaves; size = items × bytes an item",
            "The rate stays as it is at this growth until the horizon; indexes (from the DDL) stand "
            "apart; bloat and copies are not counted.",
            "The design's `holds`, or row sizes from the DDL",
        ),
        Formula(
            "cost",
            "a month = Σ instances × monthly_cost, or × 730 h × (cpu × price of a vCPU + memory × price of a GB); "
            "stores as stated (those paid by use × growth), else by vCPU, GB kept, requests or GB of memory; bytes to "
            "clients × price of a GB",
            "List prices, all instances all month, no discounts; the median of the providers, with their range. "
            "External systems, people, backups and traffic between zones are not counted.",
            "The design's `monthly_cost`, else data/prices.csv (a date and a source a row)",
        ),
        Formula(
            "ranges",
            "each uncertain input drawn from a triangular distribution over low, likely and high, one draw in each of "
            "as many equal shares of probability as there are cases; a range leaves out 5 % of cases at either "
            "end; what moves a limit most has the largest rank correlation with it",
            "Inputs are independent of each other; shares of journeys are scaled to add up to 1. Where an element "
            "saturates is interpolated between loads 10 % apart.",
            "McKay, Beckman and Conover, Technometrics 21 (1979) on stratified draws; Spearman (1904)",
        ),
        Formula(
            "pool",
            "share that waits for a connection = C(pool, in use) (Erlang C); in use = statements/s of one instance × "
            "mean response of the store; floor = threads × (connections of one thread − 1) + 1",
            "A statement keeps its connection for as long as the store takes; a transaction of several keeps it for "
            "longer. The wait for a connection is not added to the caller's holding time.",
            "Little (1961); Gross et al., section 2.3; HikariCP, About Pool Sizing",
        ),
        Formula(
            "consumers",
            "lag = broker's response + consumer's wait and handling; at utilisation u above 1 (consumer's or "
            "broker's, the higher) the backlog grows by events/s × (1 − 1/u) for peak_duration, and drains by the "
            "spare capacity at the mean load",
            "Events arrive evenly (fluid limit); all work of a consumer suffers alike when it is saturated.",
            "Newell, Applications of Queueing Theory (1982), chapter 2",
        ),
        Formula(
            "replicas",
            "share of reads that miss a write younger than the lag = copies / (copies + 1)",
            "Reads are spread evenly over the primary and its copies; the lag is stated, or the response of a copy.",
            "–",
        ),
        Formula(
            "breaks",
            "the multiple of today's load at which utilisation reaches 1, callees' waits included, found by bracketing",
            "All endpoints grow alike. What waits for an element that saturates, saturates just before it.",
            "–",
        ),
        Formula(
            "remedies",
            "the fewest instances or servers with utilisation ≤ 85 %, callees first",
            "More instances bring their share of capacity (no contention between them).",
            "–",
        ),
    )
}  # fmt: skip

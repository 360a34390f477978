"""What a design is made of: services, stores and the outside systems they talk to."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from archbook.design.quantities import (
    Count,
    CountOrZero,
    Duration,
    EndpointName,
    Flag,
    Label,
    MultipleOfToday,
    Name,
    Number,
    Part,
    PositiveDuration,
    PositiveNumber,
    Share,
    Size,
    Text,
    Unevenness,
    Variability,
)  # fmt: skip

Engine = Literal[
    "postgresql", "mysql", "mariadb", "sqlite", "duckdb", "sqlserver", "oracle", "mongodb", "dynamodb", "cassandra",
    "redis", "valkey", "memcached", "elasticsearch", "opensearch", "clickhouse", "s3", "gcs", "azure-blob", "cdn",
    "kafka", "rabbitmq", "nats", "sqs", "sns", "pubsub", "other",
]  # fmt: skip
RELATIONAL = frozenset({"postgresql", "mysql", "mariadb", "sqlite", "duckdb", "sqlserver", "oracle"})
BROKERS = frozenset({"kafka", "rabbitmq", "nats", "sqs", "sns", "pubsub"})
DataClass = Literal["public", "internal", "personal", "payment", "credentials", "health"]


class ServiceTime(Part):
    """Time of a service's own work on one request, without waiting for those it calls."""

    mean: PositiveDuration = Field(description="Mean time of own work on one request, such as `12ms`.")
    scv: Variability = Field(
        1.0, description="Squared coefficient of variation: variance / mean². 0 is constant, 1 exponential."
    )


class Slo(Part):
    """Service-level objective: what is promised."""

    p95: PositiveDuration | None = Field(None, description="95 % of requests answer within this time.")
    p99: PositiveDuration | None = Field(None, description="99 % of requests answer within this time.")
    availability: Share | None = Field(None, description="Share of requests that succeed, such as `99.9%`.")


class Alert(Part):
    """A condition that wakes somebody."""

    when: Label = Field(description="The condition, such as `p95 > 200ms for 5min`.")
    tells: Label = Field("", description="Who is told.")


class Service(Part):
    """A program that answers requests."""

    does: Text = Field("", description="What it is responsible for, in one line.")
    why: Text = Field("", description="Why it is a service of its own.")
    role: Literal["service", "gateway", "worker", "frontend"] = Field(
        "service",
        description="`gateway`: requests of clients enter here and are routed to the endpoint's service.",
    )
    owner: Label = Field("", description="The team that answers for it.")
    instances: Count = Field(1, description="How many copies run.")
    concurrency: Count = Field(1, description="Requests that one instance serves at once.")
    queue: CountOrZero | None = Field(
        None,
        description="Requests that may wait at one instance before it sheds load; unbounded when absent.",
    )
    service_time: ServiceTime | None = Field(None, description="Own work on one request.")
    slo: Slo | None = Field(None, description="What it promises.")
    availability: Share | None = Field(None, description="Availability of one instance, where it is known.")
    health_check: Label | None = Field(None, description="Path or command that tells whether an instance is well.")
    balancing: Literal["round_robin", "random", "least_connections", "power_of_two", "sticky", "consistent_hash"] = (
        Field("round_robin", description="How requests are spread over its instances.")
    )
    stateless: Flag = Field(
        True, description="False where an instance keeps state in its memory (then `sticky` matters)."
    )
    zone: Name | None = Field(None, description="The trust zone it runs in (a key of `security.zones`).")
    alerts: tuple[Alert, ...] = Field((), description="Conditions that wake somebody.")
    fetches_user_urls: Flag = Field(False, description="Whether it fetches URLs that users supply.")
    logs: tuple[DataClass, ...] = Field((), description="Classes of data that end up in its logs.")
    technology: Label = Field("", description="Language or product, for the diagrams.")
    cpu: PositiveNumber | None = Field(None, description="vCPUs of one instance; for its cost.")
    memory: Size | None = Field(None, description="Memory of one instance; for its cost.")
    monthly_cost: Number | None = Field(
        None, description="Cost of one instance a month, in the design's currency; else by `cpu` and the price table."
    )


class Backup(Part):
    """How much may be lost, and for how long it may be away."""

    rpo: Duration | None = Field(None, description="Recovery point objective: how much work may be lost.")
    rto: Duration | None = Field(None, description="Recovery time objective: how long a restore may take.")
    tested: Label | None = Field(None, description="When a restore was last tried.")


class Holding(Part):
    """A table, bucket or key family: how many items, and what adds to them."""

    items: Number = Field(0.0, description="Rows, objects or keys today.")
    size: Size | None = Field(None, description="Bytes an item; taken from the DDL where it is absent.")
    added_by: tuple[EndpointName | Name, ...] = Field((), description="Endpoints or events that add an item.")
    per_request: PositiveNumber = Field(1.0, description="Items that one such request adds.")
    keep: Duration | None = Field(None, description="How long an item is kept; for ever when absent.")
    archive: Label | None = Field(None, description="Where old items go.")


class Keys(Part):
    """What a cache is asked for, from which its hit ratio is computed: with `capacity` and `ttl` of its store."""

    items: PositiveNumber = Field(description="Different keys that are asked for.")
    zipf: Unevenness = Field(
        1.0, description="How uneven: the k-th most popular is asked for as 1 / k^zipf. 0: all alike; 0.6 to 1: usual."
    )
    size: Size | None = Field(None, description="Bytes of one item with its overhead; all fit when absent.")
    policy: Literal["lru", "lfu"] = Field(
        "lru", description="Which key makes room: least recently or least often used."
    )
    coalesce: Flag = Field(False, description="Whether one fetch serves all who miss the same key at once.")


class Store(Part):
    """A place where data lives: database, cache, object store, content network or message broker."""

    does: Text = Field("", description="What it keeps.")
    why: Text = Field("", description="Why this engine, for this data.")
    engine: Engine = Field(description="The product, or the nearest one in the list.")
    role: Literal["primary", "cache", "replica", "search", "archive", "objects", "cdn", "broker"] = Field(
        "primary", description="What part it plays."
    )
    owner: Name | None = Field(None, description="The one service that may write it.")
    schema_: str | None = Field(
        None, alias="schema", description="DDL file in the design folder, such as `schema/orders.sql`."
    )
    pool: Count | None = Field(None, description="Connections that one instance of a client service holds.")
    max_connections: Count | None = Field(None, description="Connections that the server accepts.")
    servers: Count = Field(1, description="Statements or requests that it serves at once (roughly its cores).")
    service_time: ServiceTime | None = Field(None, description="Time of one statement or request.")
    replicas: CountOrZero = Field(0, description="Copies that answer reads.")
    replica_lag: Duration | None = Field(None, description="How far a replica may be behind.")
    backup: Backup | None = Field(None, description="Recovery objectives.")
    encrypted: Flag | None = Field(None, description="Whether it is encrypted at rest.")
    data: tuple[DataClass, ...] = Field((), description="The most sensitive classes of data in it.")
    ttl: Duration | None = Field(None, description="How long a cached item lives.")
    hit_ratio: Share | None = Field(None, description="Share of look-ups that a cache answers.")
    keys: Keys | None = Field(None, description="What a cache is asked for, where its `hit_ratio` is not known.")
    capacity: Size | None = Field(None, description="Memory or disk that it has.")
    zone: Name | None = Field(None, description="The trust zone it runs in (a key of `security.zones`).")
    availability: Share | None = Field(None, description="Availability, where it is known.")
    holds: dict[Name, Holding] = Field({}, description="Tables, buckets or key families, by name.")
    slo: Slo | None = Field(None, description="What it promises.")
    technology: Label = Field("", description="Version or product name, for the diagrams.")
    cpu: PositiveNumber | None = Field(None, description="vCPUs of one copy, for its cost; `servers` when absent.")
    memory: Size | None = Field(None, description="Memory of one copy; for its cost.")
    monthly_cost: Number | None = Field(
        None, description="Cost a month with its copies, in the design's currency; else by the price table."
    )


class External(Part):
    """A system of somebody else, such as the bank."""

    does: Text = Field("", description="What it does for us.")
    why: Text = Field("", description="Why it is not ours.")
    service_time: ServiceTime | None = Field(None, description="How long it takes to answer.")
    p99: PositiveDuration | None = Field(None, description="99 % of its answers come within this time.")
    availability: Share | None = Field(None, description="What its owner promises.")
    rate_limit: PositiveNumber | None = Field(None, description="Requests a second that it accepts from us.")
    zone: Name | None = Field(None, description="The trust zone it stands in (a key of `security.zones`).")


class Step(Part):
    """One step of a journey that is made more than once."""

    do: EndpointName = Field(description="The endpoint.")
    times: PositiveNumber = Field(1.0, description="How often in one journey.")


class Journey(Part):
    """What a user does in one visit."""

    share: Share = Field(description="Share of sessions that are this journey; all shares add up to 1.")
    steps: tuple[EndpointName | Step, ...] = Field(description="Endpoints in order.", min_length=1)
    does: Text = Field("", description="What the user wants.")
    why: Text = Field("", description="Where the share comes from.")


class Traffic(Part):
    """Who uses the system, how often, and for how much growth it is designed."""

    daily_active_users: PositiveNumber = Field(description="Users on an ordinary day.")
    sessions_per_user_per_day: PositiveNumber = Field(1.0, description="Visits a user makes a day.")
    peak_to_mean: MultipleOfToday = Field(1.0, description="Rate in the busiest minutes over the mean of the day.")
    peak_duration: PositiveDuration = Field(3600.0, description="How long the busiest minutes last, such as `1h`.")
    growth: MultipleOfToday = Field(10.0, description="Multiple of today's load that the system is designed for.")
    horizon: PositiveDuration = Field(31557600.0 * 3, description="How far storage is planned, such as `3y`.")
    journeys: dict[Name, Journey] = Field({}, description="What users do, by name.")
    why: Text = Field("", description="Where these numbers come from.")

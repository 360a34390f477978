"""How elements talk: calls and events."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from archbook.design.quantities import (
    Count,
    EndpointName,
    Flag,
    Label,
    Name,
    Number,
    Part,
    PositiveDuration,
    Retries,
    Share,
    Size,
    Text,
)  # fmt: skip


class Call(Part):
    """One element asks another. Calls of one request happen in file order.

    A call without `on` is made for every request that reaches its caller; from a gateway, for the endpoints
    that its target serves.
    """

    from_: Name = Field(alias="from", description="The caller: a service.")
    to: Name = Field(description="The callee: a service, a store or an external system.")
    on: tuple[EndpointName | Name, ...] = Field((), description="Endpoints or events in whose handling it is made.")
    does: Label = Field("", description="A short verb for the diagrams, such as `charges`.")
    per_request: Number | Literal["per row"] = Field(
        1.0, description="Times it is made for one request; `per row`: once for every row of the list (N+1)."
    )
    mode: Literal["sync", "async"] = Field("sync", description="`sync`: the caller waits for the answer.")
    kind: Literal["read", "write"] = Field("read", description="What it does to its target's data.")
    parallel: Label | None = Field(None, description="Calls of one request with the same label happen at once.")
    hit_ratio: Share | None = Field(
        None,
        description="Share of these calls that never happen, because a cache in the caller has the answer.",
    )
    unless_hit: Name | None = Field(
        None,
        description="A cache store asked first: this call is made only when it misses (its `hit_ratio`).",
    )
    timeout: PositiveDuration | None = Field(None, description="How long the caller waits.")
    retries: Retries = Field(0, description="Further attempts after a failure.")
    backoff: Literal["none", "fixed", "exponential", "jittered"] = Field(
        "none", description="How long the caller pauses between attempts."
    )
    pause: PositiveDuration = Field(
        0.05, description="First pause between attempts; `exponential` and `jittered` double it with each."
    )
    retry_budget: Share | None = Field(None, description="Retries as a share of calls that are allowed at most.")
    failure: Share | None = Field(None, description="Share of attempts that fail.")
    breaker: Flag = Field(False, description="Whether a circuit breaker stops calls to a failing target.")
    bulkhead: Count | None = Field(None, description="Calls to this target that one instance has open at most.")
    hedge_after: PositiveDuration | None = Field(None, description="A second attempt starts after this time.")
    idempotency_key: Flag = Field(False, description="Whether a repeated write is recognised and done once.")
    optional: Flag = Field(False, description="Whether the request can be answered without it.")
    fallback: Label | None = Field(None, description="What is answered when it fails.")
    encrypted: Flag = Field(True, description="Whether the link is encrypted (TLS).")
    query: Label | None = Field(None, description="Table and columns that it filters by, such as `orders(user_id)`.")
    request_size: Size | None = Field(None, description="Bytes sent a call.")
    response_size: Size | None = Field(None, description="Bytes answered a call.")
    why: Text = Field("", description="Why it is made, and why this way.")


class Event(Part):
    """A fact that a service announces; consumers act on it later."""

    from_: Name = Field(alias="from", description="The service that announces it.")
    to: tuple[Name, ...] = Field((), description="Services or stores that act on it.")
    on: tuple[EndpointName | Name, ...] = Field(
        (), description="Endpoints or events in whose handling it is announced."
    )
    broker: Name | None = Field(None, description="The store (role `broker`) that carries it.")
    per_request: Number = Field(1.0, description="Times it is announced for one such request.")
    version: Count | None = Field(None, description="Version of its payload.")
    key: Label | None = Field(None, description="Field by which order is kept.")
    ordered: Flag = Field(False, description="Whether consumers rely on order.")
    outbox: Flag = Field(False, description="Whether commit and announcement are one transaction.")
    dead_letter: Flag = Field(False, description="Whether what cannot be handled is set aside.")
    idempotent_consumers: Flag = Field(False, description="Whether an event delivered twice acts once.")
    carries: tuple[Literal["public", "internal", "personal", "payment", "credentials", "health"], ...] = Field(
        (), description="Classes of data in its payload."
    )
    size: Size | None = Field(None, description="Bytes of one event.")
    why: Text = Field("", description="Why it is an event and not a call.")

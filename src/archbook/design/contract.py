"""What is promised to clients, and how it is protected."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from archbook.design.elements import ServiceTime, Slo
from archbook.design.quantities import (
    Count,
    Day,
    Duration,
    EndpointName,
    Flag,
    Label,
    Name,
    Part,
    PositiveDuration,
    PositiveNumber,
    Rate,
    Share,
    Size,
    Text,
)  # fmt: skip


class Style(Part):
    """The style that the API declares; it is checked for keeping to it."""

    versioning: Literal["path", "header", "media-type", "none"] = Field("path", description="Where the version stands.")
    version: Label = Field("v1", description="The current version.")
    envelope: Flag = Field(True, description="Whether answers are `{data, meta, errors}`.")
    errors: Literal["envelope", "problem+json", "none"] = Field(
        "envelope", description="`envelope`: `{error: {code, message, field, request_id}}`; or RFC 9457."
    )
    pagination: Literal["page", "cursor", "none"] = Field("page", description="How lists are cut.")
    max_page_size: Count = Field(100, description="Most rows that a page may have.")
    case: Literal["snake", "camel", "kebab"] = Field("snake", description="Case of properties and query parameters.")
    enums: Literal["closed", "open"] = Field(
        "closed", description="Lists of values in answers: complete (`enum`), or may grow (`x-extensible-enum`)."
    )
    links: Literal["none", "relative", "absolute"] = Field(
        "none", description="Whether lists link to their pages (`meta.links`), and how the addresses are written."
    )


class Endpoint(Part):
    """A promise to clients: method and path."""

    name: EndpointName = Field(description="Method and path, such as `GET /api/v1/users/{id}`.")
    service: Name = Field(description="The service that answers it.")
    does: Text = Field("", description="What it is for.")
    why: Text = Field("", description="Why it is as it is.")
    resource: Label | None = Field(None, description="Table or type that it speaks of, such as `orders`.")
    list: Flag = Field(False, description="Whether it answers with a list.")
    rows: PositiveNumber | None = Field(None, description="Rows of a typical list.")
    paginated: Flag = Field(True, description="Whether a list is cut into pages.")
    filters: tuple[Label, ...] = Field((), description="Columns by which a list can be filtered or sorted.")
    auth: Literal["none", "user", "service"] = Field("user", description="Who may call it.")
    roles: tuple[Name, ...] = Field((), description="Roles that may call it; all when empty.")
    ownership: Flag = Field(False, description="Whether it checks that the object belongs to the caller.")
    cache: Duration | None = Field(None, description="How long clients and the CDN may keep the answer.")
    hit_ratio: Share | None = Field(None, description="Share of requests that a CDN or client cache answers.")
    idempotency_key: Flag = Field(False, description="Whether a repeated POST is recognised and done once.")
    rate_limit: Rate | None = Field(None, description="Limit per user, where it differs from the general one.")
    body_limit: Size | None = Field(None, description="Largest request body.")
    validated: Flag = Field(True, description="Whether input is checked against a schema with bounds.")
    service_time: ServiceTime | None = Field(None, description="Own work, where it differs from the service's.")
    request_size: Size | None = Field(None, description="Bytes of a typical request.")
    response_size: Size | None = Field(None, description="Bytes of a typical answer.")
    slo: Slo | None = Field(None, description="What it promises, where it differs from the service's.")
    deprecated: Flag = Field(False, description="Whether clients are asked to leave it.")
    sunset: Day | None = Field(None, description="The day it goes away.")

    @property
    def method(self) -> str:
        return self.name.split(" ", 1)[0]

    @property
    def path(self) -> str:
        return self.name.split(" ", 1)[1]


class Api(Part):
    """The published API."""

    style: Style = Field(Style(), description="The declared style.")
    endpoints: tuple[Endpoint, ...] = Field((), description="All endpoints.")


class Authentication(Part):
    """How callers prove who they are."""

    kind: Literal["jwt", "oauth2", "session", "api-key", "mtls", "none"] = Field(description="The mechanism.")
    algorithms: tuple[Label, ...] = Field((), description="Signature algorithms that are accepted.")
    issuer: Label | None = Field(None, description="Who signs tokens.")
    audience: Label | None = Field(None, description="For whom a token is meant.")
    expiry: PositiveDuration | None = Field(None, description="How long a token is valid.")
    key_rotation: PositiveDuration | None = Field(None, description="How often signing keys change.")
    checked_by: Name | None = Field(None, description="The service that checks it.")
    why: Text = Field("", description="Why this way.")


class Role(Part):
    """A set of permissions."""

    may: tuple[Label, ...] = Field((), description="Endpoints or permissions, such as `orders:read`.")
    why: Text = Field("", description="Why it exists.")


class RateLimit(Part):
    """How much one caller may ask."""

    per: Literal["user", "client", "ip", "endpoint", "global"] = Field("user", description="What is counted.")
    limit: Rate = Field(description="The limit, such as `100/min`.")
    on: tuple[EndpointName, ...] = Field((), description="Endpoints; all when empty.")
    algorithm: Literal["fixed_window", "sliding_window", "token_bucket", "gcra"] = Field(
        "token_bucket", description="How it is counted."
    )
    burst: Count | None = Field(None, description="Requests allowed at once.")
    at: Name | None = Field(None, description="The service that enforces it.")
    why: Text = Field("", description="Why this limit.")


class Zone(Part):
    """A part of the network whose members trust each other alike."""

    public: Flag = Field(False, description="Whether anybody on the internet reaches it.")
    does: Text = Field("", description="What stands in it.")


class Security(Part):
    """Who may do what, and how it is known."""

    authentication: Authentication | None = Field(None, description="How callers prove who they are.")
    authorisation: Literal["rbac", "acl", "none"] = Field("rbac", description="How permissions are decided.")
    roles: dict[Name, Role] = Field({}, description="Roles by name.")
    rate_limits: tuple[RateLimit, ...] = Field((), description="Limits per caller.")
    zones: dict[Name, Zone] = Field({}, description="Trust zones by name.")
    secrets: Label | None = Field(None, description="Where secrets are kept (never the secret itself).")
    why: Text = Field("", description="Why this is enough.")


class Alternative(Part):
    """A road not taken."""

    option: Text = Field(description="The other option.")
    why_not: Text = Field("", description="Why it was not taken.")


class Decision(Part):
    """An architecture decision record."""

    id: Count = Field(description="Number of the decision.")
    title: Label = Field(description="The decision in one line.")
    status: Literal["proposed", "accepted", "rejected", "deprecated", "superseded"] = Field(
        "accepted", description="Where it stands."
    )
    date: Day | None = Field(None, description="When it was taken.")
    about: tuple[Label, ...] = Field((), description="Names of the elements it is about.")
    context: Text = Field("", description="What made it necessary.")
    decision: Text = Field("", description="What is done.")
    why: Text = Field("", description="Why; a decision without it is a finding.")
    alternatives: tuple[Alternative | Text, ...] = Field((), description="Roads not taken.")
    consequences: tuple[Text, ...] = Field((), description="What follows, good and bad.")
    superseded_by: Count | None = Field(None, description="The decision that replaced it.")


class Waiver(Part):
    """A finding that was looked at and accepted."""

    rule: Label = Field(description="Id of the rule.")
    about: Label = Field(description="The element, as the finding names it.")
    why: Text = Field(description="Why it is accepted.")
    until: Day | None = Field(None, description="When it is to be looked at again.")

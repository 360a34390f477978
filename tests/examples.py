"""The smallest designs on which a rule fires, or keeps quiet."""

from __future__ import annotations

import re

from archbook.design.loading import read
from archbook.design.model import Design

BASE = """
archbook: 1
name: example
traffic:
  daily_active_users: 86400
  journeys:
    visit: {share: 1, steps: [GET /api/v1/things, POST /api/v1/things]}
services:
  front: {instances: 2, concurrency: 8, service_time: {mean: 5ms}}
  back: {instances: 2, concurrency: 8, service_time: {mean: 5ms}}
  mailer: {instances: 2, concurrency: 8, service_time: {mean: 5ms}}
stores:
  things-db: {engine: postgresql, owner: front, servers: 8, service_time: {mean: 2ms}}
externals:
  bank: {service_time: {mean: 200ms}}
api:
  endpoints:
  - {name: GET /api/v1/things, service: front, list: true}
  - {name: POST /api/v1/things, service: front}
"""


def example(fragment: str) -> Design:
    """The base design with a YAML fragment laid over it: each section that the fragment has replaces the base's.

    A fragment that begins with ``  -`` adds endpoints.
    """
    parts = re.split(r"\n(?=[a-z])", f"{BASE}\n{fragment}".strip())
    return read("\n".join({part.partition(":")[0]: part.rstrip() for part in parts}.values()) + "\n")

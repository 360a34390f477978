"""Elements that nothing names."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "an external system": ("externals: {printer: {does: Prints}}", 1),
    "a service": ("services: {idle: {does: Nothing}}", 1),
    "a store": ("stores: {old: {engine: mysql}}", 1),
    "a store with an owner only": ("stores: {old: {engine: mysql, owner: front}}", 1),
    "a store asked first": ("stores: {c: {engine: redis, role: cache}}\ncalls: {0: {unless_hit: c}}", 0),
    "a CDN": ("stores: {c: {engine: cdn, role: cdn}}", 0),
    "an archive": ("stores: {c: {engine: s3, role: archive}}", 0),
    "a consumer": ("services: {idle: {does: Listens}}\nevents: {thing.created: {to: [mailer, idle]}}", 0),
    "a zone": ("security: {zones: {dmz: {does: Nothing}}}", 1),
    "the internet": ("security: {zones: {net: {public: true}}}", 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_everything_is_used(fragment: str, number: int) -> None:
    assert len(findings("element-nobody-uses", fragment)) == number


def mutated(good: Design) -> Design:
    return good.changed({("externals",): {**good.externals, "sms-provider": good.externals["bank"]}})

"""Tokens: what is accepted, and every way to be refused with its reason."""

import base64
import importlib.util
import json
import re
from collections.abc import Callable

import jwt
import pytest

from archbook.contracts.tokens import ALGORITHMS, Keys, TokenRefused
from archbook.errors import ArchbookError, UnknownName

NOW = 1_800_000_000.0


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys("https://auth.example", "shop", lifetime_s=900)


def unsigned(keys: Keys) -> str:
    """A token without a signature that says so (RFC 8725, 2.1)."""
    claims = jwt.decode(keys.issue("ann", NOW), options={"verify_signature": False})
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + "."


def changed(keys: Keys) -> str:
    head, _, signature = keys.issue("ann", NOW).split(".")
    return f"{head}.{keys.issue('admin', NOW).split('.')[1]}.{signature}"


def by_another(keys: Keys) -> str:
    """Signed by a key of the attacker, under the id of ours."""
    kid = jwt.get_unverified_header(keys.issue("ann", NOW))["kid"]
    other = Keys(keys.issuer, keys.audience)
    own = next(iter(other._private.values()))
    claims = jwt.decode(keys.issue("ann", NOW), options={"verify_signature": False})
    return jwt.encode(claims, own, "ES256", headers={"kid": kid})


REFUSED: dict[str, tuple[Callable[[Keys], str], str]] = {
    "no signature": (unsigned, "signed by `none`; only ES256"),
    "a shared secret": (lambda _: jwt.encode({"sub": "ann"}, "x" * 32, "HS256"), "signed by `HS256`; only ES256"),
    "changed claims": (changed, "forged or changed"),
    "another's key": (by_another, "forged or changed"),
    "a key that is not known": (lambda _: Keys("https://auth.example", "shop").issue("ann", NOW), "no key"),
    "for another": (lambda keys: keys.issue("ann", NOW, aud="billing"), "not meant for `shop`"),
    "by another issuer": (lambda keys: keys.issue("ann", NOW, iss="https://evil"), "not issued by"),
    "expired": (lambda keys: keys.issue("ann", NOW - 1000), "expired 100 s ago"),
    "expires this second": (lambda keys: keys.issue("ann", NOW - 900), "expired 0 s ago"),
    "from the future": (lambda keys: keys.issue("ann", NOW + 60), "60 s from now"),
    "a time in words": (lambda keys: keys.issue("ann", NOW, iat="noon"), "in numbers"),
    "no JWT": (lambda _: "let me in", "no JWT"),
    "nothing": (lambda _: "", "no JWT"),
}


@pytest.mark.parametrize(("make", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_token_is_refused_with_the_reason(make: Callable[[Keys], str], reason: str, keys: Keys) -> None:
    with pytest.raises(TokenRefused) as refused:
        keys.verify(make(keys), NOW)
    assert reason in str(refused.value)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_ours_is_accepted_until_it_expires(algorithm: str) -> None:
    keys = Keys("us", "shop", lifetime_s=60, algorithm=algorithm)
    claims = keys.verify(keys.issue("ann", NOW, scopes=["orders:read"], roles=["customer"]), NOW + 59)
    assert (claims.subject, claims.scopes, claims.roles) == ("ann", {"orders:read"}, {"customer"})
    assert claims.expires_at_s == NOW + 60


def test_a_token_outlives_one_change_of_the_key_and_not_two() -> None:
    keys = Keys("us", "shop")
    token = keys.issue("ann", NOW)
    keys.rotate()
    assert keys.verify(token, NOW).subject == "ann"
    keys.rotate()
    with pytest.raises(TokenRefused, match="older than the last two keys"):
        keys.verify(token, NOW)


def test_an_algorithm_with_a_shared_secret_is_not_known() -> None:
    with pytest.raises(UnknownName, match="HS256"):
        Keys("us", "shop", algorithm="HS256")


@pytest.mark.parametrize("missing", ["jwt", "cryptography"])
def test_without_what_signs_it_is_said_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr("archbook.contracts.tokens.find_spec", lambda name: None if name == missing else there(name))
    with pytest.raises(ArchbookError, match=re.escape("pip install 'archbook[service]'")):
        Keys("us", "shop")

"""Tokens of a service: signed with a key that is changed, and refused with the reason.

Source: RFC 7519 (JWT), RFC 8725 (best practice: the verifier, not the token, chooses the algorithm).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from archbook.errors import ArchbookError, UnknownName, shown

ALGORITHMS = ("ES256", "RS256", "EdDSA")
"""What is signed with: all have a private and a public key, so that who verifies cannot sign."""

MOST_CHECKED = 1_000
"""Tokens whose signature need not be checked again until the keys change; their times are looked at each time."""


class TokenRefused(ArchbookError):
    """A token that is not accepted; the text says why, for the log. A client is told 401 and no more."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token that was accepted says."""

    subject: str
    scopes: frozenset[str]
    roles: frozenset[str]
    expires_at_s: float
    issued_at_s: float


class Keys:
    """The keys of an issuer: the newest signs, and the one before is still accepted until it has been changed again.

    lifetime_s: how long a token is valid. Raises UnknownName for an algorithm that is not one of ALGORITHMS, and
    ArchbookError where the packages that sign are not installed.
    """

    def __init__(self, issuer: str, audience: str, lifetime_s: float = 900.0, algorithm: str = "ES256") -> None:
        if algorithm not in ALGORITHMS:
            raise UnknownName("signature algorithm", algorithm, ALGORITHMS)
        if find_spec("jwt") is None or find_spec("cryptography") is None:
            raise ArchbookError("tokens need pyjwt[crypto]: pip install 'archbook[service]'")
        self.issuer, self.audience, self.lifetime_s, self.algorithm = issuer, audience, lifetime_s, algorithm
        self._private: dict[str, Any] = {}
        self._checked: dict[str, Claims] = {}
        self.rotate()

    def rotate(self) -> str:
        """Sign with a new key from now on; its id. Tokens of the key before the last are refused."""
        name = secrets.token_hex(8)
        newest = list(self._private.items())[-1:]
        self._private = {**dict(newest), name: _private_key(self.algorithm)}
        self._checked.clear()
        return name

    def public(self) -> dict[str, Any]:
        """What others verify with: the JSON Web Key Set of RFC 7517, the newest key last.

        >>> [sorted(key) for key in Keys("shop", "shop-api").public()["keys"]]
        [['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']]
        """
        import jwt

        form = jwt.get_algorithm_by_name(self.algorithm)
        told = {"use": "sig", "alg": self.algorithm}
        keys = [(name, form.to_jwk(key.public_key(), as_dict=True)) for name, key in self._private.items()]
        return {"keys": [{k: v for k, v in key.items() if k != "key_ops"} | told | {"kid": name} for name, key in keys]}

    def issue(
        self, subject: str, now_s: float, scopes: Collection[str] = (), roles: Collection[str] = (), **claims: Any
    ) -> str:
        """A signed token. now_s: seconds since 1970. claims: others, or other values for those that it would have."""
        import jwt

        name, key = list(self._private.items())[-1]
        said = {"iss": self.issuer, "aud": self.audience, "sub": subject, "iat": int(now_s),
                "exp": int(now_s + self.lifetime_s), "scope": " ".join(sorted(scopes)), "roles": sorted(roles),
                "jti": secrets.token_hex(8), **claims}  # fmt: skip
        return jwt.encode(said, key, self.algorithm, headers={"kid": name})

    def verify(self, token: str, now_s: float) -> Claims:
        """What a token says, if it is ours, for us and still valid. Raises TokenRefused with the reason."""
        claims = self._checked.get(token)
        if claims is None:
            claims = _claims(self._decoded(token))
            if len(self._checked) >= MOST_CHECKED:
                self._checked.clear()
            self._checked[token] = claims
        if now_s >= claims.expires_at_s:
            raise TokenRefused(f"the token expired {now_s - claims.expires_at_s:.0f} s ago")
        if claims.issued_at_s > now_s + 1:
            raise TokenRefused(f"the token is issued {claims.issued_at_s - now_s:.0f} s from now")
        return claims

    def _decoded(self, token: str) -> dict[str, Any]:
        """What a token says whose signature is ours, whenever it is valid."""
        import jwt

        try:
            head = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError:
            raise TokenRefused("the token is no JWT: it needs a head, claims and a signature") from None
        if head.get("alg") != self.algorithm:
            claimed = shown(head.get("alg"))
            raise TokenRefused(f"the token says that it is signed by {claimed}; only {self.algorithm} is accepted")
        key = self._private.get(str(head.get("kid")))
        if key is None:
            raise TokenRefused(f"no key {shown(head.get('kid'))} is in use; the token is older than the last two keys")
        needed = {"require": ["exp", "iat", "iss", "aud", "sub"], "verify_exp": False, "verify_iat": False}
        try:
            said: dict[str, Any] = jwt.decode(
                token, key.public_key(), algorithms=[self.algorithm], audience=self.audience, issuer=self.issuer,
                options=needed,  # type: ignore[arg-type]
            )  # fmt: skip
        except jwt.InvalidTokenError as error:
            raise TokenRefused(_reason(error, self)) from None
        return said


def _claims(said: dict[str, Any]) -> Claims:
    try:
        expires, issued = float(said["exp"]), float(said["iat"])
    except (TypeError, ValueError):
        raise TokenRefused("the token does not say in numbers when it was issued and expires") from None
    roles = said.get("roles")
    names = frozenset(map(str, roles)) if isinstance(roles, list) else frozenset()
    return Claims(str(said["sub"]), frozenset(str(said.get("scope", "")).split()), names, expires, issued)


def _reason(error: Exception, keys: Keys) -> str:
    import jwt

    reasons: tuple[tuple[type[Exception], str], ...] = (
        (jwt.InvalidSignatureError, "the signature is not that of our key: the token was forged or changed"),
        (jwt.InvalidAudienceError, f"the token is not meant for {shown(keys.audience)}"),
        (jwt.InvalidIssuerError, f"the token was not issued by {shown(keys.issuer)}"),
        (jwt.MissingRequiredClaimError, f"the token lacks a claim: {error}"),
        (jwt.InvalidTokenError, f"the token cannot be read: {error}"),
    )
    return next(reason for kind, reason in reasons if isinstance(error, kind))


def _private_key(algorithm: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate() if algorithm == "EdDSA" else rsa.generate_private_key(65537, 2048)

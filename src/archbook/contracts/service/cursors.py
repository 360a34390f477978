"""Cursors of a list: where its next page begins, in a form that clients cannot make up or take to another list."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence

from pydantic_core import from_json, to_json

_SIGNED_B = 12


class Cursors:
    """Writes and reads cursors, signed with a key that is made when the service starts.

    Source: RFC 7693, 2.9 (keyed BLAKE2).
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def write(self, of: str, last: Sequence[object]) -> str:
        """The cursor behind a row. of: the list with all that was asked for; last: values of the row.

        >>> cursors = Cursors()
        >>> cursors.read("orders", cursors.write("orders", [7])), cursors.read("users", cursors.write("orders", [7]))
        ([7], None)
        """
        said = to_json(last)
        return base64.urlsafe_b64encode(self._sign(of, said) + said).decode().rstrip("=")

    def read(self, of: str, cursor: str) -> list[object] | None:
        """The values of the row that a cursor is behind; None where it is not one of ours, or of another list."""
        try:
            held = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            return None
        signed, said = held[:_SIGNED_B], held[_SIGNED_B:]
        if not secrets.compare_digest(signed, self._sign(of, said)):
            return None
        values: list[object] = from_json(said)
        return values

    def _sign(self, of: str, said: bytes) -> bytes:
        return hashlib.blake2b(of.encode() + b"\0" + said, key=self._key, digest_size=_SIGNED_B).digest()

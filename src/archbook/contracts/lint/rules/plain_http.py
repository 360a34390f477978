"""Servers without encryption."""

import re

from archbook.contracts.lint.subject import Subject
from archbook.errors import shown
from archbook.findings import Hit, Hits, Rule

_PLAIN = re.compile(r"(http|ws)://(?!(localhost|127\.|\[::1\])|[^/]*\.(test|localhost))", re.IGNORECASE)


def unencrypted(subject: Subject) -> Hits:
    """A server that is reached without TLS."""
    for index, url in enumerate(subject.servers):
        if _PLAIN.match(url):
            better = re.sub(r"^(http|ws)", lambda scheme: scheme[1] + "s", url, flags=re.IGNORECASE)
            do = f"publish {shown(better)} only, with Strict-Transport-Security"
            yield Hit(url, f"the server {shown(url)} is reached without TLS", do, ("servers", index))


RULE = Rule(
    id="plain-http",
    severity="high",
    principle=3,
    why="Everybody on the way reads and changes requests, tokens included",
    remedy="HTTPS everywhere.",
    references=("OWASP API Security 2023, API8", "OWASP ASVS 5, V12.2.1", "Spectral: owasp:api8:2023-no-server-http"),
    check=unencrypted,
    fires="servers: [{url: 'http://api.example.com'}]\npaths: {/a: {get: {}}}",
    quiet="servers: [{url: 'https://api.example.com'}, {url: 'http://localhost:8000'}]\npaths: {/a: {get: {}}}",
)

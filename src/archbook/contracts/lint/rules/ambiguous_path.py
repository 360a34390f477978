"""Two paths that are one."""

import re

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def alike(subject: Subject) -> Hits:
    """A path that differs from another one in the names of its parameters only."""
    first: dict[str, str] = {}
    for path in subject.paths:
        other = first.setdefault(re.sub(r"\{[^}]*\}", "{}", path.rstrip("/")), path)
        if other != path:
            do = f"publish one of them, `{other}`, with the methods of both"
            yield subject.at_path(path, f"is the same address as {other}", do)


RULE = Rule(
    id="ambiguous-path",
    severity="medium",
    principle=2,
    why="OpenAPI forbids it: no request says which of the two it means, so the order of a router's list decides",
    remedy="Give every address one path template.",
    references=("OpenAPI 3.1, Paths Object: templated paths", "Spectral: path-params"),
    check=alike,
    fires="paths: {'/users/{id}': {get: {}}, '/users/{name}': {delete: {}}}",
    quiet="paths: {'/users/{id}': {get: {}}, '/users/me': {get: {}}}",
)

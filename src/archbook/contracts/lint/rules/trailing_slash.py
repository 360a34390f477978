"""Paths that end in a slash."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def slashed(subject: Subject) -> Hits:
    """A path that ends in a slash."""
    for path in subject.addresses:
        if path.endswith("/") and path != "/":
            do = f"publish it as `{path.rstrip('/') or '/'}`, and answer the other with 308 to it"
            yield subject.at_path(path, "ends in a slash", do)


RULE = Rule(
    id="trailing-slash",
    severity="low",
    principle=2,
    why="With and without the slash are two addresses: routers answer one of them with 404 or a redirect, on which "
    "clients drop the body or the credentials",
    remedy="Publish addresses without a slash at the end.",
    references=("Zalando RESTful API guidelines, rule 136", "Spectral: path-keys-no-trailing-slash"),
    check=slashed,
    fires="paths: {/users/: {get: {}}}",
    quiet="paths: {/: {get: {}}, /users: {get: {}}}",
)

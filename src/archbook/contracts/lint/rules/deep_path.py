"""Resources inside resources inside resources."""

from itertools import pairwise

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule

MOST = 3


def deep(subject: Subject) -> Hits:
    """A path with more than three levels of resources under the first one."""
    for path, endpoint in subject.paths.items():
        parts = endpoint.segments
        below = [name for before, name in pairwise(parts) if "{" in before and "{" not in name]
        if len(below) > MOST:
            tail = parts[parts.index(below[-1]) :]
            yield subject.at_path(
                path,
                f"is {len(below)} levels of sub-resources deep",
                f"give `{below[-1]}` an address of its own, `/{'/'.join(tail)}`, filtered by its parent: "
                f"`GET /{below[-1]}?parent_id=…`",
            )


RULE = Rule(
    id="deep-path",
    severity="low",
    principle=1,
    why="A client must know every parent to reach the child, and no child can move to another parent",
    remedy="Stop at three levels; give what is deeper an address of its own.",
    references=("Zalando RESTful API guidelines, rule 147",),
    check=deep,
    fires="paths: {'/shops/{a}/shelves/{b}/boxes/{c}/parts/{d}/screws': {get: {}}}",
    quiet="paths: {'/shops/{a}/shelves/{b}/boxes/{c}/parts/{d}': {get: {}}}",
)

"""Operations whose success is a secret."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule

USUAL = {"POST": "201", "DELETE": "204"}


def secret(subject: Subject) -> Hits:
    """An operation without a documented success."""
    for endpoint in subject.endpoints:
        if not endpoint.answers("1", "2", "3", "default"):
            do = f"add `'{USUAL.get(endpoint.method, '200')}': {{description: …}}` with its schema"
            yield endpoint.at("documents no success", do, where=("responses",))


RULE = Rule(
    id="no-success",
    severity="medium",
    principle=2,
    why="No client can be generated, and no test can say whether the answer is the promised one",
    remedy="Document the answer of success with its schema.",
    references=("Zalando RESTful API guidelines, rule 151", "Spectral: operation-success-response"),
    check=secret,
    fires="paths: {/a: {get: {responses: {'404': {description: none}}}}}",
    quiet="paths: {/a: {get: {responses: {'200': {description: ok}}}}}",
)

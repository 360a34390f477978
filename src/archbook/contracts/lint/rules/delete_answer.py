"""What is left to say after a deletion."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def talkative(subject: Subject) -> Hits:
    """A DELETE of one thing that answers with neither 204 nor 202."""
    for endpoint in subject.endpoints:
        if endpoint.method == "DELETE" and endpoint.one and not {"202", "204"} & set(endpoint.responses):
            done = [status for status, _ in endpoint.answers("2")]
            if done:
                do = "answer `'204': {description: Deleted}`, to a second DELETE too"
                yield endpoint.at(f"answers {', '.join(done)}, not 204", do, where=("responses", done[0]))


RULE = Rule(
    id="delete-answer",
    severity="low",
    principle=2,
    why="There is nothing left to describe; a body that is only an echo is data that clients begin to rely on",
    remedy="Answer DELETE with 204.",
    references=("Microsoft Azure REST API guidelines: DELETE", "RFC 9110, section 9.3.5"),
    check=talkative,
    fires="paths: {'/a/{id}': {delete: {responses: {'200': {description: ok}}}}}",
    quiet="paths: {'/a/{id}': {delete: {responses: {'204': {description: gone}}}}}",
)

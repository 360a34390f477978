"""Parameters in the path that nothing describes, and the other way round."""

import re

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def undeclared(subject: Subject) -> Hits:
    """A parameter that stands in the path or in the description, and not in both."""
    for endpoint in subject.endpoints:
        written = list(dict.fromkeys(re.findall(r"\{([^}]+)\}", endpoint.path)))
        declared = [p["name"] for p in endpoint.parameters if p["in"] == "path"]
        for name in [name for name in written if name not in declared]:
            do = (
                f"add the parameter `{{name: {name}, in: path, required: true, schema: {{type: string, "
                "maxLength: 64}}}}`"
            )
            yield endpoint.at(f"does not describe `{name}` of its path", do)
        for name in [name for name in declared if name not in written]:
            yield endpoint.at(
                f"describes `{name}`, which is not in its path",
                f"take it out, or name the path `{endpoint.path.rstrip('/')}/{{{name}}}`",
            )


RULE = Rule(
    id="undeclared-path-parameter",
    severity="medium",
    principle=2,
    why="Client generators fail or send the braces, and the server does not know what type to expect",
    remedy="Describe every parameter of the path once.",
    references=("OpenAPI 3.1, Parameter Object", "Spectral: path-params"),
    check=undeclared,
    fires="paths: {'/users/{id}': {get: {}}}",
    quiet="paths: {'/users/{id}': {parameters: [{name: id, in: path, required: true, schema: {type: string}}], "
    "get: {}}}",
)

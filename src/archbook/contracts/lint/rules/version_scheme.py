"""Versions that stand where the others do not."""

from archbook.contracts.lint.style import VERSION_PARAMETER, version_in
from archbook.contracts.lint.subject import Endpoint, Subject
from archbook.findings import Hits, Rule


def elsewhere(subject: Subject) -> Hits:
    """An operation whose version does not stand where the style of the API has it, or is not the one it declares.

    A deprecated operation may be of an earlier version.
    """
    style = subject.style
    on_servers = any(map(version_in, subject.servers))
    for path, endpoint in subject.paths.items():
        version = version_in(path)
        if style.versioning == "path" and not version and not on_servers:
            yield subject.at_path(
                path, "has no version; the API has it in the path", f"name it `/{style.version}{path}`"
            )
        elif style.versioning == "path" and version and on_servers:
            better = path.replace(f"/{version}", "", 1)
            yield subject.at_path(path, "has a version in the path and one in the server", f"name it `{better}`")
        elif style.versioning == "path" and subject.declared and version != style.version and not _leaving(endpoint):
            better = path.replace(f"/{version}", f"/{style.version}", 1)
            do = f"name it `{better}`, raise the version of the API, or say that the older one is `deprecated`"
            yield subject.at_path(path, f"is of `{version}`; the API is of `{style.version}`", do)
        elif style.versioning != "path" and version:
            instead = "no version" if style.versioning == "none" else f"it in a {style.versioning}"
            better = path.replace(f"/{version}", "", 1)
            yield subject.at_path(path, f"has `{version}` in its path; the API has {instead}", f"name it `{better}`")
        elif style.versioning == "header" and not any(map(VERSION_PARAMETER.fullmatch, endpoint.headers)):
            yield endpoint.at(
                "does not say its version; the API has it in a header",
                "add the parameter `{name: API-Version, in: header, schema: {type: string}}`",
            )


def _leaving(endpoint: Endpoint) -> bool:
    return endpoint.node.get("deprecated") is True


RULE = Rule(
    id="version-scheme",
    severity="medium",
    principle=2,
    why="A version that stands in two places, or in some addresses only, cannot be raised: nobody knows which promise "
    "an address belongs to",
    remedy="Declare one scheme, and keep to it in every address.",
    references=("Google AIP-185", "Zalando RESTful API guidelines, rule 115 (against versions in URLs)"),
    check=elsewhere,
    fires="paths: {/v1/users: {get: {}}, /v1/orders: {get: {}}, /parts: {get: {}}}",
    quiet="paths: {/v1/users: {get: {}}, /v1/orders: {get: {}}}",
)

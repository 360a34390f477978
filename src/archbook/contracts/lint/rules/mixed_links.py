"""Links that are written in another way than the others."""

from archbook.contracts.lint.links import links
from archbook.contracts.lint.subject import Subject
from archbook.errors import shown
from archbook.findings import Hits, Rule


def other_links(subject: Subject) -> Hits:
    """An answer that links in another way than the style of the API says."""
    style = subject.style.links
    if style == "none" and not subject.declared:
        return
    address = "https://api.example.com{path}" if style == "absolute" else "{path}"
    for endpoint in subject.endpoints:
        odd = next((found for found in links(endpoint) if style == "none" or found[1] not in ("", style)), None)
        if odd is None:
            continue
        place, form = odd
        if style == "none":
            do = f"leave `{place}` out, or declare `style: {{links: {form or 'relative'}}}`"
            yield endpoint.at(f"answers with the link {shown(place)}; the API has none", do)
        else:
            do = f"write `{place}` as the other links are: `{address.format(path=endpoint.path)}`"
            yield endpoint.at(f"answers with the {form} link {shown(place)}; the API's links are {style}", do)


RULE = Rule(
    id="mixed-links",
    severity="low",
    principle=2,
    why="A client that puts the host before each link breaks on a whole address, and one that calls links as they are "
    "breaks on a path",
    remedy="Write all links in one way, whole or relative, or none.",
    references=("Zalando RESTful API guidelines, rules 163 and 217", "RFC 3986, section 4.2"),
    check=other_links,
    fires="""paths:
  /a: {get: &a {responses: {'200': {content: {application/json: {schema:
    {properties: {self: {type: string, format: uri}}}}}}}}}
  /b: {get: *a}
  /c: {get: {responses: {'200': {content: {application/json: {schema:
    {properties: {self: {type: string, example: /c}}}}}}}}}""",
    quiet="""paths:
  /a: {get: &a {responses: {'200': {content: {application/json: {schema:
    {properties: {self: {type: string, format: uri}}}}}}}}}
  /b: {get: *a}""",
)

"""The design document as Markdown and HTML, from small pieces made by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from archbook.capacity.result import Break, ElementEstimate, EndpointEstimate, Estimate, Formula
from archbook.design.model import Design
from archbook.diagrams.picture import Picture
from archbook.evidence import Evidence, digest_of
from archbook.export import formats
from archbook.export.build import CHAPTERS, compose
from archbook.export.document import (
    Code,
    Document,
    Grid,
    Listing,
    Note,
    Paragraph,
    Section,
    Span,
    grid,
    line,
    say,
)  # fmt: skip
from archbook.export.formats import html, md, writer
from archbook.export.material import Material, draw_all
from archbook.export.prose import plain, read
from archbook.export.svg import inline_svg
from archbook.export.words import with_interval
from archbook.findings import Finding
from archbook.findings.report import Report

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" id="p" width="400" height="200"><defs><marker id="arrow"/></defs>'
    '<style>#p .a{fill:url(#arrow)}</style><path marker-end="url(#arrow)" d="M0 0"/><text>orders</text></svg>'
)
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[click](javascript:alert(1))",
    "[click](http://evil.example/a)",
    "![pic](http://evil.example/a.png)",
    "![pic](data:text/html;base64,AAAA)",
    "<http://evil.example/auto>",
    "http://evil.example/bare www.evil.example",
    "](http://evil.example)",
    "=cmd|' /C calc'!A0",
    "`` ` `` | pipe || **bold",
    "</style></title></svg><svg onload=alert(1)>",
    "[a]: http://evil.example\n\n[a]",
    "a\n\n<div onclick=x>\n\n# heading\n---\n- item",
    "&lt;script&gt; &#x6a;avascript:x",
]


def design(**changes: object) -> Design:
    """A shop with a bit of everything."""
    content: dict[str, object] = {
        "archbook": 1,
        "name": "shop",
        "title": "Small shop",
        "why": "Sells things to **people** who know what they want.",
        "traffic": {
            "daily_active_users": 1000,
            "growth": 10,
            "journeys": {"browse": {"share": 1.0, "steps": ["GET /items"], "does": "Look around"}},
        },
        "services": {
            "orders": {
                "does": "Takes orders", "why": "They change on their own", "service_time": {"mean": "12ms"},
                "slo": {"p95": "200ms", "availability": "99.9%"},
            },
        },
        "stores": {"db": {"engine": "postgresql", "owner": "orders", "data": ["personal"], "encrypted": True,
                          "backup": {"rpo": "5min", "rto": "1h"}}},
        "externals": {"bank": {"does": "Moves money"}},
        "calls": [{"from": "orders", "to": "bank", "timeout": "800ms", "retries": 1, "why": "It has the money"},
                  {"from": "orders", "to": "db"}],
        "events": {"order.created": {"from": "orders", "to": ["orders"], "why": "Others act later"}},
        "api": {"endpoints": [{"name": "GET /items", "service": "orders", "list": True, "roles": ["admin"],
                               "why": "Shown first"}]},
        "security": {"authentication": {"kind": "jwt"}, "roles": {"admin": {"may": ["all"]}, "guest": {}},
                     "rate_limits": [{"limit": "100/min"}], "zones": {"inside": {"does": "Trusted"}}},
        "decisions": [
            {"id": 1, "title": "One database", "why": "One team", "context": "We are few", "decision": "One",
             "alternatives": [{"option": "Two", "why_not": "Twice the work"}, "None"], "consequences": ["Simple"]},
            {"id": 2, "title": "Which queue", "status": "proposed", "why": "Not known yet"},
        ],
    }  # fmt: skip
    return Design.model_validate(content | changes)


def estimate(of: Design, growth: float = 1.0) -> Estimate:
    """An estimate with made-up numbers for `design()`."""
    element = ElementEstimate(
        "orders", "service", 4.1 * growth, 8, 0.012, 0.012, 0.2 * growth, 0.001, 0.013, 0.01, 0.03, 0.05,
        {"orders": 4.2}, "mmc",
    )  # fmt: skip
    endpoint = EndpointEstimate("GET /items", 4.1 * growth, 0.02, 0.01, 0.25, 0.3, 0.2, (("orders", 0.02),), "path")
    return Estimate(
        of.name, growth, 10.0, 1.0 * growth, 4.1 * growth, {"orders": element}, (), {"GET /items": endpoint}, (), 1e4,
        1e5, (Break("orders", 4.2, "it has 8 servers"),), {"mmc": Formula("M/M/c", "W = …", "Poisson", "Gross")}, (),
    )  # fmt: skip


def material(of: Design | None = None, **changes: object) -> Material:
    """All that a document needs, without the rooms that compute it."""
    of = of or design()
    finding = Finding(
        "call-without-timeout", "high", 4, "a → b", "no timeout", "it hangs", "add `timeout`", ("AWS",), "design.yaml:9"
    )
    report = Report(
        of.name, (finding,), (replace(finding, waived="known"),), (), ("one remark",), "Looked at 1 service."
    )
    picture = Picture("Picture", "A picture of the shop.", SVG, "flowchart LR\n a")
    pictures = dict.fromkeys(("load", "containers", "events", "utilisation", "journey-browse"), picture)
    made = Material(of, estimate(of), estimate(of, 10.0), report, (), {}, pictures)
    return replace(made, **changes)  # type: ignore[arg-type]


def measured(of: Design, digest: str = "") -> Evidence:
    digest = digest or digest_of(of, "services.orders")
    return Evidence("e1", "An index helps", 41.2, "×", "measurement", "services.orders", digest,
                    low=38.0, high=44.0, engine="postgresql 18", date="2026-11-23T10:00:00+00:00")  # fmt: skip


@pytest.fixture(autouse=True)
def _answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archbook.capacity.answer", lambda _: "orders breaks first.", raising=False)


class Page(HTMLParser):
    """What an HTML page would run, fetch or link to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        for name, value in attrs:
            self.handlers += [name] * name.startswith("on")
            self.ids += [value or ""] * (name == "id")
            self.addresses += [value or ""] * (name in ("href", "src", "xlink:href", "action", "data", "srcset"))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" not in self.open[-1:]:
            self.text.append(data)


def page(of: Document) -> str:
    return html.write(of)[f"{of.name}.html"].decode()


def text(of: Document) -> str:
    return md.write(of)[f"{of.name}.md"].decode()


def one(*blocks: object) -> Document:
    """A document with one chapter."""
    section = Section("only", "Only", tuple(blocks))  # type: ignore[arg-type]
    return Document("doc", "Title", Section("summary", "Summary"), (section,), "footer")


def rendered(markdown: str) -> str:
    """Markdown as a careless wiki shows it: raw HTML goes through and bare addresses become links."""
    import mistune

    return str(mistune.create_markdown(escape=False, plugins=["table", "url", "strikethrough"])(markdown))


def assert_harmless(content: str) -> None:
    seen = Page(content)
    assert "script" not in seen.tags
    assert not {"img", "iframe", "object", "embed", "base", "form", "link"} & set(seen.tags)
    assert not seen.handlers
    assert [a for a in seen.addresses if not a.startswith("#")] == []
    assert not re.search(r"url\(\s*['\"]?(?!#)", "".join(re.findall(r"<style.*?</style>", content, re.S)))


@pytest.mark.parametrize("nasty", HOSTILE)
def test_what_a_person_writes_runs_nothing_and_fetches_nothing_in_html(nasty: str) -> None:
    document = one(
        *read(nasty), say(nasty), Code(nasty), Note((say(nasty),)), grid("g", line(nasty), ("a",), [[nasty]])
    )
    assert_harmless(page(document))


@pytest.mark.parametrize("nasty", HOSTILE)
def test_what_a_person_writes_runs_nothing_and_fetches_nothing_in_markdown(nasty: str) -> None:
    document = one(
        *read(nasty), say(nasty), Code(nasty), Note((say(nasty),)), grid("g", line(nasty), ("a",), [[nasty]])
    )
    seen = Page(rendered(text(document)))
    assert not {"script", "img", "svg", "div", "iframe"} & set(seen.tags)
    assert seen.tags.count("h1") == 1
    assert seen.tags.count("h2") == 2
    assert not seen.handlers
    assert {a for a in seen.addresses if not a.startswith("#")} <= {"tables/g.csv"}


@pytest.mark.parametrize("nasty", HOSTILE)
def test_a_whole_hostile_design_makes_a_harmless_document(nasty: str) -> None:
    label = " ".join(nasty.split())[:200]
    of = design(
        title=label, why=nasty,
        services={"orders": {"does": nasty, "why": nasty, "owner": label, "technology": label}},
        decisions=[{"id": 1, "title": label, "why": nasty, "context": nasty, "alternatives": [nasty],
                    "consequences": [nasty]}],
    )  # fmt: skip
    entry = replace(measured(of), claim=nasty, source=nasty, engine=nasty)
    bad = Picture(nasty, nasty, SVG.replace("orders", "orders<script>alert(1)</script>"), nasty)
    found = Finding("r", "high", 1, nasty, nasty, nasty, nasty, (nasty,), nasty, (nasty,))
    report = Report(of.name, (found,), (replace(found, waived=nasty),), (), (nasty,), nasty)
    pictures = {**dict.fromkeys(("load", "containers"), bad), "events": nasty}
    document = compose(material(of, evidence=(entry,), report=report, pictures=pictures))
    assert_harmless(page(document))
    for path, content in md.write(document).items():
        if path.endswith(".csv"):
            assert not re.search(r"(^|,)\"?[=+@]", content.decode(), re.M), path


def test_a_link_shows_its_address_and_is_none() -> None:
    assert [span.text for span in read("see [the RFC](https://rfc.example/1)")[0].spans] == [
        "see the RFC (",
        "https://rfc.example/1",
        ")",
    ]  # type: ignore[union-attr]


def test_markdown_of_a_person_becomes_blocks() -> None:
    blocks = read("One **two** `three`\n\n- a\n- b\n\n> said\n\n    code\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n# Head")
    assert [type(block) for block in blocks] == [Paragraph, Listing, Note, Code, Grid, Paragraph]
    assert blocks[0] == Paragraph((Span("One "), Span("two", "strong"), Span(" "), Span("three", "code")))
    assert plain("a\n\n- b `c`") == "a b c"


@pytest.mark.parametrize("depth", [">" * 5000 + " x", "- " * 3000 + "x", "[" * 19000, "*a " * 6000, "`" * 19999])
def test_deep_or_long_markdown_is_read(depth: str) -> None:
    assert page(one(*read(depth)))


@pytest.mark.parametrize(
    "words",
    [
        "# no heading",
        "1. no list",
        "- no list",
        "+ no list",
        "> no quote",
        "~~~",
        "---",
        "===",
        "a * b * c",
        "x_y_z",
        "<b>",
    ],
)
def test_plain_text_stays_plain_in_markdown(words: str) -> None:
    assert (
        rendered(md._Writer(one()).block(say(words))) == f"<p>{words.replace('<', '&lt;').replace('>', '&gt;')}</p>\n"
    )


def test_the_chapters_come_in_the_order_in_which_a_reader_asks() -> None:
    assert [c.__name__ for c in CHAPTERS] == [
        "context", "journeys", "containers", "data", "contracts", "capacity", "failure", "security", "review",
        "decisions", "evidence", "unmeasured",
    ]  # fmt: skip
    document = compose(material())
    positions = [page(document).index(f'<section id="{chapter.__name__}"') for chapter in CHAPTERS]
    assert positions == sorted(positions)


def test_page_one_stands_alone() -> None:
    summary = page(compose(material())).split("<nav")[0]
    for words in (
        "Sells things to",
        "1 000 users",
        "41 req/s",
        "4.2×",
        "it has 8 servers",
        "Which queue",
        "<svg",
        "computed",
    ):
        assert words.replace(" ", "\u202f", words.startswith("1 ")) in summary


def test_a_heading_states_what_was_found() -> None:
    document = compose(material())
    assert "orders breaks first, at 4.2× today&#x27;s load" in page(
        document
    ) or "orders breaks first, at 4.2× today's load" in page(document)
    assert "## 6. Capacity: orders breaks first, at 4.2× today's load" in text(document)


def test_every_link_inside_the_page_leads_somewhere_and_every_id_is_used_once() -> None:
    seen = Page(page(compose(material())))
    assert {address[1:] for address in seen.addresses} <= set(seen.ids)
    assert len(seen.ids) == len(set(seen.ids))
    assert {"main", "nav", "header", "footer", "figcaption", "caption"} <= set(seen.tags)


def test_every_link_of_the_markdown_contents_leads_to_a_heading() -> None:
    written = text(compose(material()))
    headings = {md.slug(re.sub(r"\\(.)", r"\1", heading)) for heading in re.findall(r"^#+ (.*)$", written, re.M)}
    assert set(re.findall(r"\]\(#([^)]*)\)", written)) <= headings


def test_every_file_the_markdown_names_is_written() -> None:
    files = md.write(compose(material()))
    named = set(re.findall(r"\]\(((?:figures|tables)/[^)]*)\)", files["shop.md"].decode()))
    assert named == set(files) - {"shop.md"}
    assert {path.rpartition(".")[2] for path in files} == {"md", "svg", "mmd", "csv"}


def test_figures_and_tables_are_numbered_in_reading_order() -> None:
    document = compose(material())
    numbers = [int(n) for n in re.findall(r"<figcaption><span><b>Figure (\d+)</b>", page(document))]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == len(document.figures()) == 5


def test_a_figure_that_fails_says_why_and_the_document_is_there() -> None:
    def broken() -> Picture:
        raise OSError("dot is not on PATH")

    drawn = draw_all({"load": broken})
    document = compose(material(pictures=drawn))
    assert "This figure could not be drawn: OSError: dot is not on PATH" in page(document)
    assert "could not be drawn: OSError: dot is not on PATH" in text(document)
    assert "figures/load.svg" not in md.write(document)


def test_a_rule_that_crashed_is_never_read_as_a_pass() -> None:
    from archbook.findings import Crash

    report = replace(material().report, findings=(), crashes=(Crash("n-plus-one", "KeyError: x"),))
    assert "The rule n-plus-one failed while it looked" in page(compose(material(report=report)))


@pytest.mark.parametrize(("digest", "state"), [("", "fresh"), ("0" * 16, "STALE")])
def test_evidence_says_in_words_whether_it_still_holds(digest: str, state: str) -> None:
    of = design()
    document = compose(material(of, evidence=(measured(of, digest),)))
    for written in (page(document), text(document)):
        assert state in written
        assert "41.2× (38–44)" in written
        assert "2026-11-23" in written


def test_what_is_not_measured_is_said() -> None:
    written = page(compose(material())).split('id="unmeasured"')[1]
    assert "Declared and not measured: orders" in written
    assert "No restore has been tried: db" in written
    of = design()
    after = page(compose(material(of, evidence=(measured(of),)))).split('id="unmeasured"')[1]
    assert "Declared and not measured: orders" not in after


def test_the_same_design_gives_the_same_bytes() -> None:
    for name in ("md", "html"):
        assert writer(name)(compose(material())) == writer(name)(compose(material()))


def test_an_empty_design_still_has_every_chapter() -> None:
    bare = Design.model_validate(
        {"archbook": 1, "name": "bare", "traffic": {"daily_active_users": 1}, "services": {"a": {}}}
    )
    nothing = replace(estimate(bare), elements={}, endpoints={}, breaks=(), formulas={})
    report = Report("bare", (), (), (), (), "")
    document = compose(Material(bare, nothing, nothing, report))
    assert len(document.chapters) == len(CHAPTERS)
    assert page(document)
    assert text(document)


def test_ids_of_two_pictures_do_not_meet() -> None:
    inline, width, height = inline_svg(SVG, "f1-", 'A "picture"')
    assert (width, height) == (400.0, 200.0)
    assert 'id="f1-arrow"' in inline
    assert inline.count("url(#f1-arrow)") == 2
    assert "#f1-p .a" in inline
    assert 'aria-label="A &quot;picture&quot;"' in inline
    assert "http" not in inline


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>", '<g onload="x()"/>', '<a href="javascript:x"><text>t</text></a>',
        '<image href="http://evil.example/a.png"/>', "<foreignObject><p>x</p></foreignObject>",
        "<style>@import 'http://evil.example/x.css'; .a{fill:url(http://evil.example/a)}</style>",
        '<rect fill="url(http://evil.example/a)"/>', '<set attributeName="onclick" to="x"/>',
    ],
)  # fmt: skip
def test_a_picture_brings_no_script_and_no_address(inside: str) -> None:
    inline, _, _ = inline_svg(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 20">{inside}</svg>', "f-", "x")
    assert not re.search(r"script|onload|onclick|javascript|evil|foreignObject|@import", inline)


def test_a_picture_that_is_no_svg_is_refused_plainly() -> None:
    with pytest.raises(ValueError, match="not SVG"):
        inline_svg("<svg", "f-", "x")


def test_formats_are_found_by_their_file() -> None:
    assert set(formats()) >= {"html", "md"}


def test_an_unknown_format_names_the_nearest() -> None:
    from archbook.errors import UnknownName

    with pytest.raises(UnknownName, match="did you mean `html`"):
        writer("htlm")


@pytest.mark.parametrize("raw", ["<div>one</div>", "a <b onclick=x>two</b>", "<!-- three -->"])
def test_raw_html_is_shown_as_it_was_written(raw: str) -> None:
    assert read(raw) == (say(raw),)


@pytest.mark.parametrize(
    ("value", "low", "high", "unit", "said"),
    [
        (0.0124, 0.0119, 0.013, "s", "12.4 ms (11.9–13)"),
        (1.1, 0.9, 1.2, "s", "1.1 s (900 ms–1.2 s)"),
        (1430.0, 1320.0, 1510.0, "×", "1\u202f430× (1\u202f320–1\u202f510)"),
        (412.0, 400.0, 420.0, "req/s", "412 req/s (400–420)"),
    ],
)
def test_an_interval_names_its_unit_once(value: float, low: float, high: float, unit: str, said: str) -> None:
    assert with_interval(replace(measured(design()), value=value, low=low, high=high, unit=unit)) == said

"""Names and labels that try to break out of a picture."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archbook.design.model import Design, Source
from archbook.diagrams import draw, views
from archbook.diagrams.mermaid import ids, label
from archbook.diagrams.picture import one_line

HOSTILE = [
    '"><script>alert(1)</script>', "%%{init: {'theme':'dark'}}%%", "a\nb\r\nend\nclick n_a href", "`**x**`",
    "%% comment", "javascript:alert(1)", "]]) --> x", "#quot;", "😀 ümlaut 漢字 \u202e rtl", "x" * 190, "end",
    "1. one", "- item", "---", "';\";|{}[]()<>", "<img src=x onerror=alert(1)>", "&lt;b&gt;", "\\", "subgraph x",
    "<b>", "a:::b", "$$x^2$$", "@{ shape: circle }", "\ue022",
]  # fmt: skip
WORDS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))


def design_with(text: str) -> Design:
    """A small design that says `text` wherever free text may stand."""
    design = Design.model_validate({
        "archbook": 1, "name": "d", "title": text,
        "traffic": {"daily_active_users": 1,
                    "journeys": {"j": {"share": 1, "steps": ["GET /a", {"do": "GET /a", "times": 3}]}}},
        "services": {"end": {"technology": text, "owner": text, "zone": "z"},
                     "END": {"technology": text, "role": "gateway"}, "subgraph": {}},
        "stores": {"db": {"engine": "postgresql", "technology": text, "schema": "x.sql"}, "click": {"engine": "kafka"}},
        "externals": {"style": {}},
        "calls": [{"from": "END", "to": "end", "does": text},
                  {"from": "end", "to": "db", "does": text, "parallel": text},
                  {"from": "end", "to": "style", "does": text, "parallel": text, "per_request": "per row"},
                  {"from": "subgraph", "to": "db", "mode": "async", "does": text}],
        "events": {"default": {"from": "end", "to": ["subgraph"], "broker": "click", "on": ["GET /a"], "key": text}},
        "api": {"endpoints": [{"name": "GET /a", "service": "end"}]},
    })  # fmt: skip
    quoted = text.replace('"', '""').replace("\0", "") or "x"
    ddl = f'CREATE TABLE t (id bigint PRIMARY KEY, "{quoted}" text);'
    ddl += f'CREATE TABLE "{quoted}2" (t bigint REFERENCES t (id));'
    design._source = Source(ddl={"db": ddl})
    return design


def assert_harmless(svg: str) -> None:
    root = ET.fromstring(svg)
    seen = {element.get("id") for element in root.iter()} - {None}
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        assert tag not in ("script", "foreignObject", "a", "style", "animate", "set", "iframe")
        for name, value in element.attrib.items():
            local = name.rpartition("}")[2]
            assert not local.lower().startswith("on")
            if local == "href":
                assert value.startswith("data:image/png;base64,") or value[1:] in seen
            for target in re.findall(r"url\(([^)]*)\)", value):
                assert target[1:] in seen


@pytest.mark.parametrize("view", ["containers", "events", "er", "sequence", "icons"])
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_drawn_as_text(view: str, text: str) -> None:
    picture = draw(design_with(text), view)
    assert_harmless(picture.svg)
    assert "<script" not in picture.svg.lower()
    assert "onerror=" not in "".join(re.findall(r"<[^>]*>", picture.svg))
    for source in filter(None, (picture.mermaid, picture.dot)):
        assert "%%{" not in source
        assert "<script" not in source
        assert "javascript:" not in source or "javascript:alert" in source  # as a label, never as an address
        assert not re.search(r"^\s*(click|href|URL=)\b", source, re.MULTILINE)


@pytest.mark.parametrize("view", ["containers", "events", "er", "sequence"])
@settings(max_examples=40)
@given(text=WORDS)
def test_no_text_breaks_a_view(view: str, text: str) -> None:
    assert_harmless(draw(design_with(text), view).svg)


@given(WORDS)
def test_a_label_holds_only_plain_characters_and_code_points(text: str) -> None:
    assert re.fullmatch(r"(?:[A-Za-z0-9 .,_\-/:()]|#\d+;)*", label(text))
    assert len(re.sub(r"#\d+;", "x", label(text))) <= 48


@given(st.lists(st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,12}", fullmatch=True), unique=True))
def test_ids_are_unique_and_safe_whatever_the_names(names: list[str]) -> None:
    chosen = ids(names)
    assert len(set(chosen.values())) == len(names)
    assert all(re.fullmatch(r"n_[a-z0-9_]*", value) for value in chosen.values())


@given(text=WORDS)
def test_what_is_drawn_says_what_the_design_says(text: str) -> None:
    said = one_line(text)
    drawn = "".join(ET.fromstring(draw(design_with(text), "containers").svg).itertext())
    words = said.split(",")[0].strip()
    assert words[:20] in drawn


def test_all_views_are_known() -> None:
    assert sorted(views()) == ["containers", "er", "events", "icons", "sequence"]

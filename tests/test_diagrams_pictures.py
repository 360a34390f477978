"""What the views show, and what a picture can do."""

from __future__ import annotations

import itertools
import re
import socket
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from archbook.design.loading import load
from archbook.design.model import Design
from archbook.diagrams import Picture, draw, recolour, views
from archbook.diagrams.boxes import MOST
from archbook.diagrams.mermaid import lay_out
from archbook.diagrams.palette import HEAT
from archbook.errors import ArchbookError, RenderError, UnknownName

DESIGNS = Path(__file__).parent.parent / "data" / "designs"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def shop() -> Design:
    return load(DESIGNS / "ecommerce")


@pytest.fixture(scope="module")
def minimal() -> Design:
    return load(DESIGNS / "minimal")


def texts(picture: Picture) -> str:
    return "\n".join("".join(e.itertext()) for e in ET.fromstring(picture.svg).iter(f"{SVG}text"))


def teams(count: int) -> Design:
    services = {f"s{i}": {"owner": f"team{i % 4}"} for i in range(count)}
    calls = [{"from": f"s{i}", "to": f"s{i + 1}", "mode": "async" if i % 3 else "sync"} for i in range(count - 1)]
    return Design.model_validate(
        {"archbook": 1, "name": "big", "traffic": {"daily_active_users": 1}, "services": services, "calls": calls}
    )


# Containers


def test_containers_shows_every_element_and_call(shop: Design) -> None:
    picture = draw(shop, "containers")
    for name in [*shop.services, *shop.stores, *shop.externals]:
        assert name in texts(picture)
    waiting = {(call.from_, call.to) for call in shop.calls if call.mode == "sync"}
    arrows = re.findall(r"^\tn_(\w+) -->.* n_(\w+)$", picture.mermaid or "", re.MULTILINE)
    assert {(start.replace("-", "_"), end.replace("-", "_")) for start, end in waiting} <= set(arrows)


def test_shapes_tell_services_stores_queues_and_externals_apart(shop: Design) -> None:
    text = draw(shop, "containers").mermaid or ""
    assert 'n_order_service("<b>order-service' in text
    assert 'n_orders_db[("<b>orders-db' in text
    assert 'n_events[/"<b>events' in text
    assert "classDef external" in text
    assert "stroke-dasharray:5 4" in text


def test_labels_do_not_overlap_boxes_or_each_other(shop: Design) -> None:
    boxes, labels = _rectangles(draw(shop, "containers"))
    for one, other in [*itertools.combinations(labels, 2), *itertools.product(labels, boxes)]:
        assert not _overlap(one, other), (one, other)


def _rectangles(picture: Picture) -> tuple[list[Any], list[Any]]:
    boxes, labels = [], []
    for group in ET.fromstring(picture.svg).iter(f"{SVG}g"):
        for shape in group.findall(f"{SVG}rect"):
            x, y, width, height = (float(shape.get(key, 0)) for key in ("x", "y", "width", "height"))
            if shape.get("data-element"):
                left, top = map(float, re.findall(r"-?[\d.]+", group.get("transform", "0 0")))
                boxes.append((left + x, top + y, width, height))
            elif group.find(f"{SVG}text") is not None:
                labels.append((x, y, width, height))
    return boxes, labels


def _overlap(one: Any, other: Any) -> bool:
    return all(one[i] + 1 < other[i] + other[i + 2] and other[i] + 1 < one[i] + one[i + 2] for i in (0, 1))


def test_text_fits_its_box(shop: Design) -> None:
    for group in ET.fromstring(draw(shop, "containers", heat={}).svg).iter(f"{SVG}g"):
        shape = group.find(f"{SVG}rect[@data-element]")
        if shape is not None:  # 6.7 units a character: names of the design in bold at 13.5, measured in Chromium
            assert 6.7 * len(shape.attrib["data-element"]) < float(shape.attrib["width"])


def test_one_element_is_shown_with_its_neighbours_only(shop: Design) -> None:
    shown = texts(draw(shop, "containers", of="payments-db"))
    assert "payment-service" in shown
    assert "users-db" not in shown


@pytest.mark.parametrize("count", [30, 1000])
def test_many_boxes_are_rolled_up_by_owner(count: int) -> None:
    design = teams(count)
    picture = draw(design, "containers", heat={"s5": 0.9})
    assert f"{count} boxes, rolled up by owner" in picture.title
    assert "team1" in texts(picture)
    assert "90 %" in texts(picture)  # the busiest member speaks for its team


def test_many_boxes_without_owners_still_fit_a_page() -> None:
    design = teams(60).changed({("services", f"s{i}", "owner"): "" for i in range(60)})
    picture = draw(design, "containers")
    assert "others" in texts(picture)
    assert (picture.mermaid or "").count("<b>") <= MOST


def test_a_map_too_dense_for_the_first_layout_is_drawn_by_the_second() -> None:
    names = [f"s{i}" for i in range(18)]
    design = Design.model_validate({
        "archbook": 1, "name": "dense", "traffic": {"daily_active_users": 1}, "services": {name: {} for name in names},
        "calls": [{"from": start, "to": end} for start, end in itertools.permutations(names, 2)],
    })  # fmt: skip
    assert "306 synchronous links" in draw(design, "containers").alt


# Load


def test_recolouring_gives_what_drawing_anew_gives(shop: Design) -> None:
    plain = draw(shop, "containers", heat={})
    for heat in ({"orders-db": 0.2, "bank": 1.7}, dict.fromkeys(shop.services, 0.6), {}):
        assert recolour(plain, heat) == draw(shop, "containers", heat=heat).svg


def test_no_box_moves_with_the_load(shop: Design) -> None:
    places = [re.findall(r'transform="[^"]*"', draw(shop, "containers", heat=h).svg) for h in ({}, {"bank": 12.345})]
    assert places[0] == places[1]


@pytest.mark.parametrize(("load_", "step"), [(0.1, 0), (0.5, 1), (0.7, 2), (0.85, 3), (9.0, 3), (float("inf"), 3)])
def test_load_is_tinted_in_four_steps_and_written_in_the_box(minimal: Design, load_: float, step: int) -> None:
    svg = recolour(draw(minimal, "containers", heat={}), {"user-service": load_})
    assert f'data-element="user-service" data-base="#EAF3F9" fill="{HEAT[step][1]}"' in svg
    assert ("saturated" if load_ == float("inf") else f"{load_ * 100:g}") in svg


# The other views


def test_events_stand_between_those_who_announce_and_those_who_act(shop: Design) -> None:
    picture = draw(shop, "events")
    for name, event in shop.events.items():
        assert name in texts(picture)
        assert event.from_ in texts(picture)
    assert "carried by" in texts(picture)


@pytest.mark.parametrize("view", ["events", "er", "sequence", "containers", "icons"])
def test_a_design_with_nothing_to_show_says_so_in_a_sentence(view: str) -> None:
    bare = Design.model_validate(
        {"archbook": 1, "name": "b", "traffic": {"daily_active_users": 1}, "services": {"a": {}}}
    )
    picture = draw(bare, view)
    assert picture.alt.endswith(".")
    assert len(picture.png()) > 500


def test_er_shows_tables_columns_and_keys(shop: Design) -> None:
    text = draw(shop, "er", of="orders-db").mermaid or ""
    assert "bigint order_id FK" in text
    assert 'n_orders ||--o{ n_order_items : "order_id"' in text


def test_sequence_follows_gateway_service_and_store_in_order(minimal: Design) -> None:
    text = draw(minimal, "sequence", of="GET /api/v1/orders").mermaid or ""
    arrows = re.findall(r"n_(\w+?)-?->>n_(\w+):", text)
    assert arrows == [("client", "gateway"), ("gateway", "order_service"), ("order_service", "orders_db")]


def test_sequence_tells_loops_options_and_parallel_calls() -> None:
    design = Design.model_validate({
        "archbook": 1, "name": "b",
        "traffic": {"daily_active_users": 1, "journeys": {"j": {"share": 1, "steps": [{"do": "GET /a", "times": 3}]}}},
        "services": {"a": {}, "b": {}, "c": {}},
        "stores": {"cache": {"engine": "redis", "role": "cache"}, "db": {"engine": "postgresql"}},
        "calls": [{"from": "a", "to": "cache"}, {"from": "a", "to": "db", "unless_hit": "cache"},
                  {"from": "a", "to": "b", "parallel": "p"}, {"from": "a", "to": "c", "parallel": "p"},
                  {"from": "b", "to": "db", "per_request": "per row"}],
        "events": {"done": {"from": "a", "to": ["c"], "on": ["GET /a"]},
                   "again": {"from": "c", "to": ["a"], "on": ["done"]}},
        "api": {"endpoints": [{"name": "GET /a", "service": "a", "rows": 7}]},
    })  # fmt: skip
    text = draw(design, "sequence").mermaid or ""
    for part in ("loop 3 times", "opt unless cache has the answer", "par at once: p", "and 2. c",
                 "loop 7 times, once a row", "n_a--)n_c: done", "n_c--)n_a: again"):  # fmt: skip
        assert part in text


def test_icons_are_part_of_the_picture_and_dot_names_no_path_of_this_machine(shop: Design) -> None:
    picture = draw(shop, "icons")
    assert "data:image/png;base64," in picture.svg
    assert 'image="resources/onprem/database/postgresql.png"' in (picture.dot or "")
    assert str(Path.home()) not in picture.svg + str(picture.dot)
    assert "site-packages" not in picture.svg + str(picture.dot)


def test_icons_are_drawn_without_a_graphviz_of_the_system(minimal: Design, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    found = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "dot" else found(name))
    assert "data:image/png;base64," in draw(minimal, "icons").svg


# Names


@pytest.mark.parametrize(
    ("view", "of", "says"),
    [
        ("containrs", None, "no view `containrs`; did you mean `containers`?"),
        ("er", "order-db", "no store or table `order-db`; did you mean `orders-db`?"),
        ("sequence", "chekout", "no journey or endpoint `chekout`; did you mean `checkout`?"),
        ("containers", "order-servce", "no element `order-servce`; did you mean `order-service`?"),
        ("events", "order.creatd", "no event `order.creatd`; did you mean `order.created`?"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(shop: Design, view: str, of: str | None, says: str) -> None:
    with pytest.raises(UnknownName) as error:
        draw(shop, view, of)
    assert str(error.value) == says


# What a picture can do


@pytest.mark.parametrize("view", ["containers", "events", "er", "sequence", "icons"])
def test_a_picture_stands_alone(shop: Design, view: str) -> None:
    picture = draw(shop, view)
    root = ET.fromstring(picture.svg)
    assert float(root.attrib["width"]) > 100
    assert root.attrib["viewBox"].split()[2:] == [root.attrib["width"], root.attrib["height"]]
    assert root.findtext(f"{SVG}title") == picture.title
    assert root.findtext(f"{SVG}desc") == picture.alt
    card = next(iter(root.iter(f"{SVG}rect")))
    assert (card.get("fill"), card.get("width")) == ("#FFFFFF", root.attrib["width"])
    assert "http" not in picture.svg.replace("http://www.w3.org/", "")
    assert min(float(e.attrib["font-size"]) for e in root.iter() if "font-size" in e.attrib) >= 12


def test_pictures_on_one_page_share_no_id(shop: Design) -> None:
    ids = [set(re.findall(r' id="([^"]*)"', draw(shop, view).svg)) for view in views()]
    for one, other in itertools.combinations(ids, 2):
        assert not one & other


@pytest.mark.parametrize("view", ["containers", "icons"])
def test_a_notebook_gets_the_svg_and_text_but_no_mermaid_to_draw_itself(minimal: Design, view: str) -> None:
    picture = draw(minimal, view)
    shown = picture._repr_mimebundle_()
    assert shown == {"text/html": picture.svg, "image/svg+xml": picture.svg, "text/plain": picture.alt}
    assert "max-width:100%" in picture.svg[: picture.svg.index(">")]


@pytest.mark.parametrize(
    ("name", "starts"),
    [("a.svg", b"<svg"), ("a.PNG", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.mmd", b"---"), ("a.mermaid", b"---")],
)
def test_a_picture_is_saved_in_the_format_of_its_suffix(
    tmp_path: Path, minimal: Design, name: str, starts: bytes
) -> None:
    path = draw(minimal, "containers").save(tmp_path / name)
    assert path.read_bytes().startswith(starts)


@pytest.mark.parametrize(
    ("view", "name", "says"),
    [("containers", "a.gif", "end the name in .svg"), ("containers", "a", "without a suffix"),
     ("icons", "a.mmd", "no mermaid text"), ("containers", "a.dot", "no dot text")],
)  # fmt: skip
def test_what_cannot_be_saved_is_said_in_a_sentence(
    tmp_path: Path, minimal: Design, view: str, name: str, says: str
) -> None:
    with pytest.raises(RenderError, match=re.escape(says)):
        draw(minimal, view).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_text_that_the_renderer_refuses_is_one_sentence() -> None:
    with pytest.raises(RenderError, match="could not be drawn") as error:
        lay_out('---\ntitle: "x"\n---\nflowchart LR\n\tn["a" --> b]]\n')
    assert "\n" not in str(error.value)
    assert isinstance(error.value, ArchbookError)


def test_drawing_opens_no_socket_and_never_builds_the_class_that_uploads(
    shop: Design, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mermaid

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a picture reached for the network")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(mermaid.Mermaid, "__init__", refuse)
    for view in views():
        picture = draw(shop, view)
        assert picture.png()
    with pytest.raises(AssertionError):
        mermaid.Mermaid("graph TD; a-->b")

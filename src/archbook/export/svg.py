"""An SVG picture made fit to stand inside an HTML page, next to others."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

_LINK = ("href", "{http://www.w3.org/1999/xlink}href")
_FORBIDDEN = {"script", "foreignObject", "iframe", "object", "embed", "audio", "video", "animate", "set", "handler"}
_OUTSIDE = re.compile(r"url\(\s*['\"]?(?!#|['\"]?#|data:image/(?:png|jpeg|svg\+xml)[;,])[^)]*\)|@import[^;]*;?", re.I)
_REFERENCE = re.compile(r"(url\(\s*['\"]?#|#)([A-Za-z_][\w.:-]*)")


def inline_svg(svg: str, prefix: str, alt: str) -> tuple[str, float, float]:
    """The picture for use inside a page, with its width and height in px. Raises ValueError where it is no SVG.

    Its ids get `prefix`, so that two pictures do not take each other's arrowheads; scripts, handlers and
    addresses outside the picture are left out; `alt` becomes its label. Its size is left to the page.
    """
    try:
        root = ET.fromstring(svg)
    except ET.ParseError as error:
        raise ValueError(f"the picture is not SVG ({error})") from None
    width, height = _size(root)
    ids = {element.get("id", "") for element in root.iter()} - {""}
    _clean(root)
    for element in root.iter():
        _rename(element, ids, prefix)
    for name in ("width", "height", "style"):
        root.attrib.pop(name, None)
    root.set("viewBox", root.get("viewBox") or f"0 0 {width:g} {height:g}")
    root.attrib |= {"role": "img", "aria-label": alt}
    return ET.tostring(root, encoding="unicode", short_empty_elements=True), width, height


def _size(root: ET.Element) -> tuple[float, float]:
    box = [float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", root.get("viewBox", ""))]
    sides = [re.fullmatch(r"([\d.]+)(px|pt)?", root.get(name, "")) for name in ("width", "height")]
    found = [float(m[1]) * (4 / 3 if m[2] == "pt" else 1) if m else 0.0 for m in sides]
    if not all(found) and len(box) == 4:
        found = [box[2], box[3]]
    return found[0] or 640.0, found[1] or 320.0


def _clean(element: ET.Element) -> None:
    for child in list(element):
        if not isinstance(child.tag, str) or _local(child.tag) in _FORBIDDEN:
            element.remove(child)
            continue
        _clean(child)
    element.tag = _local(element.tag)
    for name, value in list(element.attrib.items()):
        del element.attrib[name]
        local = _local(name)
        outside = name in _LINK and not re.match(r"#|data:image/(png|jpeg|svg\+xml)[;,]", value)
        if not local.lower().startswith("on") and not outside and not name.startswith("{http://www.w3.org/XML"):
            element.set(local, _OUTSIDE.sub("none", value))
    if element.tag == "style":
        element.text = _OUTSIDE.sub("none", "".join(element.itertext()))


def _rename(element: ET.Element, ids: set[str], prefix: str) -> None:
    def own(match: re.Match[str]) -> str:
        return match[1] + (prefix if match[2] in ids else "") + match[2]

    for name, value in element.attrib.items():
        if name == "id":
            element.set(name, prefix + value)
        elif name in ("aria-labelledby", "aria-describedby"):
            element.set(name, " ".join(prefix + part for part in value.split()))
        elif "#" in value:
            element.set(name, _REFERENCE.sub(own, value))
    if element.tag == "style" and element.text:
        element.text = _REFERENCE.sub(own, element.text)


def _local(name: str) -> str:
    return name.rpartition("}")[2]

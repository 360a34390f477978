"""An SVG picture made fit to stand inside an HTML page, next to others."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

_ACTIVE = {"script", "foreignObject", "iframe", "object", "embed", "audio", "video", "animate", "set", "handler"}
_OUTSIDE = re.compile(r"url\(\s*['\"]?(?!#|['\"]?#|data:image/(?:png|jpeg|svg\+xml)[;,])[^)]*\)|@import[^;]*;?", re.I)
_OWN = re.compile(r"#|data:image/(png|jpeg|svg\+xml)[;,]")


def inline_svg(svg: str, prefix: str, alt: str) -> tuple[str, float, float]:
    """The picture for use inside a page, with its width and height in px. Raises ValueError where it is no SVG.

    Its ids get `prefix`, so that two pictures do not take each other's arrowheads; scripts, handlers and
    addresses outside the picture are left out; `alt` becomes its label. Its size is left to the page.
    """
    try:
        root = ET.fromstring(svg)
    except ET.ParseError as error:
        raise ValueError(f"the picture is not SVG ({error})") from None
    box = root.get("viewBox") or f"0 0 {root.get('width', 640)} {root.get('height', 320)}"
    ids = "|".join(re.escape(element.attrib["id"]) for element in root.iter() if "id" in element.attrib)
    _clean(root)
    root.attrib = {k: v for k, v in root.attrib.items() if k not in ("width", "height", "style", "aria-labelledby")}
    root.attrib |= {"viewBox": box, "role": "img", "aria-label": alt}
    text = ET.tostring(root, encoding="unicode")
    if ids:
        text = re.sub(rf"(?<=[ (\"'}}>,]#)(?=(?:{ids})[^\w:-])|(?<= id=\")", prefix, text)
    width, height = (float(side) for side in box.split()[2:])
    return text, width, height


def _clean(element: ET.Element) -> None:
    for child in list(element):
        if _local(child.tag) in _ACTIVE:
            element.remove(child)
        else:
            _clean(child)
    element.tag = _local(element.tag)
    kept = {_local(name): _OUTSIDE.sub("none", value) for name, value in element.attrib.items()
            if not name.startswith("{http://www.w3.org/XML")}  # fmt: skip
    element.attrib = {name: value for name, value in kept.items()
                      if not name.lower().startswith("on") and (name != "href" or _OWN.match(value))}  # fmt: skip
    if element.tag == "style":
        element.text = _OUTSIDE.sub("none", "".join(element.itertext()))


def _local(name: str) -> str:
    return name.rpartition("}")[2]

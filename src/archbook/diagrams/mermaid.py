"""Mermaid text: labels that cannot break out, the flowchart that several views share, and its layout offline.

mermaid-py is used for its builders only. Its `Mermaid` class sends the text to a public server: never construct it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from archbook.diagrams.palette import FRAME, HEAT, INK, PURPLE, ROLES, TINTS
from archbook.diagrams.picture import one_line
from archbook.errors import RenderError

_PLAIN = frozenset(" .,_-/:()")
# Laid out one size larger than it is drawn: the renderer's font table is narrower than Arial by about 7 %.
_LAYOUT = """config:
  look: classic
  theme: neutral
  themeVariables:
    fontSize: 15.5px
  flowchart:
    wrappingWidth: 900
    nodeSpacing: 26
    rankSpacing: 30
    padding: 10
  elk:
    considerModelOrder: PREFER_EDGES
  sequence:
    diagramMarginX: 20
    diagramMarginY: 8
    width: 120
    height: 40
    actorMargin: 24
    mirrorActors: false
"""
_DAGRE = "  layout: dagre\n"  # for dense maps, which the default layout gives up
_TITLE = re.compile(r"---\ntitle: .*\n---\n")


def label(text: str, limit: int = 48) -> str:
    """Text as a Mermaid label: one line, cut first, then everything but plain characters as a code point.

    >>> label('say "hi" %%{init}')
    'say #34;hi#34; #37;#37;#123;init#125;'
    """
    text = one_line(text)
    text = text[: limit - 1] + "…" if len(text) > limit else text
    return "".join(c if (c.isascii() and c.isalnum()) or c in _PLAIN else f"#{ord(c)};" for c in text)


def ids(names: Iterable[str]) -> dict[str, str]:
    """A Mermaid id for every name: readable, unique, no reserved word.

    >>> ids(["order-service", "order.service", "end"])
    {'order-service': 'n_order_service', 'order.service': 'n_order_service_2', 'end': 'n_end'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        slug = "n_" + re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        chosen, count = slug, 2
        while chosen in taken:
            chosen, count = f"{slug}_{count}", count + 1
        taken.add(chosen)
        found[name] = chosen
    return found


def heading(title: str) -> str:
    """A title for mermaid-py's builders, which write it into YAML as it is."""
    return json.dumps(label(title, 90))


def accessible(script: str, kind: str, title: str, alt: str) -> str:
    """The script with what mermaid-py cannot say, below the line of its kind: title and alt text."""
    told = f"\taccTitle: {label(title, 90)}\n\taccDescr: {label(alt, 400)}\n"
    return script.replace(f"\n{kind}\n", f"\n{kind}\n{told}", 1)


def flowchart(
    title: str,
    alt: str,
    nodes: Sequence[Any],
    links: Sequence[Any],
    classes: Mapping[str, Sequence[str]],
    tints: Sequence[str] = (),
) -> str:
    """Flowchart text from left to right. classes: role, tint or step of load → ids. tints: of the links, or none.

    Class definitions are written here because mermaid-py keeps them in a set, whose order changes by process.
    """
    from mermaid.flowchart import FlowChart

    script = FlowChart(heading(title), nodes=list(nodes), links=list(links), orientation="LR").script
    ordered = sorted(
        classes, key=lambda name: (name.startswith("heat") or name in TINTS, name)
    )  # a later class paints over an earlier
    lines = [*map(_class, ordered), *(f"class {','.join(classes[name])} {name}" for name in ordered)]
    dotted = [str(index) for index, link in enumerate(links) if link.shape == "-.-"]
    strokes: dict[str, list[str]] = {}
    for index, tint in enumerate(tints):
        strokes.setdefault(TINTS[tint].stroke, []).append(str(index))
    lines += [f"linkStyle {','.join(numbers)} stroke:{stroke}" for stroke, numbers in strokes.items()]
    if dotted and not tints:
        lines.append(f"linkStyle {','.join(dotted)} stroke:{PURPLE}")
    text = accessible(script, "flowchart LR", title, alt)
    return text + "".join(f"\t{line}\n" for line in lines)


def _class(name: str) -> str:
    if name == "frame":
        return f"classDef frame fill:none,stroke:{FRAME}"
    if name.startswith("heat"):
        return f"classDef {name} fill:{HEAT[int(name[4:])][1]},color:{INK}"
    if name in TINTS:
        tint = TINTS[name]
        dashes = ",stroke-dasharray:5 4" if tint.dashed else ""
        return f"classDef {name} fill:{tint.fill},stroke:{tint.stroke},color:{INK}{dashes}"
    role = ROLES[name]
    dash = ",stroke-dasharray:5 4" if role.dashed else ""
    return f"classDef {name} fill:{role.fill},stroke:{role.stroke},color:{INK}{dash}"


def plain(text: str) -> str:
    """Characters that `lay_out` hid from the renderer, as themselves again."""
    return re.sub("[\ue000-\ue07f]", lambda match: chr(ord(match[0]) - 0xE000), text)


def _hidden(match: re.Match[str]) -> str:
    """One private character in place of ``#123;``: the renderer measures a code point by its digits."""
    code = int(match[1])
    return chr(0xE000 + code) if code < 0x80 else chr(code)


def lay_out(text: str) -> str:
    """Raw SVG of Mermaid text, drawn in this process by mmdr. Raises RenderError."""
    import mmdr

    hidden = re.sub(r"#(\d+);", _hidden, text)
    error: Exception | None = None
    for layout in ("", _DAGRE):
        try:
            return str(mmdr.render(_TITLE.sub(f"---\n{_LAYOUT}{layout}---\n", hidden, count=1)).svg())
        except (ValueError, RuntimeError) as refused:
            error = refused
    raise RenderError(f"the diagram could not be drawn ({' '.join(str(error).split())[:200]})") from None

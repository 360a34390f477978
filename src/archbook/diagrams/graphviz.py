"""Layout by Graphviz in a process of its own, and a safe copy of what it drew."""

from __future__ import annotations

import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from archbook.diagrams.shapes import element
from archbook.diagrams.svg import GEOMETRY
from archbook.errors import RenderError

TIME_LIMIT_S = 60
KEPT = GEOMETRY | {"fill", "stroke", "stroke-dasharray", "font-size", "font-weight"}
SHAPES = frozenset({"g", "path", "polygon", "polyline", "ellipse", "text", "image"})


def lay_out(dot: str, what: str, same_everywhere: bool = False) -> ET.Element:
    """What Graphviz draws of DOT text. what: the picture, for the error. Raises RenderError.

    same_everywhere: prefer graphviz-pure, whose pictures are the same on every machine, over `dot` on PATH.
    """
    beside = Path(sys.executable).with_name("graphviz-pure")
    pure = shutil.which("graphviz-pure") or (str(beside) if beside.exists() else None)
    found = [pure, shutil.which("dot")]
    program = next(filter(None, found if same_everywhere else reversed(found)), None)
    if program is None:
        raise RenderError(f"{what} needs Graphviz; install it, or `pip install graphviz-pure`")
    try:
        done = subprocess.run(
            [program, "-Kdot", "-Tsvg"], input=dot.encode(), capture_output=True, timeout=TIME_LIMIT_S, check=True
        )
    except subprocess.TimeoutExpired:
        why = f"it took longer than {TIME_LIMIT_S} s"
    except (OSError, subprocess.CalledProcessError) as error:
        why = str(error)
    else:
        return ET.fromstring(done.stdout)
    raise RenderError(f"Graphviz ({Path(program).name}) could not draw {what} ({why})")


class Copier:
    """Copies known shapes and attributes only; a view says what is special about its own."""

    def copies(self, source: ET.Element) -> list[ET.Element]:
        return [copied for child in source if (copied := self.copy(child)) is not None]

    def copy(self, source: ET.Element) -> ET.Element | None:
        tag = source.tag.rpartition("}")[2] if isinstance(source.tag, str) else ""
        if tag not in SHAPES or (tag == "polygon" and source.get("stroke") in ("transparent", "none") and self.bare):
            return None
        if tag == "image":
            return self.image(source)
        copied = element(tag, **{key: value for key, value in source.attrib.items() if key in KEPT})
        copied.text = source.text if tag == "text" else None
        copied.extend(self.copies(source))
        self.group(source, copied)
        return copied

    bare = True  # whether areas without a border are left out

    def image(self, source: ET.Element) -> ET.Element | None:  # noqa: ARG002
        """A picture inside the picture: none, unless a view knows where it comes from."""
        return None

    def group(self, source: ET.Element, copied: ET.Element) -> None:
        """Change what was copied."""

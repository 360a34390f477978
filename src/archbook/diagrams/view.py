"""What a view is, and finding all of them: one file each in ``views/``."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from archbook.design.model import Design
from archbook.diagrams.mermaid import ids, lay_out
from archbook.diagrams.picture import Picture
from archbook.errors import RenderError, UnknownName, shown

Heat = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class View:
    """One way to look at a design.

    build: (design, of, heat) → picture; `of` is one of `names(design)` or None.
    takes: what `of` names, such as ``store``; empty where the view is always of the whole.
    """

    name: str
    title: str
    build: Callable[[Design, str | None, Heat | None], Picture]
    takes: str = ""
    names: Callable[[Design], Sequence[str]] = lambda _: ()


@functools.cache
def views() -> Mapping[str, View]:
    """All views by name. A new one is one new file in ``views/`` with a `VIEW`."""
    package = importlib.import_module("archbook.diagrams.views")
    found = [
        importlib.import_module(f"{package.__name__}.{module.name}")
        for module in pkgutil.iter_modules(package.__path__)
    ]
    return MappingProxyType({module.VIEW.name: module.VIEW for module in found})


def draw(design: Design, view: str, of: str | None = None, heat: Heat | None = None) -> Picture:
    """A view of a design.

    of: the element, store or journey that it is about, for the views that take one.
    heat: utilisation (dimensionless) by element; tints the containers. Pass ``{}`` to keep room for `recolour`.
    Raises UnknownName, RenderError.
    """
    known = views()
    if view not in known:
        raise UnknownName("view", view, known)
    chosen = known[view]
    names = chosen.names(design) if of is not None else ()
    if of is not None and not chosen.takes:
        raise RenderError(f"the view `{view}` is always of the whole design; leave out `of` ({shown(of)})")
    if of is not None and of not in names:
        raise UnknownName(chosen.takes, of, names)
    return chosen.build(design, of, heat)


def note(title: str, sentence: str) -> Picture:
    """A picture that says in one sentence why there is nothing to draw."""
    from mermaid.flowchart import Node

    from archbook.diagrams.mermaid import flowchart, label
    from archbook.diagrams.svg import Box, Frame, finish

    chosen = ids(["note"])["note"]
    text = flowchart(title, sentence, [Node(chosen, label(sentence, 200))], [], {"remark": [chosen]})
    return Picture(
        title, sentence, finish(lay_out(text), Frame(title, sentence), {chosen: Box("", "", "remark")}), text
    )

"""Pictures of a design: views as Mermaid text and as SVG, PNG and PDF drawn offline."""

import importlib

from archbook.diagrams.palette import recolour as _recolour
from archbook.diagrams.picture import Picture

importlib.import_module("archbook.diagrams.views")  # first: importing the folder takes the name `views`
from archbook.diagrams.view import Heat, View, draw, views  # noqa: E402

__all__ = ["Picture", "View", "draw", "recolour", "views"]


def recolour(picture: Picture, heat: Heat) -> str:
    """The SVG of a containers picture with other loads, in well under 2 ms: no box moves.

    picture: drawn with ``heat={}`` (then the legend explains the tints). heat: utilisation by element.
    """
    return _recolour(picture.svg, heat)

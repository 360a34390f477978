"""Pictures of a design: views as Mermaid text and as SVG, PNG and PDF drawn offline."""

import importlib

from archbook.diagrams.palette import recolour
from archbook.diagrams.picture import Picture

importlib.import_module("archbook.diagrams.views")  # first: importing the folder takes the name `views`
from archbook.diagrams.view import View, draw, views  # noqa: E402

__all__ = ["Picture", "View", "draw", "recolour", "views"]

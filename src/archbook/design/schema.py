"""JSON Schema of the design format, for editors."""

from __future__ import annotations

from typing import Any

from archbook import units
from archbook.design.model import Design
from archbook.design.variants import LISTED, NAMED, Variant

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ID = "urn:archbook:design:1"
VARIANT_ID = "urn:archbook:variant:1"
KINDS = ("Duration", "PositiveDuration", "Size", "Rate", "Share", "Number", "PositiveNumber", "MultipleOfToday")


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of `design.yaml`: every key with its meaning, quantities as text with a unit.

    >>> json_schema()["title"]
    'Archbook design'
    """
    schema = Design.model_json_schema(by_alias=True, mode="validation")
    quantities: dict[str, Any] = {}
    body = _tidied({key: schema[key] for key in schema if key not in ("title", "$defs")}, quantities)
    parts = {name: _tidied(part, quantities) for name, part in schema["$defs"].items()}
    return {"$schema": DIALECT, "$id": ID, "title": "Archbook design", **body, "$defs": {**parts, **quantities}}


def variant_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a variant, `variants/NAME.yaml`: what it adds is described as in a design.

    >>> variant_schema()["properties"]["add"]["properties"]["services"]["description"]
    'Services by name.'
    """
    whole = json_schema()
    own = _tidied(Variant.model_json_schema(mode="validation"), {})
    pieces: dict[str, Any] = {}
    for where in (*NAMED, *LISTED):
        holder = whole
        for step in where[:-1]:
            holder = whole["$defs"][step.capitalize()]
            pieces.setdefault(step, {"type": "object", "additionalProperties": False, "properties": {}})
        target = pieces[where[0]]["properties"] if where[1:] else pieces
        target[where[-1]] = holder["properties"][where[-1]]
    own["properties"]["add"] |= {"additionalProperties": False, "properties": pieces}
    return {
        "$schema": DIALECT,
        "$id": VARIANT_ID,
        "title": "Variant of an Archbook design",
        **own,
        "$defs": whole["$defs"],
    }


def _tidied(part: Any, quantities: dict[str, Any]) -> Any:
    """Without generated titles and empty defaults; each kind of quantity once, under its name."""
    if isinstance(part, list):
        return [_tidied(entry, quantities) for entry in part]
    if not isinstance(part, dict):
        return part
    kept = {key: _tidied(value, quantities) for key, value in part.items()}
    title = kept.pop("title", None) if isinstance(kept.get("title"), str) else None
    if kept.get("default") in ("", {}, [], None) or isinstance(kept.get("default"), dict):
        kept.pop("default", None)
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    if "anyOf" in kept and title in KINDS:
        if title.endswith("Duration") and "default" in kept:
            kept["default"] = units.show_duration(kept["default"])
        quantities[title] = {"anyOf": kept.pop("anyOf")}
        return {"$ref": f"#/$defs/{title}", **kept}
    return kept

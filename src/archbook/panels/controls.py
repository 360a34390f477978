"""Controls that every panel shares: sliders over sensible values, and the frame they stand in."""

from __future__ import annotations

import html
import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import ipywidgets as widgets

_STEPS = (1.0, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2.0, 2.2, 2.4, 2.7, 3.0, 3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8,
          7.5, 8.2, 9.1)  # fmt: skip
_COUNTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 96)
FRAME_STYLE = """<style>
.archbook-panel .widget-label, .archbook-panel .widget-readout {font-variant-numeric: tabular-nums}
.archbook-panel .widget-inline-hbox .widget-label {min-width: 116px; text-align: left}
.archbook-panel .widget-html-content {min-width: 0; max-width: 100%}
.archbook-panel .widget-dropdown > select {text-overflow: ellipsis}
body[data-jp-theme-light="false"] .archbook-panel .widget-dropdown > select {
  appearance: auto; background-image: none; color-scheme: dark
}
.archbook-panel .archbook-answer {font-size: 15px; line-height: 1.45; margin: 4px 0 8px}
.archbook-panel :is(.archbook-top, .archbook-below) {contain: content}
.archbook-panel .archbook-below {content-visibility: auto; contain-intrinsic-size: auto 500px}
.archbook-panel :is(.archbook-chart, .archbook-diagram) svg {max-width: 100%; height: auto}
.archbook-panel .archbook-changed {font-size: 12px; line-height: 1.4; margin: 4px 0}
.archbook-panel button:focus-visible, .archbook-panel .noUi-handle:focus {
  outline: 2px solid #0072B2; outline-offset: 1px
}
</style>"""


def logarithmic(low: float, high: float, *exact: float) -> list[float]:
    """Values from low to high in steps of about 10 % that hold every one of `exact`.

    >>> logarithmic(1, 3, 2.5)
    [1.0, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2.0, 2.2, 2.4, 2.5, 2.7, 3.0]
    """
    decade, values = 1.0, set(exact)
    while decade > low:
        decade /= 10
    while decade <= high:
        values.update(round(step * decade, 12) for step in _STEPS)
        decade *= 10
    return sorted(float(value) for value in values if low <= value <= high)


def counts(high: int, *exact: int) -> list[int]:
    """Whole numbers from 1 to high, wider apart as they grow, that hold every one of `exact`.

    >>> counts(12, 11)
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    """
    values, decade = set(exact) | set(_COUNTS), 10
    while decade * 10 <= high:
        values.update(count * decade for count in _COUNTS if count >= 10)
        decade *= 10
    return sorted(value for value in values if 1 <= value <= high)


def round_ticks(top: float, show: Any) -> list[tuple[float, str]]:
    """Round values from 0 to about `top`, each with its text.

    >>> round_ticks(43, str)
    [(0.0, '0.0'), (10.0, '10.0'), (20.0, '20.0'), (30.0, '30.0'), (40.0, '40.0')]
    """
    step = next(size * 10.0**power for power, size in itertools.product(range(-9, 12), (1, 2, 5))
                if size * 10.0**power * 5 >= top)  # fmt: skip
    return [(step * i, show(step * i)) for i in range(int(top / step + 1e-9) + 1)]


def labelled(kind: Callable[..., Any], label: str, tip: str, **options: Any) -> Any:
    """A control with its label before it, as wide as its column."""
    usual = {"style": {"description_width": "116px"}, "layout": widgets.Layout(width="auto")}
    return kind(description=label, tooltip=tip, **{**usual, **options})


def slider(
    label: str, values: Sequence[Any], value: Any, show: Callable[[Any], str], tip: str
) -> widgets.SelectionSlider:
    """A slider over given values that shows each with its unit and steps with the arrow keys."""
    options = [(show(v), v) for v in values]
    control = labelled(widgets.SelectionSlider, label, tip, options=options, value=value, continuous_update=True)
    control.add_class("archbook-slider")
    return control


def set_values(control: widgets.SelectionSlider, values: Sequence[Any], value: Any, show: Callable[[Any], str]) -> None:
    """Give a slider other values; the caller ignores the changes that it sees meanwhile."""
    control.options = [(show(v), v) for v in values]
    control.value = value


def menu(label: str, names: Iterable[str], value: str | None, tip: str) -> widgets.Dropdown:
    """A drop-down list of names."""
    return labelled(widgets.Dropdown, label, tip, options=list(names), value=value)


def button(label: str, tip: str, act: Callable[[], None]) -> widgets.Button:
    """A button that calls `act`."""
    control = widgets.Button(description=label, tooltip=tip, layout=widgets.Layout(width="auto"))
    control.on_click(lambda _: act())
    return control


def row(*parts: widgets.Widget) -> widgets.HBox:
    """Buttons beside each other, on as many lines as they need."""
    return widgets.HBox(parts, layout=widgets.Layout(flex_flow="row wrap"))


def shown(*places: str) -> widgets.HTML:
    """What a panel writes, with the style of its places, such as `top`, `below` or `diagram`."""
    control = widgets.HTML()
    for place in places:
        control.add_class(f"archbook-{place}")
    return control


def frame(
    controls: Sequence[widgets.Widget], results: Sequence[widgets.Widget], below: Sequence[widgets.Widget]
) -> tuple[widgets.Widget, ...]:
    """Controls left, results right, wide things below; under about 900 px all stand one below the other."""
    left = widgets.VBox(list(controls), layout=widgets.Layout(flex="0 1 380px", min_width="300px", margin="0 16px 0 0"))
    right = widgets.VBox(list(results), layout=widgets.Layout(flex="1 1 540px", min_width="0"))
    row = widgets.HBox([left, right], layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start"))
    return widgets.HTML(FRAME_STYLE, layout=widgets.Layout(display="none")), row, *below


def sentence(text: str, kind: str = "answer") -> str:
    """A sentence as HTML; names between asterisks become bold."""
    parts = html.escape(text).split("*")
    body = "".join(f"<b>{part}</b>" if i % 2 else part for i, part in enumerate(parts))
    return f'<div class="archbook-{kind}" role="status">{body}</div>'

"""The parts every picture is made of: where a day lies, and Vega's marks as they are used here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from cds_service.workbench.timeline.series import Timeline

Spec = dict[str, Any]
FONT = "system-ui, 'Segoe UI', 'Liberation Sans', sans-serif"
INK, MUTED, ALARM = "#1c2733", "#5b6673", "#9c2a10"
#: Room right of the plot for the names of limits, px; none on a narrow page.
SIDE = 132


class Axis:
    """Where days lie: what is before the axis begins stands at its edge."""

    def __init__(self, drawn: Timeline) -> None:
        self.begin, self.end = drawn.begin.toordinal(), drawn.end.toordinal()
        width = self.end - self.begin
        self.edge = self.begin - round(width * 0.07)
        first = self.begin - round(width * (0.1 if drawn.early else 0.02))
        self.domain = [first, self.end + max(round(width * 0.02), 1)]

    def early(self, day: date) -> bool:
        return day.toordinal() < self.begin

    def at(self, day: date) -> int:
        """The number of a day on the scale."""
        return self.edge if self.early(day) else day.toordinal()


def symbols(name: str, data: str, y: Spec, size: int, **encode: Any) -> Spec:
    """Marks a reader can point at or step to: each carries its name, shape and colour in its data."""
    update: Spec = {
        "x": {"scale": "x", "field": "x"},
        "y": y,
        "shape": {"field": "shape"},
        "size": {"value": size},
        "fill": {"field": "fill"},
        "stroke": {"field": "stroke"},
        "strokeWidth": {"value": 1.6},
        "description": {"field": "label"},
    }
    return {"type": "symbol", "name": name, "from": {"data": data}, "encode": {"update": update | encode}}


def text(source: Mapping[str, Any] | None, update: Spec, **more: Any) -> Spec:
    """Text that only accompanies: the marks' names say the same to a screen reader."""
    spec: Spec = {"type": "text", "aria": False, "interactive": False, "encode": {"update": update}}
    return spec | ({"from": dict(source)} if source is not None else {}) | more


def beside(marked: str, height: int, words: Spec, anchors: tuple[str, ...], avoid: tuple[str, ...] = ()) -> Spec:
    """A text beside each mark, left out where there is no room."""
    size = {"signal": f"[narrow ? plot + 6 : plot + {SIDE - 10}, {height}]"}
    label: Spec = {"type": "label", "size": size, "anchor": list(anchors), "offset": [5], "avoidMarks": list(avoid)}
    halo: Spec = {"stroke": {"value": "white"}, "strokeWidth": {"value": 3}}
    return text({"data": marked}, {"text": words, "fill": {"value": INK}} | halo, transform=[label])


def group(name: str, y: int, height: int, content: Spec) -> Spec:
    """A lane or panel: a group with its own data, scales and marks."""
    update = {"y": {"value": y}, "width": {"signal": "plot"}, "height": {"value": height}}
    return {"type": "group", "name": name, "encode": {"update": update}} | content

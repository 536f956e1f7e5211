"""The timeline's picture as a Vega specification: data and layout, no text of it ever read as code.

Days are plain numbers on a linear scale (the proleptic ordinal), so that no time zone can move a mark.
The picture is drawn in the browser by Vega (static/vendor) at the width of the page; lines that
depend on that width are Vega expressions over `width`, all of them written here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from cds_service.workbench.timeline import marks
from cds_service.workbench.timeline.axis import ticks
from cds_service.workbench.timeline.lane_marks import LANE_HEIGHT, fracture_lane, lane_group
from cds_service.workbench.timeline.marks import INK, MUTED, SIDE, Spec
from cds_service.workbench.timeline.panel_marks import panel_group, panel_height
from cds_service.workbench.timeline.series import Timeline
from cds_service.workbench.timeline.words import Words

#: Room left of the axes, above the first lane and below the last panel, px.
LEFT, TOP, BOTTOM = 40, 26, 26


def picture(drawn: Timeline, words: Words) -> Spec:
    """The specification of the picture."""
    groups, height = _stacked(drawn, words)
    place = marks.Axis(drawn)
    return {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "description": describe(drawn, words),
        "autosize": "none",
        "padding": {"left": LEFT, "right": 6, "top": TOP, "bottom": BOTTOM},
        "width": 760,
        "height": height,
        "background": "white",
        "config": {"text": {"font": marks.FONT, "fontSize": 12, "fill": INK}},
        "signals": [
            {"name": "narrow", "update": "width < 560"},
            {"name": "across", "update": "narrow ? 2 : 3"},
            {"name": "plot", "update": f"narrow ? width : width - {SIDE}"},
        ],
        "scales": [
            {"name": "x", "type": "linear", "zero": False, "domain": place.domain, "range": [0, {"signal": "plot"}]}
        ],
        "data": [{"name": "ticks", "values": list(ticks(drawn, words))}],
        "marks": [*_grid(height, drawn.as_of), *_today(drawn.as_of, height, words), *groups],
    }


def describe(drawn: Timeline, words: Words) -> str:
    """The picture's name for a screen reader: its period and what is in it."""
    titles = [words.of("panel", "fractures")] if drawn.fractures else []
    titles += [words.lane_title(lane) for lane in drawn.lanes]
    titles += [words.of("panel", panel.name) for panel in drawn.panels]
    begin, end = (words.say.day(day) for day in (drawn.begin, drawn.as_of))
    return words.text("description", begin=begin, end=end, content=words.say.list(titles))


def _stacked(drawn: Timeline, words: Words) -> tuple[list[Spec], int]:
    """The lanes and panels one below the other, and how high they are together."""
    place = marks.Axis(drawn)
    groups: list[Spec] = []
    y = 0
    if drawn.fractures:
        groups.append(fracture_lane(drawn.fractures, place, words, y))
        y += LANE_HEIGHT
    for number, lane in enumerate(drawn.lanes):
        groups.append(lane_group(f"lane{number}", lane, drawn, place, words, y))
        y += LANE_HEIGHT
    for panel in drawn.panels:
        groups.append(panel_group(panel, place, words, y))
        y += panel_height(panel)
    return groups, y


def _grid(height: int, today: date) -> Iterator[Spec]:
    """Years (or months) as faint lines, named above and below: as many as there is room for, none over today."""
    x: Spec = {"scale": "x", "field": "x"}
    shown = "datum.i % max(1, ceil(datum.n * 46 / plot)) === 0"
    clear = f"abs(scale('x', datum.x) - scale('x', {today.toordinal()})) > 40"
    yield {
        "type": "rule",
        "from": {"data": "ticks"},
        "aria": False,
        "interactive": False,
        "encode": {"update": {"x": x, "y": {"value": 0}, "y2": {"value": height}, "stroke": {"value": "#e3e6ea"}}},
    }
    for y, baseline, when in ((height + 6, "top", shown), (-8, "bottom", f"{shown} && {clear}")):
        named: Spec = {"signal": f"{when} ? 1 : 0"}
        yield marks.text(
            {"data": "ticks"},
            {"x": x, "y": {"value": y}, "text": {"field": "text"}, "opacity": named, "fill": {"value": MUTED}}
            | {"align": {"value": "center"}, "baseline": {"value": baseline}},
        )


def _today(today: date, height: int, words: Words) -> Iterator[Spec]:
    x: dict[str, Any] = {"scale": "x", "value": today.toordinal()}
    named: Spec = {"signal": f"scale('x', {today.toordinal()}) - (narrow ? 10 : 0)"}
    yield {
        "type": "rule",
        "name": "today",
        "aria": False,
        "interactive": False,
        "encode": {
            "update": {"x": x, "y": {"value": -4}, "y2": {"value": height + 4}, "stroke": {"value": INK}}
            | {"strokeWidth": {"value": 1.2}}
        },
    }
    yield marks.text(
        None,
        {"x": named, "y": {"value": -8}, "text": {"value": words.text("today")}, "align": {"value": "center"}}
        | {"baseline": {"value": "bottom"}, "fontWeight": {"value": "bold"}, "fill": {"value": INK}},
    )

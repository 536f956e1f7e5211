"""A panel of results: its scale, limits, lines between results, and a mark for each."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from cds_service.workbench.timeline.marks import INK, MUTED, Axis, Spec, beside, group, symbols, text
from cds_service.workbench.timeline.series import Limit, Panel, Point
from cds_service.workbench.timeline.words import Words

#: Shape, colour and line of each series; they differ also without colour.
STYLES = {
    "lumbar_spine": ("circle", "#1b5e9b", [1, 0]),
    "femoral_neck": ("square", "#a8480a", [7, 3]),
    "total_hip": ("triangle-up", "#2c7244", [2, 3]),
    "unstated": ("diamond", "#5a4a86", [9, 3, 2, 3]),
    "forearm": ("cross", "#4a5560", [4, 6]),
    "other": ("triangle-down", "#4a5560", [1, 5]),
}
PLAIN = ("circle", "#1b5e9b", [1, 0])
#: Title, key, plot and room below, px.
TITLE, KEY, PLOT, TALL, BELOW = 24, 20, 92, 150, 22
#: More results than this stand without their number, and smaller.
NUMBERED, FEW = 40, 4


def panel_height(panel: Panel) -> int:
    """How much of the picture the panel takes, px."""
    return _head(panel) + _plot(panel) + BELOW


def _head(panel: Panel) -> int:
    return TITLE + (KEY * ceil(len(panel.series) / 2) if panel.name == "t_score" else 0)


def _plot(panel: Panel) -> int:
    return TALL if panel.name == "t_score" else PLOT


def panel_group(panel: Panel, place: Axis, words: Words, y: int) -> Spec:
    """The panel as a group of marks."""
    head, height = _head(panel), _plot(panel)
    few = len(panel.points) <= NUMBERED
    low, high, steps = _scale(panel)
    name = panel.name
    content: Spec = {
        "data": list(_data(panel, place, words)),
        "scales": [{"name": "y", "type": "linear", "zero": False, "domain": [low, high], "range": [height, 0]}],
        "axes": [_axis(panel, steps, words)],
        "marks": [
            *_band(panel, words),
            *_limits(panel),
            *(_line(series) for series in panel.series),
            symbols(name, f"{name}_points", {"scale": "y", "field": "y"}, 64 if few else 20),
            *([_numbers(panel, height)] if few else []),
        ],
    }
    inner = group(f"{name}_plot", head, height, content)
    title = text(None, {"text": {"value": words.of("panel", name)}, "x": {"value": -34}, "y": {"value": 12}, **_BOLD})
    return group(
        f"{name}_panel",
        y,
        head + height,
        {"description": words.of("panel", name), "marks": [title, *_key(panel, words), inner]},
    )


_BOLD: Spec = {"fontWeight": {"value": "bold"}, "baseline": {"value": "middle"}}


def _data(panel: Panel, place: Axis, words: Words) -> Iterator[Spec]:
    last = {point.series: point for point in panel.points}
    rows = [_row(point, place, words) | {"last": last[point.series] is point} for point in panel.points]
    yield {"name": f"{panel.name}_points", "values": rows}
    for series in panel.series:
        rows = [
            {"x": place.at(p.day), "y": p.fact.value}
            for p in panel.points
            if p.series == series and not place.early(p.day)
        ]
        yield {"name": f"{series}_days", "values": rows}
    yield {"name": "limits", "values": [_limit_row(limit, panel, place, words) for limit in panel.limits]}


def _row(point: Point, place: Axis, words: Words) -> Spec:
    shape, colour, _ = STYLES.get(point.series, PLAIN)
    return {
        "x": place.at(point.day),
        "y": point.fact.value,
        "shape": shape,
        "stroke": colour,
        "fill": "white" if point.fact.comparator else colour,
        "value": words.short(point.fact),
        "label": words.label(words.point(point)),
    }


def _limit_row(limit: Limit, panel: Panel, place: Axis, words: Words) -> Spec:
    row: Spec = {"y": limit.value, "text": words.limit_name(limit)}
    if limit.start is not None and limit.end is not None:
        row |= {"x": place.at(limit.start), "x2": place.at(limit.end)}
        row["label"] = words.label(words.limit(panel.name, limit))
        latest = max(panel.points, key=lambda point: point.day)
        row["under"] = latest.fact.value >= limit.value
    return row


def _scale(panel: Panel) -> tuple[float, float, list[float]]:
    """Lowest and highest value shown, and where numbers stand; limits and band are always in sight."""
    values = [point.fact.value for point in panel.points] + [limit.value for limit in panel.limits]
    if panel.band is not None:
        values += [panel.band.low, panel.band.high]
    if panel.name == "t_score":
        low, high = min(*values, -3.0) - 0.4, max(*values, 0.0) + 0.4
    else:
        low, high = 0.0, max(values) * 1.3
    size = next(
        (s for s in (0.5, 1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000) if (high - low) / s <= 5), high - low
    )
    first = ceil(low / size)
    return low, high, [n * size for n in range(first, int(high // size) + 1)]


def _numbers(panel: Panel, height: int) -> Spec:
    """The values beside their marks; on a narrow page only the last of each series when there are many."""
    many = str(len(panel.points) > FEW).lower()
    shown = {"signal": f"narrow && {many} && !datum.datum.last ? '' : datum.datum.value"}
    lines = [f"line_{series}" for series in panel.series]
    lines += [f"{panel.name}_limits", f"{panel.name}_names"] if panel.limits else []
    return beside(panel.name, height, shown, ("top", "bottom", "right", "left"), tuple(lines))


def _axis(panel: Panel, steps: list[float], words: Words) -> Spec:
    form = ".1f" if panel.name == "t_score" else "~f"
    sign = "," if words.say.code == "da" else "."
    label = {"signal": f"replace(format(datum.value, '{form}'), '.', '{sign}')"}
    return {
        "scale": "y",
        "orient": "left",
        "values": steps,
        "aria": False,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "labelColor": MUTED,
        "labelFontSize": 11,
        "encode": {"labels": {"update": {"text": label}}},
    }


def _line(series: str) -> Spec:
    _, colour, dash = STYLES.get(series, PLAIN)
    update: Spec = {"x": {"scale": "x", "field": "x"}, "y": {"scale": "y", "field": "y"}}
    update |= {"stroke": {"value": colour}, "strokeWidth": {"value": 1.8}, "strokeDash": {"value": dash}}
    return {
        "type": "line",
        "name": f"line_{series}",
        "aria": False,
        "interactive": False,
        "from": {"data": f"{series}_days"},
        "encode": {"update": update},
    }


def _band(panel: Panel, words: Words) -> Iterator[Spec]:
    if panel.band is None:
        return
    low, high = ({"scale": "y", "value": value} for value in (panel.band.low, panel.band.high))
    across: Spec = {"x": {"value": 0}, "x2": {"signal": "plot"}}
    update = across | {"y": low, "y2": high, "fill": {"value": "#dfeadf"}}
    yield {"type": "rect", "aria": False, "interactive": False, "encode": {"update": update}}
    middle = {"scale": "y", "value": (panel.band.low + panel.band.high) / 2}
    yield text(None, {"text": {"value": words.limit_name(panel.band)}, "y": middle, **_AT_SIDE})


#: Beside the plot; on a narrow page inside it, at its right end.
_AT_SIDE: Spec = {
    "x": {"signal": "narrow ? 2 : plot + 8"},
    "align": {"value": "left"},
    "baseline": {"signal": "narrow ? 'bottom' : 'middle'"},
    "fill": {"value": MUTED},
    "stroke": {"value": "white"},
    "strokeWidth": {"value": 3},
}


def _limits(panel: Panel) -> Iterator[Spec]:
    """Lines all along, and those on some days only (a marker's 30 % fall); the latter have a name of their own."""
    if not panel.limits:
        return
    dated = any(limit.start is not None for limit in panel.limits)
    y: Spec = {"scale": "y", "field": "y"}
    line: Spec = {"y": y, "stroke": {"value": INK}, "strokeWidth": {"value": 1.2}, "strokeDash": {"value": [5, 4]}}
    if dated:
        line |= {
            "x": {"scale": "x", "field": "x"},
            "x2": {"scale": "x", "field": "x2"},
            "description": {"field": "label"},
        }
        inside = "(narrow || scale('x', datum.x2) - scale('x', datum.x) > 74)"
        at: Spec = {"x": {"signal": f"scale('x', datum.x2) + ({inside} ? -4 : 4)"}}
        at |= {"dy": {"signal": f"!{inside} ? 0 : datum.under ? 3 : -3"}}
        at |= {"align": {"signal": f"{inside} ? 'right' : 'left'"}}
        at |= {"baseline": {"signal": f"!{inside} ? 'middle' : datum.under ? 'top' : 'bottom'"}}
        at |= {"fill": {"value": MUTED}, "stroke": {"value": "white"}, "strokeWidth": {"value": 3}}
    else:
        line |= {"x": {"value": 0}, "x2": {"signal": "plot"}}
        at = _AT_SIDE
    rule: Spec = {
        "type": "rule",
        "name": f"{panel.name}_limits",
        "from": {"data": "limits"},
        "encode": {"update": line},
    }
    yield rule if dated else rule | {"aria": False, "interactive": False}
    yield text({"data": "limits"}, {"text": {"field": "text"}, "y": y, **at}, name=f"{panel.name}_names")


def _key(panel: Panel, words: Words) -> Iterator[Spec]:
    """What shape and line each site has; two or three beside each other (`across`)."""
    if panel.name != "t_score":
        return
    for number, series in enumerate(panel.series):
        shape, colour, dash = STYLES.get(series, PLAIN)
        x = f"{number} % across * min(plot / across, 190) - 30"
        y: Spec = {"signal": f"{TITLE + 6} + {KEY} * floor({number} / across)"}
        line = {"x": {"signal": x}, "x2": {"signal": f"{x} + 24"}, "y": y, "stroke": {"value": colour}}
        line |= {"strokeDash": {"value": dash}, "strokeWidth": {"value": 1.8}}
        yield {"type": "rule", "aria": False, "interactive": False, "encode": {"update": line}}
        mark = {"x": {"signal": f"{x} + 12"}, "y": y, "shape": {"value": shape}, "fill": {"value": colour}}
        mark |= {"size": {"value": 64}}
        yield {"type": "symbol", "aria": False, "interactive": False, "encode": {"update": mark}}
        name = {"x": {"signal": f"{x} + 29"}, "y": y, "text": {"value": words.say.term(f"site.{series}")}}
        yield text(None, {**name, "baseline": {"value": "middle"}, "limit": {"signal": "min(plot / across, 190) - 34"}})

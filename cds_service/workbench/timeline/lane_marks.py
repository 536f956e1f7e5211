"""Lanes of the picture: periods as bars with their dose, injections with their limit, fractures as marks."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.workbench.timeline.lanes import Course, Gap, Given, Lane
from cds_service.workbench.timeline.marks import ALARM, INK, Axis, Spec, beside, group, symbols, text
from cds_service.workbench.timeline.series import Break, Timeline
from cds_service.workbench.timeline.words import Words

#: A lane, its name above, and the middle and height of its bars, px.
LANE_HEIGHT, TITLE, MIDDLE, BAR = 46, 8, 29, 18
FILLS = {"bone": "#cbdcee", "glucocorticoid": "#f3d9b1", "supplement": "#e4e8e3"}
EDGES = {"bone": "#1b5e9b", "glucocorticoid": "#8a5a00", "supplement": "#6d7a6b"}
X: Spec = {"scale": "x", "field": "x"}
X2: Spec = {"scale": "x", "field": "x2"}


def fracture_lane(fractures: tuple[Break, ...], place: Axis, words: Words, y: int) -> Spec:
    """A cross per fracture, with its site beside it where there is room."""
    rows = []
    for fracture in fractures:
        entry = words.fracture(fracture.fact)
        rows.append(
            {"x": place.at(fracture.day), "shape": "cross", "fill": ALARM, "stroke": ALARM}
            | {"value": str(fracture.day.year) if place.early(fracture.day) else entry.what}
            | {"label": words.label(entry)}
        )
    crosses = symbols("fractures", "breaks", {"value": MIDDLE}, 110, angle={"value": 45}, strokeWidth={"value": 0.5})
    content: Spec = {
        "description": words.of("panel", "fractures"),
        "data": [{"name": "breaks", "values": rows}],
        "marks": [_title(words.of("panel", "fractures")), crosses, _beside("fractures", "datum.datum.value")],
    }
    return group("fractures_lane", y, LANE_HEIGHT, content)


def lane_group(name: str, lane: Lane, drawn: Timeline, place: Axis, words: Words, y: int) -> Spec:
    """One drug."""
    content: Spec = {
        "description": words.lane_title(lane),
        "data": [
            {"name": "doses", "values": list(_doses(lane, place))},
            {"name": "courses", "values": [_course(lane, course, place, words) for course in lane.courses]},
            {"name": "given", "values": [_given(lane, given, place, words) for given in lane.given]},
            {"name": "gaps", "values": [_gap(gap, drawn, place, words) for gap in lane.gaps]},
        ],
        "marks": [_title(words.lane_title(lane)), *_bars(name, lane), *_shots(name)],
    }
    return group(name, y, LANE_HEIGHT, content)


def _beside(marked: str, words: str) -> Spec:
    return beside(marked, LANE_HEIGHT, {"signal": words}, ("right", "left", "top", "bottom"))


def _title(words: str) -> Spec:
    update: Spec = {
        "text": {"value": words},
        "x": {"value": -34},
        "y": {"value": TITLE},
        "baseline": {"value": "middle"},
    }
    return text(None, update | {"fontWeight": {"value": "bold"}})


def _doses(lane: Lane, place: Axis) -> Iterator[Spec]:
    """One rectangle per dose; of a glucocorticoid as high as its dose is."""
    most = lane.most
    for course in lane.courses:
        if place.early(course.end):
            continue
        for dose in course.doses:
            part = dose.mg / most if dose.mg is not None and most and lane.kind == "glucocorticoid" else 1.0
            yield {
                "x": place.at(dose.start),
                "x2": place.at(dose.end),
                "h": round(BAR * max(part, 0.25), 1),
                "known": dose.mg is not None or course.fact.dose_known,
            }


def _course(lane: Lane, course: Course, place: Axis, words: Words) -> Spec:
    early = place.early(course.end)
    known = course.fact.dose_known or any(dose.mg is not None for dose in course.doses)
    end = "▸" if course.open else "?" if course.end_unknown else ""
    x = place.at(course.start)
    return {
        "x": x,
        "x2": x if early else place.at(course.end),
        "end": end,
        "dash": [1, 0] if known else [3, 3],
        "dose": words.daily_dose(course.fact),
        "brief": words.brief_dose(course.fact),
        "label": words.label(words.course(lane.drug, course)),
    }


def _given(lane: Lane, given: Given, place: Axis, words: Words) -> Spec:
    shape = "triangle-down" if lane.drug == "denosumab" else "diamond"
    row: Spec = {
        "x": place.at(given.day),
        "shape": shape,
        "stroke": EDGES["bone"],
        "fill": "white" if given.booked else EDGES["bone"],
        "label": words.label(words.given(lane.drug, given)),
    }
    if given.limit is not None and not place.early(given.limit):
        row["x2"] = place.at(given.limit)
    return row


def _gap(gap: Gap, drawn: Timeline, place: Axis, words: Words) -> Spec:
    return {
        "x": place.at(gap.start),
        "x2": place.at(gap.end),
        "text": words.of("limit", "gap") if gap.end == drawn.as_of else "",
        "label": words.label(words.gap(gap, drawn.as_of)),
    }


def _bars(name: str, lane: Lane) -> Iterator[Spec]:
    bottom = MIDDLE + BAR / 2
    wide = "max(scale('x', datum.x2) - scale('x', datum.x), 2)"
    yield {
        "type": "rect",
        "aria": False,
        "interactive": False,
        "from": {"data": "doses"},
        "encode": {
            "update": {
                "x": X,
                "width": {"signal": wide},
                "y": {"signal": f"{bottom} - datum.h"},
                "height": {"field": "h"},
            }
            | {"fill": {"value": FILLS[lane.kind]}, "fillOpacity": {"signal": "datum.known ? 1 : 0"}}
        },
    }
    yield {
        "type": "rect",
        "name": f"{name}_courses",
        "from": {"data": "courses"},
        "encode": {
            "update": {"x": X, "width": {"signal": wide}, "y": {"value": MIDDLE - BAR / 2}, "height": {"value": BAR}}
            | {"fill": {"value": "transparent"}, "stroke": {"value": EDGES[lane.kind]}, "strokeWidth": {"value": 1.2}}
            | {"strokeDash": {"field": "dash"}, "description": {"field": "label"}}
        },
    }
    yield from _dose_texts(name, lane)
    yield text(
        {"data": "courses"},
        {"x": {"signal": "scale('x', datum.x2) + 3"}, "y": {"value": MIDDLE}, "text": {"field": "end"}}
        | {"baseline": {"value": "middle"}, "fill": {"value": EDGES[lane.kind]}},
    )


def _dose_texts(name: str, lane: Lane) -> Iterator[Spec]:
    """The daily dose in its bar, or beside it where the bar is short; of a glucocorticoid always beside it."""
    room = "(scale('x', datum.x2) - scale('x', datum.x) - 8)"
    if lane.kind == "glucocorticoid":
        brief = {"signal": "datum.datum.brief"}
        yield beside(f"{name}_courses", LANE_HEIGHT, brief, ("left", "right", "top", "bottom"))
        return
    fits = f"length(datum.dose) * 6.2 < {room} ? datum.dose : length(datum.brief) * 6.2 < {room} ? datum.brief : ''"
    yield text(
        {"data": "courses"},
        {"x": {"signal": "(scale('x', datum.x) + scale('x', datum.x2)) / 2"}, "y": {"value": MIDDLE}}
        | {"text": {"signal": fits}, "align": {"value": "center"}, "baseline": {"value": "middle"}}
        | {"fontSize": {"value": 11}, "fill": {"value": INK}},
    )
    lacks = f"length(datum.datum.brief) * 6.2 < {room.replace('datum.', 'datum.datum.')} ? '' : datum.datum.brief"
    yield _beside(f"{name}_courses", lacks)


def _shots(name: str) -> Iterator[Spec]:
    """Injections: a bar of protection up to the limit, the limit itself as a stroke, days beyond it dashed."""
    reach: Spec = {
        "x": X,
        "x2": X2,
        "y": {"value": MIDDLE},
        "stroke": {"value": "#8fb3d6"},
        "strokeWidth": {"value": 5},
    }
    drawn: Spec = {"opacity": {"signal": "isValid(datum.x2) ? 1 : 0"}}
    common: Spec = {"aria": False, "interactive": False, "from": {"data": "given"}}
    yield {"type": "rule", **common, "encode": {"update": reach | drawn}}
    tick: Spec = {"x": X2, "y": {"value": MIDDLE - 8}, "y2": {"value": MIDDLE + 8}, "stroke": {"value": INK}}
    yield {"type": "rule", **common, "encode": {"update": tick | drawn | {"strokeWidth": {"value": 1.6}}}}
    yield {
        "type": "rule",
        "name": f"{name}_gaps",
        "from": {"data": "gaps"},
        "encode": {
            "update": {
                "x": X,
                "x2": X2,
                "y": {"value": MIDDLE},
                "stroke": {"value": ALARM},
                "strokeWidth": {"value": 3},
            }
            | {"strokeDash": {"value": [4, 3]}, "description": {"field": "label"}}
        },
    }
    yield text(
        {"data": "gaps"},
        {"x": X2, "dx": {"value": -4}, "y": {"value": MIDDLE + 8}, "text": {"field": "text"}}
        | {"align": {"value": "right"}, "baseline": {"value": "top"}}
        | {"fill": {"value": ALARM}, "fontSize": {"value": 11}},
    )
    yield symbols(f"{name}_given", "given", {"value": MIDDLE}, 70)

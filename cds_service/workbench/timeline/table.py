"""The table behind the picture: one line per mark, then what has no date, then the limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from cds_service.workbench.timeline.lanes import KINDS, lane_of
from cds_service.workbench.timeline.series import Timeline
from cds_service.workbench.timeline.words import Entry, Words
from fhir_mappings.facts import Fracture


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under one heading, newest first."""

    title: str
    entries: tuple[Entry, ...]


def groups(drawn: Timeline, words: Words) -> tuple[Group, ...]:
    """Every line of the table."""
    return tuple(group for group in _groups(drawn, words) if group.entries)


def _groups(drawn: Timeline, words: Words) -> Iterator[Group]:
    yield Group(words.of("panel", "fractures"), tuple(words.fracture(f.fact) for f in reversed(drawn.fractures)))
    for kind in KINDS:
        lines = []
        for lane in drawn.lanes:
            if lane.kind == kind:
                lines += [(c.start, words.course(lane.drug, c)) for c in lane.courses]
                lines += [(g.day, words.given(lane.drug, g)) for g in lane.given]
                lines += [(g.start, words.gap(g, drawn.as_of)) for g in lane.gaps]
        lines.sort(key=lambda line: line[0], reverse=True)
        yield Group(words.of("panel", kind), tuple(entry for _, entry in lines))
    for panel in drawn.panels:
        yield Group(words.of("panel", panel.name), tuple(words.point(p) for p in reversed(panel.points)))
    undated = (
        words.fracture(fact)
        if isinstance(fact, Fracture)
        else words.undated_course((lane_of(fact) or ("", ""))[1], fact)
        for fact in drawn.undated
    )
    yield Group(words.of("table", "undated").capitalize(), tuple(undated))
    limits = [
        (panel.name, limit) for panel in drawn.panels for limit in (*panel.limits, panel.band) if limit is not None
    ]
    yield Group(words.of("table", "limits"), tuple(words.limit(name, limit) for name, limit in limits))


def table(drawn: Timeline, words: Words) -> Markup:
    """The table as HTML, folded under its summary; it scrolls on narrow screens."""
    found = groups(drawn, words)
    count = sum(len(group.entries) for group in found)
    heads = Markup("").join(
        Markup('<th scope="col">{}</th>').format(words.of("table", name))
        for name in ("date", "what", "value", "source")
    )
    bodies = Markup("").join(_body(group) for group in found)
    return Markup(
        '<details class="bone-timeline-table"><summary>{summary}</summary>'
        '<div class="bone-timeline-scroll" tabindex="0" role="region" aria-label="{caption}">'
        "<table><caption>{caption}</caption><thead><tr>{heads}</tr></thead>{bodies}</table></div></details>"
    ).format(
        summary=words.of("table", "summary", count=count),
        caption=words.of("table", "caption"),
        heads=heads,
        bodies=bodies,
    )


def _body(group: Group) -> Markup:
    rows = Markup("".join(map(_row, group.entries)))
    head = Markup('<tr><th colspan="4" scope="rowgroup">{}</th></tr>').format(group.title)
    return Markup("<tbody>{}{}</tbody>").format(head, rows)


def _row(entry: Entry) -> str:
    """A line as HTML; written out, because there may be thousands."""
    cells = f"<td>{escape(entry.day)}</td><td>{escape(entry.what)}</td><td><bdi>{escape(entry.value or '–')}</bdi></td>"
    return f"<tr>{cells}<td><bdi>{escape(entry.source)}</bdi></td></tr>"

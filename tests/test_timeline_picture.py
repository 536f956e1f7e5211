"""The picture and its table: every mark named by value, date and source, in both languages, and text stays text."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from cds_service.workbench.timeline import LIBRARY, SCRIPT, STYLE, section
from cds_service.workbench.timeline.picture import picture
from cds_service.workbench.timeline.series import Timeline, timeline
from cds_service.workbench.timeline.table import groups
from cds_service.workbench.timeline.words import words
from fhir_mappings.facts import Fracture, Issue, PatientFacts, Source, SourceState
from hooks.language import LANGUAGES, LanguageCode
from tests.timeline_patients import HOSTILE, TODAY, course, hostile, long_course, many_results, person, result

STATIC = Path(__file__).parent.parent / "cds_service" / "workbench" / "static"


def parts(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of a specification."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from parts(value)
    elif isinstance(node, list):
        for value in node:
            yield from parts(value)


def labels(spec: dict[str, Any]) -> list[str]:
    """The names of the marks one can point at."""
    return [part["label"] for part in parts(spec) if "label" in part and "x" in part]


def drawn_marks(drawn: Timeline) -> int:
    """Facts, gaps between injections, and the lines that rest on a result."""
    gaps = sum(len(lane.gaps) for lane in drawn.lanes)
    lines = sum(limit.ground is not None for panel in drawn.panels for limit in panel.limits)
    return len(list(drawn.marks())) + gaps + lines


@pytest.mark.parametrize("facts", [long_course(), many_results(), hostile()], ids=["long", "many", "hostile"])
@pytest.mark.parametrize("code", LANGUAGES)
def test_picture_and_table_hold_the_same_marks(facts: PatientFacts, code: LanguageCode) -> None:
    drawn, say = timeline(facts), words(code)
    named = labels(picture(drawn, say))
    assert len(named) == drawn_marks(drawn)
    lines = [say.label(entry) for group in groups(drawn, say) for entry in group.entries]
    assert set(named) <= set(lines)
    general = sum(limit.ground is None for panel in drawn.panels for limit in panel.limits)
    bands = sum(panel.band is not None for panel in drawn.panels)
    assert len(lines) == len(named) + len(drawn.undated) + general + bands


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("da", "T-score, lårbenshals: −2,6 SD; 12.03.2014; kilde Observation/femoral_neck-2014"),
        ("da", "eGFR: > 90 ml/min/1,73 m²; 03.04.2014; kilde Observation/egfr-2014"),
        ("da", "håndledsbrud: lavenergi; 01.07.1992; kilde Condition/1"),
        ("da", "ryghvirvelbrud: lavenergi, sammenfald 30 %, VFA; 12.02.2022; kilde Condition/3"),
        ("da", "alendronat: 70 mg/uge (70 mg ugentligt); 20.04.2014 – 31.05.2019; kilde MedicationRequest/1"),
        ("da", "prednisolon: 25 → 7,5 mg/dag; 01.02.2021 – 31.08.2021; kilde MedicationRequest/3"),
        ("da", "prednisolon: 5 mg/dag; fra 01.08.2025, fortsat; kilde MedicationRequest/4"),
        ("da", "denosumab, givet: næste senest 20.01.2025; 20.06.2024; kilde MedicationAdministration/4"),
        ("da", "P1NP: linjen for 30 % fald: 43,4 (30 % under 62 den 01.04.2014); 20.04.2014 – 31.05.2019; kilde "
               "Observation/p1np-2014-04-01"),
        ("en", "T-score, femoral neck: −2.6 SD; 2014-03-12; source Observation/femoral_neck-2014"),
        ("en", "denosumab: more than 7 months between injections: due by 2025-01-20; not given; "
               "2025-01-20 – 2025-09-01; source the guideline §9.2; B1"),
        ("en", "prednisolone: 5 mg/day; from 2025-08-01, ongoing; source MedicationRequest/4"),
    ],
)  # fmt: skip
def test_a_mark_is_named_by_value_date_and_source(code: LanguageCode, expected: str) -> None:
    assert expected in labels(picture(timeline(long_course()), words(code)))


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_mark_names_its_source(code: LanguageCode) -> None:
    drawn = timeline(long_course())
    named = labels(picture(drawn, words(code)))
    for mark in drawn.marks():
        assert any(mark.fact.reference in label for label in named)


def test_the_picture_tells_what_it_shows() -> None:
    spec = picture(timeline(long_course()), words("da"))
    assert spec["description"].startswith("Knoglens tidslinje 01.01.2011 – 01.09.2025: Brud, alendronat, denosumab, ")
    assert "tabellen" in spec["description"]


def test_today_stands_where_the_facts_are_asked() -> None:
    rule = next(part for part in parts(picture(timeline(long_course()), words("da"))) if part.get("name") == "today")
    assert rule["encode"]["update"]["x"] == {"scale": "x", "value": TODAY.toordinal()}


def test_sites_differ_by_shape_and_line_also_without_colour() -> None:
    drawn = timeline(person(*(result("t_score", -2, TODAY, n, site=site) for n, site in enumerate(SITES))))
    spec = picture(drawn, words("da"))
    shapes = {part["shape"] for part in parts(spec) if "label" in part}
    lines = [part for part in parts(spec) if part.get("type") == "line"]
    dashes = {tuple(line["encode"]["update"]["strokeDash"]["value"]) for line in lines}
    assert len(shapes) == len(dashes) == len(SITES)


SITES = ("lumbar_spine", "femoral_neck", "total_hip", "unstated", "forearm", "other")


def test_a_value_that_is_only_a_limit_has_an_open_mark_and_keeps_its_sign() -> None:
    spec = picture(timeline(long_course()), words("da"))
    (row,) = [part for part in parts(spec) if part.get("value") == "> 90"]
    assert row["fill"] == "white"


def test_what_is_before_the_axis_stands_at_its_edge_with_its_real_date() -> None:
    spec = picture(timeline(long_course()), words("da"))
    (row,) = [part for part in parts(spec) if "01.07.1992" in part.get("label", "")]
    assert spec["scales"][0]["domain"][0] < row["x"] < date(2011, 1, 1).toordinal()
    assert row["value"] == "1992"
    assert "før 2011" in [part.get("text") for part in parts(spec)]


@pytest.mark.parametrize(("begin", "ticks"), [(date(2025, 8, 30), 13), (date(2019, 3, 1), 7), (date(1931, 1, 1), 9)])
def test_the_axis_has_a_readable_number_of_lines(begin: date, ticks: int) -> None:
    days = {begin, *(date(year, 5, 1) for year in range(begin.year + 1, 2025, 8))}
    spec = picture(timeline(person(*(result("egfr", 60, day, day) for day in sorted(days)))), words("da"))
    named = next(part["values"] for part in spec["data"] if part["name"] == "ticks")
    assert len(named) == ticks


def test_patients_text_is_only_ever_data() -> None:
    """No expression, field, scale or name of the specification holds text of the record."""
    spec = picture(timeline(hostile()), words("da"))
    for part in parts(spec):
        for key, value in part.items():
            if isinstance(value, str) and re.search("script|javascript|onerror", value):
                assert key in ("label", "dose"), key
    assert not any(key in part for part in parts(spec) for key in ("href", "url", "format"))


def test_direction_marks_are_dropped() -> None:
    assert "\u202e" in HOSTILE
    assert "\u202e" not in section(hostile(), "da")


class Reading(HTMLParser):
    """The elements of a page, with their attributes, and the text of templates."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.template: list[str] = []
        self.inside: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.inside.pop() == tag

    def handle_data(self, text: str) -> None:
        if "template" in self.inside:
            self.template.append(text)


@pytest.mark.parametrize("facts", [long_course(), hostile(), person()], ids=["long", "hostile", "empty"])
@pytest.mark.parametrize("code", LANGUAGES)
def test_the_section_is_sound_html_without_script_style_or_link(facts: PatientFacts, code: LanguageCode) -> None:
    page = Reading(section(facts, code))
    assert page.inside == []
    assert {tag for tag, _ in page.elements} <= {
        *("section", "h2", "figure", "figcaption", "bone-timeline", "template", "p", "span", "details", "summary"),
        *("div", "table", "caption", "thead", "tbody", "tr", "th", "td", "bdi"),
    }
    for _, attributes in page.elements:
        assert not {name for name in attributes if name.startswith("on") or name in ("style", "href", "src")}


def test_the_template_holds_the_picture() -> None:
    page = Reading(section(hostile(), "da"))
    assert json.loads("".join(page.template)) == json.loads(json.dumps(picture(timeline(hostile()), words("da"))))


def test_the_table_has_a_row_for_every_line() -> None:
    drawn, say = timeline(long_course()), words("da")
    lines = sum(len(group.entries) for group in groups(drawn, say))
    titles = len(groups(drawn, say))
    html = section(long_course(), "da")
    assert html.count("<tr>") == 1 + titles + lines
    assert f"({lines})" in html


def test_what_has_no_date_stands_in_the_table_as_undated() -> None:
    drawn, say = timeline(long_course()), words("da")
    (undated,) = [group for group in groups(drawn, say) if group.title == "Uden dato"]
    assert [(e.what, e.day, e.source) for e in undated.entries] == [
        ("hoftebrud", "uden dato", "Condition/4"),
        ("risedronat", "til 31.12.2011, start ikke registreret", "MedicationRequest/5"),
    ]
    assert "Uden dato og derfor kun i tabellen: 2." in section(long_course(), "da")


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_to_draw_says_so(code: LanguageCode) -> None:
    html = section(person(), code)
    assert words(code).text("nothing") in html
    assert "bone-timeline mark" not in html
    assert "<table" not in html


def test_undated_facts_alone_still_have_their_table() -> None:
    html = section(person(fractures=(Fracture("hip", None, "Condition/1"),)), "da")
    assert words("da").text("nothing") in html
    assert "Condition/1" in html


@pytest.mark.parametrize("facts", [long_course(), person()], ids=["long", "empty"])
def test_what_was_not_received_or_not_read_is_said(facts: PatientFacts) -> None:
    missing = {**facts.sources, "observations": Source("observations", SourceState.MISSING)}
    html = section(replace(facts, sources=missing, issues=(Issue("Observation/9", "no value"),)), "da")
    assert "Ikke modtaget i sin helhed: målinger og svar." in html
    assert "Kunne ikke læses og er derfor ikke med: 1 " in html
    whole = section(facts, "da")
    assert "Ikke modtaget" not in whole
    assert "Kunne ikke læses" not in whole


def test_a_marker_without_a_value_before_the_start_is_said() -> None:
    facts = person(result("p1np", 30, TODAY, 1), courses=(course("alendronate", 1, date(2025, 2, 1), None),))
    assert "P1NP: ingen brugbar værdi før start" in section(facts, "da")


def test_the_section_is_the_same_each_time() -> None:
    again = replace(long_course(), patient_id="another")
    assert section(long_course(), "da") == section(again, "da")


def test_both_languages_have_the_same_words() -> None:
    read = [
        tomllib.loads((files("cds_service.workbench.timeline") / f"{c}.toml").read_text("utf-8")) for c in LANGUAGES
    ]
    danish, english = ({f"{k}.{n}" for k, v in t.items() for n in (v if isinstance(v, dict) else [""])} for t in read)
    assert danish == english


def test_the_charting_library_is_what_the_registry_has() -> None:
    """vendor.toml tells version, licence and checksum; the one changed line, put back, gives the registry's file."""
    told = tomllib.loads((STATIC / "vendor" / "vendor.toml").read_text("utf-8"))
    for entry in told["file"]:
        served = (STATIC / "vendor" / entry["name"]).read_bytes()
        original = served.replace(entry["line"].encode(), entry["was"].encode(), 1) if "line" in entry else served
        assert hashlib.sha256(original).hexdigest() == entry["sha256"], entry["name"]
        assert (STATIC / "vendor" / entry["licence_file"]).is_file()


def test_the_page_finds_style_and_script() -> None:
    assert (STATIC / STYLE).is_file()
    script = (STATIC / SCRIPT).read_text("utf-8")
    assert [name for name in LIBRARY if f'new URL("{name}", import.meta.url)' not in script] == []

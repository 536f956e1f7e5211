"""The timeline as a browser shows it: under a strict policy, by pointer, by keyboard, in print, and to axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from cds_service.workbench.timeline import SCRIPT, STYLE, section
from cds_service.workbench.timeline.series import timeline
from cds_service.workbench.timeline.words import words
from fhir_mappings.facts import PatientFacts
from hooks.language import LanguageCode
from tests.test_timeline_picture import drawn_marks
from tests.timeline_patients import TODAY, hostile, long_course, many_results, person, result

STATIC = Path(__file__).parent.parent.parent / "cds_service" / "workbench" / "static"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'"
MARKS = "bone-timeline [role=img]"
TIP = ".bone-timeline-tip"

Show = Callable[..., Page]


class Handler(SimpleHTTPRequestHandler):
    """The static folder, and pages a test has written."""

    pages: dict[str, str]

    def __init__(self, *args: Any, pages: dict[str, str], **more: Any) -> None:
        self.pages = pages
        super().__init__(*args, directory=str(STATIC), **more)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the terminal."""

    def do_GET(self) -> None:
        page = self.pages.get(self.path)
        if page is None:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(page.encode())


@pytest.fixture
def show(browser: Browser) -> Iterator[Show]:
    """Shows a patient's timeline; afterwards nothing may have been complained of or fetched from elsewhere."""
    pages: dict[str, str] = {"/favicon.ico": ""}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, pages=pages))
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    context = browser.new_context()
    said: list[str] = []
    asked: list[str] = []

    def shown(facts: PatientFacts, language: LanguageCode = "da", width: int = 1000, drawn: bool = True) -> Page:
        pages["/"] = (
            f'<!doctype html><html lang="{language}"><head><title>Test</title><meta charset="utf-8">'
            f'<link rel="stylesheet" href="/{STYLE}">'
            f'<script type="module" src="/{SCRIPT}"></script></head>'
            f"<body><main><h1>Test</h1>{section(facts, language)}</main></body></html>"
        )
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/")
        if drawn:
            page.wait_for_selector("bone-timeline[data-drawn]")
        return page

    yield shown
    context.close()
    server.shutdown()
    server.server_close()
    assert said == []
    assert [url for url in asked if not url.startswith(address)] == []


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_mark_is_drawn_and_named(show: Show, language: LanguageCode) -> None:
    page = show(long_course(), language)
    assert page.locator(MARKS).count() == drawn_marks(timeline(long_course()))
    names = page.locator(MARKS).evaluate_all("marks => marks.map((mark) => mark.getAttribute('aria-label'))")
    source = words(language).of("entry", "label", what="", value="", day="", source="")
    assert all(source.rpartition(";")[2].strip() in name for name in names)


def test_two_thousand_results_are_drawn(show: Show) -> None:
    assert show(many_results()).locator(MARKS).count() == 2000


def test_the_pointer_gives_value_date_and_source(show: Show) -> None:
    page = show(long_course())
    mark = page.locator(f"{MARKS}[aria-label*='eGFR: 43']")
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2 + 6, box["y"] + box["height"] / 2 + 6)
    assert page.locator(TIP).inner_text() == "eGFR: 43 ml/min/1,73 m²; 03.04.2024; kilde Observation/egfr-2024"
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert page.locator(TIP).is_hidden()


def test_one_tab_stop_and_the_arrow_keys_reach_every_row(show: Show) -> None:
    page = show(long_course())
    page.keyboard.press("Tab")
    assert page.locator(TIP).inner_text().startswith("håndledsbrud: lavenergi; 01.07.1992")
    page.keyboard.press("ArrowRight")
    assert "01.07.2011" in page.locator(TIP).inner_text()
    page.keyboard.press("End")
    assert page.locator(TIP).inner_text().startswith("ryghvirvelbrud")
    seen = []
    for _ in range(9):
        page.keyboard.press("ArrowDown")
        seen.append(page.locator(TIP).inner_text().split(":")[0].split(",")[0])
    assert seen == [
        *("alendronat", "denosumab", "prednisolon", "calcium med D-vitamin"),
        *("T-score", "P1NP", "CTX", "25-OH-D-vitamin", "eGFR"),
    ]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_text_of_the_focused_mark_stays_inside_the_page(show: Show) -> None:
    page = show(long_course(), width=320)
    page.keyboard.press("Tab")
    for _ in range(10):
        box = page.locator(TIP).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
        page.keyboard.press("ArrowDown")
        page.keyboard.press("End")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_picture_follows_the_width_and_keeps_its_marks(show: Show) -> None:
    page = show(long_course())
    before = page.locator(MARKS).count()
    page.set_viewport_size({"width": 400, "height": 900})
    page.wait_for_function("document.querySelector('bone-timeline svg').getBoundingClientRect().width < 400")
    assert page.locator(MARKS).count() == before
    assert page.locator("bone-timeline [tabindex='0']").count() == 1


@pytest.mark.parametrize("width", [320, 1000])
def test_axe_finds_nothing(show: Show, width: int) -> None:
    page = show(long_course(), width=width)
    page.locator("summary").click()
    page.keyboard.press("Tab")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_hostile_record_stays_text(show: Show) -> None:
    page = show(hostile())
    page.locator("summary").click()
    assert page.locator("img, iframe, a, main script").count() == 0
    assert page.locator("td", has_text="Observation/<script>alert(1)</script>").count() == 3
    assert page.locator(f"{MARKS}[aria-label*='Observation/<script>alert(1)</script>']").count() == 2


def test_on_paper_the_picture_fits_and_the_notes_stand(show: Show) -> None:
    page = show(long_course())
    page.emulate_media(media="print")
    assert page.locator("bone-timeline svg").is_visible()
    assert page.locator("figcaption").is_visible()
    assert page.locator(TIP).is_hidden()
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_one_point_and_none(show: Show) -> None:
    page = show(person(result("t_score", -2.7, TODAY, 1, site="total_hip")))
    assert page.locator(MARKS).count() == 1
    page = show(person(), drawn=False)
    assert page.get_by_text("Der er ikke noget at tegne").is_visible()


def test_without_script_the_table_is_there(browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content(section(long_course(), "da"))
    assert page.get_by_text("Billedet kræver JavaScript").is_visible()
    page.locator("summary").click()
    assert page.get_by_role("cell", name="Condition/4").is_visible()
    context.close()

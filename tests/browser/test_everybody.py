"""The page is for everybody: axe, the keyboard alone, narrow screens, print; and hostile text stays text."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from cds_service.workbench.words import words
from tests.browser.conftest import picture
from tests.examples import bundle, egfr, patient, prednisolone, t_score

DA = words("da")
PATHS = (
    "/",
    "/workbench/patient",
    "/rules",
    "/rules/TX-IND-1",
    "/rules/GLU-PREV-1?lang=en",
    "/workbench/examples/hip-fracture",
    "/workbench/examples/egfr-alendronate?lang=en",
    "/workbench/examples/osteopenia",
    "/workbench/examples/none",
)
OPEN_ALL = "for (const each of document.querySelectorAll('details')) each.open = true"
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page: Page) -> list[str]:
    """What axe finds, with the element."""
    found = Axe().run(page, options=AXE).response
    assert len(found["passes"]) > 10
    return [f"{each['id']}: {node['html'][:120]}" for each in found["violations"] for node in each["nodes"]]


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing(page: Page, path: str) -> None:
    page.goto(path)
    page.evaluate(OPEN_ALL)
    assert violations(page) == []


def test_axe_finds_nothing_in_a_form_with_problems(page: Page) -> None:
    page.goto("/workbench/patient")
    page.locator("#scans-0-value").fill("mange")
    page.get_by_role("button", name=DA["patient.ask"]).last.click()
    expect(page.locator("#problems")).to_be_visible()
    assert violations(page) == []
    page.goto("/")
    page.locator("#record").fill("{")
    page.get_by_role("button", name=DA["home.ask"]).click()
    assert violations(page) == []


def test_axe_would_find_something(page: Page) -> None:
    """The check above can fail."""
    page.goto("/")
    page.evaluate("document.querySelector('label[for=record]').remove()")
    assert any("label" in each for each in violations(page))


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_wider_than_320_pixels(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(path)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    if path.endswith("hip-fracture"):
        page.goto(path)
        picture(page, "narrow")


def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until the element has the focus, and see that it shows."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            seen = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert seen == "solid"
            return
    pytest.fail(f"{selector} is not reached by Tab")


def test_the_keyboard_alone(page: Page) -> None:
    page.goto("/")
    tab_to(page, ".skip", 1)
    page.keyboard.press("Enter")
    tab_to(page, ".example", 1)
    page.keyboard.press("Enter")
    expect(page.locator("article.card")).to_have_count(1)
    tab_to(page, ".suggestion > summary")
    page.keyboard.press("Enter")
    expect(page.locator(".suggestion pre").first).to_be_visible()
    tab_to(page, ".suggestion button")
    page.keyboard.press("Enter")
    expect(page.locator(".told").first).to_have_text(DA["feedback.told"])
    tab_to(page, ".dismiss > summary")
    page.keyboard.press("Enter")
    tab_to(page, ".dismiss input")
    page.keyboard.press("Space")
    tab_to(page, ".dismiss button")
    page.keyboard.press("Enter")
    expect(page.locator(".dismiss .told").first).to_have_text(DA["feedback.told"])
    tab_to(page, "#order")
    page.keyboard.type("prednis")
    tab_to(page, "#mg", 1)
    page.keyboard.type("10")
    tab_to(page, "#weeks", 2)
    page.keyboard.type("26")
    tab_to(page, "[name=do][value=sign]", 1)
    page.keyboard.press("Enter")
    expect(page.locator(".tag")).to_have_text(DA["hook.order-sign"])
    tab_to(page, "[name=state]", 120)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".why-list > li.is-fired").first).to_be_hidden()


def test_print_holds_the_cards_and_the_reasons(page: Page) -> None:
    page.goto("/workbench/examples/hip-fracture")
    page.emulate_media(media="print")
    expect(page.locator("article.card").first).to_be_visible()
    expect(page.locator(".why-list > li.is-fired").first).to_be_visible()
    for hidden in ("#order", ".raw", ".top nav"):
        expect(page.locator(hidden)).to_be_hidden()


def test_a_hostile_patient(page: Page) -> None:
    hostile = (
        "<script>alert(1)</script><img src=x onerror=alert(2)> [klik](javascript:alert(3)) "
        "![x](https://evil.example/x.png) <https://evil.example/> \u202e\u2067neddrejv \u0000"
    )
    drug = prednisolone("active")
    drug["medicationCodeableConcept"]["text"] = hostile
    drug["dosageInstruction"][0]["text"] = hostile
    odd = egfr() | {"id": "odd", "valueQuantity": {"value": 30, "unit": hostile}}
    record = bundle(patient(), t_score(), egfr(62), drug, odd, kind="collection")
    record["entry"][0]["resource"]["name"] = [{"text": hostile}]
    page.goto("/")
    page.locator("#record").fill(json.dumps(record))
    page.get_by_role("button", name=DA["home.ask"]).click()
    expect(page.locator("article.card").first).to_be_visible()
    page.evaluate(OPEN_ALL)
    assert "alert(1)" in page.content()
    assert page.locator("main script, main img, a[href^='javascript'], a[href*='evil']").count() == 0
    assert page.evaluate("/[\\u202e\\u2067]/.test(document.documentElement.innerHTML)") is False
    assert json.loads(page.locator("#record").input_value())["prefetch"]["patient"]["name"] == [{"text": hostile}]

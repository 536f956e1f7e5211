"""A real browser before a real server: Debian's Chromium, driven by Playwright.

Without a browser these tests are left out and said to be; with OSTEO_CDS_TEST_BROWSER=required that is a
failure. With OSTEO_CDS_SCREENSHOTS=write the pictures of the documentation are taken anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pytest

from tests.server_process import free_port, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

IMAGES: Final = Path(__file__).parent.parent.parent / "docs" / "images"
CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
#: Read once, as the tests' own variables are taken out of the environment before the first test.
REQUIRED: Final = os.environ.get("OSTEO_CDS_TEST_BROWSER") == "required"
PICTURES: Final = os.environ.get("OSTEO_CDS_SCREENSHOTS") == "write"
ARGUMENTS: Final = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser, started once."""
    if CHROMIUM is None:
        why = "no Chromium here (Debian: apt-get install chromium), so the page was not tried in a browser"
        if REQUIRED:
            pytest.fail(why)
        pytest.skip(why)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def base(browser: Browser) -> Iterator[str]:
    """The address of `osteo-cds serve`, on a fixed day. It needs no browser, but nothing else asks for it."""
    assert browser.is_connected()
    port = free_port()
    with running(port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def page(browser: Browser, base: str) -> Iterator[Page]:
    """A Danish reader's page, which must stay on its host, raise no fault and break no policy."""
    context = browser.new_context(base_url=base, locale="da-DK", viewport={"width": 1200, "height": 900})
    opened = context.new_page()
    asked: list[str] = []
    faults: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("dialog", lambda dialog: faults.append(f"dialog {dialog.message}"))
    opened.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    yield opened
    context.close()
    assert asked
    assert [url for url in asked if urlsplit(url).netloc != urlsplit(base).netloc] == []
    assert faults == []


def picture(page: Page, name: str, *, full: bool = False) -> None:
    """Take a picture for the documentation, when it is asked for."""
    if PICTURES:
        IMAGES.mkdir(exist_ok=True)
        page.screenshot(path=IMAGES / f"{name}.png", full_page=full)

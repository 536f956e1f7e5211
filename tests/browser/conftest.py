"""A real browser before a real server: Debian's Chromium, driven by Playwright.

Without a browser these tests are left out and said to be; with OSTEO_CDS_TEST_BROWSER=required that is a
failure. With OSTEO_CDS_SCREENSHOTS=write the pictures of the documentation are taken anew.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pytest

from tests.examples import TODAY

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
def base(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `osteo-cds serve`, on a fixed day. It needs no browser, but nothing else asks for it."""
    assert browser.is_connected()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {name: text for name, text in os.environ.items() if not name.startswith("OSTEO_CDS_")}
    command = [sys.executable, "-c", "from cds_service.cli import main; main()", "serve", "--port", str(port)]
    environ |= {"OSTEO_CDS_TODAY": TODAY.isoformat(), "XDG_DATA_HOME": str(tmp_path_factory.mktemp("data"))}
    server = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
    try:
        _wait(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


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


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    """Until the server listens."""
    for _ in range(300):
        assert server.poll() is None, "the server did not start"
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server did not listen within 30 seconds")

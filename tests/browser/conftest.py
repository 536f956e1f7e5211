"""A real browser for the tests: Debian's Chromium, driven by Playwright.

Where there is none the tests are left out and say so; OSTEO_CDS_TEST_BROWSER=required makes that a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser, one per test process."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        wanted = "no Chromium on this machine: apt-get install chromium"
        if os.environ.get("OSTEO_CDS_TEST_BROWSER") == "required":
            pytest.fail(wanted)
        pytest.skip(wanted)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield started
        started.close()

"""Takes the picture of the page that previews of its address show."""

import os
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

SHOWN = "step-3"
"""The step of the story: one network compared with all."""


def take(page: Path, picture: Path) -> None:
    """Opens a page in a browser without a window, waits until all networks have answered, and writes a PNG."""
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", "0")  # Where `make browser` installs one.
    with sync_playwright() as playwright:
        installed = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=installed)
        tab = browser.new_page(viewport={"width": 1280, "height": 960})
        tab.goto(f"{page.resolve().as_uri()}#{SHOWN}")
        tab.wait_for_selector("#playground[aria-busy=false]")
        tab.screenshot(path=picture)
        browser.close()

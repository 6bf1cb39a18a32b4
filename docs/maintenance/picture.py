"""Takes the picture that previews of the page's address show: its first screen, once all of it has been drawn."""

import os
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def take(page: Path, picture: Path) -> None:
    """Opens a page in a browser without a window, waits until all networks have answered, and writes a PNG."""
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", "0")  # Where `make browser` installs one.
    with sync_playwright() as playwright:
        installed = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=installed)
        tab = browser.new_page(viewport={"width": 1200, "height": 630}, reduced_motion="reduce")
        tab.goto(page.resolve().as_uri())
        tab.wait_for_selector("#playground[aria-busy=false]")
        tab.screenshot(path=picture)
        browser.close()

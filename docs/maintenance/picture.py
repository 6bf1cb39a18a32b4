"""Takes the picture in README, which previews of the page's address show: its first screen after a guess.

``python -m docs.maintenance.picture`` takes it of the page in ``results/``.
"""

import base64
import os
import shutil
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

GUESS = 0.5 + 0.5 * np.sin(10 * np.linspace(0, 1, 100))
"""That the networks follow the curve as far as their units can."""


def take(page: Path, picture: Path) -> None:
    """Opens a page in a browser without a window, waits until all networks have answered, and writes a PNG."""
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", "0")  # Where `make browser` installs one.
    with sync_playwright() as playwright:
        installed = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=installed)
        tab = browser.new_page(viewport={"width": 1200, "height": 630}, reduced_motion="reduce")
        guess = base64.urlsafe_b64encode((1_000 * GUESS).round().astype("<i2").tobytes()).decode().rstrip("=")
        tab.goto(f"{page.resolve().as_uri()}#step-1&guess={guess}")
        tab.wait_for_selector("#playground[aria-busy=false]")
        tab.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    results = Path(__file__).parents[2] / "results"
    take(results / "index.html", results / "index.png")

"""What comes to the page and leaves it: curves as text, and the picture."""

import io
import os
import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from conftest import ROOT

CURVE = "Array.from(curveOfText(given.text, given.count).curve)"

REFUSALS = {
    "": "at least two lines",
    "x,y\n1,2": "at least two lines",
    "1\nabc\n3": "Line 2 is not one or two numbers.",
    "1\n2\n3 4": "Line 3 has 2 numbers; all lines have one, y, or two, x and y.",
    "1 2 3\n4 5 6": "Line 1 has 3 numbers",
    "0,1\n1,2\n\n1,3": "Line 4 does not have a larger x than the line before.",
    "1\n2,\n3": "Line 2 is not one or two numbers.",
    "1\n1e999": "Line 2 is not one or two numbers.",
}
"""What is said, by text that is not a curve."""


@pytest.mark.parametrize("separator", [",", ";", "\t", "  ", " , "])
def test_a_curve_of_text_is_resampled(separator, script):
    x = np.array([-3, -1, 0.5, 5])
    y = np.array([0.2, -1e-3, 4, 1.5])
    lines = [f"{one}{separator}{other}" for one, other in zip(x, y, strict=True)]
    expected = np.interp(np.linspace(-3, 5, 100), x, y)
    for text in ("\n".join(lines), "\r\n".join(["time, value", *lines, "", ""])):
        assert np.allclose(script(CURVE, text=text, count=100), expected, atol=1e-12)


def test_a_column_is_equally_spaced(script):
    found = script(CURVE, text="y\n1\n3\n2\n", count=5)
    assert np.allclose(found, [1, 2, 3, 2.5, 2])


@pytest.mark.parametrize("text", REFUSALS)
def test_what_is_not_a_curve_is_refused(text, script):
    said = script(
        "(() => { try { curveOfText(given.text, 9); } catch ({ message }) { return message; } })()", text=text
    )
    assert REFUSALS[text] in said


def pasted(tab, text):
    """Pastes text into the page."""
    tab.evaluate(
        """(text) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text", text);
            document.dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
        }""",
        text,
    )


def column(tab):
    """The curve that is shown, at every tenth point."""
    rows = tab.eval_on_selector_all("#numbers tbody tr", "rows => rows.map(r => r.cells[1].textContent)")
    return np.array([float(each) for each in rows])


def test_pasted_numbers_are_shown_as_they_are(page, opened, settled):
    tab = opened(page)
    pasted(tab, "0 0.5\n1 1\n2 0.25")
    settled(tab)
    assert np.allclose(column(tab), np.interp([*range(0, 100, 10), 99], [0, 49.5, 99], [0.5, 1, 0.25]), atol=1e-3)
    assert "were kept as they are" in tab.inner_text("#loaded")
    assert tab.get_by_label("drawn by hand").is_checked()
    tab.click("#undo")
    settled(tab)
    assert tab.inner_text("#loaded") == ""
    assert tab.get_by_label("sine", exact=True).is_checked()


def test_a_dropped_file_is_scaled_and_the_scaling_told(page, opened, settled):
    tab = opened(page)
    tab.locator("#chart").evaluate(
        """(chart) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(["day,degrees\\n1,10\\n2,30\\n3,20\\n"], "mine.csv"));
            chart.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
        }"""
    )
    tab.wait_for_function("() => document.getElementById('loaded').textContent")
    settled(tab)
    assert "its values, from 10.00 to 30.00" in tab.inner_text("#loaded")
    assert "scaled to 0.00 to 0.60" in tab.inner_text("#loaded")
    shown = column(tab)
    assert shown[0] == pytest.approx(0, abs=1e-3)
    assert shown[-1] == pytest.approx(0.3, abs=0.01)
    assert shown.max() == pytest.approx(0.6, abs=0.02)


def test_text_that_is_not_a_curve_changes_nothing(page, opened, settled):
    tab = opened(page)
    before = column(tab)
    pasted(tab, "hello\nworld")
    assert "Line 2 is not one or two numbers. The curve is as it was." in tab.inner_text("#loaded")
    settled(tab)
    assert np.array_equal(column(tab), before)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_is_saved_as_it_is_seen(scheme, page, opened):
    tab = opened(page, color_scheme=scheme)
    with tab.expect_download() as download:
        tab.click("#save")
    assert download.value.suggested_filename == "curve.png"
    saved = np.asarray(Image.open(download.value.path()).convert("RGB"), int)
    paper = saved[2, 2]
    assert (paper.min() > 240) == (scheme == "light")
    tab.evaluate("document.getElementById('grips').hidden = true")
    seen = np.asarray(Image.open(io.BytesIO(tab.locator("#chart").screenshot())).convert("RGB"), int)
    drawn = [(np.abs(picture - paper).max(axis=2) > 60).mean() for picture in (saved, seen)]
    assert drawn[1] > 0.02
    assert drawn[0] == pytest.approx(drawn[1], rel=0.15)


def test_a_preview_has_a_title_a_description_and_a_picture(address, opened):
    tab = opened(address)
    head = tab.evaluate("document.head.innerHTML")
    for name in ("og:title", "og:description", "og:image"):
        assert re.search(rf'property="{name}" content="[^"]+"', head)
    assert "data:image/svg+xml" in tab.locator("link[rel=icon]").get_attribute("href")


REPOSITORIES = {
    "https://somebody.github.io/toys/": "https://github.com/somebody/toys",
    "https://some-body.github.io/toys.2/index.html?x#step-1": "https://github.com/some-body/toys.2",
    "https://somebody.github.io/index.html": None,
    "https://somebody.github.io.example.org/toys/": None,
    "https://example.org/toys/": None,
    "file:///home/github.io/index.html": None,
}
"""Addresses of pages, and of the repository that each is published from."""


@pytest.mark.parametrize("served", REPOSITORIES)
def test_the_repository_is_that_of_the_address(served, script):
    assert script("repositoryOf(given.served)", served=served) == REPOSITORIES[served]


def test_a_page_says_where_its_code_is(address, browser, opened):
    tab = opened(address)
    words = "The code is the repository lstm_toys, folder experiments/page."
    assert tab.locator(".source").all_inner_texts() == [words, words]
    context = browser.new_context()
    context.route("**/*", lambda route: route.fulfill(path=address.removeprefix("file://")))
    published = context.new_page()
    published.goto("https://somebody.github.io/toys/")
    for place in ("footer", "#challenge"):
        link = published.locator(f"{place} .source a")
        assert link.get_attribute("href") == "https://github.com/somebody/toys"
        assert link.inner_text() == "github.com/somebody/toys"
    context.close()


@pytest.mark.parametrize("base", ["https://somebody.github.io/toys", "https://somebody.github.io/toys/"])
def test_previews_of_the_published_page_have_whole_addresses(base, address, opened, tmp_path):
    workflow = (ROOT / ".github" / "workflows" / "page.yml").read_text(encoding="utf-8")
    before, _ = workflow.split("actions/upload-pages-artifact")
    (command,) = re.findall(r"- run: (sed .*)", before)
    assert before.index("id: pages") < before.index(command)
    page = tmp_path / "site" / "index.html"
    page.parent.mkdir()
    shutil.copy(address.removeprefix("file://"), page)
    subprocess.run(["bash", "-c", command], cwd=tmp_path, env={**os.environ, "BASE": base}, check=True)
    tab = opened(page.as_uri())
    found = {name: tab.locator(f'[property="og:{name}"]').get_attribute("content") for name in ("image", "url")}
    assert found == {
        "image": "https://somebody.github.io/toys/index.png",
        "url": "https://somebody.github.io/toys/",
    }

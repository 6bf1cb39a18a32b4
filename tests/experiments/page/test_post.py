"""The post, read with its evidence, in a browser: badges open by click, tap and key, at every width."""

import pytest

from conftest import ROOT
from lstm_toys.cli import run_commands

CONCLUSIONS = 21


@pytest.fixture
def post(tmp_path, monkeypatch):
    """The page of the post, made from published results."""
    monkeypatch.chdir(ROOT)
    page = tmp_path / "post.html"
    assert run_commands.main("annotate", ["docs/post.md", str(page)]) == 0
    return page.as_uri()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_badge_opens_its_evidence_and_closes(width, post, browser):
    context = browser.new_context(viewport={"width": width, "height": 800}, has_touch=True)
    tab = context.new_page()
    tab.goto(post)
    badges, opened = tab.locator("button.badge"), tab.locator(":popover-open")
    assert badges.count() == CONCLUSIONS
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    note = tab.locator("#evidence-valley-amplitude")
    badge = tab.locator("[popovertarget=evidence-valley-amplitude].badge")
    for act in (badge.click, badge.tap, lambda: badge.press("Enter")):
        assert not note.is_visible()
        act()
        assert note.is_visible()
        assert opened.count() == 1
        assert "Required: at most 0.2." in note.inner_text()
        tab.keyboard.press("Escape")
    badge.click()
    note.get_by_text("Close").click()
    assert not note.is_visible()
    context.close()


def test_printed_notes_follow_the_text(post, browser):
    tab = browser.new_page()
    tab.goto(post)
    tab.emulate_media(media="print")
    notes = tab.locator(".note")
    assert [notes.nth(each).is_visible() for each in range(CONCLUSIONS)] == [True] * CONCLUSIONS
    assert tab.locator(".badge sup").all_inner_texts() == [str(each) for each in range(1, CONCLUSIONS + 1)]
    tab.close()

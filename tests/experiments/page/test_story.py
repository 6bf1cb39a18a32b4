"""The story of the page: its steps, their addresses and numbers, and what is folded below."""

import re

import numpy as np
import pytest

import lstm_toys as lt
from experiments.page.parts import story
from lstm_toys.statistics import intervals


def told(tab):
    """The text of the step that is shown."""
    (step,) = tab.locator("#story article:visible").all()
    return step.inner_text()


def titles(tab):
    """The titles of all steps."""
    return [re.sub(r"^\d\. ", "", title) for title in tab.locator(".steps a").all_inner_texts()]


def test_the_page_opens_with_the_first_step_and_goes_from_one_to_the_next(address, opened, settled):
    tab = opened(address)
    assert tab.url.endswith("#step-1")
    assert "19 networks" in told(tab)
    assert tab.locator("[name=set]").input_value() == "training"
    assert titles(tab)[-2:] == ["What they became", "Your turn"]
    for number in range(2, 6):
        tab.locator("#story article:visible").get_by_text("Next").click()
        settled(tab)
        assert tab.url.endswith(f"#step-{number}")
        assert tab.locator(".steps [aria-current]").inner_text().startswith(f"{number}.")
    tab.go_back()
    settled(tab)
    assert tab.locator(".steps [aria-current]").inner_text().startswith("4.")
    assert tab.locator("[name=frequency]").input_value() == "15"
    assert tab.locator("[name=amplitude]").input_value() == "0.1"


def test_numbers_of_the_larger_sine_are_those_of_the_networks(address, opened, saved):
    tab = opened(f"{address}#step-2")
    results = saved("published").results
    (row,) = np.flatnonzero((results.family.values == "amplitude") & (results.amplitude.values == 0.6))
    sound = [seed for seed in range(20) if seed != 3]
    tops = results.answer.values[sound, row, 10:, 0].max(axis=1)
    (low,), (high,) = intervals.band(tops[:, None])
    text = told(tab)
    assert f"peaks at {np.median(tops):.2f} ({low:.2f} to {high:.2f} for" in text
    assert f"the highest peak of all is {tops.max():.2f}" in text
    assert "from 0.00 to 1.20" in tab.inner_text("#summary")


def test_one_network_is_compared_with_all_at_the_step_of_the_picture(address, opened, settled, saved):
    tab = opened(f"{address}#step-3")
    assert "19 networks" in tab.inner_text("#summary")
    assert "after 100 steps" in tab.inner_text("#summary")
    published = saved("published")
    curve = 0.6 + 0.6 * np.sin(10 * lt.time_points(100))
    answers = lt.answers(published.model, published.kept[100], np.asarray(curve)[None, :, None])
    tops = np.asarray(answers)[[0, 1, 2], 0, 10:, 0].max(axis=1)
    text = told(tab)
    assert "networks 0, 1 and 2 peak at {:.2f}, {:.2f} and {:.2f}".format(*tops) in text
    assert "after about 100 of their steps" in text
    tab.get_by_role("button", name="Network 1 alone").click()
    settled(tab)
    assert "Network 1 " in tab.inner_text("#summary")
    assert "after 100 steps" in tab.inner_text("#summary")
    assert "Network 1 alone" in told(tab)
    tab.get_by_role("button", name="All 19").click()
    settled(tab)
    assert "19 networks" in tab.inner_text("#summary")


def test_the_resonance_is_that_of_the_study(address, opened, settled, saved, resonance):
    tab = opened(f"{address}#step-4")
    text = told(tab)
    assert "19 of 20 networks come to rest" in text
    published = saved("published")
    x = np.asarray(lt.time_points(100))
    sound = [seed for seed in range(20) if seed != 3]
    for frequency, words in ((15, "returns it {:.2g} times"), (5, "it returns {:.2g} times")):
        wave = 0.3 + 0.1 * np.sin(frequency * x)
        answers = np.asarray(lt.answers(published.model, published.params, np.float32(wave)[None, :, None]))
        late = answers[sound, 0][:, x >= 0.3, 0]
        size = np.median(late.max(axis=1) - late.min(axis=1)) / (wave[x >= 0.3].max() - wave[x >= 0.3].min())
        assert words.format(size) in text
    assert tab.locator("[name=frequency]").input_value() == "15"
    slow = tab.get_by_role("button", name="The slow wave")
    slow.click()
    settled(tab)
    assert tab.locator("[name=frequency]").input_value() == "5"
    assert slow.get_attribute("aria-pressed") == "true"
    assert tab.get_by_role("button", name="The fast wave").get_attribute("aria-pressed") == "false"
    assert "18 of 20 swing" in text
    assert "14.7 (95 % interval 13.9 to 15.4), faster than the 10 of the sine" in text
    assert tab.locator("#story article:visible svg .networks circle").count() == len(resonance.frequencies)


def test_without_the_study_its_step_is_left_out(compose, opened, tmp_path):
    path = tmp_path / "index.html"
    path.write_text(compose(("published",), entries=[]))
    tab = opened(path.as_uri())
    assert len(titles(tab)) == 4
    assert "What they became" not in titles(tab)
    assert "resonate" not in tab.inner_text("main")


def test_a_picture_that_was_sent_comes_with_the_last_step(page, opened):
    tab = opened(page)
    assert tab.locator(".steps [aria-current]").inner_text().startswith("5.")
    assert tab.locator("[name=amplitude]").input_value() == "0.6"


def test_a_change_of_the_curve_is_undone_to_the_step(address, opened, settled):
    tab = opened(f"{address}#step-2")
    tab.locator("[name=amplitude]").fill("0.9")
    settled(tab)
    assert "amplitude=0.9" in tab.url
    assert tab.locator(".steps [aria-current]").inner_text().startswith("2.")
    tab.click("#undo")
    settled(tab)
    assert tab.url.endswith("#step-2")
    assert tab.locator("[name=amplitude]").input_value() == "0.6"


def test_sections_are_folded_until_an_address_names_one(address, opened):
    tab = opened(address, height=900)
    assert tab.evaluate("document.documentElement.scrollHeight") <= 6_000
    assert not tab.locator("#claim-valley-amplitude").is_visible()
    other = opened(f"{address}#claim-valley-amplitude")
    other.locator("#claim-valley-amplitude").wait_for(state="visible")
    assert not other.locator("#claim-line-one-layer").is_visible()


def test_nothing_of_commands_is_said_before_the_sections(address, opened):
    tab = opened(address)
    text = tab.inner_text("body")
    assert "python -m" not in text[: text.index("The post, section by section")]


@pytest.mark.parametrize(("items", "words"), [(["a"], "a"), (["a", "b"], "a and b"), ([1, 2, 3], "1, 2 and 3")])
def test_lists_are_words(items, words):
    assert story.listed(items) == words


def test_the_chart_is_on_the_first_screen_of_a_phone(address, opened):
    for step in range(1, 6):
        tab = opened(f"{address}#step-{step}", width=400, height=800)
        box = tab.locator("#chart").bounding_box()
        assert box["y"] + box["height"] / 2 < 800
        assert tab.locator("#story article:visible").bounding_box()["y"] >= box["y"] + box["height"]


@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_is_short_until_something_is_opened(width, address, opened):
    for step in range(1, 6):
        tab = opened(f"{address}#step-{step}", width=width)
        assert tab.evaluate("document.documentElement.scrollHeight") <= 6_000


def test_the_next_step_begins_where_it_can_be_read(address, opened, settled):
    tab = opened(f"{address}#step-1", width=400, height=500)
    for number in range(2, 6):
        link = tab.locator("#story article:visible").get_by_text("Next")
        link.evaluate("link => scrollBy(0, link.getBoundingClientRect().top - innerHeight + 60)")
        link.click()
        settled(tab)
        assert tab.url.endswith(f"#step-{number}")
        board = tab.locator(".board").bounding_box()
        assert tab.locator("#story article:visible").bounding_box()["y"] >= board["y"] + board["height"] - 1

"""The story, plucked networks, the inside of a network and training in a browser."""

import re

import numpy as np
import pytest

import lstm_toys as lt

SHOWN = "#story article:visible"
"""The step of the story that is shown."""

LARGEST = "#curve=sine&amplitude=0.8&offset=0.8&frequency=10&phase=0"
OWN = "#curve=line&slope=0.8&intercept=0.1&networks=own&learn=line,0.8,0.1&seeds=3&gates=hard&step="


def test_the_story_goes_from_one_step_to_the_next_and_leaves_it_where_a_curve_is_changed(opened):
    """And the chart stays where it is, above the text."""
    page = opened("", width=400, height=800)
    board = page.tab.locator(".board").bounding_box()
    assert "19 small LSTM networks" in page.text(SHOWN)
    for number in range(1, 7):
        assert page.tab.url.endswith(f"#step-{number}")
        assert page.text(".steps [aria-current]").startswith(f"{number}.")
        page.tab.evaluate("scrollTo(0, 0)")
        assert page.tab.locator(".board").bounding_box() == board
        assert page.tab.locator(SHOWN).bounding_box()["y"] >= board["y"] + board["height"]
        if number == 3:
            page.click("button:has-text('Network 1 alone')")
            assert "Network 1 (LSTM, after 100 steps)" in page.text("#summary")
            assert page.text(".steps [aria-current]").startswith("3.")
        if number < 6:
            page.click(f"{SHOWN} >> text=Next")
    page.tab.go_back()
    page.settle()
    page.choose(networks="gru")
    assert page.text(".steps [aria-current]").startswith("6.")
    page.tab.reload()
    page.settle()
    page.click("#undo")
    assert page.tab.url.endswith("#step-5")
    page.click("#reset")
    assert page.tab.url.endswith("#step-1")
    assert page.text(".steps [aria-current]").startswith("1.")


def test_the_first_screen_moves_value_by_value_unless_motion_is_not_wanted(opened, browser, address):
    pictures = "() => [0, 300].reduce((last, wait) => last.then((all) => new Promise((done) => setTimeout(() => \
        done([...all, document.getElementById('chart').toDataURL()]), wait))), Promise.resolve([]))"
    page = opened("")
    first, second = page.tab.evaluate(pictures)
    assert first == second
    context = browser.new_context(reduced_motion="no-preference")
    moving = context.new_page()
    moving.goto(address)
    moving.wait_for_selector("#playground[aria-busy=false]")
    first, second = moving.evaluate(pictures)
    assert first != second
    assert moving.locator("#grips[hidden]").count() == 1
    moving.wait_for_selector("#grips:not([hidden])", state="attached")  # Once all values have been drawn.
    context.close()


def test_the_verdict_follows_the_learning_rate(opened):
    page = opened("#step-5")
    texts = []
    for at in range(5):
        page.tab.fill("[data-asks]", str(at))
        page.settle()
        rate = ("0.0003", "0.0005", "0.001", "0.002", "0.003")[at]
        texts.append(page.text(f"{SHOWN} >> [data-choice]:visible"))
        assert texts[-1].startswith(f"{rate}: It ")
        assert page.values("networks") == [f"rate-{rate}" if rate != "0.001" else "published"]
        assert page.text(".steps [aria-current]").startswith("5.")
    assert page.tab.locator("[data-choice]:visible").count() == 1


def test_plucked_networks_ring_as_the_library_has_it(opened, saved):
    page = opened("#curve=pluck&level=0.2&pull=0.4&networks=dense")
    model, params, *_ = saved("dense")
    curve = np.float32([0.6] * 110 + [0.2] * 90)[None, :, None]
    answers = np.asarray(lt.answers(model, params, curve))[[*range(3), *range(4, 17)], 0, 100:, 0]
    at = [*range(0, 100, 10), 99]
    assert np.allclose(page.numbers()[:, 2], np.median(answers, axis=0)[at], atol=1e-4)
    told = page.tab.locator(".ring").all_inner_texts()
    for words, label in zip(told, ("LSTM, dense readout", "GRU", "plain recurrent (tanh)"), strict=True):
        assert re.match(rf"{re.escape(label)}: \d+ of 16 ring", words)
    page.tab.get_by_label("level of the curve").focus()
    page.press(*["ArrowUp"] * 20)
    assert "level=0.6" in page.tab.url
    assert page.text(".steps [aria-current]").startswith("4.")


def test_sections_are_folded_until_an_address_names_one(opened):
    page = opened("#claim-valley-amplitude")
    page.tab.locator("#claim-valley-amplitude").wait_for(state="visible")
    assert not page.visible("#claim-line-one-layer")
    assert page.tab.url.endswith("#claim-valley-amplitude")
    page.choose(networks="gru")
    assert "claim" not in page.tab.url
    page.tab.evaluate("location.hash = '#nowhere'")
    page.tab.wait_for_url("**#step-1")


def test_the_step_and_all_verdicts_are_told_on_paper_and_the_story_without_javascript(opened, address, browser):
    page = opened("#step-3")
    page.tab.emulate_media(media="print")
    assert len(re.findall(rb"/Type\s*/Page\b", page.tab.pdf(format="A4"))) <= 10
    plain = browser.new_page(java_script_enabled=False)
    plain.goto(address)
    shown = ([step.is_visible() for step in tab.locator("#story article").all()] for tab in (page.tab, plain))
    assert [*shown] == [[at == 2 for at in range(6)], [True] * 6]
    assert page.visible("#step-3-title")
    assert page.visible("#claim-line-one-layer .verdict")
    assert plain.locator("#still").is_visible()
    assert not any(plain.locator(each).is_visible() for each in ("#controls", "#train", "#chart"))
    plain.close()


@pytest.fixture
def inside(opened):
    """Opens the inside of network 4, which answers the larger sine."""
    page = opened("#curve=sine&set=amplitude&seed=4")
    page.tab.locator("#inside > summary").click()
    page.tab.wait_for_function("() => document.getElementById('inside-who').textContent !== ''")
    return page


def test_a_network_is_looked_into_along_the_curve(inside, saved, studied):
    def at_cursor():
        found = re.findall(r"([a-z ,:]+?) (-?\d+\.\d+)", inside.text("#inside-values"))
        return {name.strip(", :"): float(value) for name, value in found}

    frequency = float(studied[1].mode_frequency[4])
    assert f"frequency of {frequency:.1f}; the curve that it is shown has 10.0" in inside.text("#inside-who")
    canvas = inside.tab.locator("#inside-gates canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    inside.tab.mouse.move(box["x"] + 46 + 50 / 99 * (box["width"] - 58), box["y"] + 50)
    results = saved("published").results.isel(seed=4, time=50, feature=0)
    (row,) = np.flatnonzero((results.family.values == "amplitude") & (results.amplitude.values == 0.6))
    told, shown, answer = at_cursor(), float(results.input[row]), float(results.answer[row])
    assert [told[name] for name in ("x", "shown", "answer")] == pytest.approx([0.51, shown, answer], abs=0.006)
    assert told["output gate"] * np.tanh(told["cell state"]) == pytest.approx(answer, abs=0.02)
    inside.tab.locator("#chart").focus()
    inside.press("Home", *["ArrowRight"] * 20)
    assert at_cursor()["x"] == 0.20
    for networks, words in (("gru", "Only networks of LSTM"), ("dense", "weighted sum"), ("untrained", "Network 4")):
        inside.choose(networks=networks)
        assert words in inside.text("#inside-who")
        assert "frequency" not in inside.text("#inside-who")


@pytest.mark.parametrize("steps", [0, 20])
def test_networks_are_trained_in_the_page_as_its_address_says_and_asked_like_others(steps, opened, trained):
    page = opened(f"{OWN}{steps}")
    x = np.linspace(0, 1, 100)
    curve = 0.8 * x + 0.1
    answers = np.array(trained("answer", curve, steps, range(3), lt.Stack(features=1, gates="hard")))
    assert f"3 networks (LSTM trained here, {f'after {steps} steps' if steps else 'before training'})" in page.text(
        "#summary"
    )
    at = [*range(0, 100, 10), 99]
    assert np.allclose(page.numbers()[:, 1], curve[at], atol=1e-4)
    assert np.allclose(page.numbers()[:, 2], np.median(answers, axis=0)[at], atol=1e-4)
    assert "of 3 have learned their curve" in page.text("#population-note")
    page.tab.locator("#inside > summary").click()
    page.tab.wait_for_function("() => document.getElementById('inside-who').textContent.startsWith('Network 0')")
    page.choose(seed="network 2")
    assert np.allclose(page.numbers()[:, 2], answers[2][at], atol=1e-4)


def test_training_moves_at_once_stops_goes_on_and_takes_more_networks(opened):
    page = opened(LARGEST)
    page.tab.click("#train")
    page.tab.wait_for_function(
        "() => /[1-9]\\d* of 1,500 steps/.test(document.getElementById('population-note').textContent)"
    )
    assert "networks=own" in page.tab.url
    page.click("#train-stop")
    stopped = int(re.search(r"step=(\d+)", page.tab.url)[1])
    assert stopped < 1_500
    assert "cannot answer beyond" in page.text("#population-note")
    assert page.text("#train-stop") == "Go on"
    page.click("#train-more")
    assert "16 networks (LSTM trained here" in page.text("#summary")
    before = page.numbers()
    page.choose(amplitude="0.2")
    assert not np.allclose(page.numbers()[:, 2], before[:, 2])
    page.choose(gates="sigmoid")
    assert "with sigmoid gates" in page.text("#population-note")
    assert page.tab.locator("#train").is_enabled()
    page.choose(networks="published")
    assert "19 networks" in page.text("#summary")

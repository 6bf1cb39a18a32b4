"""The story, the challenge, the inside of a network and training in a browser."""

import re

import jax
import numpy as np
import pytest
from kinds import SEEDS, SOUND

import lstm_toys as lt

SHOWN = "#story article:visible"
"""The step of the story that is shown."""


def test_the_story_goes_from_one_step_to_the_next_and_back_to_where_a_curve_was_changed(opened):
    """And a phone shows the chart before the text of a step."""
    page = opened("", width=400, height=800)
    assert "19 networks" in page.text(SHOWN)
    for number in range(1, 6):
        assert page.tab.url.endswith(f"#step-{number}")
        assert page.text("#story .steps [aria-current]").startswith(f"{number}.")
        text, board = (page.tab.locator(place).bounding_box()["y"] for place in (SHOWN, ".board"))
        assert text >= board + page.tab.locator(".board").bounding_box()["height"] - 1
        assert page.tab.evaluate("document.documentElement.scrollHeight") <= 6_000
        page.tab.evaluate("scrollTo(0, 0)")
        assert page.middle(page.tab.locator("#chart"))[1] < 800
        if number == 3:
            page.click("button:has-text('Network 1 alone')")
            assert "Network 1 (LSTM as published, after 100 steps)" in page.text("#summary")
        if number < 5:
            page.click(f"{SHOWN} >> text=Next")
    page.tab.go_back()
    page.settle()
    assert page.values("amplitude", "frequency") == ["0.1", "15"]
    assert page.tab.locator(f"{SHOWN} >> svg .networks circle").count() == SEEDS
    page.choose(amplitude="0.9")
    assert "amplitude=0.9" in page.tab.url
    page.click("#undo")
    assert page.tab.url.endswith("#step-4")
    assert page.values("amplitude") == ["0.1"]


def test_sections_are_folded_until_an_address_names_one(opened):
    page = opened("#claim-valley-amplitude")
    page.tab.locator("#claim-valley-amplitude").wait_for(state="visible")
    assert not page.visible("#claim-line-one-layer")


def test_the_story_is_told_on_paper_and_without_javascript(opened, address, browser):
    page = opened("")
    assert len(re.findall(rb"/Type\s*/Page\b", page.tab.pdf(format="A4"))) <= 6
    page.tab.emulate_media(media="print")
    plain = browser.new_page(java_script_enabled=False)
    plain.goto(address)
    for tab in (page.tab, plain):
        assert [step.is_visible() for step in tab.locator("#story article").all()] == [True] * 5
    assert plain.locator("svg.still").is_visible()
    assert "19 networks" in plain.locator("noscript figcaption").inner_text()
    assert not any(plain.locator(each).is_visible() for each in ("#controls", "#train-run"))
    plain.close()


def test_a_challenge_is_copied_opened_and_undone_if_its_curve_counts(opened, saved):
    published = saved("published")
    curve = np.float32(0.3 + 0.3 * np.sin(20 * lt.time_points(100)))
    answers = np.asarray(lt.answers(published.model, published.params, curve[None, :, None]))[SOUND, 0, :, 0]
    score = f"{np.sqrt(np.mean(np.square(np.median(answers, axis=0) - curve)[10:])):#.2g}"
    page = opened("#curve=sine&amplitude=0.3&frequency=20&phase=0&offset=0.3&networks=published")
    assert f"scores {score}," in page.text("#challenge-goal")
    page.tab.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.tab.click("#challenge-copy")
    sent = page.tab.wait_for_function("() => window.copied").json_value()
    assert sent == f"{page.tab.url}&score={score}"
    page = opened(sent.replace(f"score={score}", "score=9"))  # The score is computed, and not read.
    words = page.text("#challenge-sent")
    assert f"the median of 19 networks (LSTM as published, after 1,000 steps) is {score} off" in words
    for offset, counts in (("0.31", False), ("0.3", True)):  # Beyond the sine, and within it.
        page.choose(offset=offset)
        assert page.tab.locator("#challenge-copy").is_enabled() == counts
    page.choose(amplitude="0.2")
    assert not page.visible("#challenge-sent")
    assert "score" not in page.tab.url
    assert f"It is not worse than the one that you were sent ({score})" in page.text("#challenge-goal")
    page.choose(seed="network 4")
    assert page.tab.locator("#challenge-copy").is_disabled()
    page.choose(seed="all networks", networks="gru")
    assert "for other networks" in page.text("#challenge-goal")
    page.tab.evaluate("history.go(-6)")
    page.tab.wait_for_url("**&score=9")
    page.settle()
    assert page.text("#challenge-sent") == words


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

    frequency = studied[0].frequencies[4]
    assert f"frequency of {frequency:.1f}; the curve that it is shown has 10.0" in inside.text("#inside-who")
    box = inside.tab.locator("#inside-gates canvas").bounding_box()
    inside.tab.mouse.move(box["x"] + 46 + 50 / 99 * (box["width"] - 58), box["y"] + 50)
    results = saved("published").results.isel(seed=4, time=50, feature=0)
    (row,) = np.flatnonzero((results.family.values == "amplitude") & (results.amplitude.values == 0.6))
    told, shown, answer = at_cursor(), float(results.input[row]), float(results.answer[row])
    assert [told[name] for name in ("x", "shown", "answer")] == pytest.approx([0.51, shown, answer], abs=0.006)
    assert told["output gate"] * np.tanh(told["cell state"]) == pytest.approx(answer, abs=0.02)
    inside.tab.locator("#chart").focus()
    inside.press("Home", *["ArrowRight"] * 20)
    assert at_cursor()["x"] == 0.20
    assert inside.text("#reading").startswith("x 0.20")


def test_a_network_is_changed_where_an_lstm_answers_and_the_change_measured(inside, saved, curves):
    published = saved("published")
    params = jax.tree.map(lambda leaf: leaf[4:5], published.params)
    mean = float(lt.states(published.model, params, curves)["lstm_0"]["hidden"][0, 0, :, 2].mean())
    picture = "canvas => canvas.toDataURL()"
    drawn = inside.tab.locator("#inside-cell canvas").evaluate(picture)
    assert inside.text("#inside-changed") == ""
    inside.tab.locator("[name=unit]").select_option("unit 2")
    assert f"Unit 2 is held at {mean:.2f}, the mean" in inside.text("#inside-changed")
    assert inside.tab.locator("#inside-cell canvas").evaluate(picture) != drawn
    inside.tab.get_by_label("exchange the readout for a dense one").check()
    assert "least squares, plus 0.001 times the squares of the weights" in inside.text("#inside-changed")
    for networks, words in (("gru", "Only networks of LSTM"), ("dense", "weighted sum")):
        inside.choose(networks=networks)
        assert words in inside.text("#inside-who")
        assert not inside.visible("#inside-controls")
        assert not inside.visible("#inside-changed")
    inside.choose(networks="untrained")
    assert "Unit 2 is held" in inside.text("#inside-changed")
    assert "frequency" not in inside.text("#inside-who")


def progress(page, expected):
    """What is said of the training once it says something and nothing is computed."""
    page.tab.wait_for_function("said => document.getElementById('progress').textContent.includes(said)", arg=expected)
    page.tab.wait_for_function("() => document.getElementById('training').getAttribute('aria-busy') === 'false'")
    return page.text("#progress")


def test_eight_networks_are_trained_step_by_step_on_the_curve_shown_or_on_the_sine(opened, trained):
    page = opened("#curve=line&slope=0.8&intercept=0.8")
    own, sine = (page.tab.get_by_label(label) for label in ("the curve above", "the sine of the post"))
    own.check()
    assert "cannot leave the range" in page.text("#train-note")
    x = np.linspace(0, 1, 100)
    for curve in (0.8 + 0.8 * x, 0.3 + 0.3 * np.sin(10 * x)):
        for steps in range(2):
            page.click("#train-step")
            told = progress(page, f"8 networks after {steps} of 1,500 steps")
            answers = trained("answer", curve, steps, range(8), lt.Stack(features=1, gates="hard"))
            errors = np.sqrt(np.mean(np.square(answers - curve)[:, 10:], axis=1))
            said = told.split("are from ")[1].split(";")[0].split(" to ")
            assert [float(word) for word in said] == pytest.approx([errors.min(), errors.max()], rel=0.06)
        if own.is_checked():
            page.choose(slope="0.1")
            assert "has changed" in page.text("#train-note")
            sine.check()
            assert not page.visible("#train-note")


def test_training_stops_goes_on_and_begins_again_and_eight_more_catch_up(opened):
    page = opened("#curve=sine")
    says = "said => document.getElementById('progress').textContent.match(said)"
    for step in range(4):
        page.click("#train-step")
        progress(page, f"8 networks after {step} of")
    page.tab.locator("[name=speed]").select_option("slow")
    page.click("#train-more")
    page.tab.wait_for_function(says, arg="8 networks after [012], 8 networks after 3 of")
    page.tab.locator("[name=speed]").select_option("steady")  # In which ten steps would lead beyond the others.
    page.tab.wait_for_function(says, arg="16 networks after")
    page.click("button:has-text('Stop')")
    stopped = progress(page, "16 networks after")
    page.tab.wait_for_timeout(200)
    assert page.text("#progress") == stopped
    page.click("button:has-text('Go on')")
    page.tab.wait_for_function("said => document.getElementById('progress').textContent !== said", arg=stopped)
    page.click("#train-again")
    page.tab.wait_for_timeout(200)
    assert page.text("#progress") == "No network has begun."

"""The story, plucked networks, the inside of a network and training in a browser."""

import re

import numpy as np
import pytest

import lstm_toys as lt

SHOWN = "#story article:visible"
LARGEST = "#curve=sine&amplitude=0.8&offset=0.8&frequency=10&phase=0"
OWN = "#curve=line&slope=0.8&intercept=0.1&networks=own&learn=line,0.8,0.1&seeds=3&gates=hard&step=20"
AT = [*range(0, 100, 10), 99]


def test_the_story_goes_from_one_step_to_the_next_and_leaves_it_where_a_curve_is_changed(opened):
    page = opened("", width=400, height=800)
    assert "19 small LSTM networks" in page.text(SHOWN)
    for number in range(1, 7):
        assert page.tab.url.endswith(f"#step-{number}")
        assert page.text(".steps [aria-current]").startswith(f"{number}.")
        if number == 3:
            page.click("button:has-text('Network 1 alone')")
            assert "Network 1 (LSTM, after 100 steps)" in page.text("#summary")
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
    page.tab.fill("[data-asks]", "4")
    page.settle()
    assert page.text(f"{SHOWN} >> [data-choice]:visible").startswith("0.003: It ")
    assert page.values("networks") == ["rate-0.003"]
    page.click("#reset")
    assert page.tab.url.endswith("#step-1")


def test_plucked_networks_ring_as_the_library_has_it(opened, saved):
    page = opened("#curve=pluck&level=0.2&pull=0.4&networks=dense")
    curve = np.float32([0.6] * 110 + [0.2] * 90)[None, :, None]
    answers = np.asarray(lt.answers(saved("dense"), curve))[[*range(3), *range(4, 17)], 0, 100:, 0]
    assert np.allclose(page.numbers()[:, 2], np.median(answers, axis=0)[AT], atol=1e-4)
    told = page.tab.locator(".ring").all_inner_texts()
    for words, label in zip(told, ("LSTM, dense readout", "GRU", "plain recurrent (tanh)"), strict=True):
        assert re.match(rf"{re.escape(label)}: \d+ of 16 ring", words)


def test_an_address_unfolds_its_section_and_paper_has_all_verdicts_and_the_story_needs_no_javascript(
    opened, address, browser
):
    page = opened("#claim-valley-amplitude")
    page.tab.locator("#claim-valley-amplitude").wait_for(state="visible")
    assert not page.tab.locator("#claim-line-one-layer").is_visible()
    page = opened("#step-3")
    page.tab.emulate_media(media="print")
    page.tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    plain = browser.new_page(java_script_enabled=False)
    plain.goto(address)
    shown = ([step.is_visible() for step in tab.locator("#story article").all()] for tab in (page.tab, plain))
    assert [*shown] == [[at == 2 for at in range(6)], [True] * 6]
    assert page.tab.locator("#claim-line-one-layer .verdict").is_visible()
    assert plain.locator("#still").is_visible()
    assert not any(plain.locator(each).is_visible() for each in ("#controls", "#train", "#chart"))
    plain.close()


def test_a_network_is_looked_into_along_the_curve(opened, saved, studied):
    page = opened("#curve=sine&set=amplitude&seed=4")
    page.tab.locator("#inside > summary").click()
    page.tab.wait_for_function("() => document.getElementById('inside-who').textContent !== ''")
    frequency = float(studied[1].mode_frequency[4])
    assert f"frequency of {frequency:.1f}; the curve that it is shown has 10.0" in page.text("#inside-who")
    canvas = page.tab.locator("#inside-gates canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.tab.mouse.move(box["x"] + 46 + 50 / 99 * (box["width"] - 58), box["y"] + 50)
    results = saved("published").results.isel(seed=4, time=50, feature=0)
    (row,) = np.flatnonzero((results.family.values == "amplitude") & (results.parameter_amplitude.values == 0.6))
    found = re.findall(r"([a-z ,:]+?) (-?\d+\.\d+)", page.text("#inside-values"))
    told = {name.strip(", :"): float(value) for name, value in found}
    expected = [0.51, float(results.input[row]), float(results.answer[row])]
    assert [told[name] for name in ("x", "shown", "answer")] == pytest.approx(expected, abs=0.006)
    assert told["output gate"] * np.tanh(told["cell state"]) == pytest.approx(expected[2], abs=0.02)
    page.choose(networks="gru")
    assert "Only networks of LSTM" in page.text("#inside-who")


def test_networks_are_trained_in_the_page_as_its_address_says_and_asked_like_others(opened, trained):
    page = opened(OWN)
    curve = 0.8 * np.linspace(0, 1, 100) + 0.1
    answers = np.array(trained("answer", curve, 20, range(3), lt.Stack(features=1, gates="hard")))
    assert "3 networks (LSTM trained here, after 20 steps)" in page.text("#summary")
    assert np.allclose(page.numbers()[:, 1], curve[AT], atol=1e-4)
    assert np.allclose(page.numbers()[:, 2], np.median(answers, axis=0)[AT], atol=1e-4)
    assert "of 3 have learned their curve" in page.text("#population-note")
    page.choose(seed="network 2")
    assert np.allclose(page.numbers()[:, 2], answers[2][AT], atol=1e-4)


def test_training_moves_at_once_stops_goes_on_and_takes_more_networks(opened):
    page = opened(LARGEST)
    page.tab.click("#train")
    page.tab.wait_for_function(
        "() => /[1-9]\\d* of 1,500 steps/.test(document.getElementById('population-note').textContent)"
    )
    page.click("#train-stop")
    assert int(re.search(r"networks=own.*step=(\d+)", page.tab.url)[1]) < 1_500
    assert "cannot answer beyond" in page.text("#population-note")
    assert page.text("#train-stop") == "Go on"
    page.click("#train-more")
    assert "16 networks (LSTM trained here" in page.text("#summary")
    before = page.numbers()
    page.choose(amplitude="0.2")
    assert not np.allclose(page.numbers()[:, 2], before[:, 2])

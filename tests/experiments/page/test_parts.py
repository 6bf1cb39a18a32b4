"""The story in a browser: the guess, training, plucked networks, the end, and one value that is followed."""

import base64
import re

import numpy as np
import plain_cells
import pytest
from kinds import SOUND

import lstm_toys as lt
from conftest import rarely
from experiments import sine
from experiments.page import story

SHOWN = "#story article:visible"
REWARD = f"{SHOWN} >> .reward"
LARGEST = "#curve=sine&amplitude=0.8&offset=0.8&frequency=10&phase=0"
OWN = "#curve=line&slope=0.8&intercept=0.1&networks=own&learn=line,0.8,0.1&seeds=3&step=20"
AT = [*range(0, 100, 10), 99]
X = np.asarray(lt.time_points(100))
LARGE, SMALL = (1280, 800), (390, 844)


def answers_to(saved, curve, kind="published"):
    """The answers of the networks that a page shows of one curve."""
    found = np.asarray(lt.answers(saved(kind), np.float32(curve)[None, :, None]))
    return found[~saved(kind).diverged, 0, :, 0]


def off(answers, curve):
    """Errors over x >= 0.1, as NumPy has them."""
    return np.sqrt(np.mean(np.square(answers - curve)[..., X >= lt.measures.FOUND], axis=-1))


def layer(weights, seed, inputs):
    """What an LSTM layer with hard gates computes at every time point, in NumPy: i, f, g, o, and the hidden states."""
    own = {name: np.float64(weights[name][seed]) for name in plain_cells.WEIGHTS}
    state, gates, states = (np.zeros(len(own["recurrent_kernel"])),) * 2, [], []
    for shown in inputs:
        state, opened = plain_cells.step("lstm", "hard", own, shown, state)
        gates.append([opened[name] for name in ("input", "forget", "new", "output")])
        states.append(state[0])
    return np.array(gates), np.array(states)


def test_the_story_goes_from_one_step_to_the_next_and_leaves_it_where_a_curve_is_changed(opened, saved):
    page = opened("", width=400, height=800)
    assert "19 small neural networks" in page.text(SHOWN)
    heights = set()
    page.click("#show")
    for number in range(1, 7):
        assert f"#step-{number}" in page.tab.url
        assert page.text(".steps [aria-current=step]").startswith(f"{number}.")
        heights.add(page.tab.locator("nav").bounding_box()["height"])
        if number == 3:
            assert not page.tab.locator(REWARD).is_visible()
            page.click("button:has-text('Network 1')")
            assert page.tab.locator(REWARD).is_visible()
            assert "Network 1 (LSTM, after 1,000 steps)" in page.text("#summary")
        if number == 5:
            sound = lt.probed(saved("published").results, "phase").isel(seed=SOUND)
            met = story.VALLEY.met(story.VALLEY.number(sound)).sum()
            told = page.text(f"{SHOWN} >> [data-choice]:visible")
            assert told.startswith("As before: It ")
            assert f": the valley stays in {met} of 19 networks." in told
            assert page.text(f"{SHOWN} >> p:visible") == told  # Before all other words.
            assert not page.tab.locator(REWARD).is_visible()
            assert "turns the verdict" not in page.text(SHOWN)  # Networks of all trainings are the same ones here.
        if number < 6:
            page.click(f"{SHOWN} >> text=Next")
    assert len(heights) == 1
    page.unfold("#controls > details")
    page.choose(networks="gru")
    assert page.text(".steps [aria-current=step]").startswith("6.")
    page.choose(networks="published", amplitude="0.6")  # As in the first step, whose text does not come back.
    assert page.text(".steps [aria-current=step]").startswith("6.")
    page.tab.reload()
    page.settle()
    assert page.text(".steps [aria-current=step]").startswith("6.")
    for _ in range(3):
        page.click("#undo")
    assert page.tab.url.endswith("#step-6")
    page.click(".steps a:has-text('5.')")
    for words, name in (("3,000 steps", "steps-3000"), ("Rate 0.003", "rate-0.003")):
        page.click(f"{SHOWN} >> button:has-text('{words}')")
        assert page.text(f"{SHOWN} >> [data-choice]:visible").startswith(f"{words}: It ")
        assert page.values("networks") == [name]
        assert page.text("#key-median-text") == "median of 16 of 19 judged networks"
        assert page.tab.locator(REWARD).is_visible()
    assert not page.tab.locator("#aside, #grips button").filter(visible=True).count()


@pytest.mark.parametrize(
    ("hand", "width", "height"),
    [
        *(("mouse", *LARGE), ("finger", *SMALL), ("keys", *LARGE)),
        *rarely(("mouse", *SMALL), ("finger", *LARGE), ("keys", *SMALL)),
    ],
)
def test_a_guess_is_drawn_and_compared_with_the_answers(hand, width, height, opened, saved):
    page = opened("", width=width, height=height)
    assert not page.tab.locator("#key-single, #tools, #aside, .reward").filter(visible=True).count()
    points = [page.upon(x, 0.5 + 0.1 * np.cos(9 * x)) for x in np.linspace(0, 1, 30)]
    if hand == "keys":
        page.tab.focus("#chart")
        page.tab.keyboard.press("ArrowDown")
        assert page.tab.locator("#drawing-help").is_visible()
        for key in ("ArrowDown", "PageUp", "ArrowUp", "Enter"):
            page.tab.keyboard.press(key)
        page.settle()
    else:
        draw = page.drag if hand == "mouse" else page.swipe
        for start, end in ((8, 20), (0, 9)):  # One end alone is no guess.
            draw(*points[start:end])
            assert page.text("#hint").startswith("Go on")
            assert not page.tab.locator("#guessed").is_visible()
        draw(*points[22:29])  # It leaves a gap, and the last values.
        assert "guess=" not in page.tab.url
        if width < 1_000:
            page.click("#guessed")
        else:
            draw(*points[28:])
            draw(*points[19:23])
    packed = re.search(r"guess=([\w-]+)", page.tab.url)[1]
    guess = np.frombuffer(base64.urlsafe_b64decode(packed + "=="), "<i2") / 1_000
    assert len(guess) == 100
    curve = 2 * sine.TRAIN_AMPLITUDE * (1 + np.sin(sine.FREQUENCY * X))
    answers = answers_to(saved, curve)
    told = [float(number) for number in re.findall(r"\d+\.\d+", page.text("#verdict"))]
    expected = [off(line, np.median(answers, axis=0)) for line in (guess, curve)]
    assert told == pytest.approx(expected, rel=0.06)
    if hand != "keys":
        drawn = -np.cos(9 * X[5:85])  # Shares of the picture's height go downward.
        assert np.corrcoef(guess[5:85], drawn)[0, 1] > 0.99
    assert page.tab.locator(REWARD).is_visible()
    before = page.text("#verdict")
    assert opened(page.tab.url, width=width, height=height).text("#verdict") == before
    page.click("text=Guess again")
    assert page.tab.url.endswith("#step-1")
    assert page.tab.locator("#show").is_visible()


def test_what_answers_mean_is_said_once_they_are_drawn(opened):
    page = opened("")
    page.tab.emulate_media(reduced_motion="no-preference")
    page.tab.click("#show")
    meaning = page.tab.locator("[data-when=told]")
    assert not meaning.or_(page.tab.locator(REWARD)).filter(visible=True).count()
    meaning.wait_for(state="visible")


def test_a_finger_finds_what_it_needs_and_one_thing_is_next_in_every_step(opened):
    page = opened("", width=390, height=844)
    for number, place in enumerate(("#step-1", "#step-1&guess=none", *(f"#step-{step}" for step in range(2, 7)))):
        page.show(page.tab.url.split("#")[0] + place)
        main = page.tab.locator("button.main, .next").filter(visible=True).all()
        colors = [each.evaluate("each => getComputedStyle(each).color") for each in main]
        assert colors.count("rgb(255, 255, 255)") == (number != 0)  # The first step asks for a guess.
        for each in page.tab.locator(".steps a, .actions > *, #strip button, #grips button").all():
            if each.is_visible():
                box = each.bounding_box()
                assert min(box["width"], box["height"]) >= 44, each.inner_text()
                assert 0 <= box["y"] <= 844 - box["height"]
        assert page.tab.locator("#grips button").filter(visible=True).count() == (2 if number in (4, 6) else 0)


@pytest.mark.parametrize(("width", "height"), [LARGE, SMALL])
def test_plucked_networks_ring_as_the_library_has_it_and_one_handle_moves_all(width, height, opened, saved):
    page = opened("#curve=pluck&level=0.2&pull=0.4&networks=dense", width=width, height=height)
    curve = np.float32([0.6] * 110 + [0.2] * 90)[None, :, None]
    answers = np.asarray(lt.answers(saved("dense"), curve))[[*range(3), *range(4, 17)], 0, 100:, 0]
    assert np.allclose(page.numbers()[:, 2], np.median(answers, axis=0)[AT], atol=5e-3)

    def captions():
        told = page.tab.locator("#rings p").all_inner_texts()
        for words, label in zip(told, ("LSTM, dense readout", "GRU", "vanilla RNN"), strict=True):
            assert re.match(rf"{re.escape(label)}: \d+ of 16 ring", words)
        return page.tab.evaluate("document.getElementById('chart').toDataURL()")

    before = captions()
    assert page.text("#reading") == ""
    for share, reads in ((0.2, True), (0.5, False)):  # Values are read in the first panel alone.
        page.tab.mouse.move(*page.upon(*((share, 0.5) if width > 1_000 else (0.5, share))))
        page.tab.wait_for_function(
            "reads => Boolean(document.getElementById('reading').textContent) === reads", arg=reads
        )
    page.tab.focus("#chart")  # The keyboard reads values wherever the pointer is.
    page.tab.keyboard.press("PageUp")
    page.tab.wait_for_function("() => Boolean(document.getElementById('reading').textContent)")
    assert "Enter" not in page.text("#drawing-help")  # It follows no network here.
    held = page.tab.get_by_label("held end of the curve")
    if width > 1_000:
        x, y = page.middle(held)
        page.drag((x, y), (x, y + 30))
    else:
        held.focus()
        page.tab.keyboard.press("ArrowDown")
        page.settle()
    assert float(page.values("pull")[0]) < 0.4
    assert captions() != before


@pytest.mark.parametrize(("width", "height"), [LARGE, *rarely(SMALL)])
def test_the_end_says_whether_a_curve_was_found_on_which_networks_fail(width, height, opened, saved):
    line = "#curve=line&slope=0.1&intercept={}"
    for intercept, inside in ((0.4, True), (0.55, False)):
        page = opened(line.format(intercept), width=width, height=height)
        curve = 0.1 * X + intercept
        error = off(np.median(answers_to(saved, curve), axis=0), curve)
        assert page.text("#gauge-text").startswith(f"Off by {error:.2f} on average")
        assert ("leaves 0.00 to 0.60" in page.text("#gauge-text")) != inside
        assert page.tab.locator("#found").is_visible() == (inside and error > story.FAILS)
    untrained = "networks=untrained", "networks=published&step=30", "networks=own&learn=line,0.1,0.4&seeds=2&step=0"
    for networks in untrained:  # These fail at everything, which says nothing about what others learned.
        page = opened(f"{line.format(0.4)}&{networks}", width=width, height=height)
        assert page.text("#gauge-text") == "These networks have not learned their curve."
        assert not page.tab.locator("#gauge, #found").filter(visible=True).count()
    page = opened(f"{line.format(0.4)}&seed=4", width=width, height=height)
    error = off(answers_to(saved, 0.1 * X + 0.4)[SOUND.index(4)], 0.1 * X + 0.4)
    assert page.text("#gauge-text").startswith(f"Off by {error:.2f} on average")


@pytest.mark.parametrize(("width", "height"), [LARGE, SMALL])
def test_one_value_is_followed_through_a_cell_and_a_click_takes_another_network(width, height, opened, saved):
    page = opened("#step-1&guess=none&seed=4", width=width, height=height)
    page.click(f"{SHOWN} >> [data-inside]")
    page.tab.evaluate("scrollTo(0, 0)")
    results = saved("published").results["amplitude"].isel(feature=0)
    (row,) = np.flatnonzero(results.parameter_amplitude.values == 0.6)

    def told(seed, time):
        page.tab.wait_for_function(
            "(x) => document.getElementById('cell-values').textContent.includes(x)", arg=f"At x {time / 99:.2f} "
        )
        x, shown, cell, forget, before, gate, new, answer, out, squashed = (
            float(number.rstrip(".")) for number in re.findall(r"-?\d+\.\d+", page.text("#cell-values"))
        )
        params, curve = saved("published").params, results.input.values[row]
        _, below = layer(params["lstm_0"], seed, curve[:, None])
        gates, answers = layer(params["readout"], seed, below)
        found = [x, shown, gate, forget, new, out, answer, forget * before + gate * new, out * squashed]
        wanted = [time / 99, curve[time], *gates[time, :, 0], answers[time, 0], cell, answer]
        assert found == pytest.approx(wanted, abs=0.02)
        assert answers[time, 0] == pytest.approx(float(results.answer[seed, row, time]), abs=1e-4)

    page.tab.mouse.move(*page.upon(50 / 99, 0.5))
    told(4, 50)
    page.tab.focus("#chart")
    page.tab.keyboard.press("Home")
    for time in (10, 20, 30, 40):
        page.tab.keyboard.press("PageUp")
        told(4, time)
    page.tab.keyboard.press("Enter")
    page.settle()
    told(5, 40)
    page.click(f"{SHOWN} >> text=/^Close$/")
    assert page.tab.url.endswith("#step-1&guess=none")  # The median of all is back.
    page = opened("#curve=line&networks=gru&inside=yes", width=width, height=height)
    assert "Only networks whose answer is an LSTM unit" in page.text("#inside-who")
    page.click(f"{SHOWN} >> text=/^Close$/")
    assert page.tab.locator("[data-inside]:visible").is_disabled()


def test_a_click_takes_the_line_that_is_next_to_it_and_one_beside_all_lets_it_go(opened, saved):
    page = opened("#step-3")
    curve = 0.6 + 0.6 * np.sin(10 * X)
    answers = answers_to(saved, curve)
    seeds = np.flatnonzero(~saved("published").diverged)
    box = page.tab.locator("#chart").bounding_box()
    low, high = box["height"] - 26, page.tab.locator("#key").bounding_box()["height"] + 16
    lines = [curve, *answers, 0.5 * curve, [0, 0.75]]
    least, most = (function(map(function, lines)) for function in (min, max))
    least, most = np.floor(4 * least - 0.05) / 4, np.ceil(4 * most + 0.05) / 4
    highest = int(np.argmax(answers[:, 60]))
    y = box["y"] + low + (answers[highest, 60] - least) / (most - least) * (high - low)
    page.tab.mouse.click(page.upon(60 / 99, 0)[0], float(y))
    page.settle()
    assert page.tab.url.endswith(f"#step-3&seed={seeds[highest]}")
    page.tab.mouse.click(page.upon(60 / 99, 0)[0], box["y"] + high + 4)
    page.settle()
    assert page.tab.url.endswith("#step-3")


def test_an_address_unfolds_its_section_and_paper_has_all_verdicts_and_the_story_needs_no_javascript(
    opened, address, browser
):
    page = opened("#claim-valley-amplitude")
    page.tab.locator("#claim-valley-amplitude").wait_for(state="visible")
    page = opened("#step-6")
    page.click(f"{SHOWN} >> .next")
    assert 0 <= page.tab.locator("#end").bounding_box()["y"] < page.tab.viewport_size["height"]
    page.click("#end >> text=See which conclusions")
    assert page.tab.locator("#counts").is_visible()
    assert not page.tab.locator(".claim").first.is_visible()
    page = opened("#step-3")
    page.tab.emulate_media(media="print")
    page.tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    plain = browser.new_page(java_script_enabled=False)
    plain.goto(address)
    shown = ([step.is_visible() for step in tab.locator("#story article").all()] for tab in (page.tab, plain))
    assert [*shown] == [[at == 2 for at in range(7)], [True] * 6 + [False]]
    assert page.tab.locator("#claim-line-one-layer .verdict").is_visible()
    assert not any(plain.locator(each).is_visible() for each in ("#controls", "#train", "#chart"))
    plain.close()


@pytest.mark.parametrize(("width", "height"), [SMALL, *rarely(LARGE)])
def test_networks_are_trained_in_the_page_as_its_address_says_and_asked_like_others(width, height, opened, trained):
    page = opened(OWN, width=width, height=height)
    curve = 0.8 * np.linspace(0, 1, 100) + 0.1
    answers = np.array(trained("answer", curve, 20, range(3), lt.Stack(features=1, gates="hard")))
    assert "3 networks (LSTM trained here, after 20 steps)" in page.text("#summary")
    assert np.allclose(page.numbers()[:, 1], curve[AT], atol=1e-4)
    assert np.allclose(page.numbers()[:, 2], np.median(answers, axis=0)[AT], atol=1e-4)
    assert page.text("#progress") == "Step 20 of 1,500."
    assert page.tab.get_attribute("#bar", "value") == "20"
    assert f"{(off(answers, curve) <= sine.GOAL.rmse).sum()} of 3 have learned it" in page.text("#learned")
    page.choose(networks="own")  # They are there already.
    assert not page.tab.locator("#double").is_visible()
    page.click("text=Go on")
    page.click("#double")
    assert page.tab.locator("#summary:not(.unseen)").count() == 1
    assert np.allclose(page.numbers()[:, 1], 2 * curve[AT], atol=1e-4)
    assert not np.allclose(page.numbers()[:, 2], np.median(answers, axis=0)[AT], atol=1e-2)


def test_training_moves_at_once_stops_and_can_go_on(opened):
    page = opened(LARGEST)
    page.tab.click("#train")
    page.tab.wait_for_function("() => /Step [1-9]/.test(document.getElementById('progress').textContent)")
    assert page.text("#gauge-text") == "They are still learning."
    assert not page.tab.locator("#gauge, #found").filter(visible=True).count()
    moving = page.tab.evaluate("document.getElementById('chart').toDataURL()")
    page.tab.wait_for_function("(before) => document.getElementById('chart').toDataURL() !== before", arg=moving)
    page.click("#train-stop")
    assert int(re.search(r"networks=own.*step=(\d+)", page.tab.url)[1]) < 1_500
    stopped = "() => document.getElementById('learned').textContent.includes('cannot answer beyond')"
    page.tab.wait_for_function(stopped)  # Once the step that had begun has ended.
    assert page.text("#train-stop") == "Go on"

"""The page in a browser: what one does there, and what it says."""

import io
import json
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

import conftest
import lstm_toys as lt
from experiments import sine
from experiments.page import __main__ as command
from experiments.page import runs
from experiments.page.parts import playground
from experiments.post import sentences

SIZES = {"wide": {"width": 1280}, "narrow": {"width": 400, "height": 800, "has_touch": True}}


def numbers(tab):
    """The table of what is drawn, without the column of x."""
    rows = tab.eval_on_selector_all("#numbers tbody tr", "rows => rows.map(r => [...r.cells].map(c => c.textContent))")
    return np.array([[float(cell) for cell in row[1:]] for row in rows])


def unfold(tab):
    """Opens all sections that are folded."""
    tab.evaluate("document.querySelectorAll('details.section').forEach((fold) => { fold.open = true; })")


def expected(results, family, number, seeds):
    """Shown, median, and band of the answers to a curve of the post, at the time points of the table."""
    index = np.flatnonzero(results.family.values == family)[number]
    at = [*range(0, 100, 10), 99]
    answers = results.answer.values[seeds, index, :, 0][:, at]
    low, high = np.percentile(answers, [5, 95], axis=0)
    return np.stack([results.input.values[index, at, 0], np.median(answers, axis=0), low, high], axis=1)


SOUND = [seed for seed in range(20) if seed != 3]


def test_a_slider_moves_the_median_to_what_the_results_have(page, opened, settled, saved):
    tab = opened(page)
    tab.locator("[name=amplitude]").fill("0.8")
    settled(tab)
    assert "from 0.00 to 1.60" in tab.inner_text("#summary")
    assert "19 networks" in tab.inner_text("#summary")
    assert np.allclose(numbers(tab), expected(saved("published").results, "amplitude", 4, SOUND), atol=1e-4)


@pytest.mark.parametrize("kind", ["gru", *conftest.rarely("other_gates", "dense", "rnn")])
def test_every_population_answers(kind, page, opened, settled, saved):
    tab = opened(page)
    tab.locator("[name=networks]").select_option({"other_gates": "sigmoid"}.get(kind, kind))
    tab.locator("[name=set]").select_option("line")
    tab.get_by_role("button", name="slope 0.8").click()
    settled(tab)
    assert "from 0.80 to 1.60" in tab.inner_text("#summary")
    assert np.allclose(numbers(tab), expected(saved(kind).results, "line", 3, SOUND[:16]), atol=1e-4)


def test_training_is_scrubbed_through(page, opened, settled):
    tab = opened(page)
    before = numbers(tab)
    tab.locator("[name=state]").fill("1")
    settled(tab)
    assert "after 30 steps" in tab.inner_text("#summary")
    assert "16 of 19 networks" in tab.inner_text("#summary")
    assert tab.inner_text("#population-note").endswith("shown: 16 of 19 networks")
    assert not np.allclose(before[:, 1:], numbers(tab)[:, 1:])
    tab.locator("[name=state]").fill("0")
    settled(tab)
    assert "before training" in tab.inner_text("#summary")
    tab.locator("[name=state]").fill("3")
    settled(tab)
    assert "19 networks" in tab.inner_text("#summary")
    assert tab.inner_text("#population-note").endswith("shown: 19 networks")


def test_one_network_is_shown_alone(page, opened, settled, saved):
    tab = opened(page)
    tab.locator("[name=seed]").select_option("network 4")
    settled(tab)
    assert "Network 4 " in tab.inner_text("#summary")
    assert np.allclose(numbers(tab), expected(saved("published").results, "amplitude", 3, [4])[:, :2], atol=1e-4)


def test_an_address_restores_what_it_was_made_of(page, opened, settled):
    tab = opened(page)
    tab.locator("[name=set]").select_option("phase")
    tab.locator("[name=phase]").fill("-1.5")
    tab.locator("[name=networks]").select_option("dense")
    tab.locator("[name=seed]").select_option("network 5")
    settled(tab)
    assert "Network 5" in tab.inner_text("#summary")
    assert "phase=-1.5" in tab.url
    other = opened(tab.url)
    assert "Network 5" in other.inner_text("#summary")
    assert np.array_equal(numbers(other), numbers(tab))
    assert other.url == tab.url
    for name in ("phase", "networks", "set", "seed"):
        assert other.locator(f"[name={name}]").input_value() == tab.locator(f"[name={name}]").input_value()


def test_what_is_chosen_is_undone_by_going_back(page, opened, settled):
    tab = opened(page)
    tab.locator("[name=networks]").select_option("gru")
    tab.locator("[name=set]").select_option("line")
    settled(tab)
    tab.go_back()
    settled(tab)
    assert tab.locator("[name=set]").input_value() == ""
    assert tab.locator("[name=networks]").input_value() == "gru"
    tab.go_back()
    settled(tab)
    assert tab.locator("[name=networks]").input_value() == "published"


def test_a_network_that_an_earlier_step_lacks_comes_back(page, opened, settled):
    tab = opened(page)
    tab.locator("[name=seed]").select_option("network 18")
    tab.locator("[name=state]").fill("1")
    settled(tab)
    assert "network 18 is not among the 16 kept here" in tab.inner_text("#population-note")
    tab.locator("[name=state]").fill("3")
    settled(tab)
    assert "Network 18" in tab.inner_text("#summary")


def test_the_picture_is_as_high_while_a_slider_is_held_as_what_it_holds(page, opened, settled):
    tab = opened(page)
    slider = tab.locator("[name=phase]").bounding_box()
    middle = slider["y"] + slider["height"] / 2
    tab.mouse.move(slider["x"] + slider["width"] / 2, middle)
    tab.mouse.down()
    for step in range(80):
        tab.mouse.move(slider["x"] + slider["width"] * (0.5 + 0.005 * (step % 2)), middle)
        tab.wait_for_timeout(5)
    held = ink(tab)
    tab.mouse.up()
    settled(tab)
    assert held > 0.5 * ink(tab)


def test_the_same_networks_answer_while_a_slider_moves_and_after(page, opened, settled):
    tab = opened(page)
    moving = tab.locator("[name=phase]").evaluate(
        """async (slider) => {
            slider.value = 0.3;
            for (let count = 0; count < 20; count++) { // The pauses are too short for anything to settle.
                slider.dispatchEvent(new Event("input"));
                await new Promise((resolve) => setTimeout(resolve, 50));
            }
            const note = document.getElementById("population-note").textContent;
            return [note, document.getElementById("chart").toDataURL()];
        }"""
    )
    assert moving[0].endswith("shown: 19 networks")
    assert tab.locator("#playground").get_attribute("aria-busy") == "true"
    settled(tab)
    assert tab.locator("#chart").evaluate("chart => chart.toDataURL()") == moving[1]


def middle(box):
    """The middle of what a box surrounds."""
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def parameters(tab):
    """The parameters of the sine, as its sliders have them."""
    names = ("amplitude", "frequency", "phase", "offset")
    return {name: float(tab.locator(f"[name={name}]").input_value()) for name in names}


def test_a_peak_is_dragged_and_the_drag_undone(page, opened, settled):
    tab = opened(page)
    before, shown = parameters(tab), numbers(tab)
    assert tab.locator("#undo").is_disabled()
    grip = tab.get_by_label("peak of the curve")
    x, y = middle(grip.bounding_box())
    chart = tab.locator("#chart").bounding_box()
    tab.mouse.move(x, y)
    tab.mouse.down()
    for share in (0.25, 0.5, 0.75, 1):
        tab.mouse.move(x + share * 0.1 * chart["width"], y + share * 0.2 * chart["height"])
        tab.wait_for_timeout(100)
    assert middle(grip.bounding_box()) == pytest.approx((x + 0.1 * chart["width"], y + 0.2 * chart["height"]), abs=3)
    tab.mouse.up()
    settled(tab)
    after = parameters(tab)
    assert 0.3 < after["amplitude"] < 0.55
    assert after["offset"] == after["amplitude"]
    assert after["frequency"] == before["frequency"]
    assert -1.2 < after["phase"] < -0.8
    assert numbers(tab)[:, 0].max() == pytest.approx(2 * after["amplitude"], rel=0.05)
    tab.click("#undo")
    settled(tab)
    assert parameters(tab) == before
    assert np.array_equal(numbers(tab), shown)
    assert tab.locator("#undo").is_disabled()


def test_a_handle_is_moved_by_keys_and_all_of_it_undone_at_once(page, opened, settled):
    tab = opened(page)
    tab.get_by_label("valley of the curve").focus()
    for _ in range(10):
        tab.keyboard.press("ArrowRight")
    settled(tab)
    place = (np.pi / 2 + np.pi) / 10 + 0.1
    moved = parameters(tab)
    assert (1.5 * np.pi - moved["phase"]) / moved["frequency"] == pytest.approx(place, abs=0.01)
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')").startswith("valley")
    tab.get_by_label("middle of the curve").press("ArrowDown")
    settled(tab)
    assert not tab.locator("[name=tied]").is_checked()
    assert parameters(tab)["offset"] == pytest.approx(moved["offset"] - 0.02)
    tab.keyboard.press("Control+z")
    settled(tab)
    assert parameters(tab) == moved
    tab.keyboard.press("Control+z")
    settled(tab)
    assert parameters(tab)["frequency"] == 10


def test_a_finger_drags_a_handle(page, opened, settled):
    tab = opened(page, **SIZES["narrow"])
    grip = tab.get_by_label("peak of the curve")
    grip.scroll_into_view_if_needed()
    x, y = middle(grip.bounding_box())
    scrolled = tab.evaluate("scrollY")
    finger = tab.context.new_cdp_session(tab)
    for kind, down in (("touchStart", 0), ("touchMove", 20), ("touchMove", 40), ("touchMove", 60)):
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y + down}]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    settled(tab)
    assert parameters(tab)["amplitude"] < 0.55
    assert tab.evaluate("scrollY") == scrolled


def test_a_finger_draws_until_drawing_is_done(page, opened, settled):
    tab = opened(page, **SIZES["narrow"])
    finger = tab.context.new_cdp_session(tab)

    def stroke(up):
        tab.locator("#chart").scroll_into_view_if_needed()
        x, y = middle(tab.locator("#chart").bounding_box())
        for kind, across in (("touchStart", 0), ("touchMove", 20), ("touchMove", 40)):
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x + across, "y": y - up}]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        settled(tab)

    assert not tab.locator("#key-limits").is_visible()
    draw = tab.locator("#draw")
    draw.click()
    settled(tab)
    assert draw.inner_text() == "Done drawing"
    assert tab.locator("#key-limits").is_visible()
    before = tab.url  # It has every point of the curve.
    stroke(up=60)
    drawn = tab.url
    assert drawn != before
    draw.click()
    assert draw.inner_text() == "Draw a curve"
    stroke(up=20)
    assert tab.url == drawn


def test_the_picture_stays_where_it_is_when_a_curve_is_drawn(page, opened, settled):
    tab = opened(page)
    box = tab.locator("#chart").bounding_box()
    x, y = middle(box)
    tab.mouse.move(x - 50, y)
    tab.mouse.down()
    tab.mouse.move(x + 50, y + 20, steps=3)
    tab.mouse.up()
    settled(tab)
    drawn = tab.url  # It has every point of the curve.
    tab.mouse.down()  # Upon the same place, which has another value if the axis is another one.
    tab.mouse.up()
    settled(tab)
    assert tab.url == drawn


def test_the_mouse_draws_upon_any_curve_and_reads_values(page, opened, settled):
    tab = opened(page)
    box = tab.locator("#chart").bounding_box()
    left, right = box["x"] + 46, box["x"] + box["width"] - 12
    tab.mouse.move(left + 50 / 99 * (right - left), box["y"] + 0.5 * box["height"])
    shown, median, low, high = numbers(tab)[5]
    told = tab.inner_text("#reading").replace("−", "-")
    assert [float(number) for number in re.findall(r"-?\d+\.\d+", told)] == pytest.approx(
        [50 / 99, shown, median, low, high], abs=0.006
    )
    tab.mouse.down()
    tab.mouse.up()
    assert tab.get_by_label("sine", exact=True).is_checked()
    tab.mouse.down()
    tab.mouse.move(left + 0.8 * (right - left), box["y"] + 0.2 * box["height"], steps=4)
    tab.mouse.up()
    settled(tab)
    assert tab.get_by_label("drawn by hand").is_checked()
    drawn = numbers(tab)[:, 0]
    assert np.allclose(np.diff(drawn)[5:7], np.diff(drawn)[5], atol=0.03)
    assert drawn[0] == pytest.approx(0.6, abs=1e-3)
    tab.click("#undo")
    settled(tab)
    assert tab.get_by_label("sine", exact=True).is_checked()


def test_training_is_played(page, opened, settled):
    tab = opened(page)
    tab.click("#play")
    assert "before training" in tab.inner_text("#population-note") or "0 steps" in tab.inner_text("#trained-for")
    assert tab.inner_text("#population-note").endswith("shown: 16 of 19 networks")
    tab.wait_for_function("() => document.getElementById('play').textContent === 'Play the training'")
    settled(tab)
    assert "19 networks" in tab.inner_text("#summary")
    assert "after 1,000 steps" in tab.inner_text("#summary")


def test_what_the_networks_cannot_leave_is_drawn(page, opened, settled):
    tab = opened(page)
    assert tab.locator("#key-bound").is_visible()
    tab.locator("[name=networks]").select_option("dense")
    settled(tab)
    assert not tab.locator("#key-bound").is_visible()


def ink(tab):
    """The share of the rows of the picture that the median passes through."""
    picture = np.asarray(Image.open(io.BytesIO(tab.locator("#chart").screenshot())).convert("RGB"), int)
    blue = (picture[:, :, 2] > 150) & (picture[:, :, 0] < 60) & (picture[:, :, 1] < 90)
    return blue.any(axis=1).mean()


def test_a_curve_is_drawn_with_the_pointer(page, opened, settled):
    tab = opened(page)
    tab.get_by_label("drawn by hand").check()
    settled(tab)
    box = tab.locator("#chart").bounding_box()
    tab.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.2 * box["height"], steps=4)
    tab.mouse.up()
    settled(tab)
    shown = numbers(tab)[:, 0]
    rises = np.diff(shown)[3:7]
    assert np.allclose(rises, rises[0], atol=0.03)
    assert rises[0] > 0.02
    assert np.allclose(shown[:2], 0.6 + 0.6 * np.sin(10 * np.array([0, 10 / 99])), atol=1e-3)
    other = opened(tab.url)
    assert np.allclose(numbers(other)[:, 0], shown, atol=1e-3)


def test_a_curve_is_drawn_with_the_keyboard(page, opened, settled):
    tab = opened(page)
    tab.get_by_label("drawn by hand").check()
    tab.locator("#chart").focus()
    settled(tab)
    before = numbers(tab)[:, 0]
    tab.keyboard.press("Home")
    for _ in range(20):
        tab.keyboard.press("ArrowRight")
    for _ in range(4):
        tab.keyboard.press("ArrowUp")
    assert "at x 0.20" in tab.locator("#chart").get_attribute("aria-label")
    settled(tab)
    moved = numbers(tab)[:, 0] - before
    assert moved[2] == pytest.approx(0.2, abs=1e-3)
    assert np.allclose(moved[4:], 0, atol=1e-3)


def test_the_networks_that_were_chosen_stay_when_a_claim_shows_its_curves(page, opened, settled):
    tab = opened(page)
    chosen = {"networks": "gru", "seed": "5"}
    for name, value in chosen.items():
        tab.locator(f"[name={name}]").select_option(value)
    unfold(tab)
    tab.locator("button[data-set=line]").first.click()
    settled(tab)
    assert {name: tab.locator(f"[name={name}]").input_value() for name in chosen} == chosen
    assert "Network 5 (GRU)" in tab.inner_text("#summary")
    assert tab.locator("[name=set]").input_value() == "line"
    tab.locator("[name=networks]").select_option("published")
    tab.locator("[name=state]").fill("1")
    tab.locator("button[data-set=phase]").first.click()
    settled(tab)
    assert "after 30 steps" in tab.inner_text("#summary")


@pytest.mark.long
def test_every_claim_is_there_and_those_of_the_sine_show_their_curves(page, opened):
    tab = opened(page)
    unfold(tab)
    for claim in sentences.SENTENCES:
        place = tab.locator(f"#claim-{claim.id}")
        assert claim.quote in place.inner_text()
        assert re.search(r"\d", place.locator("svg").get_attribute("aria-label"))
        sets = dict.fromkeys(source.curves for source in claim.sources if source.population == "sine")
        assert place.locator("button").count() == len(sets)
        for number, name in enumerate(sets):
            place.locator("button").nth(number).click()
            assert tab.locator("[name=set]").input_value() == name
            assert claim.quote in tab.inner_text("#claim-note")


@pytest.mark.parametrize(
    ("scheme", "size"), [("dark", "narrow"), *conftest.rarely(("light", "narrow"), ("light", "wide"), ("dark", "wide"))]
)
def test_nothing_keeps_anybody_out(size, scheme, page, opened):
    tab = opened(page, **SIZES[size], color_scheme=scheme)
    unfold(tab)
    tab.get_by_text("The same in numbers").click()
    tab.locator("[name=set]").select_option("amplitude")
    found = Axe().run(tab)
    assert found.violations_count == 0, found.generate_report()
    assert tab.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]


HOSTILE = (
    "curve=sine&amplitude=NaN&frequency=1e30&phase=-Infinity&offset=&networks=constructor&step=1e30&seed=-7",
    "curve=__proto__&set=toString&networks=%3Cscript%3Ealert(1)%3C/script%3E&step=NaN&seed=1e9",
    "curve=drawn&y=%%%&networks=gru",
    "curve=drawn&y=AAAA",
    "curve=drawn&y=" + "_" * 267,
    "curve=%E0%A4%A&=&&&=%",
)


@pytest.mark.parametrize("told", HOSTILE)
def test_nonsense_in_an_address_breaks_nothing(told, address, opened, settled):
    tab = opened(f"{address}#{told}")
    assert np.isfinite(numbers(tab)).all()
    assert "NaN" not in tab.inner_text("main")
    tab.locator("[name=networks]").select_option("dense")
    settled(tab)
    assert "dense readout" in tab.inner_text("#summary")


def test_a_population_that_is_missing_is_neither_offered_nor_asked(compose, opened, tmp_path):
    path = tmp_path / "index.html"
    path.write_text(compose(("published", "rnn"), entries=[], missing={"gru": "python -m experiments.sine --cell gru"}))
    tab = opened(f"{path.as_uri()}#networks=gru&curve=line")
    values = tab.eval_on_selector_all("[name=networks] option", "options => options.map(o => o.value)")
    assert values == ["published", "untrained", "rnn"]
    assert tab.locator("[name=networks]").input_value() == "published"
    unfold(tab)
    assert "python -m experiments.sine --cell gru" in tab.inner_text("main")


def test_names_are_text(compose, entries, opened, settled, tmp_path, monkeypatch):
    nasty = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    named = [{**entry, "quote": nasty, "remarks": [nasty], "statistic": nasty} for entry in entries]
    monkeypatch.setitem(sine.TRAINING_SINE, "phase", 0.0)
    monkeypatch.setattr(
        "experiments.page.parts.playground.SETS",
        {**dict.fromkeys(("training", "line", "line_origin", "amplitude", "phase", "frequency"), nasty)},
    )
    path = tmp_path / "index.html"
    path.write_text(compose(entries=named, missing={"x": nasty}))
    tab = opened(path.as_uri())
    unfold(tab)
    tab.locator("button[data-set]").first.click()
    settled(tab)
    assert nasty in tab.inner_text("#claim-note")


@pytest.mark.long
def test_a_page_of_runs_answers_as_their_results_have_it(opened, settled, tmp_path):
    runs_of = {name: runs.COMMANDS[name][0] for name in dict.fromkeys(each.run for each in playground.POPULATIONS)}
    for _, *arguments in runs_of.values():
        assert conftest.carry_out(sine.EXPERIMENT, [*arguments, f"--results_dir={tmp_path}", "--quiet"]) == 0
    assert conftest.carry_out(command, [f"--results_dir={tmp_path}", "--quiet"]) == 0
    tab = opened(f"{(tmp_path / command.NAME).as_uri()}#curve=sine")
    for population in playground.POPULATIONS:
        if population.id == "untrained":
            continue  # Results have no answers of these.
        results = lt.load(conftest.located(runs.planned(runs_of[population.run], tmp_path))).results
        sound = np.flatnonzero(~results.diverged.values)[: 64 if population.id == "published" else 16]
        tab.locator("[name=networks]").select_option(population.id)
        for family in ("line", "line_origin", "amplitude", "phase", "frequency"):
            tab.locator("[name=set]").select_option(family)
            for number in range(tab.locator("#members button").count()):
                tab.locator("#members button").nth(number).click()
                settled(tab)
                assert np.allclose(numbers(tab), expected(results, family, number, sound), atol=1e-4)


def test_the_committed_page_works(opened):
    tab = opened((conftest.ROOT / "results" / command.NAME).as_uri())
    assert "64 networks" in tab.inner_text("#summary")
    judged = json.loads((conftest.ROOT / "results" / "claims" / "claims.json").read_text())
    assert tab.locator(".claim").count() == len(judged)


def test_without_javascript_there_are_a_picture_and_the_story(address, browser):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.goto(address)
    assert tab.locator("svg.still").is_visible()
    assert "19 networks" in tab.locator("noscript figcaption").inner_text()
    assert [article.is_visible() for article in tab.locator("#story article").all()] == [True] * 5
    assert not tab.locator("#controls").is_visible()
    assert not tab.locator("#train-run").is_visible()
    context.close()


def test_the_story_is_printed_on_few_pages(address, opened):
    tab = opened(address)
    printed = tab.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 6
    tab.emulate_media(media="print")
    assert all(article.is_visible() for article in tab.locator("#story article").all())

"""The playground in a browser: curves come to it, networks answer, and picture, numbers, words and address agree."""

import base64
import io
import json
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from colors import contrast
from kinds import SOUND
from PIL import Image

import conftest
import lstm_toys as lt
from experiments import sine
from experiments.page import __main__ as command
from experiments.page import playground, runs
from experiments.post import sentences
from lstm_toys.text import one_line

LARGER = "#curve=sine"
"""Where the page shows a sine that nobody trained on."""

SINE = ("amplitude", "frequency", "phase", "offset")

UNFOLD = "document.querySelectorAll('details.section').forEach((fold) => { fold.open = true; })"


def expected(results, family, number, seeds):
    """Shown, median, and band of the answers to a curve of the post, at the time points of the table."""
    index = np.flatnonzero(results.family.values == family)[number]
    at = [*range(0, 100, 10), 99]
    answers = results.answer.values[seeds, index, :, 0][:, at]
    low, high = np.percentile(answers, [5, 95], axis=0)
    return np.stack([results.input.values[index, at, 0], np.median(answers, axis=0), low, high], axis=1)


def test_numbers_and_words_are_those_of_the_results(opened, saved):
    page = opened(LARGER)
    published = saved("published").results
    page.choose(amplitude="0.8")
    assert "19 networks" in page.text("#summary")
    assert "from 0.00 to 1.60" in page.text("#summary")
    assert np.allclose(page.numbers()[:, 1:], expected(published, "amplitude", 4, SOUND), atol=1e-4)
    page.choose(seed="network 4")
    assert "Network 4 " in page.text("#summary")
    assert np.allclose(page.numbers()[:, 1:], expected(published, "amplitude", 4, [4])[:, :2], atol=1e-4)
    page.choose(seed="all networks", set="line")
    page.click("text=slope 0.8")
    for population in playground.POPULATIONS:
        page.choose(networks=population.id)
        assert "from 0.80 to 1.60" in page.text("#summary")
        assert page.visible("#key-bound") == (population.id != "dense")  # What they cannot leave.
        if population.id != "untrained":  # Results have no answers of these.
            seeds = SOUND if population.id == "published" else SOUND[:16]
            lines = expected(saved(population.run).results, "line", 3, seeds)
            rounded = population.id.startswith("rate")
            assert np.allclose(page.numbers()[:, 1:], lines, atol=5e-3 if rounded else 1e-4)


def test_training_is_scrubbed_through_and_played(opened):
    page = opened(LARGER)
    trained = page.numbers()
    page.choose(state="1")
    assert "16 of 19 networks (LSTM, after 30 steps)" in page.text("#summary")
    assert page.text("#population-note").endswith("shown: 16 of 19 networks")
    assert not np.allclose(trained[:, 2:], page.numbers()[:, 2:])
    page.choose(state="3", seed="network 18")
    page.choose(state="0")
    assert "before training" in page.text("#summary")
    assert "network 18 is not among the 16 kept here" in page.text("#population-note")
    page.choose(state="3")
    assert "Network 18" in page.text("#summary")
    page.choose(seed="all networks")
    page.tab.click("#play")
    assert page.text("#population-note").endswith("shown: 16 of 19 networks")
    page.tab.wait_for_function("() => document.getElementById('play').textContent === 'Play the training'")
    page.settle()
    assert "19 networks (LSTM, after 1,000 steps)" in page.text("#summary")


def test_what_is_chosen_is_undone_by_going_back(opened):
    page = opened(LARGER)
    page.choose(networks="gru", set="line")
    for networks, chosen in (("gru", ""), ("published", "")):
        page.tab.go_back()
        page.settle()
        assert page.values("networks", "set") == [networks, chosen]


def test_a_peak_is_dragged_and_the_drag_undone(opened):
    page = opened(LARGER)
    before, shown = page.values(*SINE), page.numbers()
    grip, chart = page.tab.get_by_label("peak of the curve"), page.tab.locator("#chart").bounding_box()
    x, y = page.middle(grip)
    to = (x + 0.1 * chart["width"], y + 0.2 * chart["height"])
    assert page.tab.locator("#undo").is_disabled()
    page.tab.mouse.move(x, y)
    page.tab.mouse.down()
    page.tab.mouse.move(*to, steps=4)
    assert page.text("#population-note").endswith("shown: 19 networks")
    page.settle()
    assert page.middle(grip) == pytest.approx(to, abs=3)  # The picture stays where it is.
    page.tab.mouse.up()
    page.settle()
    amplitude, frequency, phase, offset = map(float, page.values(*SINE))
    assert 0.3 < amplitude == offset < 0.55
    assert frequency == 10
    assert -1.2 < phase < -0.8
    assert page.numbers()[:, 1].max() == pytest.approx(2 * amplitude, rel=0.05)
    page.click("#undo")
    assert page.values(*SINE) == before
    assert np.array_equal(page.numbers(), shown)
    assert page.tab.locator("#undo").is_disabled()


def test_keys_move_handles_and_draw_and_undo_all_of_it_at_once(opened):
    page = opened(LARGER)
    before = page.values(*SINE)
    page.tab.get_by_label("valley of the curve").focus()
    page.press(*["ArrowRight"] * 10)
    moved = page.values(*SINE)
    _, frequency, phase, offset = map(float, moved)
    assert (1.5 * np.pi - phase) / frequency == pytest.approx((np.pi / 2 + np.pi) / 10 + 0.1, abs=0.01)
    assert page.tab.evaluate("document.activeElement.getAttribute('aria-label')").startswith("valley")
    page.tab.get_by_label("middle of the curve").focus()
    page.press("ArrowDown")
    assert not page.tab.locator("[name=tied]").is_checked()
    assert float(page.values("offset")[0]) == pytest.approx(offset - 0.02)
    for undone in (moved, before):
        page.press("Control+z")
        assert page.values(*SINE) == undone
    shown = page.numbers()[:, 1]
    page.click("#draw")
    page.press("Home", *["ArrowRight"] * 20, *["ArrowUp"] * 4)
    assert "at x 0.20" in page.tab.locator("#chart").get_attribute("aria-label")
    assert np.allclose(page.numbers()[[2, 4, 5, 6], 1] - shown[[2, 4, 5, 6]], [0.2, 0, 0, 0], atol=1e-3)


def test_a_finger_drags_a_handle_and_draws_until_drawing_is_done(opened):
    page = opened(LARGER, width=400, height=800, has_touch=True)
    finger = page.tab.context.new_cdp_session(page.tab)
    chart, grip = page.tab.locator("#chart"), page.tab.get_by_label("peak of the curve")

    def stroke(place, across, down):
        """Moves a finger from a place on."""
        place.scroll_into_view_if_needed()
        x, y = page.middle(place)
        for kind, share in (("touchStart", 0), ("touchMove", 0.3), ("touchMove", 0.6), ("touchMove", 1)):
            points = [{"x": x + share * across, "y": y + share * down}]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.settle()

    grip.scroll_into_view_if_needed()
    scrolled = page.tab.evaluate("scrollY")
    stroke(grip, 0, 60)
    assert float(page.values("amplitude")[0]) < 0.55
    assert page.tab.evaluate("scrollY") == scrolled
    page.click("#draw")
    before = page.tab.url  # It has every point of the curve.
    stroke(chart, 40, -20)
    assert page.tab.url != before
    page.click("#draw")
    drawn = page.tab.url
    stroke(chart, 40, 20)
    assert page.tab.url == drawn


def test_the_mouse_reads_values_and_draws_upon_any_curve(opened):
    page = opened(LARGER)
    by_hand, sine = (page.tab.get_by_label(label, exact=True) for label in ("drawn by hand", "sine"))
    box = page.tab.locator("#chart").bounding_box()
    left, width = box["x"] + 46, box["width"] - 58
    start = (left + 50 / 99 * width, box["y"] + 0.5 * box["height"])
    end = (left + 0.8 * width, box["y"] + 0.2 * box["height"])
    page.drag(start)
    assert sine.is_checked()
    before = page.numbers()
    read = [float(number) for number in re.findall(r"-?\d+\.\d+", page.text("#reading"))]
    assert read == pytest.approx([50 / 99, *before[5, 1:]], abs=0.006)
    page.drag(start, end)
    assert by_hand.is_checked()
    drawn, url = page.numbers()[:, 1], page.tab.url  # The address has every point of the curve.
    rises = np.diff(drawn)[5:7]
    assert np.allclose(rises, rises[0], atol=0.03)
    assert rises[0] > 0.02
    assert np.allclose(drawn[:5], before[:5, 1], atol=1e-3)
    page.drag(end)  # It has another value if the axis has become another one.
    assert page.tab.url == url
    page.click("#undo")
    assert sine.is_checked()
    assert np.allclose(opened(url).numbers()[:, 1], drawn, atol=1e-3)


def test_text_that_is_pasted_or_dropped_is_shown_and_what_was_done_to_it_told(opened):
    page = opened(LARGER)

    def give(kind, text):
        """Lets text come to the page."""
        page.tab.locator("#chart").evaluate(
            """(chart, [kind, text]) => {
                const data = new DataTransfer();
                if (kind === "drop") data.items.add(new File([text], "mine.csv"));
                else data.setData("text", text);
                const event = { drop: DragEvent, paste: ClipboardEvent }[kind];
                chart.dispatchEvent(new event(kind, { bubbles: true, dataTransfer: data, clipboardData: data }));
            }""",
            [kind, text],
        )
        page.tab.wait_for_function("() => document.getElementById('loaded').textContent")
        page.settle()
        return page.text("#loaded"), page.numbers()[:, 1]

    told, pasted = give("paste", "0 0.5\n1 1\n2 0.25")
    assert np.allclose(pasted, np.interp([*range(0, 100, 10), 99], [0, 49.5, 99], [0.5, 1, 0.25]), atol=1e-3)
    assert "were kept as they are" in told
    assert page.tab.get_by_label("drawn by hand").is_checked()
    told, same = give("paste", "hello\nworld")
    assert "Line 2 is not one or two numbers. The curve is as it was." in told
    assert np.array_equal(same, pasted)
    page.click("#undo")
    assert page.text("#loaded") == ""
    assert page.tab.get_by_label("sine", exact=True).is_checked()
    told, dropped = give("drop", "day,degrees\n1,10\n2,30\n3,20\n")
    assert "its values, from 10.00 to 30.00" in told
    assert "scaled to 0.00 to 0.60" in told
    assert [dropped[0], dropped[-1], dropped.max()] == pytest.approx([0, 0.3, 0.6], abs=0.02)


NONSENSE = (
    "curve=sine&amplitude=NaN&frequency=1e30&phase=-Infinity&offset=&networks=constructor&step=1e30&seed=-7",
    "curve=__proto__&set=toString&networks=%3Cscript%3Ealert(1)%3C/script%3E&step=NaN&seed=1e9&score=NaN",
    "curve=drawn&y=%%%&networks=gru",
    "curve=drawn&y=AAAA&step=-30&seeds=-8&networks=own&learn=%3Cscript%3E",
    "curve=drawn&y=" + "_" * 267,
    "curve=%E0%A4%A&=&&&=%&at=%3Cscript%3E",
)


@pytest.mark.parametrize("told", NONSENSE)
def test_nonsense_in_an_address_breaks_nothing(told, opened):
    page = opened(f"#{told}")
    assert np.isfinite(page.numbers()).all()
    assert "NaN" not in page.text("main")
    assert "step=-30" not in page.tab.url
    page.choose(networks="dense")
    assert "dense readout" in page.text("#summary")


def test_names_are_text_and_what_is_missing_is_neither_offered_nor_told(compose, entries, opened, monkeypatch):
    nasty = "</script><script>alert(1)</script>\n<img src='x' onerror=\"alert(2)\">&lt;\ud800\x1b"
    entry = next(each for each in entries if each["id"] == "sine-learned")
    columns = {kind: {nasty: next(iter(entry[kind].values()))} for kind in ("null", "controls", "variants")}
    named = entry | columns | dict.fromkeys(("quote", "statistic", "meets"), nasty) | {"remarks": [nasty]}
    monkeypatch.setattr(playground, "SETS", dict.fromkeys(playground.SETS, nasty))
    page = opened(compose(("published", "rnn"), [named], {"gru": nasty}) + "#networks=gru&curve=line")
    values = page.tab.eval_on_selector_all("[name=networks] option", "options => options.map((each) => each.value)")
    assert values == ["published", "untrained", "rnn", "own"]
    assert page.values("networks") == ["published"]
    assert page.tab.locator(".steps a").count() == 5
    assert "Pushed a little" not in page.text("main")
    page.tab.evaluate(UNFOLD)
    page.click("button[data-set]")
    for place in ("section:has(#missing)", ".claim", "#claim-note"):
        assert one_line(nasty) in page.text(place)


def test_claims_show_their_curves_to_the_networks_that_were_chosen(opened):
    page = opened(f"{LARGER}&networks=published&step=30&seed=5")
    page.tab.evaluate(UNFOLD)
    for claim in sentences.SENTENCES:
        place = page.tab.locator(f"#claim-{claim.id}")
        assert claim.quote in place.inner_text()
        assert re.search(r"\d", place.locator("svg").get_attribute("aria-label"))
        sets = dict.fromkeys(source.curves for source in claim.sources if source.population == "sine")
        assert [each.get_attribute("data-set") for each in place.locator("button").all()] == [*sets]
    page.click("#claim-valley-amplitude button")
    assert page.values("set") == ["amplitude"]
    quote = next(claim.quote for claim in sentences.SENTENCES if claim.id == "valley-amplitude")
    assert quote in page.text("#claim-note")
    assert "Network 5 (LSTM, after 30 steps)" in page.text("#summary")


@pytest.mark.long
def test_a_page_of_runs_answers_as_their_results_have_it(opened, tmp_path, monkeypatch):
    small = ("--seeds=3", "--steps=40", "--hidden=4")
    commands = {"published": ("sine", *small, "--keep_steps=0,10,30"), "gru": ("sine", *small, "--cell=gru")}
    monkeypatch.setattr(runs, "COMMANDS", {name: (words,) for name, words in commands.items()})
    for _, *arguments in commands.values():
        assert conftest.carry_out(sine.EXPERIMENT, [*arguments, f"--results_dir={tmp_path}", "--quiet"]) == 0
    assert conftest.carry_out(command, [f"--results_dir={tmp_path}", "--quiet"]) == 0
    page = opened(f"{(tmp_path / command.NAME).as_uri()}{LARGER}")
    for name, words in commands.items():
        results = lt.load(conftest.located(runs.planned(words, tmp_path))).results
        page.choose(networks=name)
        for family in ("line", "line_origin", "amplitude", "phase", "frequency"):
            page.choose(set=family)
            for number, button in enumerate(page.tab.locator("#members button").all()):
                button.click()
                page.settle()
                assert np.allclose(page.numbers()[:, 1:], expected(results, family, number, [0, 1, 2]), atol=1e-4)


def test_the_committed_page_works(opened):
    page = opened((conftest.ROOT / "results" / command.NAME).as_uri())
    assert "64 networks" in page.text("#summary")
    judged = json.loads((conftest.ROOT / "results" / "claims" / "claims.json").read_text())
    assert page.tab.locator(".claim").count() == len(judged)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_is_saved_as_it_is_seen(scheme, opened):
    page = opened(LARGER, scheme=scheme)
    with page.tab.expect_download() as download:
        page.tab.click("#save")
    assert download.value.suggested_filename == "curve.png"
    page.tab.evaluate("document.getElementById('grips').hidden = true")
    seen = io.BytesIO(page.tab.locator("#chart").screenshot())
    saved, seen = (np.asarray(Image.open(each).convert("RGB"), int) for each in (download.value.path(), seen))
    paper = saved[2, 2]
    assert (paper.min() > 240) == (scheme == "light")
    drawn, shown = ((np.abs(picture - paper).max(axis=2) > 60).mean() for picture in (saved, seen))
    assert shown > 0.02
    assert drawn == pytest.approx(shown, rel=0.15)


@pytest.mark.parametrize(
    ("scheme", "width"), [("dark", 400), *conftest.rarely(("light", 400), ("light", 1280), ("dark", 1280))]
)
def test_nothing_keeps_anybody_out(width, scheme, opened):
    page = opened(f"{LARGER}&set=amplitude", width=width, height=800, scheme=scheme)
    page.tab.evaluate(UNFOLD)
    found = Axe().run(page.tab)
    assert found.violations_count == 0, found.generate_report()
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= width


COLORS = {
    "#chart": ("trained", "shown", "median", "single", "others", "null", "published"),
    "#inside-gates canvas": ("others", "published", "median"),
    "#inside-cell canvas": ("shown", "median", "ink"),
    "#inside-hidden canvas": ("single",),
    "#inside-static canvas": ("trained", "median"),
}
"""Colors of the lines of canvases."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_line_stands_out_from_the_page_by_its_pixels(scheme, opened):
    """With all else hidden, in half of the columns that a line reaches there is a pixel of enough contrast."""
    page = opened(f"{LARGER}&amplitude=0.6&offset=0.6&set=amplitude", scheme=scheme)
    page.tab.locator("#inside > summary").click()
    page.tab.wait_for_function("() => document.getElementById('inside-who').textContent !== ''")
    paper = "getComputedStyle(document.documentElement).getPropertyValue('--paper').trim()"
    paper = Image.new("RGB", (1, 1), page.tab.evaluate(paper)).getpixel((0, 0))
    for canvas, colors in COLORS.items():
        for shown in colors:
            hidden = {*sum(COLORS.values(), ()), "band", "ink", "quiet", "grid", "edge"} - {shown}
            page.tab.evaluate(
                """(style) => {
                    document.documentElement.style.cssText = style;
                    const chart = document.getElementById("chart");
                    chart.dispatchEvent(new PointerEvent("pointermove", { clientX: 0 }));
                }""",
                "; ".join(f"--{name}: transparent" for name in hidden),
            )
            url = page.tab.locator(canvas).evaluate("canvas => canvas.toDataURL()")
            pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))), float)
            share = pixels[..., 3:] / 255
            largest = contrast(share * pixels[..., :3] + (1 - share) * paper, paper).max(axis=0)
            reached = largest > 1.05
            assert reached.sum() > 50, (canvas, shown)
            assert np.median(largest[reached]) >= 3, (canvas, shown)

"""The playground in a browser: curves come to it, networks answer, and picture, numbers, words and address agree."""

import re
from urllib.parse import urlencode

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from kinds import SOUND
from one_number import changed

import conftest
import lstm_toys as lt
from experiments.page import __main__ as command
from experiments.page import build, playground

LARGER = "#curve=sine&amplitude=0.7&offset=0.7"
SINE = ("amplitude", "frequency", "phase", "offset")


def expected(results, probe, number, seeds):
    """Shown, median, and band of the answers to a curve of the post, at the time points of the table."""
    curve = results[probe].isel(curve=number, feature=0, time=[*range(0, 100, 10), 99])
    answers = curve.answer.values[seeds]
    low, high = np.percentile(answers, [5, 95], axis=0)
    return np.stack([curve.input.values, np.median(answers, axis=0), low, high], axis=1)


def test_numbers_and_words_are_those_of_the_results(opened, saved):
    page = opened(LARGER)
    published = saved("published").results
    page.choose(amplitude="0.8")
    assert "19 networks" in page.text("#summary")
    assert "from 0.00 to 1.60" in page.text("#summary")
    assert np.allclose(page.numbers()[:, 1:], expected(published, "amplitude", 4, SOUND), atol=1e-4)
    page = opened("#curve=sine&amplitude=0.8&offset=0.8&seed=4")
    assert "Network 4 " in page.text("#summary")
    assert np.allclose(page.numbers()[:, 1:], expected(published, "amplitude", 4, [4])[:, :2], atol=1e-4)
    page = opened("#curve=line&slope=0.8&intercept=0.8&set=line")
    for population in playground.POPULATIONS:
        page.choose(networks=population.id)
        assert "from 0.80 to 1.60" in page.text("#summary")
        if population.id != "untrained":  # Results have no answers of these.
            seeds = SOUND if population.id == "published" else SOUND[:16]
            lines = expected(saved(population.run).results, "line", 3, seeds)
            exact = population.run in playground.EXACT
            assert np.allclose(page.numbers()[:, 1:], lines, atol=1e-4 if exact else 5e-3)


def test_earlier_steps_are_shown_and_a_claim_shows_its_curves(opened, saved):
    page = opened(LARGER)
    trained = page.numbers()
    page.choose(state="1")
    assert "16 of 19 networks (LSTM, after 30 steps)" in page.text("#summary")
    assert not np.allclose(trained[:, 2:], page.numbers()[:, 2:])
    page.unfold("#conclusions, .claim")
    page.click("#claim-valley-amplitude button")
    assert "set=amplitude" in page.tab.url
    assert "19 networks (LSTM, after 1,000 steps)" in page.text("#summary")
    assert page.text("#stated") == page.text("#statement-valley-amplitude")
    found = saved("published").results["amplitude"].isel(seed=SOUND, feature=0)
    medians = np.median(found.answer.values, axis=0)
    x = found.time.values
    peaks, valleys = medians[:, x >= 0.1].max(axis=1), medians[:, (x >= 0.2) & (x <= 0.8)].min(axis=1)
    assert page.text("#key-peak") == f"{np.ptp(peaks):.2f}"
    assert page.text("#key-valley") == f"{np.ptp(valleys):.2f}"
    assert not page.tab.locator("#gauge").is_visible()
    shown = page.numbers()
    page.click("text=Back to the conclusion")
    row = page.tab.locator("#claim-valley-amplitude").bounding_box()
    assert 0 <= row["y"] < page.tab.viewport_size["height"]
    assert np.array_equal(page.numbers(), shown)


def test_a_peak_is_dragged_and_the_drag_undone(opened):
    page = opened(LARGER)
    before, shown = page.values(*SINE), page.numbers()
    grip, chart = page.tab.get_by_label("peak of the curve"), page.tab.locator("#chart").bounding_box()
    x, y = page.middle(grip)
    to = (x + 0.1 * chart["width"], y + 0.2 * chart["height"])
    page.drag((x, y), to)
    amplitude, frequency, phase, offset = map(float, page.values(*SINE))
    assert 0.35 < amplitude == offset < 0.65
    assert frequency == 10
    assert -1.2 < phase < -0.8
    assert page.numbers()[:, 1].max() == pytest.approx(2 * amplitude, rel=0.05)
    page.click("#undo")
    assert page.values(*SINE) == before
    assert np.array_equal(page.numbers(), shown)
    assert page.tab.locator("#undo").is_disabled()


def test_the_mouse_reads_values_and_draws_upon_any_curve(opened):
    page = opened(LARGER)
    by_hand, sine = (page.tab.get_by_label(label, exact=True) for label in ("drawn by hand", "sine"))
    start, end = page.upon(50 / 99, 0.5), page.upon(0.8, 0.2)
    page.drag(start)
    assert sine.is_checked()
    before = page.numbers()
    read = [float(number) for number in re.findall(r"-?\d+\.\d+", page.text("#reading"))]
    assert read == pytest.approx([50 / 99, *before[5, 1:]], abs=0.006)
    page.drag(start, end)
    assert by_hand.is_checked()
    drawn, url = page.numbers()[:, 1], page.tab.url  # The address has every point of the curve.
    assert np.all(np.diff(drawn)[5:7] > 0.02)
    assert np.allclose(drawn[:5], before[:5, 1], atol=1e-3)
    page.click("#undo")
    assert sine.is_checked()
    assert np.allclose(opened(url).numbers()[:, 1], drawn, atol=1e-3)


NONSENSE = (
    "curve=sine&amplitude=NaN&frequency=1e30&phase=-Infinity&offset=&networks=constructor&step=1e30&seed=-7",
    "curve=__proto__&set=toString&networks=%3Cscript%3Ealert(1)%3C/script%3E&step=NaN&seed=1e9&score=NaN",
    "curve=drawn&y=AAAA&step=-30&seeds=-8&networks=own&learn=%3Cscript%3E&guess=AAAA&inside=yes&claim=%3Ca&free=1",
)


def test_nonsense_in_an_address_breaks_nothing(opened):
    for told in NONSENSE:
        page = opened(f"#{told}")
        assert np.isfinite(page.numbers()).all()
        assert "NaN" not in page.text("main")
        assert "step=-30" not in page.tab.url


def test_names_are_text_and_what_is_missing_is_neither_offered_nor_told(compose, entries, opened):
    nasty = "</script><script>alert(1)</script>\n<img src='x' onerror=\"alert(2)\">&lt;\ud800\x1b"
    entry = next(each for each in entries if each.id == "sine-learned")
    columns = {kind: {nasty: next(iter(getattr(entry, kind).values()))} for kind in ("null", "controls", "variants")}
    texts = dict.fromkeys(("statement", "origin", "statistic", "meets"), nasty)
    named = changed(entry, **texts, remarks=[nasty], **columns)
    page = opened(compose([named], ("published", "rnn"), {"gru": nasty}) + "#networks=gru&curve=line")
    values = page.tab.eval_on_selector_all("[name=networks] option", "options => options.map((each) => each.value)")
    assert values == ["published", "untrained", "rnn", "own"]
    assert page.values("networks") == ["published"]
    assert page.tab.locator(".steps a").count() == 5
    page.unfold("details.section, .claim")
    page.click("button[data-set]")
    for place in ("section:has(#missing)", ".claim"):
        assert build.one_line(nasty) in page.text(place)


PAGE = """
from experiments.page import __main__ as page, runs
runs.COMMANDS = {{"published": ({words},)}}
page.main()
"""


@pytest.mark.long
def test_a_page_of_runs_answers_as_their_results_have_it(opened, tmp_path):
    line = ("--seeds=3", "--steps=40", "--hidden=4", "--keep_steps=0,10,30")
    to = f"--results_dir={tmp_path}"
    conftest.process("-m", "experiments.sine", *line, to, cwd=conftest.ROOT)
    conftest.process("-c", PAGE.format(words=("sine", *line)), to, cwd=conftest.ROOT)
    page = opened(f"{(tmp_path / command.NAME).as_uri()}{LARGER}")
    (folder,) = (tmp_path / "runs").glob("sine-*")
    results = lt.load(folder).results
    for probe, parameters in (("line", ("slope", "intercept")), ("amplitude", SINE), ("frequency", SINE)):
        for number in range(results[probe].sizes["curve"]):
            values = {name: float(results[probe][f"parameter_{name}"][number]) for name in parameters}
            kind = "line" if probe == "line" else "sine"
            page.show(f"{(tmp_path / command.NAME).as_uri()}#{urlencode({'curve': kind, **values, 'guess': 'none'})}")
            assert np.allclose(page.numbers()[:, 1:], expected(results, probe, number, [0, 1, 2]), atol=1e-4)


def test_the_committed_page_works(opened, entries):
    page = opened((conftest.ROOT / "results" / command.NAME).as_uri())
    assert "64 small neural networks" in page.text("#story")
    assert page.tab.locator(".claim").count() == len(entries)


PLACES = (
    "",
    "#step-1&guess=none&inside=yes",
    "#step-4",
    "#step-6&at=end",
    "#curve=sine&set=amplitude",
    "#curve=line&networks=own&learn=line,0.8,0.1&seeds=2&step=0",
)
"""The guess, a cell, plucked networks, the end, several curves, and training."""


@pytest.mark.parametrize(
    ("scheme", "width"), [("dark", 400), *conftest.rarely(("light", 400), ("light", 1280), ("dark", 1280))]
)
def test_nothing_keeps_anybody_out(width, scheme, opened):
    for place in PLACES:
        page = opened(place, width=width, height=800, scheme=scheme)
        if place == PLACES[0]:  # What is unfolded is the same everywhere.
            page.unfold("details.section, .claim")
        found = Axe().run(page.tab)
        assert found.violations_count == 0, (place, found.generate_report())
        assert page.tab.evaluate("document.documentElement.scrollWidth") <= width

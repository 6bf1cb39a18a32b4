"""The command that makes the page, and what is in the file."""

import html
import json
import os
import re
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from kinds import SEEDS, SOUND
from rendered import PLAIN, TEXTS

import conftest
import lstm_toys as lt
from experiments.page import __main__ as command
from experiments.page import build, charts, runs
from experiments.page.parts import post, story
from experiments.post import sentences
from lstm_toys.files import sha256
from lstm_toys.markdown import one_line
from lstm_toys.runs.study import Study
from lstm_toys.statistics import intervals

ROOT = conftest.ROOT


@pytest.mark.long
def test_help_and_wrong_flags_load_nothing_heavy():
    first = "from experiments.page import __main__ as asked"
    printed = conftest.carry_out_without_jax("page", ("--help",), ("--seeds=3",), first=first)
    assert "usage" in printed
    assert printed.endswith("2\n")


@pytest.fixture
def results_dir(world, tmp_path, monkeypatch):
    """A folder of results with a run of the sine; that of a line, which the page could have, is missing."""
    commands = {"sine": (("sine", *world("sine").arguments[:-1]),), "line": (("line", "--seeds", "2"),)}
    monkeypatch.setattr(runs, "COMMANDS", commands)
    folder = tmp_path / "results"
    (folder / "runs").mkdir(parents=True)
    run = world("sine").run
    (folder / "runs" / run.name).symlink_to(run)
    return folder


def test_a_page_is_made_of_the_runs_that_there_are_and_replaced_unless_somebody_changed_it(results_dir, capsys):
    page, asked = results_dir / command.NAME, [f"--results_dir={results_dir}"]
    assert conftest.carry_out(command, asked) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "line: not on the page, there is no finished run of `python -m experiments.line --seeds 2" in printed
    text = page.read_text()
    sections = [section for section in post.SECTIONS if section.run == "sine"]
    assert text.count("<article") == text.count("data:image/png;base64,") == len(sections)
    assert "python -m experiments.sine --seeds=3" in text
    assert "python -m experiments.line --seeds 2" in text
    (results_dir / "runs" / "other").mkdir()
    assert conftest.carry_out(command, asked) == 0
    with page.open("a") as file:
        file.write("<!-- mine -->")
    capsys.readouterr()
    assert conftest.carry_out(command, [*asked, "--quiet"]) == 1
    assert page.read_text().endswith("<!-- mine -->")
    told = "changed since they were published, or not published; move first: index.html\n"
    assert capsys.readouterr().err == f"{results_dir}: {told}"


@pytest.mark.parametrize(
    ("name", "text"), [("index.html", "an earlier one"), ("manifest.json", '{"name": "mine"}')], ids=["page", "manifest"]
)
def test_files_of_somebody_else_are_told_and_kept(name, text, results_dir, capsys):
    (results_dir / name).write_text(text)
    assert conftest.carry_out(command, [f"--results_dir={results_dir}", "--quiet"]) == 1
    assert name in capsys.readouterr().err
    assert (results_dir / name).read_text() == text
    assert not {"index.html", "manifest.json"}.difference({name}) & {path.name for path in results_dir.iterdir()}


@pytest.mark.parametrize("why", ["no finished run", "damaged", "at most 1,000"])
def test_a_page_that_cannot_be_made_is_not_written(why, results_dir, monkeypatch, capsys):
    (run,) = (results_dir / "runs").iterdir()
    if why == "at most 1,000":
        monkeypatch.setattr(command, "MOST", 1_000)
    else:
        folder = run.resolve()
        run.unlink()
        if why == "damaged":
            shutil.copytree(folder, run)
            (run / "metrics.json").write_text((run / "metrics.json").read_text().replace('"seeds": 3', '"seeds": 4'))
    assert conftest.carry_out(command, [f"--results_dir={results_dir}"]) == 2
    printed, errors = capsys.readouterr()
    assert why in errors
    assert errors.count("\n") == 1
    assert not (results_dir / command.NAME).exists()
    if why == "no finished run":
        assert all(runs.told(commands[0]) in " ".join(printed.split()) for commands in runs.COMMANDS.values())


def test_every_sentence_has_a_section_and_every_run_a_command(tmp_path):
    placed = [claim for section in post.SECTIONS for claim in section.claims]
    assert sorted(placed) == sorted(claim.id for claim in sentences.SENTENCES)
    for arguments in (arguments for commands in runs.COMMANDS.values() for arguments in commands):
        assert isinstance(runs.planned(arguments, tmp_path), Study)


def test_what_lies_in_an_element_cannot_end_it():
    told = {"label": "</script><!--<script>&"}
    text = str(build.embedded(told))
    assert not set("<>&") & set(text)
    assert json.loads(text) == told
    with pytest.raises(ValueError, match="JSON"):
        build.embedded([float("nan")])


@pytest.fixture(scope="module")
def telling(entries, metrics):
    """Makes a page of one claim that says the same everywhere."""
    found = runs.FinishedRun("python -m experiments.sine", runs.planned(("sine",), ROOT).run, metrics)
    (entry,) = (each for each in entries if each["id"] == "sine-learned")

    def make(text):
        columns = {kind: {text: next(iter(entry[kind].values()))} for kind in ("null", "controls", "variants")}
        said = dict.fromkeys(("quote", "statistic", "meets"), text)
        told = entry | said | columns | {"verdict": "refuted", "remarks": [f"but {text}"]}
        part = post.made({"sine": "data:,"}, [told], {"sine": found, "claims": found})
        return build.html([(post.PART, part)], {"x": text})

    return make


@settings(max_examples=10)
@given(TEXTS.map(str.strip).filter(one_line))
def test_text_is_what_a_reader_of_the_page_sees(telling, text):
    page = telling(text)
    page.encode()
    assert page == telling(PLAIN).replace(PLAIN, html.escape(one_line(text)).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"))


def test_a_drawing_shows_every_network_and_says_what_lies_beyond():
    entry = {
        "per_seed": [*(0.1 + 0.001 * each for each in range(62)), 40.0, None],
        "counted": 64,
        "against_per_seed": None,
        "threshold": {"low": None, "high": 0.12, "against": None},
        "published": {"value": 0.3},
        "null": {"copy": {"value": 0.0}},
        "controls": {"untrained networks": {"per_seed": [0.2, 0.21]}},
    }
    drawn = charts.drawing(entry)
    networks, untrained = drawn["rows"]
    assert (len(networks["dots"]), networks["beyond"]) == (63, 1)
    assert (len(untrained["dots"]), untrained["beyond"]) == (2, 0)
    left, right = drawn["region"]
    assert left == drawn["left"]
    inside = sum(x <= right for x, _ in networks["dots"])
    assert inside == pytest.approx(21, abs=3)  # Dots stand in columns.
    places = {mark["kind"]: mark["place"] for mark in drawn["marks"]}
    assert drawn["left"] <= places["null"] < right < places["published"] <= drawn["right"]
    assert all(drawn["left"] <= tick["place"] <= drawn["right"] for tick in drawn["ticks"])


def test_numbers_of_the_story_are_those_of_the_networks(saved, metrics, resonance):
    """That is, of the library's answers of the networks that did not diverge; those of the first network are known."""
    published = saved("published")
    texts = [" ".join(step["texts"]) for step in story.made(published, metrics, resonance).given["steps"]]
    results = published.results
    x = results.time.values
    late = slice(10, None)  # From the x on at which an LSTM has found the curve.

    def tops(answers):
        highest = answers[:, late].max(axis=1)
        (low,), (high,) = intervals.band(highest[:, None])
        return highest, f"{low:.2f}", f"{high:.2f}"

    (row,) = np.flatnonzero((results.family.values == "amplitude") & (results.amplitude.values == 0.6))
    highest, low, high = tops(results.answer.values[SOUND, row, :, 0])
    assert f"peaks at {np.median(highest):.2f} ({low} to {high} for" in texts[1]
    assert f"the highest peak of all is {highest.max():.2f}" in texts[1]

    curve = np.float32(0.6 + 0.6 * np.sin(10 * x))
    highest, low, high = tops(np.asarray(lt.answers(published.model, published.kept[100], curve[None, :, None]))[SOUND, 0, :, 0])
    assert "networks 0, 1 and 2 peak at {:.2f}, {:.2f} and {:.2f}".format(*highest) in texts[2]
    assert f"all {len(SOUND)} peak between {low} and {high}" in texts[2]
    assert "after about 100 of their steps" in texts[2]

    late = x >= 0.3
    for frequency, words in ((15, "returns it {:.2g} times"), (5, "it returns {:.2g} times")):
        wave = np.float32(0.3 + 0.1 * np.sin(frequency * x))
        answers = np.asarray(lt.answers(published.model, published.params, wave[None, :, None]))
        size = np.median(np.ptp(answers[SOUND, 0][:, late, 0], axis=1)) / np.ptp(wave[late])
        assert words.format(size) in texts[3]
    assert f"19 of {SEEDS} networks come to rest" in texts[3]
    assert f"18 of {SEEDS} swing" in texts[3]
    assert "14.7 (95 % interval 13.9 to 15.4), faster than the 10 of the sine" in texts[3]


def test_the_committed_page_is_of_todays_scripts_small_and_recognized_as_made_by_the_command():
    page = ROOT / "results" / command.NAME
    published = json.loads((ROOT / "results" / "manifest.json").read_text())
    assert published == {"origin": "page", "files": {command.NAME: sha256(page)}}
    assert page.stat().st_size <= command.MOST
    text = page.read_text(encoding="utf-8")
    own = (f"parts/{part.name}.js" for part in command.PARTS if part.script)
    for name in ("page.css", *build.SCRIPTS, *build.WORKERS, *own):
        assert str(build.source(name)).strip() in text, f"{name} has changed: python -m experiments.page"


def test_previews_have_a_title_a_description_and_whole_addresses_where_the_page_is_published(tmp_path):
    workflow = (ROOT / ".github" / "workflows" / "page.yml").read_text(encoding="utf-8")
    before, _ = workflow.split("actions/upload-pages-artifact")
    (line,) = re.findall(r"- run: (sed .*)", before)
    assert before.index("id: pages") < before.index(line)
    for base in ("https://somebody.github.io/toys", "https://somebody.github.io/toys/"):
        page = tmp_path / "site" / "index.html"
        page.parent.mkdir(exist_ok=True)
        page.write_text(build.html([], {}), encoding="utf-8")
        subprocess.run(["bash", "-c", line], cwd=tmp_path, env={**os.environ, "BASE": base}, check=True)
        found = dict(re.findall(r'property="og:(\w+)" content="([^"]+)"', page.read_text(encoding="utf-8")))
        assert found["image"] == "https://somebody.github.io/toys/index.png"
        assert found["url"] == "https://somebody.github.io/toys/"
        assert found.keys() >= {"title", "description"}

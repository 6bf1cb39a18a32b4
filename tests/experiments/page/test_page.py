"""The command that makes the page, and what is in the file."""

import json
import os
import re
import shutil
import subprocess

import jax
import numpy as np
import pytest
from kinds import SEEDS, SOUND
from rich.console import Console

import conftest
import lstm_toys as lt
from experiments.page import __main__ as command
from experiments.page import build, charts, playground, post, runs
from experiments.post import sentences
from lstm_toys.files import sha256
from lstm_toys.runs.ask import Ask

ROOT = conftest.ROOT


@pytest.mark.long
def test_neither_help_nor_a_wrong_flag_waits_for_jax():
    first = "from experiments.page import __main__ as asked"
    told = conftest.carry_out_without_jax("page", ["--seeds=3"], ["--help"], first=first)
    assert told.startswith("2\n")
    assert told.endswith("\n0\n")


@pytest.fixture(scope="module")
def commands(world):
    """The runs that a page may have: one of the sine, which is finished, and one of a line, which is not."""
    return {"sine": (("sine", *world("sine").arguments[:-1]),), "line": (("line", "--seeds", "2"),)}


@pytest.fixture(scope="module")
def found(world, commands):
    """What is found of these runs."""
    with pytest.MonkeyPatch.context() as patch, jax.numpy_dtype_promotion("standard"):
        patch.setattr(runs, "COMMANDS", commands)
        return runs.find(conftest.context(world("sine").results).options, Console(quiet=True))


@pytest.fixture
def made(found, tmp_path, monkeypatch, capsys):
    """Makes a page of these runs in a folder of its own, and returns what was printed."""
    monkeypatch.setattr(runs, "find", lambda *_: found)

    def make(code, *flags):
        capsys.readouterr()
        assert conftest.carry_out(command, [f"--results_dir={tmp_path}", *flags]) == code
        output, errors = capsys.readouterr()
        return " ".join(output.split()), errors

    return make


def test_a_page_is_made_of_the_runs_that_there_are_and_replaced_unless_somebody_changed_it(made, tmp_path):
    page = tmp_path / command.NAME
    printed, _ = made(0)
    assert "line: not on the page, there is no finished run of `python -m experiments.line --seeds 2" in printed
    text = page.read_text()
    sections = [section for section in post.SECTIONS if section["run"] == "sine"]
    assert text.count("<article") == text.count("data:image/png;base64,") == len(sections)
    assert "python -m experiments.sine --seeds=3" in text
    assert "python -m experiments.line --seeds 2" in text
    made(0)
    page.write_text(text + "<!-- mine -->")
    _, errors = made(1, "--quiet")
    told = "changed since they were published, or not published; move first: index.html\n"
    assert errors == f"{tmp_path}: {told}"
    assert page.read_text() == text + "<!-- mine -->"


@pytest.mark.parametrize(
    ("name", "text", "most", "code", "words"),
    [
        ("index.html", "an earlier one", 10**9, 1, "index.html"),
        ("manifest.json", '{"name": "mine"}', 10**9, 1, "manifest.json"),
        ("other.txt", "", 1_000, 2, "at most 1,000"),
    ],
)
def test_a_page_is_not_written_over_something_else_or_if_it_is_too_large(
    name, text, most, code, words, made, tmp_path, monkeypatch
):
    monkeypatch.setattr(command, "MOST", most)
    (tmp_path / name).write_text(text)
    _, errors = made(code, "--quiet")
    assert words in errors
    assert (tmp_path / name).read_text() == text
    assert {path.name for path in tmp_path.glob("[!.]*")} == {name}


@pytest.mark.parametrize("why", ["no finished run", "damaged"])
def test_without_a_sound_run_there_is_no_page(why, world, commands, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(runs, "COMMANDS", commands)
    if why == "damaged":
        shutil.copytree(world("sine").results, tmp_path, dirs_exist_ok=True)
        metrics = tmp_path / "runs" / world("sine").run.name / "metrics.json"
        metrics.write_text(metrics.read_text().replace('"seeds": 3', '"seeds": 4'))
    assert conftest.carry_out(command, [f"--results_dir={tmp_path}"]) == 2
    printed, errors = capsys.readouterr()
    assert why in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / command.NAME).exists()
    if why == "no finished run":
        assert all(runs.told(words) in " ".join(printed.split()) for (words,) in commands.values())


def test_every_sentence_has_a_section_and_every_run_a_command(tmp_path):
    placed = [claim for section in post.SECTIONS for claim in section["claims"]]
    assert sorted(placed) == sorted(claim.id for claim in sentences.SENTENCES)
    for arguments in (arguments for commands in runs.COMMANDS.values() for arguments in commands):
        assert isinstance(runs.planned(arguments, tmp_path), Ask)


def test_what_lies_in_an_element_cannot_end_it():
    told = {"label": "</script><!--<script>&"}
    text = str(build.embedded(told))
    assert not set("<>&") & set(text)
    assert json.loads(text) == told
    with pytest.raises(ValueError, match="JSON"):
        build.embedded([float("nan")])


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
    assert [(len(row["dots"]), row["beyond"]) for row in drawn["rows"]] == [(63, 1), (2, 0)]
    left, right = drawn["region"]
    assert left == drawn["left"]
    inside = sum(x <= right for x, _ in drawn["rows"][0]["dots"])
    assert inside == pytest.approx(21, abs=3)  # Dots stand in columns.
    places = {mark["kind"]: mark["place"] for mark in drawn["marks"]}
    assert left <= places["null"] < right < places["published"] <= drawn["right"]
    assert all(left <= tick["place"] <= drawn["right"] for tick in drawn["ticks"])


def test_numbers_of_the_story_are_those_of_the_networks_that_did_not_diverge(saved, metrics, studied):
    published = saved("published")
    x = published.results.time.values
    made = playground.made({"published": published}, {"published": metrics}, studied[0])
    told = " ".join(text for step in made.given["steps"] for text in step["texts"])

    def answers(curve, params):
        return np.asarray(lt.answers(published.model, params, np.float32(curve)[None, :, None]))[SOUND, 0, :, 0]

    for params, words in (
        (published.params, "reaches 1.2, and half of them stop below {:.2f}."),
        (published.kept[100], f"90 % of all {len(SOUND)} peak between {{1:.2f}} and {{2:.2f}}"),
    ):
        peaks = answers(0.6 + 0.6 * np.sin(10 * x), params)[:, 10:].max(axis=1)
        assert words.format(np.median(peaks), *np.percentile(peaks, [5, 95])) in told
    assert "networks 0, 1 and 2 peak at {:.2f}, {:.2f} and {:.2f}".format(*peaks) in told
    for frequency, words in ((15, "comes back {:.2g} times as large"), (5, "of 5, {:.2g} times")):
        wave = 0.3 + 0.1 * np.sin(frequency * x)
        late = answers(wave, published.params)[:, x >= 0.3]
        assert words.format(np.median(np.ptp(late, axis=1)) / np.ptp(wave[x >= 0.3])) in told
    assert f"18 of {SEEDS} networks swing" in told
    assert "14.7 rad per x (95 % interval 13.9 to 15.4), faster than the 10 of the sine" in told


def test_the_committed_page_is_of_todays_scripts_small_and_recognized_as_made_by_the_command():
    page = ROOT / "results" / command.NAME
    published = json.loads((ROOT / "results" / "manifest.json").read_text())
    assert published == {"origin": "page", "files": {command.NAME: sha256(page)}}
    assert page.stat().st_size <= command.MOST
    text = page.read_text(encoding="utf-8")
    for name in ("page.css", *build.SCRIPTS, *build.WORKERS, build.START):
        assert str(build.source(name)).strip() in text, f"{name} has changed: python -m experiments.page"


def test_a_published_page_has_whole_addresses_in_its_previews(tmp_path):
    workflow = (ROOT / ".github" / "workflows" / "page.yml").read_text(encoding="utf-8")
    (line,) = re.findall(r"- run: (sed .*)", workflow)
    assert workflow.index("id: pages") < workflow.index(line) < workflow.index("actions/upload-pages-artifact")
    page = tmp_path / "site" / "index.html"
    page.parent.mkdir()
    for base in ("https://somebody.github.io/toys", "https://somebody.github.io/toys/"):
        page.write_text(build.html({}, {}), encoding="utf-8")
        subprocess.run(["bash", "-c", line], cwd=tmp_path, env={**os.environ, "BASE": base}, check=True)
        found = dict(re.findall(r'property="og:(\w+)" content="([^"]+)"', page.read_text(encoding="utf-8")))
        assert found["image"] == "https://somebody.github.io/toys/index.png"
        assert found["url"] == "https://somebody.github.io/toys/"

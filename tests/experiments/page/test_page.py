"""The command that makes the page, and what is in the file."""

import dataclasses
import json
import webbrowser

import jax
import numpy as np
import pytest
from kinds import METRICS, SOUND
from rich.console import Console

import conftest
import lstm_toys as lt
from experiments.page import __main__ as command
from experiments.page import build, charts, playground, post, runs
from experiments.post import sentences
from lstm_toys.files import sha256
from lstm_toys.runs.study import Study
from lstm_toys.studies.claims.entries import SingleJudgment, Threshold

RESULTS = conftest.ROOT / "results"

MOST = 4 * 2**20
"""Largest page in bytes that is convenient to send and open."""


@pytest.fixture
def commands(world, monkeypatch):
    """The runs that a page may have: one of the sine, which is finished, and one of a line, which is not."""
    made = {"sine": (("sine", *world("sine").arguments[:-1]),), "line": (("line", "--seeds", "2"),)}
    monkeypatch.setattr(runs, "COMMANDS", made)


@pytest.mark.usefixtures("commands")
def test_a_page_is_made_of_the_runs_that_there_are_and_replaced_unless_somebody_changed_it(
    world, tmp_path, monkeypatch, capsys
):
    with jax.numpy_dtype_promotion("standard"):
        found = runs.find(conftest.context(world("sine").results).options, Console(quiet=True))
    monkeypatch.setattr(runs, "find", lambda *_: found)
    page, line = tmp_path / command.NAME, [f"--results_dir={tmp_path}"]
    assert conftest.carry_out(command, line) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "line: not on the page, there is no finished run of `lstm-toys line --seeds 2" in printed
    sections = [section for section in post.SECTIONS if section["run"] == "sine"]
    assert page.read_text().count('<svg class="figure"') == len(sections)
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or True)
    assert conftest.carry_out(command, [*line, "--open"]) == 0
    assert opened == [page.as_uri()]
    page.write_text("mine")
    assert conftest.carry_out(command, line) == 1
    assert "changed since they were published" in capsys.readouterr().err
    assert page.read_text() == "mine"


@pytest.mark.usefixtures("commands")
def test_without_a_finished_run_there_is_no_page(tmp_path, capsys):
    assert conftest.carry_out(command, [f"--results_dir={tmp_path}"]) == 2
    printed, errors = capsys.readouterr()
    assert "no finished run" in errors
    assert errors.count("\n") == 1
    assert all(runs.told(words) in " ".join(printed.split()) for (words,) in runs.COMMANDS.values())
    assert not (tmp_path / command.NAME).exists()


def test_every_sentence_has_a_section_and_every_run_a_command():
    placed = [claim for section in post.SECTIONS for claim in section["claims"]]
    assert sorted(placed) == sorted(claim.id for claim in sentences.SENTENCES)
    for arguments in (arguments for commands in runs.COMMANDS.values() for arguments in commands):
        assert isinstance(runs.planned(arguments), Study)


def test_a_drawing_shows_every_network_and_says_what_lies_beyond(entries):
    known = next(each for each in entries if each.id == "sine-learned")
    entry = dataclasses.replace(
        known,
        per_seed=np.array([*(0.1 + 0.001 * each for each in range(62)), 40.0, np.nan]),
        threshold=Threshold(np.nan, 0.12, None),
        published=SingleJudgment(0.3, False, {}),
        null={"copy": SingleJudgment(1e-6, True, {}, answers="input")},
        controls={"untrained networks": dataclasses.replace(known, per_seed=np.array([0.2, 0.21]))},
    )
    drawn = charts.drawing(entry)
    assert [(len(row["dots"]), row["beyond"]) for row in drawn["rows"]] == [(63, 1), (2, 0)]
    left, right = drawn["region"]
    assert left == drawn["margin"]
    places = {mark["kind"]: mark["place"] for mark in drawn["marks"]}
    assert left <= places["null"] < right < places["published"] <= drawn["width"] - drawn["margin"]
    assert drawn["marks"][1]["text"] == "a copy of the input: 0"
    hill = {"against_per_seed": np.array([-3.0] * 64), "threshold": Threshold(np.nan, np.nan, "hill")}
    compared = dataclasses.replace(entry, **hill)
    assert [row["beyond"] for row in charts.drawing(compared)["rows"]] == [1, 0, 0]


def test_numbers_of_the_story_are_those_of_the_networks_that_did_not_diverge(saved):
    published = saved("published")
    x = published.results.training.time.values
    made = playground.made({"published": published}, {"published": METRICS})
    told = " ".join(text for step in made.given["steps"] for text in (*step["texts"], *step.get("seen", ())))

    def answers(curve):
        shown = np.float32(curve)[None, :, None]
        return np.asarray(lt.answers(published, shown))[SOUND, 0, :, 0]

    peaks = answers(0.6 + 0.6 * np.sin(10 * x))[:, 10:].max(axis=1)
    assert f"reaches 1.2, and half of them stop below {np.median(peaks):.2f}." in told
    assert "90 % of all {} peak between {:.2f} and {:.2f}".format(len(SOUND), *np.percentile(peaks, [5, 95])) in told
    assert (
        "(networks 0, 1, 2) began with other random numbers, and peak at {:.2f}, {:.2f}, {:.2f};".format(*peaks) in told
    )


def test_the_committed_page_is_of_todays_scripts_small_and_recognized_as_made_by_the_command():
    page = RESULTS / command.NAME
    published = json.loads((RESULTS / "manifest.json").read_text())
    assert published == {"origin": "page", "files": {command.NAME: sha256(page)}}
    assert page.stat().st_size <= MOST
    text = page.read_text(encoding="utf-8")
    for name in ("page.css", *build.SCRIPTS, *build.WORKERS, build.START):
        assert str(build.source(name)).strip() in text, f"{name} has changed: python -m experiments.page"

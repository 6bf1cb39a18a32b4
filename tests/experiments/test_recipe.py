"""The recipe command, small: what it scores, and what it leaves."""

import json

import numpy as np
import pytest

import lstm_toys as lt
from conftest import ROOT, carry_out
from experiments import recipe
from experiments.post import figures
from experiments.published.answers import CHOSEN_ON
from experiments.recipe import Scores, choose, compare

GRIDS = (
    {"optimizer": "sgd", "learning_rate": "0.1 1", "hidden": "4", "steps": "3 12"},
    {"learning_rate": "0.01", "hidden": "none", "optimizer": "rmsprop", "steps": "5"},
)
SMALL = ["--seeds=4", "--quiet"]


@pytest.mark.long
def test_every_setting_is_scored_on_every_published_curve(tmp_path, monkeypatch):
    monkeypatch.setattr(recipe, "GRIDS", GRIDS)
    assert carry_out(recipe.recipe, [*SMALL, f"--results_dir={tmp_path}", "--publish"]) == 0
    (run,) = (tmp_path / "runs").glob("recipe-*")
    metrics = json.loads((run / "metrics.json").read_text())["numbers"]
    sweeps = [lt.load_results(path) for path in (tmp_path / "runs").glob("sweep-*/results.nc")]
    sweeps.sort(key=lambda found: found.sizes["setting"], reverse=True)
    for found in sweeps:
        assert {*found.children} == {"training", *(probe.name for probe in recipe.probes(lt.time_points(20)))}
    found = recipe.join_sweeps(sweeps)
    every = compare(found, CHOSEN_ON)
    assert len(every) == 17
    assert len(metrics["settings"]) == 5 == found.sizes["setting"]
    varied = [(0.1, [4], 3), (0.1, [4], 12), (1, [4], 3), (1, [4], 12), (0.01, [], 5)]
    told = [row["setting"] for row in metrics["settings"]]
    assert [(each["learning_rate"], each["hidden"], each["steps"]) for each in told] == varied
    assert all(row["low"] <= row["score"] <= row["high"] for row in metrics["settings"])
    found = [row["score"] for row in metrics["settings"]]
    np.testing.assert_allclose(found, recipe.scores(every).mean, atol=1e-5)
    assert metrics["settings"][np.argmin(found)]["unbeaten"]
    files = {path.name for path in (tmp_path / "recipe").iterdir()}
    assert files == {"metrics.json", "score.png", "manifest.json", "report.json"}


def levelled(*levels):
    """Scores of settings on six curves, of certain seeds: they differ by levels alone, but for a little noise."""
    noise = np.random.default_rng(0).normal(0, 0.01, (len(levels), 200, 6))
    each = np.array(levels)[:, None] + np.zeros(6)
    return Scores(each, each[:, None] + noise)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((0.1, 0.101, 0.1, 0.1, 0.5), 2),  # of the kind with the fewest steps that no other beats, the best
        ((0.1, 0.5, 0.5, 0.1, 0.5), 3),  # of the only kind at the usual rate that no other beats
        ((0.1, 0.5, 0.5, 0.5, 0.5), 0),  # the best, where all of the usual rate are beaten
    ],
)
def test_the_rule_takes_what_it_says(levels, expected):
    every = ((300, 0.003, 32), (500, 0.001, 32), (1_000, 0.001, 32), (1_000, 0.001, 16), (300, 0.001, 8))
    usual = {"optimizer": "adam", "gates": "hard"}
    settings = [{**usual, "steps": steps, "learning_rate": rate, "hidden": str(units)} for steps, rate, units in every]
    assert choose(settings, levelled(*levels)) == expected


def test_lines_are_those_with_a_recipe_that_no_other_beats():
    metrics = json.loads((ROOT / "results" / "recipe" / "metrics.json").read_text())["numbers"]
    (axes,) = figures.scores(metrics).axes
    unbeaten = [each for each in metrics["settings"] if each["unbeaten"]]
    names = {
        "rmsprop 0.001, hard gates, hidden 32,32": "RMSprop 0.001, hard gates, 32 + 32 units",
        "rmsprop_keras 0.001, hard gates, hidden 32": "Keras's RMSprop 0.001, hard gates, 32 units",
        "rmsprop_keras 0.003, hard gates, hidden 16": "Keras's RMSprop 0.003, hard gates, 16 units",
    }
    assert {text.get_text() for text in axes.texts} == {*names.values()}
    lines = [line for line in axes.lines if line.get_marker() == "None"]
    dots = [line for line in axes.lines if line.get_marker() == "o" and line.get_fillstyle() == "full"]
    assert len(lines) == len(names)
    marked = [(*point, dot.get_color()) for dot in dots for point in dot.get_xydata().tolist()]
    colors = {text.get_text(): text.get_color() for text in axes.texts}
    expected = [
        (each["setting"]["steps"], each["score"], colors[names[each["name"].rpartition(", ")[0]]]) for each in unbeaten
    ]
    assert sorted(marked) == sorted(expected)

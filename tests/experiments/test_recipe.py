"""The recipe command, small: what it scores, and what it leaves."""

import json
import re
from itertools import permutations

import numpy as np
import pytest
from drawn import assert_legible

from conftest import carry_out
from experiments import recipe, sine
from experiments.post import figures
from experiments.post.recipe import KERAS_RATES, Scores, choose
from experiments.published import answers as published
from lstm_toys.cli import flags, studies
from lstm_toys.results import storage
from lstm_toys.studies.sweep import results
from lstm_toys.tasks import families

GRIDS = (
    {"optimizer": "sgd", "learning_rate": "0.1 1", "hidden": "4", "steps": "3 12"},
    {"learning_rate": "0.01", "hidden": "none", "optimizer": "rmsprop", "steps": "5"},
)
DEFAULT_GRIDS = recipe.GRIDS
SMALL = ["--seeds=4", "--quiet", "--block=4"]


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """The results folder of a small run, the labeled results of its networks and the scores."""
    folder = tmp_path_factory.mktemp("recipe")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipe, "GRIDS", GRIDS)
        assert carry_out(recipe, [*SMALL, f"--results_dir={folder}", "--publish"]) == 0
        (networks,), (run,) = ((folder / "runs").glob(f"{name}-*") for name in ("recipe_networks", "recipe"))
        found = storage.load_results(networks / "results.nc", results.VARIABLES)
        yield folder, found, json.loads((run / "metrics.json").read_text())


@pytest.mark.long
def test_every_setting_is_scored_on_every_published_curve(scored, capsys):
    folder, found, told = scored
    assert len(told["settings"]) == 5 == found.sizes["setting"]
    assert {probe.name for probe in recipe.probes(families.time_points(20))} == {*found.probe.values}
    assert len(told["curves"]) == 17
    assert {curve["family"] for curve in told["curves"]} == {"line", "line_origin", "amplitude"}
    for row in told["settings"]:
        assert row["low"] <= row["score"] <= row["high"]
        np.testing.assert_allclose(row["score"], np.mean(row["curve_scores"]), atol=2e-5)
    assert told["best"] == np.argmin([row["score"] for row in told["settings"]])
    assert told["settings"][told["best"]]["unbeaten"]
    assert told["default"] is None
    assert told["validation"][0]["setting"] == told["chosen"]
    validated = {told["settings"][row["setting"]]["setting"]["optimizer"] for row in told["validation"]}
    assert validated == {"sgd", "rmsprop"}
    files = {path.name for path in (folder / "recipe").iterdir()}
    assert files == {"metrics.json", "chosen.png", "claims.png", "score.png", "manifest.json"}
    assert json.loads((folder / "recipe" / "metrics.json").read_text()) == told
    assert carry_out(recipe, [*SMALL, "--noquiet", f"--results_dir={folder}"]) == 0
    output = capsys.readouterr().out
    assert "finished" in output
    assert re.search(r"rmsprop +0.01 +hard +none +5 ", output)


@pytest.mark.long
def test_scores_are_those_of_a_plain_loop(scored):
    """On the first and the last published curve, from the file alone."""
    _, found, told = scored
    for number in (0, len(told["curves"]) - 1):
        curve = told["curves"][number]
        named = {name: value for name, value in curve.items() if name != "family"}
        figure = next(figure for figure, family in published.FAMILIES.items() if family == curve["family"])
        (output,) = (
            np.array(each["output"], float)
            for each in published.numbers()[figure]["curves"]
            if all(np.isclose(each[name], curve[name]) for name in published.parameters(each))
        )
        same = [found.family.values == curve["family"], *(np.isclose(found[each], named[each]) for each in named)]
        (index,) = np.flatnonzero(np.all(same, axis=0))
        answers, known = found.answer.values[2, :, index, :, 0].astype(float), np.isfinite(output)

        def distance(one, other, known=known):
            return np.sqrt(np.mean(np.square(one - other)[known]))

        to_curve = np.mean([distance(answer, output) for answer in answers])
        between = np.mean([distance(one, other) for one, other in permutations(answers, 2)])
        expected = to_curve - between / 2
        np.testing.assert_allclose(told["settings"][2]["curve_scores"][number], expected, atol=1e-5)


@pytest.mark.long
def test_the_default_of_the_sine_is_among_the_recipes():
    settings = [
        each
        for grid in DEFAULT_GRIDS
        for each in studies.expand(sine.EXPERIMENT, [(name, text.split()) for name, text in grid.items()], [])[0]
    ]
    assert flags.parse(sine.EXPERIMENT, [])[0] in settings
    gates = {(optimizer, gates) for optimizer in KERAS_RATES for gates in ("sigmoid", "hard")}
    assert {(each.optimizer, each.gates) for each in settings} == gates


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
    settings = [
        flags.parse(
            sine.EXPERIMENT, ["--optimizer=adam", f"--steps={steps}", f"--learning_rate={rate}", f"--hidden={units}"]
        )[0]
        for steps, rate, units in every
    ]
    assert choose(settings, levelled(*levels)) == expected


def test_scores_are_lines_over_steps_in_a_panel_for_each_optimizer_and_kind_of_gates():
    names = ("optimizer", "gates", "hidden", "learning_rate", "steps")
    settings = [
        ("rmsprop", "hard", [16], 0.003, 1_000, 0.04),
        ("rmsprop", "hard", [16], 0.001, 1_000, 0.03),
        ("rmsprop", "hard", [16], 0.001, 300, 0.02),
        ("rmsprop", "hard", [], 0.001, 300, 0.09),
        ("sgd", "hard", [16], 0.1, 300, 0.08),
        ("sgd", "hard", [16], 0.1, 1_000, None),
    ]
    rows = [
        {"name": str(number), "setting": dict(zip(names, each, strict=False)), "score": each[-1], "low": 0.01}
        | {"high": 0.05, "unbeaten": number in (1, 2)}
        for number, each in enumerate(settings)
    ]
    figure = figures.scores({"settings": rows, "chosen": 2})
    assert [axes.get_title() for axes in figure.axes] == ["RMSprop, hard gates", "SGD, hard gates"]
    lines = [[line for line in axes.lines if line.get_linestyle() != "None"] for axes in figure.axes]
    drawn = [[line.get_xydata().tolist() for line in own] for own in lines]
    assert drawn == [[[[300, 0.09]], [[300, 0.02], [1_000, 0.03]], [[1_000, 0.04]]], [[[300, 0.08]]]]
    styles = {(line.get_color(), line.get_linestyle()) for line in lines[0]}
    assert len(styles) == 3
    marks = [line for line in figure.axes[0].lines if line.get_linestyle() == "None"]
    assert [(*line.get_xydata()[0], line.get_fillstyle()) for line in marks] == [
        *((300, 0.02, "full"), (300, 0.02, "none"), (1_000, 0.03, "full"))
    ]
    told = "2 of 6 recipes are beaten by no other at explaining the published answers;\nchosen: 2"
    assert figure.get_suptitle() == told
    assert_legible(figure)

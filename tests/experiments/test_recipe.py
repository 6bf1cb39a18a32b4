"""The recipe command, small: what it scores, and what it leaves."""

import json
import re

import numpy as np
import pytest

from conftest import carry_out, carry_out_without_jax
from experiments import recipe
from experiments.post import readings
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
    """The results folder of a small run, the labeled results and the scores."""
    folder = tmp_path_factory.mktemp("recipe")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipe, "GRIDS", GRIDS)
        assert carry_out(recipe, [*SMALL, f"--results_dir={folder}", "--publish"]) == 0
        (networks,), (run,) = ((folder / "runs").glob(f"{name}-*") for name in ("recipe_networks", "recipe"))
        yield (
            folder,
            storage.load_results(networks / "results.nc", results.VARIABLES),
            json.loads((run / "metrics.json").read_text()),
        )


@pytest.mark.long
def test_every_setting_is_scored_on_every_published_curve(scored):
    _, found, told = scored
    assert len(told["settings"]) == 5 == found.sizes["setting"]
    assert len(told["curves"]) == 18
    for row in told["settings"]:
        assert row["low"] <= row["score"] <= row["high"]
        np.testing.assert_allclose(row["score"], np.mean(row["curve_scores"]))
    assert told["best"] == np.argmin([row["score"] for row in told["settings"]])
    assert told["settings"][told["best"]]["unbeaten"]
    assert told["default"] is None


@pytest.mark.long
def test_scores_are_those_of_a_plain_loop(scored):
    """On the training sine and the last line, from the file alone."""
    _, found, told = scored
    for number in (0, len(told["curves"]) - 1):
        curve = told["curves"][number]
        figure = next(figure for figure, family in readings.FAMILIES.items() if family == curve["family"])
        output = np.array(
            next(
                each["output"]
                for each in readings.published()[figure]["curves"]
                if all(np.isclose(each[name], curve[name]) for name in each if name != "output")
            ),
            float,
        )
        same = found.family.values == curve["family"]
        for name in set(curve) - {"family"}:
            same &= np.isclose(found[name].values, curve[name])
        (index,) = np.flatnonzero(same)
        answers = found.answer.values[2, :, index, :, 0].astype(float)
        known = np.isfinite(output)

        def distance(a, b, known=known):
            return np.sqrt(np.mean(np.square(a - b)[known]))

        to_curve = np.mean([distance(answer, output) for answer in answers])
        between = np.mean([distance(answers[i], answers[j]) for i in range(4) for j in range(4) if i != j])
        np.testing.assert_allclose(told["settings"][2]["curve_scores"][number], to_curve - between / 2, rtol=1e-6)


@pytest.mark.long
def test_the_scores_are_published_with_their_figures(scored):
    folder, _, told = scored
    published = {path.name for path in (folder / "recipe").iterdir()}
    assert published == {"metrics.json", "best.png", "score.png", "manifest.json"}
    assert json.loads((folder / "recipe" / "metrics.json").read_text()) == told


@pytest.mark.long
def test_the_networks_are_a_sweep_of_their_own(scored):
    folder, found, _ = scored
    (networks,) = (folder / "runs").glob("recipe_networks-*")
    assert json.loads((networks / "metrics.json").read_text())["networks"] == 4 * found.sizes["setting"] - 8
    shown = {probe.name for probe in recipe.probes(families.time_points(20))}
    assert shown == set(found.probe.values)


@pytest.mark.long
def test_a_finished_run_is_told_again(scored, capsys):
    folder, _, _ = scored
    assert carry_out(recipe, [*(flag for flag in SMALL if flag != "--quiet"), f"--results_dir={folder}"]) == 0
    output = capsys.readouterr().out
    assert "is finished" in output
    assert re.search(r"rmsprop +0.01 +none +5 ", output)


@pytest.mark.long
def test_what_is_finished_is_told_without_jax(scored):
    arguments = [*(flag for flag in SMALL if flag != "--quiet"), f"--results_dir={scored[0]}"]
    told = carry_out_without_jax("recipe", arguments, first=f"asked.GRIDS = {GRIDS}")
    assert "is finished" in told
    assert told.endswith("\n0\n")


def test_the_default_of_the_sine_is_among_the_recipes():
    from experiments import sine, sweep
    from experiments.commands import flags

    settings = [
        each
        for grid in DEFAULT_GRIDS
        for each in sweep.expand(sine.EXPERIMENT, [(name, text.split()) for name, text in grid.items()], [])[0]
    ]
    assert flags.parse(sine.EXPERIMENT, [])[0] in settings
    assert len({(each.optimizer, each.learning_rate, each.hidden, each.readout) for each in settings}) * 32 >= 2_000


@pytest.mark.parametrize("argument", ["--steps=3", "--seeds=0", "--seeds=1", "stray"])
def test_bad_command_lines_are_refused_in_one_line(argument, capsys, tmp_path):
    assert carry_out(recipe, [argument, f"--results_dir={tmp_path / 'none'}"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "none").exists()

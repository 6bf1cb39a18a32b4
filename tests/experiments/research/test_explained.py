"""What is said of claims by models of networks, and of predictions."""

import numpy as np
import pytest
import xarray as xr
from drawn import assert_legible

from experiments.research.explained import __main__ as explained
from experiments.research.explained import figures
from experiments.research.explained.predictions import NETWORKS, PREDICTIONS, VARIANTS, Prediction
from lstm_toys.cli import command


def test_a_model_that_agrees_is_beyond_its_permutations_and_one_that_does_not_is_not():
    random = np.random.default_rng(1)
    networks = random.normal(size=60)
    networks[3] = np.nan
    near = explained.agreement(networks, networks + 0.5 + random.normal(size=60) * 0.2)
    assert near["networks"] == 59
    assert near["correlation"]["low"] > near["permuted"] > 0
    assert near["difference"]["low"] < 0.5 < near["difference"]["high"]
    far = explained.agreement(networks, random.normal(size=60))
    assert far["correlation"]["low"] < 0 < far["correlation"]["high"]
    assert abs(far["correlation"]["value"]) < far["permuted"]


def test_nothing_is_said_of_few_or_equal_numbers():
    few = np.array([1.0, 2.0, 3.0, np.nan, np.nan, np.nan])
    assert explained.agreement(few, few)["difference"] is None
    equal = explained.agreement(np.arange(9.0), np.ones(9))
    assert (equal["correlation"], equal["difference"]["median"]) == (None, -3)


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(9, 12, "holds"), (11, 12, "fails"), (9.99, 10.01, "undecided"), (1, 8, "fails")]
)
def test_a_prediction_holds_if_the_whole_interval_is_as_predicted(low, high, verdict):
    found = xr.Dataset({"mode_frequency": ("seed", 10 + 0.2 * np.sin(np.arange(40.0)))})
    assert explained.judged(Prediction("p", "v", "mode_frequency", low, high, ""), found)["verdict"] == verdict


def test_every_prediction_is_about_networks_that_are_trained_for_it():
    assert {each.variant for each in PREDICTIONS} <= VARIANTS.keys()
    study = command.only(command.plan(explained.explained, ["--seeds=8"]))
    dynamics = {name: each for name, each in study.needs.items() if name != NETWORKS}
    assert {*dynamics} == {"sine", *VARIANTS}
    assert dynamics["base seed 1"].settings.trained.base_seed == 1
    assert {each.settings.trained.seeds for each in dynamics.values()} == {8}


def test_figures_are_drawn_of_what_was_compared():
    random = np.random.default_rng(0)
    found = xr.Dataset(
        {
            "gain": (("seed", "input", "frequency"), random.uniform(size=(20, 3, 4))),
            **{each: ("seed", random.uniform(9, 12, 20)) for each in explained.MEASURES},
        },
        {"frequency": [0.0, 5, 20, 40]},
    ).assign_attrs(mean=1)
    found.gain[3, 1] = np.nan  # This network rests nowhere under the mean input.
    tuned = explained._tuned(found)
    gains = np.delete(found.gain.values[:, 1], 3, axis=0)
    np.testing.assert_allclose(tuned["resonance"]["median"], np.median(gains, axis=0))
    numbers = random.normal(size=20)
    models = numbers, np.where(np.arange(20) < 7, numbers, np.nan), np.ones(20)
    compared = {name: explained.agreement(numbers, each) for name, each in zip(figures.MODELS, models, strict=False)}
    every = {name: {"frequency": variant.frequency, **tuned} for name, variant in VARIANTS.items()}
    metrics = {"seeds": 20, "claims": {"sine-learned": compared}, "tuning": every}
    figures.tuning(metrics).draw_without_rendering()
    assert "is predicted for 0 of 1 claims" in figures.claims_by_model(metrics).get_suptitle()


def test_numbers_of_few_networks_are_not_drawn_and_count_for_no_model():
    numbers = np.random.default_rng(0).normal(size=40)
    few = np.where(np.arange(40) < figures.FEW - 1, numbers, np.nan)
    models = {"static curve": few, "linear at the mean": -numbers, "LPV": numbers}
    compared = {name: explained.agreement(numbers, each) for name, each in models.items()}
    claims = {"sine-learned": compared, "valley-phase": {"static curve": compared["static curve"]}}
    figure = figures.claims_by_model({"seeds": 40, "claims": claims})
    left = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 1 and line.get_marker() != "None"]
    assert [(line.get_xdata()[0], round(line.get_ydata()[0], 2)) for line in left] == [
        (pytest.approx(-1), 0.09),
        (pytest.approx(1), 0.27),
    ]
    assert figure.get_suptitle().endswith("is predicted for 1 of 2 claims,\nby the network linearized at each input")


def test_all_models_that_predict_as_many_claims_are_named():
    numbers = np.random.default_rng(0).normal(size=40)
    same = explained.agreement(numbers, numbers)
    figure = figures.claims_by_model({"seeds": 40, "claims": {"sine-learned": {"static curve": same, "LPV": same}}})
    drawn = figure.get_suptitle().partition("1 of 1 claims,\n")[2]
    assert drawn == "by the answer at rest under each input,\nand by the network linearized at each input"
    assert_legible(figure)


def test_the_plateau_ends_and_the_resonance_appears_at_the_first_such_step():
    sine = 0.3 + 0.3 * np.sin(10 * np.linspace(0, 1, 100))
    high, low = sine.var() * 0.9, sine.var() * 0.1
    found = xr.Dataset(
        {
            "train_loss": (("seed", "step"), [[high, high, low, low], [high, low, low, high], [high] * 4]),
            "peak_gain_course": (("kept_step", "seed"), [[0.5, 0.5, 0.9], [0.5, 0.9, 0.9], [0.9, 0.9, 0.9]]),
            "static_gain_course": (("kept_step", "seed"), np.full((3, 3), 0.5)),
        },
        {"step": [0, 10, 20, 30], "kept_step": [0, 10, 30], "curve_shown": (("curve", "time"), sine[None])},
    )
    ended, resonant = explained.steps_of(found)
    np.testing.assert_array_equal(ended, [20, 10, np.nan])
    np.testing.assert_array_equal(resonant, [30, 10, 0])
    judged = explained.plateau(found)
    assert (judged["networks"], judged["together"], judged["ended"]["median"]) == (2, 2, 15)
    assert judged["agreement"]["correlation"] is None

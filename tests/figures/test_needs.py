"""Figures of what `lt.load` gives: drawn, or refused by what is missing."""

import pytest
import xarray as xr

import lstm_toys as lt
from conftest import untrained
from lstm_toys import figures

X = lt.time_points(12)
LINES = {"slope": [0.1, 0.2], "intercept": 0.5}
pytestmark = pytest.mark.usefixtures("as_users_have_it")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Populations that return curves, and that tell numbers of them, as `lt.save` writes them."""
    folder = tmp_path_factory.mktemp("saved")
    made = {
        "curves": (lt.reproduce("line", {"slope": 0.5, "intercept": 0.25}, X), True),
        "numbers": (lt.read_off("line", {"slope": lt.time_points(3), "intercept": 0.5}, ("slope",), X), False),
    }
    for name, (task, sequence) in made.items():
        model = lt.Stack(features=1, hidden=(3,), sequence=sequence)
        lt.save(untrained(task, model), folder / name)
    return {name: lt.load(folder / name) for name in made}


GOAL = lt.Goal(rmse=0.1, features=("y",))
DRAWN = {
    "loss": lambda saved: figures.loss(saved["curves"], "loss"),
    "loss of numbers": lambda saved: figures.loss(saved["numbers"].results, "loss"),
    "errors": lambda saved: figures.error_histories(
        {"one": saved["curves"]}, "errors", lt.Goal(rmse=0.1, features=("y",))
    ),
    "target": lambda saved: figures.target(saved["curves"], "target"),
    "training set": lambda saved: figures.training_set(saved["numbers"], "curves"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_there_is_drawn(saved, name, tmp_path):
    figures.save(DRAWN[name](saved), str(tmp_path / "figure.svg"))


MISSING = {
    "training_answer needs results with the variable train_answer, such as from the run of an experiment": (
        lambda saved: figures.training_answer(saved["curves"], "answers")
    ),
    "family_answers needs results with the variable family, such as from the run of an experiment with probes": (
        lambda saved: figures.family_answers(saved["curves"], {"line": []}, "lines")
    ),
    "film needs results with the variable frame, such as from the run of an experiment with frames": (
        lambda saved: figures.film({"one": saved["curves"]})
    ),
    "target needs train_target along time, but these results have it along example, output_feature": (
        lambda saved: figures.target(saved["numbers"], "target")
    ),
    "training_set needs train_target along output_feature, but these results have it along": (
        lambda saved: figures.training_set(saved["curves"], "curves")
    ),
    "error_histories needs the feature 'y', but these results have": (
        lambda saved: figures.error_histories(
            {"one": saved["curves"].results.assign_coords(feature=["z"])}, "errors", GOAL
        )
    ),
    "read_off_axis needs results with the variable family": (
        lambda saved: figures.read_off_axis(saved["numbers"], "slope", "slope", (0.0, 1.0))
    ),
    "set_numbers needs results with the variable family": lambda saved: figures.set_numbers(
        saved["numbers"], "numbers"
    ),
    "errors_over_time needs results with the variable family": (
        lambda saved: figures.errors_over_time(saved["curves"], "y", "errors")
    ),
    "loss needs results with the variable train_loss": lambda _: figures.loss(xr.Dataset(), "loss"),
    "results must be labeled results, such as lt.load returns, not 'folder'": lambda _: figures.loss("folder", "loss"),
    "populations must be labeled results, such as lt.load returns, not 3": lambda _: figures.film({"one": 3}),
}


@pytest.mark.parametrize("told", MISSING)
def test_what_is_missing_is_said(saved, told):
    with pytest.raises(ValueError, match=f"^{'' if ' must be ' in told else 'lt.figures.'}{told}") as raised:
        MISSING[told](saved)
    assert "\n" not in str(raised.value)


def test_a_family_or_feature_that_is_not_there_is_told_with_those_that_are(hand_made):
    for family, feature, told in (
        ("lines", "y", "family 'lines'; these results have line,"),
        ("line", "z", "feature 'z'"),
    ):
        with pytest.raises(ValueError, match=f"^lt.figures.set_answers needs the {told}"):
            figures.set_answers(
                hand_made().assign(name=("curve", ["a"] * hand_made().sizes["curve"])), family, feature, ""
            )

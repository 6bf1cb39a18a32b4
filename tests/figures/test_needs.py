"""Figures of what `lt.load` gives: drawn, or refused by what is missing."""

import pytest
import xarray as xr
from drawn import assert_legible

import lstm_toys as lt
from conftest import untrained
from lstm_toys import figures

X = lt.time_points(20)
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
        model = lt.Stack(features=1, hidden=(4,), sequence=sequence)
        lt.save(untrained(task, model), folder / name)
    return {name: lt.load(folder / name) for name in made}


def test_what_is_there_is_drawn(saved):
    curves, numbers = saved.values()
    drawn = (
        figures.loss(curves, "loss"),
        figures.loss(numbers.results, "loss"),
        figures.error_histories({"one": curves}, "errors", GOAL),
        figures.target(curves, "target"),
        figures.training_set(numbers, "curves"),
    )
    for figure in drawn:
        assert_legible(figure)


GOAL = lt.Goal(rmse=0.1, features=("y",))
RUN = "results with the variable {}, such as from the run of an experiment"
MISSING = [
    (f"training_answer needs {RUN.format('train_answer')}", lambda curves, _: figures.training_answer(curves, "a")),
    (
        f"family_answers needs {RUN.format('family')} with probes",
        lambda curves, _: figures.family_answers(curves, {"line": []}, "lines"),
    ),
    (f"film needs {RUN.format('frame')} with frames", lambda curves, _: figures.film({"one": curves})),
    (
        "target needs train_target along time, but these results have it along example, output_feature",
        lambda _, numbers: figures.target(numbers, "target"),
    ),
    (
        "training_set needs train_target along output_feature, but these results have it along",
        lambda curves, _: figures.training_set(curves, "curves"),
    ),
    (
        "error_histories needs the feature 'y', but these results have",
        lambda curves, _: figures.error_histories({"one": curves.results.assign_coords(feature=["z"])}, "errors", GOAL),
    ),
    (
        "read_off_axis needs results with the variable family",
        lambda _, numbers: figures.read_off_axis(numbers, "slope", "slope", (0.0, 1.0)),
    ),
    (
        "set_numbers needs results with the variable family",
        lambda _, numbers: figures.set_numbers(numbers, "numbers"),
    ),
    (
        "errors_over_time needs results with the variable family",
        lambda curves, _: figures.errors_over_time(curves, "y", "errors"),
    ),
    ("loss needs results with the variable train_loss", lambda *_: figures.loss(xr.Dataset(), "loss")),
    ("results must be labeled results, such as lt.load returns, not 'a'", lambda *_: figures.loss("a", "loss")),
    ("populations must be labeled results, such as lt.load returns, not 3", lambda *_: figures.film({"one": 3})),
]


@pytest.mark.parametrize(("told", "draw"), MISSING)
def test_what_is_missing_is_said(saved, told, draw):
    with pytest.raises(ValueError, match=f"^{'' if ' must be ' in told else 'lt.figures.'}{told}[^\n]*$"):
        draw(*saved.values())


@pytest.mark.parametrize(("family", "feature"), [("lines", "y"), ("line", "z")])
def test_a_family_or_feature_that_is_not_there_is_told_with_those_that_are(hand_made, family, feature):
    named = hand_made().assign(name=("curve", ["a"] * hand_made().sizes["curve"]))
    told = "feature 'z'" if feature == "z" else "family 'lines'; these results have line,"
    with pytest.raises(ValueError, match=f"^lt.figures.set_answers needs the {told}"):
        figures.set_answers(named, family, feature, "")

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
RUN = "needs results with the variable {}, such as from the run of an experiment"
MISSING = [
    ("training_answer", "curves", ("a",), RUN.format("train_answer")),
    ("family_answers", "curves", ({"line": []}, "lines"), f"{RUN.format('family')} with probes"),
    ("film", "curves", (), f"{RUN.format('frame')} with frames"),
    (
        "target",
        "numbers",
        ("target",),
        "needs train_target along time, but these results have it along example, out",
    ),
    ("error_histories", "other feature", ("errors", GOAL), "needs the feature 'y', but these results have"),
    ("loss", "empty", ("loss",), "needs results with the variable train_loss"),
    ("loss", "text", ("loss",), "results must be labeled results, such as lt.load returns, not 'a'"),
    ("film", "text", (), "populations must be labeled results, such as lt.load returns, not 'a'"),
]


@pytest.mark.parametrize(("figure", "given", "arguments", "told"), MISSING)
def test_what_is_missing_is_said(saved, figure, given, arguments, told):
    other = saved["curves"].results.assign_coords(feature=["z"])
    results = {**saved, "other feature": other, "empty": xr.Dataset(), "text": "a"}[given]
    several = figure in ("film", "error_histories")
    told = told if " must be " in told else f"lt.figures.{figure} {told}"
    with pytest.raises(ValueError, match=f"^{told}[^\n]*$"):
        getattr(figures, figure)({"one": results} if several else results, *arguments)


@pytest.mark.parametrize(("family", "feature"), [("lines", "y"), ("line", "z")])
def test_a_family_or_feature_that_is_not_there_is_told_with_those_that_are(hand_made, family, feature):
    named = hand_made().assign(name=("curve", ["a"] * hand_made().sizes["curve"]))
    told = "feature 'z'" if feature == "z" else "family 'lines'; these results have line,"
    with pytest.raises(ValueError, match=f"^lt.figures.set_answers needs the {told}"):
        figures.set_answers(named, family, feature, "")

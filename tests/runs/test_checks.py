"""An experiment that contradicts itself is refused in one line, before anything is made."""

import dataclasses

import numpy as np
import pytest

import lstm_toys as lt
from experiments.line import EXPERIMENT
from lstm_toys.runs import execution, life


def broken(_):
    raise KeyError("slpoe")


def rising(x, rate):
    return np.exp(rate * x)


LINE = {"slope": 0.9, "intercept": 0.1}
MINE = lt.Family(rising, (lt.Parameter("rate", 0.0, 1.0),))
TRACED = "TypeError: jax traces what is computed here; use jax.numpy, and neither NumPy, float nor if (test_checks.py,"


def by_itself(x):
    return dataclasses.replace(EXPERIMENT.task(x), examples=lambda *_: MINE.curves(x, {"rate": 1.0}))


def one(x):
    return lt.probe("steeper", "line", {"slope": 0.9, "intercept": 0.1}, x, ("x", "y"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"task": broken}, "its task cannot be made: KeyError: 'slpoe' (test_checks.py, line 14)"),
        (
            {"probes": lambda x: [lt.probe("a", "line", {"slpoe": 0.9}, x)]},
            "its probes cannot be made: ValueError: this family takes",
        ),
        ({"probes": one}, "probes one to a list of lt.Probe"),
        ({"task": lambda x: None}, "task is a function of x to an lt.Task"),  # noqa: ARG005
        ({"numbers": {"center": 1.0}}, "its task leaves [] open, and its numbers are ['center']"),
        ({"goal": lt.Goal(rmse=0.1, features=("z",))}, "its goal is about z; its networks answer x, y"),
        ({"probes": lambda x: [one(x), one(x)]}, "two probes are named steeper"),
        *(
            ({"probes": lambda x, name=name: [lt.probe(name, "line", LINE, x)]}, f"no probe can be named {name}: ")
            for name in ("training", "history")
        ),
        ({"probes": lambda x: [lt.probe("mine", MINE, {"rate": 1.0}, x)]}, f"probes cannot be made: {TRACED}"),
        ({"task": by_itself}, f"its training curves cannot be made: {TRACED}"),
        ({"draw": lambda results: {}}, "its draw does not take two arguments"),  # noqa: ARG005
    ],
)
def test_what_contradicts_itself_is_refused(changes, told):
    with pytest.raises(life.Refused, match=r"^experiment line: [^\n]*$") as raised:
        execution.check_experiment(dataclasses.replace(EXPERIMENT, **changes))
    assert told in str(raised.value)


@pytest.mark.parametrize("name", ["", "../escape", "a/b", ".hidden", "two words"])
def test_a_name_is_one_that_a_folder_can_have(name):
    with pytest.raises(ValueError, match="no experiment can be named"):
        dataclasses.replace(EXPERIMENT, name=name)

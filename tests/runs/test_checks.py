"""An experiment that contradicts itself is refused in one line, before anything is made."""

import dataclasses

import pytest

import lstm_toys as lt
from experiments.line import EXPERIMENT
from lstm_toys.runs import execution, life


def broken(_):
    raise KeyError("slpoe")


def one(x):
    return lt.probe("steeper", "line", {"slope": 0.9, "intercept": 0.1}, x, ("x", "y"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"task": broken}, "its task cannot be made: 'slpoe'"),
        (
            {"probes": lambda x: [lt.probe("a", "line", {"slpoe": 0.9}, x)]},
            "its probes cannot be made: this family takes",
        ),
        ({"probes": one}, "probes one to a list of lt.Probe"),
        ({"task": lambda x: None}, "task is a function of x to an lt.Task"),  # noqa: ARG005
        ({"numbers": {"center": 1.0}}, "its task leaves [] open, and its numbers are ['center']"),
        ({"goal": lt.Goal(0.1, ("z",))}, "its goal is about z; its networks answer x, y"),
        ({"probes": lambda x: [one(x), one(x)]}, "two probes are named steeper"),
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

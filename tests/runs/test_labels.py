"""What distinguishes the trainings of one command is said of each, and nothing else."""

from itertools import product

import pytest

from experiments import line, sine
from lstm_toys.runs.experiment import parse
from lstm_toys.runs.identity import differences
from lstm_toys.studies.sweep.settings import SweepSettings, expand
from lstm_toys.studies.sweep.study import Sweep


def settings(*arguments, experiment=sine.EXPERIMENT):
    return parse(experiment, arguments)[0]


def test_what_all_have_alike_is_not_said():
    every = [settings("--cell=gru", "--hidden=4,4", "--learning_rate=0.1"), settings("--cell=gru", "--noise=0.5")]
    told = differences(every)
    assert told == {
        every[0]: "hidden 4,4, learning rate 0.1, noise 0",
        every[1]: "hidden 32, learning rate 0.001, noise 0.5",
    }
    assert differences(every[:1]) == {every[0]: ""}


def test_settings_of_other_experiments_are_not_compared():
    alone, others = settings(experiment=line.EXPERIMENT), [settings("--hidden=none"), settings("--hidden=8")]
    assert [*differences([others[0], alone, others[1]]).values()] == ["hidden none", "hidden 8", ""]


def test_what_follows_from_another_setting_is_not_said():
    """The momentum of an optimizer that has one, unless it varies."""
    sgd, usual, other = (
        settings("--optimizer=sgd"),
        *(settings("--optimizer=momentum", f"--momentum={m}") for m in (0.9, 0.5)),
    )
    assert [*differences([sgd, usual]).values()] == ["optimizer sgd", "optimizer momentum"]
    assert differences([sgd, usual, other])[other] == "optimizer momentum, momentum 0.5"


@pytest.mark.parametrize(
    "grid",
    [
        {"cell": "lstm gru rnn", "learning_rate": "0.1 1"},
        {"optimizer": "sgd adam momentum", "hidden": "4 8 4,4", "readout": "cell dense"},
        {"timesteps": "8 16", "gates": "sigmoid hard", "steps": "10 20", "train_amplitude": "0.3 0.5"},
    ],
)
def test_no_two_programs_of_a_sweep_are_called_the_same(grid):
    every, _ = expand(sine.EXPERIMENT, [(name, values.split()) for name, values in grid.items()], {})
    sweep = Sweep(sine.EXPERIMENT, SweepSettings("sweep", settings=every))
    told = differences(shape.settings for shape in sweep.shapes)
    compiled = [name for name in grid if name not in ("learning_rate", "steps", "train_amplitude")]
    values = product(*(grid[name].split() for name in compiled))
    expected = {frozenset(map(" ".join, zip(compiled, chosen, strict=True))) for chosen in values}
    assert {frozenset(each.split(", ")) for each in told.values()} == expected
    assert len(told) == len(expected)

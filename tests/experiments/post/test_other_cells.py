"""The networks of other cells that claims are held against: as large as they are said to be."""

import dataclasses

import jax
import numpy as np
import pytest

import lstm_toys as lt
from conftest import rarely
from experiments.post import claims
from experiments.post.claims import CLAIMS
from lstm_toys.runs.experiment import parse
from lstm_toys.runs.preparation import network


def settings_of(name):
    return parse(*CLAIMS.populations[name])[0]


def counted(name, settings):
    """The parameters of a network, counted, and the features that it is shown and asked for."""
    experiment, _ = CLAIMS.populations[name]
    task = experiment.task(lt.time_points(10))
    curves = np.zeros((1, 10, len(task.input_features)), np.float32)
    made = jax.eval_shape(network(experiment, task, settings).init, jax.random.key(0), curves)
    return sum(leaf.size for leaf in jax.tree.leaves(made)), (len(task.input_features), len(task.output_features))


@pytest.mark.parametrize("name", ["sine", *rarely(*(each for each in CLAIMS.populations if each != "sine"))])
@pytest.mark.parametrize("column", ["gru as large", "rnn as large"])
def test_as_large_is_as_near_as_one_unit_more_or_less_comes(name, column):
    usual = settings_of(name)
    wanted, features = counted(name, usual)
    assert claims.FEATURES[name] == features
    other = CLAIMS.variant(column).change(name, usual)
    if not usual.hidden or (column, name) in claims.UNLEARNED:
        assert other is None
        return
    (units,) = other.hidden
    sizes = {each: counted(name, dataclasses.replace(other, hidden=(each,)))[0] for each in range(units - 1, units + 2)}
    assert sizes[units] == claims.parameters(other.cell, (features[0], units, features[1]))
    off = {each: abs(size - wanted) for each, size in sizes.items()}
    assert off[units] == min(off.values()) < 0.03 * wanted


@pytest.mark.parametrize("column", claims.COLUMNS)
def test_one_run_serves_as_many_steps_and_equal_loss(column):
    matched, equal, usual = CLAIMS.variant(column), CLAIMS.variant(f"{column} at equal loss"), settings_of("sine")
    assert (matched.networks, equal.networks) == ("learned", "equal loss")
    settings = matched.change("sine", usual)
    assert settings == equal.change("sine", usual)
    assert (settings.steps, settings.cell) == (usual.steps, column.split()[0])
    assert max(settings.keep_steps) < settings.steps

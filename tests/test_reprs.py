"""What an interactive session shows of the library's objects: a line, a small table, a page of help."""

import pickle
import pydoc

import jax
import numpy as np
import pytest

import lstm_toys as lt
from conftest import untrained

X = lt.time_points(12)


@pytest.fixture(scope="module")
def trained():
    task = lt.reproduce("line", {"slope": np.linspace(0, 1, 3), "intercept": 0.25}, X)
    return untrained(task, lt.Stack(features=1, hidden=(3,)), losses=(0.1, 0.9, 0.2), diverged=(1,))


def test_a_population_is_one_line_and_a_small_table(trained, tmp_path):
    told = "networks: 3; cell: lstm, hidden 3, cell readout 1; steps: 2; median loss: 0.15; diverged: 1"
    lt.save(trained, tmp_path)
    for each in (trained, lt.load(tmp_path)):
        assert repr(each) == f"<{type(each).__name__}: {told}>"
        assert each._repr_html_().count("<tr>") == 5
        assert "<th>diverged</th><td>1</td>" in each._repr_html_()


@pytest.mark.parametrize("kind", [lt.Stack, lt.LSTM, lt.GRU, lt.RNN, lt])
def test_help_is_a_page(kind):
    told = pydoc.plain(pydoc.render_doc(kind))
    assert told.count("\n") < (60 if kind is lt else 120)
    assert kind is lt or ("Attributes:" in told and "__call__" in told and "init" in dir(kind(1)))


def test_a_population_pickles(trained):
    again = pickle.loads(pickle.dumps(trained))
    np.testing.assert_array_equal(again.train_loss, trained.train_loss)
    assert again.model == trained.model
    jax.tree.map(np.testing.assert_array_equal, again.states, trained.states)

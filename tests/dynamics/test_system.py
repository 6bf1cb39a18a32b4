"""One step of a flat state: that of the answers, in double precision, whatever other networks there are."""

import jax
import maps
import numpy as np
import pytest

import lstm_toys as lt
from conftest import rarely
from lstm_toys.dynamics.system import each_network, system_of

CURVES = np.random.default_rng(0).uniform(size=(2, 9, 1)).astype(np.float32)


def along(step, start, curve):
    """The answers of one network to a curve."""
    return jax.lax.scan(step, start, curve)[1]


@pytest.mark.parametrize(
    "options",
    [
        {"cell": "rnn"},
        *rarely({}, {"gates": "hard"}, {"cell": "gru", "readout": "dense", "hidden": (3, 2), "sequence": False}),
    ],
    ids=str,
)
def test_steps_are_those_of_answers_whatever_other_networks_there_are(options):
    model = lt.Stack(1, **{"hidden": (3,), **options})
    params = maps.drawn(model, 5)
    system = system_of((model, params), input_size=1)
    start = np.zeros((5, system.dimension))
    answers = each_network(along, system, params, start, CURVES[0])
    assert answers.dtype == np.float64
    expected = lt.answers((model, params), CURVES)[:, 0]
    np.testing.assert_allclose(answers if model.sequence else answers[:, -1], expected, atol=1e-6)
    alone = each_network(along, system, jax.tree.map(lambda leaf: leaf[3:4], params), start[:1], CURVES[0])
    np.testing.assert_array_equal(alone[0], answers[3])

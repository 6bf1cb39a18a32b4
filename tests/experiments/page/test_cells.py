"""The networks of the page, in JavaScript, against those of the library."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinds import KINDS, SEEDS

import lstm_toys as lt
from conftest import rarely
from experiments.page import weights
from lstm_toys.statistics import intervals

CLOSE = 1e-5

LIKE_OTHERS = ("larger", "gru", "rnn")
"""Kinds of which every line of code is that of another one."""


@pytest.mark.parametrize("kind", [*(kind for kind in KINDS if kind not in LIKE_OTHERS), *rarely(*LIKE_OTHERS)])
def test_networks_answer_as_in_the_library(kind, networks, curves, script):
    model, params, answers = networks(kind)
    found = script(
        "Array.from(answersOf(given.layers, decoded(given.text, given.precision), given.rows, given.curves))",
        layers=weights.layers(model, 1),
        text=weights.packed(model, params, np.arange(SEEDS)),
        precision="single",
        rows=list(range(SEEDS)),
        curves=curves[:, :, 0].tolist(),
    )
    assert np.abs(np.reshape(found, answers.shape) - answers).max() < CLOSE


def test_some_networks_are_those_of_their_rows(networks, curves, script):
    model, params, answers = networks("published")
    found = script(
        "Array.from(answersOf(given.layers, decoded(given.text, given.precision), given.rows, given.curves))",
        layers=weights.layers(model, 1),
        text=weights.packed(model, params, np.array([7, 2, 11])),
        precision="single",
        rows=[2, 0],
        curves=curves[:2, :, 0].tolist(),
    )
    assert np.abs(np.reshape(found, (2, 2, 100, 1)) - answers[[11, 7], :2]).max() < CLOSE


def test_weights_of_half_precision_are_those_of_the_library(networks, script):
    model, params, _ = networks("published")
    params = jax.tree.map(np.array, params)
    special = np.float32([0, -0.0, 1, -2, 65_504, 6e-8, -6e-5, 6.2e-5])
    params["readout"]["kernel"][:, 0, :4] = special[:4]
    params["readout"]["kernel"][:, 1, :4] = special[4:]
    rows = np.arange(SEEDS)
    both = {
        precision: np.array(
            script(
                "Array.from(decoded(given.text, given.precision))",
                text=weights.packed(model, params, rows, precision),
                precision=precision,
            )
        )
        for precision in weights.PRECISIONS
    }
    assert np.array_equal(both["half"], both["single"].astype(np.float16).astype(float))


def test_families_are_those_of_the_library(script):
    random = np.random.default_rng(1)
    x = lt.time_points(100)
    for name, family in lt.FAMILIES.items():
        parameters = {each.name: float(random.uniform(-2, 2)) for each in family.parameters}
        found = script("Array.from(sampled(given.name, given.of, given.x))", name=name, of=parameters, x=x.tolist())
        assert np.allclose(found, family.curves(x, parameters)[0], atol=1e-6)


@pytest.mark.parametrize("networks", [1, 2, 16, 19])
def test_band_and_median_are_those_of_the_library(networks, script):
    answers = np.random.default_rng(networks).normal(size=(networks, 3, 7)).astype(np.float32)
    found = script(
        "spread(given.answers, given.networks, 3, 1, 7)", answers=answers.ravel().tolist(), networks=networks
    )
    low, high = intervals.band(answers[:, 1])
    assert np.allclose(found["median"], np.median(answers[:, 1], axis=0), atol=1e-6)
    assert np.allclose(found["low"], low, atol=1e-6)
    assert np.allclose(found["high"], high, atol=1e-6)


def test_the_error_is_that_of_the_library(script):
    random = np.random.default_rng(2)
    answer, curve = jnp.asarray(random.normal(size=(2, 100)), jnp.float32)
    x = lt.time_points(100)
    found = script("errorOf(given.a, given.b, given.x)", a=answer.tolist(), b=curve.tolist(), x=x.tolist())
    assert found == pytest.approx(float(lt.measures.rmse(answer, curve, x)), rel=1e-5)


def test_a_cell_of_ones_own_is_refused():
    with pytest.raises(ValueError, match="tests"):
        weights.layers(lt.Stack(features=1, cell="tests.cells:Own"), 1)

"""Models of networks that are truly linear, or have no memory, are exact; and how similar trajectories are."""

import maps
import numpy as np
import pytest

import lstm_toys as lt
from lstm_toys.dynamics.limits import limits
from lstm_toys.dynamics.linear import Linear
from lstm_toys.dynamics.models import (
    clipped_copy,
    equilibria,
    explained,
    fixed_linear,
    leading,
    static_curve,
    varying_linear,
)

RANDOM = np.random.default_rng(0)
GRID = np.linspace(-1, 1, 5)
CURVES = RANDOM.uniform(-1, 1, (3, 40)).astype(np.float32)
MATRICES = (maps.rotation(0.3, 0.9), np.diag([0.8, 0.3]) + 0.1)


@pytest.fixture(scope="module")
def known():
    """Linear networks: their equilibria, and their answers to the curves in double precision."""
    system, params = maps.linear(*MATRICES)
    starts = RANDOM.uniform(-1, 1, (2, 4, 2))
    found = equilibria(system, params, GRID, limits(system, params, GRID[:, None], starts))
    matrices, kernels = (params[name].astype(float) for name in ("recurrent_kernel", "kernel"))
    states, answers = np.zeros((2, 3, 2)), []
    for values in CURVES.astype(float).T:
        states = states @ matrices + values[None, :, None] * kernels
        answers.append(states)
    return found, np.stack(answers, axis=2)


def test_linear_models_of_a_linear_network_are_exact(known):
    found, answers = known
    np.testing.assert_allclose(varying_linear(found, CURVES), answers, atol=1e-9)
    np.testing.assert_allclose(fixed_linear(found, CURVES, 0.4), answers, atol=1e-9)
    # A complex pair is one mode.
    np.testing.assert_allclose(varying_linear(found, CURVES, modes=1)[0], answers[0], atol=1e-9)
    np.testing.assert_allclose(varying_linear(found, CURVES, modes=2), answers, atol=1e-9)
    np.testing.assert_allclose(varying_linear(found, CURVES, modes=0), static_curve(found, CURVES), atol=1e-9)


def test_the_static_curve_is_the_gain_at_rest(known):
    found, _ = known
    gains = np.linalg.inv(np.eye(2) - np.float32(MATRICES).astype(float))[:, 0]
    expected = CURVES[None, :, :, None] * gains[:, None, None]
    np.testing.assert_allclose(static_curve(found, CURVES), expected, atol=1e-9)
    largest = np.abs(gains)[:, None, None]
    np.testing.assert_allclose(clipped_copy(found, 9 * CURVES), np.clip(9 * CURVES[None, ..., None], -largest, largest))


def test_nothing_is_predicted_beyond_the_grid_or_where_nothing_rests(known):
    found, _ = known
    curves = np.array([[0.0, 1.5, 0.25, 0.25, 0.75, 0.0]])
    lost = found._replace(state=found.state.copy(), linear=Linear(*map(np.copy, found.linear)))
    for each in (lost.state, *lost.linear):
        each[1, 3] = np.nan  # At an input of 0.5.
    np.testing.assert_array_equal(np.isnan(static_curve(lost, curves)[:, 0, :, 0]), [[0, 1, 0, 0, 0, 0]] * 2)
    predicted = varying_linear(lost, curves)[:, 0]
    np.testing.assert_array_equal(np.isnan(predicted[..., 0]), [[0, 1, 0, 0, 0, 0], [0, 1, 1, 1, 1, 0]])
    # In a gap the state goes on as under the nearest input that has an equilibrium: here 1 and 0, 0, 1.
    for seed, shown in enumerate(([0.0, 1, 0.25, 0.25, 0.75, 0], [0.0, 1, 0, 0, 1, 0])):
        np.testing.assert_allclose(predicted[seed, 5], varying_linear(found, np.array([shown]))[seed, 0, 5], atol=1e-9)


def test_projections_keep_the_modes_of_the_largest_moduli():
    vectors = RANDOM.normal(size=(4, 4))
    spectrum = np.zeros((4, 4))
    spectrum[:2, :2], spectrum[2, 2], spectrum[3, 3] = maps.rotation(0.4, 0.8), 0.9, -0.5
    matrix = vectors @ spectrum @ np.linalg.inv(vectors)
    for modes, kept in enumerate(([0, 0, 0, 0], [0, 0, 1, 0], [1, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1])):
        expected = vectors @ np.diag(kept) @ np.linalg.inv(vectors)
        np.testing.assert_allclose(leading(matrix[None], modes)[0], expected, atol=1e-9)


def test_modes_that_cannot_be_told_apart_predict_nothing():
    """Units that a ReLU switches off may give several eigenvalues 0 with one eigenvector."""
    dead = np.array([[[0.0, 1.0], [0.0, 0.0]], [[0.9, 0.0], [1.0, 0.0]]])
    assert np.isnan(leading(dead, 1)).all(axis=(1, 2)).tolist() == [True, False]
    system, params = maps.linear(dead[0])
    known = equilibria(system, params, GRID, limits(system, params, GRID[:, None], RANDOM.uniform(-1, 1, (1, 4, 2))))
    assert np.isfinite(varying_linear(known, CURVES)).all()
    assert not np.isfinite(varying_linear(known, CURVES, modes=1)[:, :, 1:]).any()


@pytest.mark.parametrize("early", [False, True])
def test_the_share_explained_counts_covered_points_on_one_side_of_a_fifth(early):
    x = np.asarray(lt.time_points(11), float)
    answers = RANDOM.normal(size=(2, 3, 11, 1))
    predictions = answers + RANDOM.normal(size=answers.shape)
    predictions[1, 0] = np.nan
    predictions[1, 2, [1, 5]] = np.nan
    share, coverage = explained(answers, predictions, x, early=early)
    for seed in range(2):
        points = [(curve, time) for curve in range(3) for time in range(11) if (x[time] < 0.2) == early]
        pairs = [(answers[(seed, *point, 0)], predictions[(seed, *point, 0)]) for point in points]
        known = [(answer, guess) for answer, guess in pairs if np.isfinite(guess)]
        mean = sum(answer for answer, _ in known) / len(known)
        error = sum((answer - guess) ** 2 for answer, guess in known)
        assert share[seed] == pytest.approx(1 - error / sum((answer - mean) ** 2 for answer, _ in known))
        assert coverage[seed] == pytest.approx(len(known) / len(points))
    nowhere = np.full_like(answers, np.nan)
    assert np.isnan(explained(answers, nowhere, x, early=early)[0]).all()

"""Lyapunov exponents against eigenvalues, mean-field theory, determinants, and plain loops."""

import jax
import maps
import numpy as np
import pytest

import lstm_toys as lt
from lstm_toys.dynamics.exponents import half_width, signs
from lstm_toys.dynamics.system import each_network, system_of


def constant(points, value=0.0):
    return np.full((1, points, 1), value)


def test_exponents_of_linear_maps_are_logarithms_of_moduli_whatever_other_networks_there_are():
    random = np.random.default_rng(3)
    matrices = [0.5 * random.normal(size=(5, 5)) / np.sqrt(5), np.diag([2.0, 1.0, 0.5, 0.25, 0.0])]
    system, params = maps.linear(*matrices)
    found = lt.dynamics.lyapunov((system.model, params), constant(4_000), count=None)
    moduli = np.abs(np.linalg.eigvals(np.float32(matrices[0]).astype(float)))
    np.testing.assert_allclose(found.exponent[0, 0], np.sort(np.log(moduli))[::-1], atol=1e-3)
    assert (found.error[0, 0] < 1e-3).all()
    np.testing.assert_allclose(found.exponent[1, 0, :4], np.log([2, 1, 0.5, 0.25]), atol=1e-12)
    assert found.exponent[1, 0, 4] == -np.inf
    assert np.isnan(found.error[1, 0, 4])
    assert found.dimension.values[:, 0].tolist() == [0.0, pytest.approx(3.0)]  # log 2 + 0 - log 2 = 0.
    alone = system.model, jax.tree.map(lambda leaf: leaf[1:], params)
    again = lt.dynamics.lyapunov(alone, constant(4_000), count=None)
    np.testing.assert_array_equal(again.exponent[0], found.exponent[1])
    fewer = lt.dynamics.lyapunov(alone, constant(400), count=2)
    np.testing.assert_allclose(fewer.exponent[0, 0], [np.log(2), 0], atol=1e-12)
    assert np.isnan(fewer.dimension).all()
    assert signs(fewer.exponent[0, 0].values, fewer.error[0, 0].values).tolist() == [1, 0]


def mean_field(gain):
    """The largest exponent of a random network ``h' = tanh(W h)`` of infinite size, W with variance gain ** 2 / N."""

    z, weights = np.polynomial.hermite_e.hermegauss(80)

    def expected(function, q):
        return weights @ function(np.sqrt(q) * z) / np.sqrt(2 * np.pi)

    q = 1.0
    for _ in range(1_000):
        q = gain**2 * expected(lambda h: np.tanh(h) ** 2, q)
    return np.log(gain**2 * expected(lambda h: np.cosh(h) ** -4, q)) / 2


def vanilla(gain, size=256, seeds=4):
    """Random vanilla networks without bias; the answers are their states."""
    random = np.random.default_rng(0)
    recurrent = gain * random.normal(size=(seeds, size, size)) / np.sqrt(size)
    kernels = {"kernel": np.zeros((seeds, 1, size)), "recurrent_kernel": recurrent, "bias": np.zeros((seeds, size))}
    model = lt.Stack(size, hidden=(), cell="rnn")
    return model, {"readout": jax.tree.map(np.float32, kernels)}


def test_random_networks_are_as_chaotic_as_mean_field_theory_says():
    below, above = (lt.dynamics.lyapunov(vanilla(gain), constant(1_500), count=1) for gain in (0.9, 2.0))
    # Below the edge, states fall to 0, where the spectral radius is the gain, up to fluctuations of a finite network.
    np.testing.assert_allclose(below.exponent, np.log(0.9), atol=0.05)
    assert (signs(below.exponent.values, below.error.values) == -1).all()
    np.testing.assert_allclose(above.exponent.mean(), mean_field(2.0), atol=0.015)
    assert (signs(above.exponent.values, above.error.values) == 1).all()


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_the_sum_of_exponents_is_the_mean_log_determinant_along_the_curve(cell):
    model, points, settle = lt.Stack(1, hidden=(3,), readout="dense", cell=cell), 120, 20
    params = maps.drawn(model, 2)
    curves = np.random.default_rng(1).normal(size=(2, points, 1))
    system = system_of((model, params), 1)
    starts = np.random.default_rng(2).normal(size=(2, system.dimension))
    found = lt.dynamics.lyapunov((model, params), curves, count=None, settle=settle, starts=starts)
    for place, curve in enumerate(curves):
        jacobians = each_network(jacobians_along, system, params, starts, curve)
        logs = np.linalg.slogdet(jacobians)[1][:, settle:]
        np.testing.assert_allclose(found.exponent[:, place].sum("order"), logs.mean(axis=1), rtol=1e-9)


def jacobians_along(step, start, curve):
    def at(state, inputs):
        return step(state, inputs)[0], jax.jacfwd(lambda state: step(state, inputs)[0])(state)

    return jax.lax.scan(at, start, curve)[1]


def test_hard_gates_that_close_lose_directions():
    model = lt.Stack(1, hidden=(3,), readout="dense", gates="hard")
    params = jax.tree.map(np.array, maps.drawn(model, 1))
    params["lstm_0"]["bias"][:] = -100.0  # All gates are 0.
    found = lt.dynamics.lyapunov((model, params), constant(50), count=None)
    assert (found.exponent == -np.inf).all()
    assert np.isnan(found.error).all()
    assert (found.dimension == 0).all()
    assert signs(found.exponent.values, found.error.values)[0, 0, 0] == -1


def test_intervals_of_a_driven_network_contain_its_exponent_in_about_95_percent_of_cases():
    """One unit ``h' = tanh(w h + u)`` with random inputs: the exponent is the mean of ``log(w (1 - h'^2))``."""
    weight, random = np.float32(0.8), np.random.default_rng(5)
    long = np.zeros(4_000)
    total = 0.0
    for step in range(1_100):
        long = np.tanh(weight * long + random.normal(size=len(long)))
        total += np.log(weight * (1 - long**2)).mean() * (step >= 100)
    kernels = {"kernel": np.ones((1, 1, 1)), "recurrent_kernel": np.full((1, 1, 1), weight), "bias": np.zeros((1, 1))}
    networks = lt.Stack(1, hidden=(), cell="rnn"), {"readout": jax.tree.map(np.float32, kernels)}
    curves = random.normal(size=(400, 500, 1))
    found = lt.dynamics.lyapunov(networks, curves)
    assert found.sizes == {"seed": 1, "curve": 400, "order": 1}
    missed = np.abs(found.exponent - total / 1_000) > half_width(found.error.values)
    assert 0.02 <= missed.mean() <= 0.09
    assert found.error.attrs["units"] == "per time point"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "count must be at least 1, not 0"),
        ({"settle": 81}, "curves must be at least 20 time points after settle=81"),
        ({"starts": np.zeros((1, 2))}, r"starts must be finite numbers of shape \[1, 1\], not of shape \[1, 2\]"),
    ],
)
def test_arguments_that_fit_no_network_are_refused(options, message):
    system, params = maps.linear([[0.5]])
    with pytest.raises(ValueError, match=message):
        lt.dynamics.lyapunov((system.model, params), constant(100), **options)

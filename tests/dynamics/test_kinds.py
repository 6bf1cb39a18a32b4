"""Kinds of limits of systems whose kinds are known: leaky lines, integrators, slow manifolds, cycles, bounded cells."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import maps
import numpy as np
import pytest

import lstm_toys as lt
from lstm_toys.dynamics import limits
from lstm_toys.dynamics.limits import Kind
from lstm_toys.dynamics.system import system_of
from lstm_toys.networks.layer import Layer

STARTS = np.random.default_rng(0).uniform(-1, 1, (1, 6, 2))
QUIET = np.zeros((1, 1))


class Free(maps.Linear):
    """A linear cell that says that nothing bounds its state."""

    unbounded = ("hidden",)


class Curved(Layer):
    """A cell of two units that moves by itself: around a circle, or away from a saddle."""

    field: str = "cycle"

    @nn.compact
    def __call__(self, inputs):
        speed = self.param("speed", nn.initializers.ones, (1,))

        def step(state, _):
            x, y = state[..., 0], state[..., 1]
            if self.field == "cycle":  # Of radius 1, approached from everywhere, with 40 steps a turn.
                grown, angle = 1 + 0.05 * speed * (1 - x**2 - y**2), 2 * np.pi / 40
                turned = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
                after = jnp.stack([each * grown for each in turned], axis=-1)
            else:  # 0 is left by a factor of 1 + 1e-4 in each step, toward x = -1 and x = 1.
                after = jnp.stack([x + 1e-4 * speed * x * (1 - x**2), 0.5 * y], axis=-1)
            return after, after

        start = self.initial("hidden", inputs, speed[:, None])
        return jnp.swapaxes(jax.lax.scan(step, start, jnp.swapaxes(inputs, 0, 1))[1], 0, 1)


class Second(nn.Module):
    """Reads off the second unit of a cell."""

    cell: nn.Module

    @nn.compact
    def __call__(self, inputs):
        return self.cell(inputs)[..., 1:]


def curved(field, starts):
    system, params = maps.made(Curved(2, field=field), {"speed": np.ones((1, 1), np.float32)})
    return limits.limits(system, params, QUIET, np.asarray(starts, float)[None])


def linear(matrix, starts, cell=maps.Linear, drive=0.0):
    matrix = np.array([matrix], np.float32)
    params = {"kernel": np.ones((1, 1, 2), np.float32), "recurrent_kernel": matrix}
    system, params = maps.made(Second(cell(2)), {"cell": params})
    return limits.limits(system, params, np.array([[drive]]), starts)


def test_a_line_that_leaks_is_a_stable_point_with_its_time_constant():
    """Its states move by 0.01 % in a step: after 2,000 steps they had been called slow."""
    found = linear(np.diag([1 - 2.0**-13, 0.5]), STARTS)
    assert found.kind[0, 0].tolist() == [Kind.STABLE] + [Kind.NOTHING] * 7
    assert found.share[0, 0, 0] == 1
    (constant,) = lt.dynamics.modes(found.eigenvalues[0, :, 0, :1], 1.0).time_constant[0]
    np.testing.assert_allclose(constant, -1 / np.log(1 - 2.0**-13), rtol=1e-6)
    assert found.watched[0, 0, 0] > 10_000


@pytest.mark.parametrize(("cell", "kind"), [(Free, Kind.INTEGRATES), (maps.Linear, Kind.SLOW)])
def test_a_state_integrates_its_input_only_if_nothing_bounds_it(cell, kind, monkeypatch):
    """The answer, the second component, rests; the first one grows by the input in each step."""
    monkeypatch.setattr(limits, "LONGEST", 20_000)
    found = linear(np.diag([1.0, 0.5]), STARTS, cell, 0.1)
    assert found.kind[0, 0, 0] == kind
    np.testing.assert_allclose(found.rate[0, 0, 0], 0.1, rtol=1e-6)


def test_states_that_leave_a_saddle_slowly_arrive_where_they_go():
    """Near the saddle they move by 1e-8 in a step, for 1e5 steps; they are not called stable there."""
    found = curved("saddle", [[1e-4, 0.3], [2e-4, -0.1], [-1e-4, 0.2], [-3e-4, 0.1]])
    assert found.kind[0, 0, :2].tolist() == [Kind.STABLE] * 2
    assert found.share[0, 0, :2].tolist() == [0.5, 0.5]
    assert sorted(found.state[0, 0, :2, 0].round(6).tolist()) == [-1, 1]
    assert (found.watched[0, 0, :2] > 1e5).all()
    assert Kind.UNSTABLE in found.kind[0, 0].tolist()


def test_a_limit_cycle_is_one_from_inside_and_from_outside():
    found = curved("cycle", [[0.1, 0.0], [0.0, 0.5], [1.5, 0.0], [0.0, -1.2]])
    assert found.kind[0, 0, 0] == Kind.CYCLE
    assert found.share[0, 0, 0] == 1


def test_the_cell_of_an_lstm_is_unbounded_with_hard_gates_alone():
    assert lt.LSTM(2, gates="hard").unbounded == ("cell",)
    assert lt.LSTM(2).unbounded == lt.GRU(2, gates="hard").unbounded == lt.RNN(2).unbounded == ()
    model = lt.Stack(1, hidden=(3,), gates="hard", readout="dense")
    system = system_of((model, maps.drawn(model, 1)), 1)
    assert dict(zip(system.components, system.free.tolist(), strict=True)) == {
        **{f"lstm_0/hidden/{unit}": False for unit in range(3)},
        **{f"lstm_0/cell/{unit}": True for unit in range(3)},
    }

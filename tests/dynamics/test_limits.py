"""What networks made by hand come to under constant inputs, in closed form."""

from operator import itemgetter

import jax
import maps
import numpy as np
import pytest

from conftest import rarely
from lstm_toys.dynamics.limits import Kind, limits, merged, starts_of
from lstm_toys.dynamics.linear import modes
from lstm_toys.networks.rnn import RNN

INPUTS = np.array([[0.0], [0.4]])


LINEAR = {
    "a rotation that shrinks": maps.rotation(0.14, 0.9),
    "a rotation": [[0, 1], [-1, 0]],
    "growth": 1.1 * np.eye(2),
    "a memory": np.diag([1.0, 0.5]),
}


@pytest.fixture(scope="module")
def of_linear():
    system, params = maps.linear(*LINEAR.values())
    starts = np.random.default_rng(1).uniform(0.5, 1, (len(LINEAR), 4, 2))
    found = limits(system, params, INPUTS, starts)
    alone = limits(system, jax.tree.map(lambda leaf: leaf[1:2], params), INPUTS, starts[1:2])
    jax.tree.map(
        lambda one, every: np.testing.assert_array_equal(one[0], every[1]), alone, found
    )  # Others do not matter.
    return {name: jax.tree.map(itemgetter(place), found) for place, name in enumerate(LINEAR)}


def test_a_rotation_that_shrinks_has_its_frequency_and_time_constant(of_linear):
    found = of_linear["a rotation that shrinks"]
    assert found.kind[:, 0].tolist() == [Kind.STABLE] * 2
    time_constants, frequencies = modes(found.eigenvalues[:, 0], maps.SPACING)
    # Weights are in single precision.
    np.testing.assert_allclose(frequencies, np.tile([14.0, -14.0], (2, 1)), rtol=1e-6)
    np.testing.assert_allclose(time_constants, -maps.SPACING / np.log(0.9), rtol=1e-6)
    expected = [0.4, 0.0] @ np.linalg.inv(np.eye(2) - np.array(LINEAR["a rotation that shrinks"]))
    np.testing.assert_allclose(found.state[1, 0], expected, rtol=1e-5)


def test_a_rotation_is_a_cycle_about_a_neutral_point(of_linear):
    found = of_linear["a rotation"]
    assert (found.kind[0] == Kind.CYCLE).sum() == 4  # One for each radius.
    cycle, center = (found.kind[0].tolist().index(kind) for kind in (Kind.CYCLE, Kind.NEUTRAL))
    np.testing.assert_allclose(found.answer[0, cycle], 0, atol=1e-1)
    np.testing.assert_allclose(found.state[0, center], 0, atol=1e-9)
    assert found.share[0, center] == 0


def test_growth_comes_to_nothing_and_leaves_an_unstable_point(of_linear):
    found = of_linear["growth"]
    assert found.kind[0, :3].tolist() == [Kind.SLOW, Kind.UNSTABLE, Kind.NOTHING]
    assert found.share[0, :2].tolist() == [1, 0]
    np.testing.assert_allclose(found.state[0, 1], 0, atol=1e-12)


def test_a_memory_keeps_each_of_its_starts(of_linear):
    found = of_linear["a memory"]
    np.testing.assert_array_equal(found.share[0], [0.25] * 4 + [0] * 4)
    assert {*found.kind[0, :4]} == {Kind.NEUTRAL}  # Others between them are found as well.
    np.testing.assert_array_equal(found.eigenvalues[0, :4], np.tile([1, 0.5], (4, 1)))
    assert found.kind[1, 0] == Kind.SLOW  # It integrates its input, and shows that.


def level(weight):
    """The stable points +h and -h of h = tanh(w h)."""
    h = 1.0
    for _ in range(1000):
        h = np.tanh(weight * h)
    return h


def remembering(count):
    """RNNs of a unit that remembers a sign."""
    params = {"kernel": np.zeros((1, 1)), "recurrent_kernel": 1.5 * np.eye(1), "bias": np.zeros(1)}
    return maps.made(RNN(1), {name: np.stack([leaf] * count).astype(np.float32) for name, leaf in params.items()})


@pytest.mark.parametrize("sets", [10, *rarely(100)])
def test_two_stable_points_and_an_unstable_one_are_found_from_each_of_many_sets_of_starts(sets):
    system, params = remembering(sets)
    starts = np.random.default_rng(2).uniform(-1, 1, (sets, 32, 1))
    found = limits(system, params, np.zeros((1, 1)), starts)
    assert (found.found == 3).all()
    assert (np.sort(found.kind[:, 0], axis=-1)[:, -3:] == [Kind.STABLE, Kind.STABLE, Kind.UNSTABLE]).all()
    for state, share in ((level(1.5), (starts > 0).mean(axis=1)), (-level(1.5), (starts < 0).mean(axis=1)), (0, 0)):
        right = np.abs(found.state[:, 0, :, 0] - state) < 1e-9
        assert (right.sum(axis=-1) == 1).all()
        np.testing.assert_allclose(found.share[:, 0][right], np.broadcast_to(np.ravel(share), sets), atol=1e-12)


def test_points_are_merged_into_the_first_one_within_a_distance():
    points = np.array([[0.0], [0.08], [0.16], [np.nan], [0.11], [1.0]])
    assert merged(points, 0.1).tolist() == [0, 0, 2, -1, 2, 5]


def test_starts_are_visited_and_drawn_around_them():
    visited = np.linspace([-1, 2], [1, 2.5], 9)[None]
    starts = starts_of(np.concatenate([visited, 2 * visited]), 6)
    np.testing.assert_allclose(starts[:, ::2], [visited[0, [0, 4, 8]], 2 * visited[0, [0, 4, 8]]])
    assert (np.abs(starts[0, 1::2] - [0, 2.25]) <= [3, 0.75]).all()
    np.testing.assert_array_equal(starts[:1], starts_of(visited, 6))

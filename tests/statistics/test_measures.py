"""What measures say of answers that are known by construction, against NumPy and SciPy in double precision."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

from lstm_toys.statistics import measures

X = np.arange(100) / 99
LATE = X >= 0.2


ROWS = 160
"""Curves that are measured at once, most of them padding, so that each measure is compiled once."""


@cache
def compiled(function, count):
    return jax.jit(jax.vmap(function, in_axes=(*(0 for _ in range(count)), None)))


def mapped(function, *curves, x=X):
    """A measure of rows of curves, under jit."""
    rows = [np.atleast_2d(curve) for curve in curves]
    padded = [jnp.asarray(np.resize(each, (ROWS, each.shape[1])), jnp.float32) for each in rows]
    found = compiled(function, len(rows))(*padded, jnp.asarray(x, jnp.float32))
    return jax.tree.map(lambda leaf: np.asarray(leaf)[: len(rows[0])], found)


@cache
def of(measure):
    """A measure of an answered curve, as a function of an answer, of the curve that it copies, and of x."""
    return lambda *curve, **options: measure(measures.AnsweredCurve.copied(*curve), **options)


def sine(frequency=10.0, phase=0.0, amplitude=0.3, offset=0.3, x=X):
    columns = np.broadcast_arrays(*map(np.asarray, (frequency, phase, amplitude, offset)))
    w, p, a, o = (np.reshape(column, (-1, 1)) for column in columns)
    return o + a * np.sin(w * x + p)


def some(seed, count=6):
    """Curves without any structure that a measure could profit from."""
    return np.random.default_rng(seed).normal(size=(count, 100)).cumsum(axis=1) / 10


@pytest.mark.parametrize("since", [None, 0.4])
def test_a_measure_is_that_of_numpy_over_its_window(since):
    """By default, errors and ranges are of x from 0.1 on, and others of x from 0.2 on."""
    answer, shown = some(2), some(3)
    early, late = ((usual if since is None else since) <= X for usual in (0.1, 0.2))

    def over(measure, *curves):
        return mapped(measure if since is None else partial(measure, since=since), *curves)

    error = np.sqrt(np.mean((answer - shown)[:, early] ** 2, axis=1))
    np.testing.assert_allclose(over(of(measures.rmse), answer, shown), error, rtol=1e-5)
    np.testing.assert_allclose(over(measures.peak_to_peak, answer), np.ptp(answer[:, early], axis=1), rtol=1e-5)
    fits = [np.polyfit(s[late], a[late], 1) for a, s in zip(answer, shown, strict=True)]
    np.testing.assert_allclose(np.transpose(over(measures.affine, answer, shown)), fits, rtol=1e-3, atol=1e-4)
    bends = [1 - np.corrcoef(X[late], curve[late])[0, 1] ** 2 for curve in answer]
    np.testing.assert_allclose(over(measures.nonlinearity, answer), bends, rtol=1e-4)
    np.testing.assert_allclose(over(measures.frequency, np.where(late, sine(23.0), answer)), 23.0, rtol=1e-3)
    two = -2 * np.exp(-(((X - 0.3) / 0.05) ** 2)) - np.exp(-(((X - 0.6) / 0.05) ** 2))
    deepest = (0.3, -2.0) if since is None else (0.6, -1.0)
    np.testing.assert_allclose(np.ravel(over(measures.valley, two)), deepest, atol=1e-3)


def test_a_delay_is_found_between_time_points():
    frequencies, shares = np.repeat((3.0, 10.0, 30.0, 60.0), 40), np.tile(np.arange(40) / 40, 4)
    delays = shares * np.minimum(0.19, 1.8 * np.pi / frequencies)
    answers = sine(frequencies, -frequencies * delays, amplitude=0.1, offset=0.5)
    np.testing.assert_allclose(mapped(measures.delay, answers, sine(frequencies)), delays, atol=5e-4)


def test_a_delay_needs_a_positive_gain_and_is_not_negative():
    shown = sine(10.0)
    answers = np.concatenate([sine(10.0, 0.5), 0.3 - shown, [2 * X - 1, -X]])
    lead, upside_down, line, falling = mapped(measures.delay, answers, np.concatenate([shown, shown, [X / 3, X]]))
    assert (lead, line) == (0, 0)
    assert upside_down == pytest.approx(19 / 99)  # The last point before 0.2; half a period is beyond.
    assert np.isnan(falling)


def test_the_share_that_a_correction_removes_is_what_a_regression_leaves():
    answer, shown = some(2), some(3)
    expected = []
    for a, s in zip(answer[:, LATE], shown[:, LATE], strict=True):
        slope, intercept = np.polyfit(a, s, 1)  # Some are negative.
        rest = s - (slope * a + intercept) if slope > 0 else s - s.mean()
        expected.append(1 - np.sum(rest**2) / np.sum((a - s) ** 2))
    np.testing.assert_allclose(mapped(of(measures.share_removed), answer, shown), expected, rtol=1e-4, atol=1e-5)


def test_a_correction_removes_a_wrong_gain_and_offset_and_with_a_delay_a_wrong_phase():
    shown = sine(12.0)
    assert mapped(of(measures.share_removed), 0.2 * shown + 0.1, shown)[0] == pytest.approx(1, abs=1e-5)
    late = sine(12.0, -12.0 * 0.05, amplitude=0.2)
    assert mapped(of(measures.share_removed), late, shown)[0] < 0.6
    assert mapped(of(measures.all_measures), late, shown)["share_removed_delayed"][0] == pytest.approx(1, abs=1e-3)
    # A constant at the right height has all of the variation wrong, and a gain does not help it.
    level = np.full(100, np.mean(shown[0, LATE]))
    assert mapped(of(measures.share_removed), level, shown)[0] == pytest.approx(0, abs=1e-5)


def test_the_frequency_of_a_sinusoid_is_found_to_a_thousandth():
    frequencies = np.linspace(2.5, 80.0, 157)
    for phase in (0.0, 1.0, 2.0):
        found = mapped(measures.frequency, sine(frequencies, phase, 0.2))
        np.testing.assert_allclose(found, frequencies, rtol=1e-3)


def test_the_frequency_of_a_distorted_sinusoid_is_that_of_a_least_squares_fit():
    random = np.random.default_rng(0)
    frequencies = np.array((5.0, 10.0, 23.0, 41.0, 77.0))
    curves = np.tanh(3 * sine(frequencies, 0.7)) + 0.1 * X + random.normal(0, 0.02, (5, 100))

    def sinusoid(x, a, b, c, w):
        return a + b * np.sin(w * x) + c * np.cos(w * x)

    fits = [
        scipy.optimize.curve_fit(sinusoid, X[LATE], curve[LATE], (0.5, 0.3, 0.3, w))[0][3]
        for curve, w in zip(curves, frequencies, strict=True)
    ]
    np.testing.assert_allclose(mapped(measures.frequency, curves), fits, rtol=1e-3)
    # A line has the slowest one.
    np.testing.assert_allclose(mapped(measures.frequency, 0.3 * X + 0.1), 2 * np.pi / (4 * 0.8), rtol=0.05)


def test_the_valley_of_a_sine_lies_where_calculus_has_it():
    phases = np.linspace(-1.5, 2.0, 15)
    found = mapped(measures.valley, sine(10.0, phases, np.linspace(0.1, 1.0, 15)))
    np.testing.assert_allclose(found.place, (1.5 * np.pi - phases) / 10, atol=2e-4)
    np.testing.assert_allclose(found.depth, 0.3 - np.linspace(0.1, 1.0, 15), atol=1e-4)


def test_the_lowest_valley_in_the_middle_counts_and_an_end_does_not():
    assert np.isnan(mapped(measures.valley, np.stack([X, -X, np.sin(np.pi * X)]))).all()
    two = -np.exp(-(((X - 0.3) / 0.05) ** 2)) - 2 * np.exp(-(((X - 0.6) / 0.05) ** 2))
    before, after = (-5 * np.exp(-(((X - place) / 0.02) ** 2)) for place in (0.1, 0.9))
    found = mapped(measures.valley, two + before + after)
    np.testing.assert_allclose((found.place[0], found.depth[0]), (0.6, -2.0), atol=1e-3)
    clipped = np.maximum(sine(10.0, amplitude=0.6), 0.0)[0]
    np.testing.assert_allclose(mapped(measures.valley, clipped), [[X[np.argmin(clipped)]], [0.0]], rtol=1e-6)


@pytest.mark.parametrize("points", [2, 3, 8])
def test_short_curves_have_the_numbers_that_they_can_have(points):
    x = np.linspace(0, 1, points)
    answer, shown = (np.random.default_rng(seed).normal(size=(1, points)) for seed in range(2))
    found = {name: float(number[0]) for name, number in mapped(of(measures.all_measures), answer, shown, x=x).items()}
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((answer - shown)[:, x >= 0.1] ** 2)), rel=1e-5)
    assert found["peak_to_peak"] == pytest.approx(np.ptp(answer[:, x >= 0.1]), rel=1e-5)
    assert {"rmse", "peak_to_peak"} <= {name for name, number in found.items() if np.isfinite(number)}
    if points == 2:  # Only one point is left, and none has two neighbors.
        missing = {"gain", "offset_added", "valley_place", "valley_depth", "delay", "frequency_answered"}
        assert missing <= {name for name, number in found.items() if np.isnan(number)}


def test_turns_are_counted_before_a_given_x():
    x = jnp.asarray(X, jnp.float32)
    turns = jax.jit(measures.turns)
    curve = jnp.asarray(sine(10.0)[0], jnp.float32)  # Turns at x = 0.157, 0.471 and 0.785.
    assert [int(turns(curve, x, before)) for before in (0.1, 0.2, 0.5, 0.7, 1.0)] == [0, 1, 2, 2, 3]
    steps = jnp.repeat(jnp.asarray([0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 1.0, 1.0, 0.0, 0.5]), 10)
    assert int(turns(steps, x, 1.0)) == 2
    assert int(turns(jnp.full(100, 0.3), x, 1.0)) == 0
    assert [int(turns(curve, x, 0.7, since)) for since in (0.1, 0.2, 0.5)] == [2, 1, 0]
    assert int(turns(jnp.abs(x - x[40]), x, 1.0, 0.4)) == 0  # It turns at the first point of the window.


@pytest.mark.long
def test_points_with_a_negative_x_count_nowhere():
    answer, shown = sine(10.0, -0.4, 0.2)[0] + 0.1 * some(5)[0], sine(10.0)[0]
    whole = mapped(of(measures.all_measures), answer, shown)
    longer = np.concatenate([[answer, shown], np.random.default_rng(0).normal(size=(2, 60))], axis=1)
    padded = mapped(of(measures.all_measures), *longer, x=np.concatenate([X, np.full(60, -1.0)]))
    for name, value in whole.items():
        np.testing.assert_allclose(padded[name], value, rtol=1e-4, err_msg=name)


@pytest.mark.parametrize(
    ("constant", "missing"),
    [
        ("answer", {"delay", "frequency_answered", "valley_place", "valley_depth"}),
        ("shown", {"delay", "gain", "offset_added", "share_removed", "share_removed_delayed"}),
        ("neither", {"share_removed", "share_removed_delayed"}),
    ],
)
def test_constant_curves_and_perfect_copies_have_no_numbers_that_need_variation_or_an_error(constant, missing):
    curve, level = sine(10.0)[0], np.full(100, -0.7)
    answer, shown = (level if constant == name else curve for name in ("answer", "shown"))
    found = {name: float(number[0]) for name, number in mapped(of(measures.all_measures), answer, shown).items()}
    assert {name for name, number in found.items() if np.isnan(number)} == missing
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((answer - shown)[X >= 0.1] ** 2)), rel=1e-5)
    if constant == "answer":
        assert [found[name] for name in ("nonlinearity", "peak_to_peak")] == [0, 0]
        assert [found[name] for name in ("gain", "offset_added")] == pytest.approx([0, -0.7], abs=1e-6)
    if constant == "neither":
        assert [found[name] for name in ("gain", "delay")] == pytest.approx([1, 0], abs=1e-4)

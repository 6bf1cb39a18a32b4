"""Families of curves against their formulas, and the draws of their parameters."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_toys.tasks.families import FAMILIES, Family, family_of, time_points
from lstm_toys.tasks.parameters import Parameter
from lstm_toys.tasks.span import Span

X = time_points(50)
FORMULAS = {
    "line": lambda x, slope, intercept: slope * x + intercept,
    "hill": lambda x, height, base: base + height * np.sin(np.pi * x),
    "sine": lambda x, amplitude, frequency, phase, offset: offset + amplitude * np.sin(frequency * x + phase),
}
NAMES = sorted(FAMILIES)


def ranges(name):
    return {each.name: (each.low, each.high) for each in FAMILIES[name].parameters}


def numbers(low, high):
    return st.floats(low, high, width=32, allow_subnormal=False)


tables = st.sampled_from(NAMES).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.fixed_dictionaries(
            {
                parameter: st.lists(numbers(-2 * np.float32(high), 2 * np.float32(high)), min_size=3, max_size=3)
                for parameter, (_, high) in ranges(name).items()
            }
        ),
    )
)


@settings(max_examples=60, deadline=None)
@given(tables)
def test_curves_follow_the_formula(table):
    name, parameters = table
    columns = {parameter: np.array(values) for parameter, values in parameters.items()}
    curves = FAMILIES[name].curves(X, {parameter: values.astype(np.float32) for parameter, values in columns.items()})
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    expected = np.stack([FORMULAS[name](np.linspace(0.0, 1.0, 50), **row) for row in rows])
    np.testing.assert_allclose(curves, expected, atol=3e-5)


def test_one_number_stands_for_every_curve():
    slopes = np.array((0.1, 0.5, 2.0))
    curves = FAMILIES["line"].curves(X, {"slope": slopes, "intercept": 0.25})
    np.testing.assert_allclose(curves, slopes[:, None] * np.linspace(0.0, 1.0, 50) + 0.25, atol=1e-6)
    assert FAMILIES["line"].curves(X, {"slope": 1.0, "intercept": 0.0}).shape == (1, 50)


def test_parameters_are_told_apart_by_name_not_by_order():
    one = FAMILIES["line"].curves(X, {"slope": 2.0, "intercept": 0.5})
    np.testing.assert_array_equal(one, FAMILIES["line"].curves(X, {"intercept": 0.5, "slope": 2.0}))


@pytest.mark.parametrize("name", NAMES)
def test_every_family_draws_parameters_and_curves(name):
    family = FAMILIES[name]
    assert set(family.names) == set(inspect.signature(family.function).parameters) - {"x"}
    curves = family.curves(X, family.draw(jax.random.key(0), 7))
    assert curves.shape == (7, 50)
    assert curves.dtype == jnp.float32
    assert np.isfinite(curves).all()
    assert len(np.unique(curves, axis=0)) == 7


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(NAMES), st.integers(0, 2**31 - 1))
def test_draws_stay_inside_their_ranges(name, seed):
    drawn = FAMILIES[name].draw(jax.random.key(seed), 20)
    assert set(drawn) == set(ranges(name))
    for parameter, (low, high) in ranges(name).items():
        assert drawn[parameter].shape == (20,)
        assert (low <= drawn[parameter]).all()
        assert (drawn[parameter] < high).all()


@settings(max_examples=30, deadline=None)
@given(numbers(-100, 100), numbers(0.125, 100), st.integers(0, 2**31 - 1))
def test_a_given_range_replaces_that_of_one_parameter(low, width, seed):
    sine = FAMILIES["sine"]
    key = jax.random.key(seed)
    drawn, usual = sine.draw(key, 20, {"frequency": (low, low + width)}), sine.draw(key, 20)
    assert (low <= drawn["frequency"]).all()
    assert (drawn["frequency"] <= low + width).all()
    for parameter in ("amplitude", "phase", "offset"):
        np.testing.assert_array_equal(drawn[parameter], usual[parameter])


@pytest.mark.parametrize("name", NAMES)
def test_draws_are_uniform_and_independent(name):
    drawn = FAMILIES[name].draw(jax.random.key(3), 2_000)
    shares = []
    for parameter, (low, high) in ranges(name).items():
        shares.append((np.asarray(drawn[parameter]) - low) / (high - low))
        np.testing.assert_allclose(np.histogram(shares[-1], 4, (0, 1))[0] / 2_000, 0.25, atol=0.05)
    np.testing.assert_allclose(np.corrcoef(shares), np.eye(len(shares)), atol=0.1)


def test_the_key_decides_the_draw():
    def amplitudes(seed):
        return FAMILIES["sine"].draw(jax.random.key(seed), 20)["amplitude"]

    np.testing.assert_array_equal(amplitudes(0), amplitudes(0))
    assert (amplitudes(0) != amplitudes(1)).any()


@pytest.mark.parametrize("parameters", [{}, {"slope": 1.0}, {"slope": 1.0, "intercept": 0.0, "phase": 0.0}])
def test_missing_and_unknown_parameters_are_refused(parameters):
    with pytest.raises(ValueError, match=r"intercept.*slope"):
        FAMILIES["line"].curves(X, parameters)


def test_a_range_of_an_unknown_parameter_is_refused():
    with pytest.raises(ValueError, match="phase"):
        FAMILIES["line"].draw(jax.random.key(0), 3, {"phase": (0.0, 1.0)})


@given(st.integers(2, 300))
@settings(max_examples=15, deadline=None)
def test_time_points_are_evenly_spaced(count):
    np.testing.assert_allclose(time_points(count), np.linspace(0.0, 1.0, count), atol=1e-6)
    np.testing.assert_allclose(time_points(count, Span(-2, 5)), np.linspace(-2.0, 5.0, count), atol=1e-5)


def test_a_family_of_ones_own_is_used_like_those_of_the_library():
    decays = Family(lambda x, decay: jnp.exp(-decay * x), (Parameter("decay", 0.0, 3.0),))
    np.testing.assert_allclose(family_of(decays).curves(X, {"decay": 2.0})[0], np.exp(-2 * np.asarray(X)), rtol=1e-6)
    assert family_of("line") is FAMILIES["line"]
    with pytest.raises(ValueError, match="unknown family 'decays'; available: line, hill, sine"):
        family_of("decays")


@pytest.mark.parametrize("count", [-1, 0, 1])
def test_a_curve_has_two_points_at_least(count):
    with pytest.raises(ValueError, match="at least 2 time points"):
        time_points(count)

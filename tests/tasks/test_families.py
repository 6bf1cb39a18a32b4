"""Families of curves against their formulas, the draws of their parameters, and what is declared of them."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_toys.tasks.families import FAMILIES, family_of, time_points
from lstm_toys.tasks.parameters import LENGTH, SPACING, Parameter, Span, Trained

X = time_points(50)
FORMULAS = {
    "line": lambda x, slope, intercept: slope * x + intercept,
    "hill": lambda x, height, base: base + height * np.sin(np.pi * x),
    "sine": lambda x, amplitude, frequency, phase, offset: offset + amplitude * np.sin(frequency * x + phase),
}


def ranges(name):
    return {each.name: (each.low, each.high) for each in FAMILIES[name].parameters}


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_curves_follow_the_formula(name):
    random = np.random.default_rng(0)
    columns = {parameter: random.uniform(-2 * high, 2 * high, 60) for parameter, (_, high) in ranges(name).items()}
    curves = FAMILIES[name].curves(X, {parameter: each.astype(np.float32) for parameter, each in columns.items()})
    expected = FORMULAS[name](np.linspace(0.0, 1.0, 50), **{each: values[:, None] for each, values in columns.items()})
    np.testing.assert_allclose(curves, expected, atol=3e-5)
    assert curves.dtype == jnp.float32
    assert set(FAMILIES[name].names) == set(inspect.signature(FAMILIES[name].function).parameters) - {"x"}


def test_a_given_range_replaces_that_of_one_parameter():
    sine, key = FAMILIES["sine"], jax.random.key(0)
    drawn, usual = sine.draw(key, 20, {"frequency": (-90.0, -89.0)}), sine.draw(key, 20)
    assert ((drawn["frequency"] >= -90) & (drawn["frequency"] <= -89)).all()
    for parameter in ("amplitude", "phase", "offset"):
        np.testing.assert_array_equal(drawn[parameter], usual[parameter])


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_draws_are_uniform_and_independent_and_the_keys_own(name):
    drawn, again, other = (FAMILIES[name].draw(jax.random.key(seed), 2_000) for seed in (3, 3, 4))
    assert set(drawn) == set(ranges(name))
    shares = []
    for parameter, (low, high) in ranges(name).items():
        values = np.asarray(drawn[parameter])
        assert ((low <= values) & (values < high)).all()
        shares.append((values - low) / (high - low))
        np.testing.assert_allclose(np.histogram(shares[-1], 4, (0, 1))[0] / 2_000, 0.25, atol=0.05)
        np.testing.assert_array_equal(values, again[parameter])
        assert (values != other[parameter]).mean() > 0.9
    np.testing.assert_allclose(np.corrcoef(shares), np.eye(len(shares)), atol=0.1)


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (lambda: FAMILIES["line"].curves(X, {"slope": 1.0}), r"intercept.*slope"),
        (lambda: FAMILIES["line"].curves(X, {"slope": 1.0, "intercept": 0.0, "phase": 0.0}), r"intercept.*slope"),
        (lambda: FAMILIES["line"].draw(jax.random.key(0), 3, {"phase": (0.0, 1.0)}), "phase"),
        (lambda: family_of("decays"), "unknown family 'decays'; available: line, hill, sine"),
        (lambda: time_points(1), "count must be at least 2, not 1"),
        (lambda: Parameter("decay", 1.0, 1.0), "is empty"),
        (lambda: Trained("line", {"slope": 1.0}), r"takes the parameters \['intercept', 'slope'\]"),
    ],
)
def test_what_no_family_has_is_refused(refused, said):
    with pytest.raises(ValueError, match=said):
        refused()


@pytest.mark.parametrize("count", [2, 20, 299])
def test_time_points_are_evenly_spaced(count):
    np.testing.assert_allclose(time_points(count), np.linspace(0.0, 1.0, count), atol=1e-6)
    np.testing.assert_allclose(time_points(count, Span(-2, 5)), np.linspace(-2.0, 5.0, count), atol=1e-5)


SINE = {"amplitude": "A", "frequency": 10.0, "phase": 0.0, "offset": "A"}
SOME = np.array([0.1, 0.4, 0.2])


def test_parameters_that_are_one_number_or_one_table_are_equal():
    assert Trained("sine", SINE).equal == {"offset": "amplitude"}
    assert Trained("sine", {**SINE, "amplitude": SOME, "offset": SOME.copy()}).equal == {"offset": "amplitude"}
    assert Trained("line", {"slope": 0.3, "intercept": 0.3}).equal == {}
    assert Trained("line", {"slope": (0.0, 1.0), "intercept": (0.0, 1.0)}).equal == {}


def test_the_table_holds_the_training_curves_or_others_that_are_drawn_from_the_same_ranges():
    trained = Trained("sine", {**SINE, "amplitude": SOME})
    assert trained.ranges({"A": 0.5})["amplitude"] == (0.1, 0.4)
    others = {"frequency": (10.0,) * 3, "phase": (0.0,) * 3, "offset": (0.5,) * 3}
    assert trained.table({"A": 0.5}, 7) == {"amplitude": (0.1, 0.4, 0.2), **others}
    drawn = Trained("line", {"slope": (-1.0, "most"), "intercept": 0.5})
    slopes = np.array(drawn.table({"most": 3.0}, 2_000)["slope"])
    assert len(slopes) == 2_000
    np.testing.assert_allclose(np.quantile(slopes, (0, 0.25, 0.5, 0.75, 1)), (-1, 0, 1, 2, 3), atol=0.15)


def test_two_descriptions_of_the_same_curves_are_told_from_others():
    assert Trained("sine", SINE).same(Trained("sine", dict(SINE)))
    for name, other in (("amplitude", 0.3), ("frequency", 11.0), ("phase", np.zeros(2)), ("offset", (0.0, 1.0))):
        assert not Trained("sine", SINE).same(Trained("sine", {**SINE, name: other}))


def test_names_of_other_axes_of_grids_are_no_names_of_parameters():
    for name in (LENGTH, SPACING, "two words", ""):
        with pytest.raises(ValueError, match="invalid name of a parameter"):
            Parameter(name, 0.0, 1.0)


@pytest.mark.parametrize("ends", [(1, 0), (0, 0), (0, float("inf")), (1e7, 1e7 + 1)])
def test_a_span_is_finite_and_not_empty(ends):
    with pytest.raises(ValueError, match=r"a span is|of a span must|stop must be a finite number"):
        Span(*ends)

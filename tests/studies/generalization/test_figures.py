"""The summary and the figures of an evaluation, of results made by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from drawn import assert_legible, legend, panels

import lstm_toys as lt
from experiments import sine
from lstm_toys.results import arrays
from lstm_toys.statistics import measures
from lstm_toys.studies.generalization import figures, measuring
from lstm_toys.studies.generalization.settings import Grid, Subject
from lstm_toys.studies.generalization.study import _sines
from lstm_toys.tasks.goal import Goal
from lstm_toys.tasks.parameters import PARAMETER, PARAMETERS, Axis


def test_a_median_needs_a_number_of_half_of_the_seeds():
    values = np.array([[1.0, 1.0, np.nan], [np.nan, 3.0, np.nan], [np.nan, 5.0, np.nan], [4.0, np.nan, np.nan]])
    np.testing.assert_array_equal(measuring.medians(xr.DataArray(values[:, None])), [[2.5, 3.0, np.nan]])


SEEDS = np.array([0, 1, 2, 3, 5])


@pytest.fixture
def hand_made():
    """Results on two planes, with numbers that are known and some that are missing."""
    random = np.random.default_rng(0)
    names = jax.eval_shape(lambda curve: measures.all_measures(measures.AnsweredCurve.copied(*curve)), jnp.ones((3, 9)))

    def grid(**axes):
        shape = tuple(len(values) for values in axes.values())
        dims = [f"{PARAMETER}{name}" for name in axes]
        columns = {name: (("seed", *dims), random.uniform(0.5, 1.5, (5, *shape)).astype(np.float32)) for name in names}
        columns["delay"][1][:, 0] = np.nan
        declared = {each.name: each for family in PARAMETERS.values() for each in family}
        coordinates = {
            dim: (dim, values, arrays.described(name, declared[name]))
            for dim, (name, values) in zip(dims, axes.items(), strict=True)
        }
        return xr.Dataset(columns, coordinates | {"seed": SEEDS})

    sines = grid(amplitude=np.linspace(0.1, 1.0, 4), frequency=np.linspace(5, 40, 5))
    sines["rmse"] = sines.rmse * sines.parameter_amplitude
    training = grid(amplitude=[0.3], frequency=[10.0])
    training["rmse"][:] = [[[0.1]], [[0.2]], [[0.3]], [[0.4]], [[0.3]]]
    lines = grid(slope=np.linspace(-1, 1, 3), intercept=np.linspace(-1, 1, 4))
    grids = {"training": training, "amplitude_frequency": sines, "slope_intercept": lines}
    return {name: each.assign(goal_error=0.9 * each.rmse) for name, each in grids.items()}


RANGES = sine.EXPERIMENT.trained.ranges({"amplitude": 0.3})
SUBJECT = Subject(sine.EXPERIMENT, {"sine": "sine", "line": "line"}, RANGES)


def plane(family, axes, **held):
    """A grid as `hand_made` has it."""
    return Grid("_".join(axes), family, tuple(Axis(name, 0.0, 1.0, 2) for name in axes), tuple(held.items()))


SINES = plane("sine", ("amplitude", "frequency"), phase=0.0, offset="amplitude")
LINES = plane("line", ("slope", "intercept"))


LIMIT = 0.6
GOAL = Goal(rmse=LIMIT, features=("y",))


def drawn(axes):
    """The values of a heat map, rows first."""
    return np.ma.filled(axes.collections[0].get_array().astype(float), np.nan).T


def test_heat_maps_show_median_gains_mark_the_training_point_and_outline_the_limit(hand_made):
    sines = hand_made["amplitude_frequency"]
    sines["gain"][:, 2, 1] = np.nan
    figure = figures.heat_maps(hand_made, SINES, SUBJECT, GOAL)
    axes, bar = figure.axes
    gains = np.median(sines.gain.values, axis=0)
    np.testing.assert_allclose(drawn(axes), gains)
    assert bar.get_ylabel().startswith("gain")
    outline, point = axes.lines
    assert point.get_xydata().tolist() == [[0.3, 10.0]]
    met = np.median(sines.goal_error.values, axis=0) <= LIMIT
    sides = outline.get_xydata().reshape(-1, 3, 2)
    assert len(sides) == sum(np.diff(np.pad(met, 1), axis=axis).sum() for axis in (0, 1))
    (left, bottom), (right, top) = (choose(sides[:, :2], axis=(0, 1)) for choose in (np.nanmin, np.nanmax))
    rows, columns = (np.flatnonzero(met.any(axis=axis)) for axis in (1, 0))
    np.testing.assert_allclose([left, right], [0.1 + 0.3 * (rows[0] - 0.5), 0.1 + 0.3 * (rows[-1] + 0.5)])
    np.testing.assert_allclose([bottom, top], [5 + 8.75 * (columns[0] - 0.5), 5 + 8.75 * (columns[-1] + 0.5)])
    assert {"error of at most 0.6", "not measurable: a constant curve"} <= {*legend(figure)}
    said = f"Over 5 networks,\nthe median error of y is at most 0.6 on {met.sum()} of 20 curves"
    assert figure.get_suptitle() == said
    smaller = f"a gain below 1 on {100 * np.mean(gains[np.isfinite(gains)] < 1):.0f} % of curves"
    assert axes.get_title() == f"φ = 0; offset = A; {smaller}"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("amplitude A", "frequency ω (rad per x)")
    assert_legible(figure)
    lines, _ = figures.heat_maps(hand_made, LINES, SUBJECT, GOAL).axes
    assert all(line.get_color() != figures.TRAINED for line in lines.lines)


def test_heat_maps_of_networks_that_read_off_show_the_error_of_each_number(hand_made):
    grid = hand_made["slope_intercept"]
    errors = np.abs(np.random.default_rng(1).normal(size=(*grid.rmse.shape, 2)))
    dims = (*grid.rmse.dims, "output_feature")
    wrong = {"error": (dims, errors), "goal_error": (dims[:-1], errors.max(axis=-1))}
    read = grid[[]].assign(wrong).assign_coords(output_feature=["slope", "intercept"])
    figure = figures.heat_maps({"slope_intercept": read}, LINES, SUBJECT, GOAL)
    for place, name in enumerate(("slope", "intercept")):
        (axes,) = (each for each in figure.axes if each.get_title() == f"error of the {name}")
        np.testing.assert_allclose(drawn(axes), np.median(errors[..., place], axis=0))
    count = (np.median(errors, axis=0) <= LIMIT).all(axis=-1).sum()
    said = f"Over 5 networks,\nboth median errors are at most 0.6 on {count} of 12 curves"
    assert figure.get_suptitle() == said
    (bar,) = (each for each in figure.axes if each.get_ylabel() == "absolute error")
    assert bar.lines[-1].get_ydata() == [LIMIT, LIMIT]


def test_lines_go_through_the_training_point(hand_made):
    figure = figures.along_axes(hand_made, (SINES, LINES), SUBJECT, GOAL)
    along = {axes.get_xlabel(): axes for axes in panels(figure)}
    assert list(along) == ["amplitude A", "frequency ω (rad per x)", "slope", "intercept"]
    error = hand_made["amplitude_frequency"].goal_error.values
    np.testing.assert_allclose(along["amplitude A"].lines[0].get_ydata(), np.median(error[:, :, 1], axis=0))
    np.testing.assert_allclose(along["frequency ω (rad per x)"].lines[0].get_ydata(), np.median(error[:, 1], axis=0))
    assert along["amplitude A"].get_ylabel() == "RMSE of y after the first tenth"
    assert along["amplitude A"].get_title().endswith("; φ = 0; offset = A")
    assert figure.get_suptitle() == "Median errors are at most 0.6 at every frequency"
    assert all(axes.lines[1].get_ydata() == [LIMIT, LIMIT] for axes in along.values())
    figure = figures.along_axes(hand_made, (SINES, LINES), SUBJECT, Goal(rmse=0.001))
    assert figure.get_suptitle() == "Median errors exceed 0.001 somewhere on every axis"


def test_the_largest_gain_and_other_frequencies_are_found_where_they_were_put(hand_made):
    sines = hand_made["amplitude_frequency"]
    assert sines.parameter_frequency.values.tolist() == [5.0, 13.75, 22.5, 31.25, 40.0]  # A fifth of x is not measured.
    sines["frequency_answered"][:] = sines.parameter_frequency
    sines["gain"][:] = 0.5
    sines["gain"][:, 0, 0] = [3.0, 3.0, 4.0, 9.0, np.nan]  # Less than a period.
    sines["gain"][:, 2, 3] = [1.0, 2.0, 2.5, 3.0, 9.0]
    sines["gain"][:2, 1, 1] = 99.0  # In a minority.
    sines["frequency_answered"][:, 0, 0] = 40.0
    sines["frequency_answered"][:, 1, [2, 4]] *= 1.06
    sines["frequency_answered"][:, 2, 1] *= 1.04
    found = measuring.sines(sines, lt.Span())
    assert found["largest_gain"] == {"median": 3.5, "low": None, "high": None, "amplitude": 0.1, "frequency": 5.0}
    periodic = {name: found["periodic_gain"][name] for name in ("median", "amplitude", "frequency")}
    assert periodic == {"median": 2.5, "amplitude": pytest.approx(0.7), "frequency": 31.25}
    assert [found[name] for name in ("periodic", "off", "lowest_off", "highest_off")] == [16, 2, 22.5, 40.0]
    assert [*_sines(found)] == [
        "largest median gain 3.5 at amplitude 0.1, frequency 5",
        "among sines with a whole period 2.5 at amplitude 0.7, frequency 31.2",
        "median frequencies that differ by more than 5 %: on 2 of 16 of these, shown frequencies from 22.5 to 40",
    ]


def test_slow_sines_have_no_period_to_be_described_by(hand_made):
    slow = hand_made["amplitude_frequency"].isel(parameter_frequency=[0])
    found = measuring.sines(slow, lt.Span())
    assert found["largest_gain"]["frequency"] == 5.0
    assert found["periodic_gain"] is None
    assert [found[name] for name in ("periodic", "off", "lowest_off", "highest_off")] == [0, 0, None, None]

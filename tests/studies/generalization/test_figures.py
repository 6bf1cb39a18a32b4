"""The summary and the figures of an evaluation, of results made by hand."""

import numpy as np
import pytest
import xarray as xr
from drawn import assert_legible, legend, panels

from experiments import sine
from lstm_toys.results import arrays
from lstm_toys.statistics import measures
from lstm_toys.studies.generalization import figures, results
from lstm_toys.studies.generalization.ask import Grid, Subject
from lstm_toys.tasks.parameters import PARAMETERS
from lstm_toys.tasks.planes import Axis


def test_a_median_needs_a_number_of_half_of_the_seeds():
    values = np.array([[1.0, 1.0, np.nan], [np.nan, 3.0, np.nan], [np.nan, 5.0, np.nan], [4.0, np.nan, np.nan]])
    np.testing.assert_array_equal(results.medians(xr.DataArray(values[:, None])), [[2.5, 3.0, np.nan]])


SEEDS = np.array([0, 1, 2, 3, 5])


@pytest.fixture
def hand_made():
    """Results on two planes, with numbers that are known and some that are missing."""
    random = np.random.default_rng(0)

    def grid(**axes):
        shape = tuple(len(values) for values in axes.values())
        columns = {
            name: (("seed", *axes), random.uniform(0.5, 1.5, (5, *shape)).astype(np.float32))
            for name in measures.MEASURES
        }
        columns["delay"][1][:, 0] = np.nan
        declared = {each.name: each for family in PARAMETERS.values() for each in family}
        coordinates = {name: (name, v, arrays.described(declared[name])) for name, v in axes.items()}
        return xr.Dataset(columns, coordinates | {"seed": SEEDS})

    sines = grid(amplitude=np.linspace(0.1, 1.0, 4), frequency=np.linspace(5, 40, 5))
    sines["rmse"] = sines.rmse * sines.amplitude
    training = grid(amplitude=[0.3], frequency=[10.0])
    training["rmse"][:] = [[[0.1]], [[0.2]], [[0.3]], [[0.4]], [[0.3]]]
    lines = grid(slope=np.linspace(-1, 1, 3), intercept=np.linspace(-1, 1, 4))
    return {"training": training, "amplitude_frequency": sines, "slope_intercept": lines}


RANGES = sine.EXPERIMENT.trained.ranges({"amplitude": 0.3})
SUBJECT = Subject(sine.EXPERIMENT, {"sine": "sine", "line": "line"}, RANGES)


def plane(family, axes, **held):
    """A grid as `hand_made` has it."""
    return Grid("_".join(axes), family, tuple(Axis(name, 0.0, 1.0, 2) for name in axes), tuple(held.items()))


SINES = plane("sine", ("amplitude", "frequency"), phase=0.0, offset="amplitude")
LINES = plane("line", ("slope", "intercept"))


def test_errors_are_held_against_the_median_seed_on_the_training_curve(hand_made):
    assert results.doubled(hand_made, "rmse") == pytest.approx(0.6)
    rows = results.summary(hand_made)
    share = (hand_made["amplitude_frequency"].rmse.values < 0.6).mean(axis=(1, 2))
    assert rows["amplitude x frequency, RMSE, share below twice"].value == pytest.approx(np.median(share))


def panels_of(figure):
    return {axes.get_title(): axes for axes in figure.axes if axes.get_title()}


def test_heat_maps_show_medians_mark_the_training_point_and_where_the_error_doubles(hand_made):
    figure = figures.heat_maps(hand_made, SINES, SUBJECT)
    panels = panels_of(figure)
    assert len(panels) == 4
    rmse = panels["RMSE after the first tenth"]
    expected = np.median(hand_made["amplitude_frequency"].rmse.values, axis=0)
    np.testing.assert_allclose(rmse.collections[0].get_array(), expected.T)
    assert [line.get_xydata().tolist() for line in rmse.lines] == [[[0.3, 10.0]]]
    assert sum(hasattr(each, "levels") for each in rmse.collections) == 1
    assert "offset = A" in figure.get_suptitle()
    assert (rmse.get_xlabel(), rmse.get_ylabel()) == ("amplitude A", "frequency ω (rad per x)")
    assert_legible(figure)
    lines = figures.heat_maps(hand_made, LINES, SUBJECT)
    assert not [line for axes in panels_of(lines).values() for line in axes.lines]
    # The window of delay and frequency is 0.8 of x; of the frequencies all but the first have a period in it.
    assert "not measurable: a constant curve, or less than a period of it" in legend(figure)
    frequencies = hand_made["amplitude_frequency"].frequency.values
    for title in ("Delay in x", "Answered frequency / shown frequency"):
        missing = np.isnan(np.ma.filled(panels[title].collections[0].get_array().astype(float), np.nan))
        np.testing.assert_array_equal(missing[:, 1], frequencies * 0.8 < 2 * np.pi)
        assert missing[:, 0].all() == (title == "Delay in x")


def test_lines_go_through_the_training_point(hand_made):
    figure = figures.along_axes(hand_made, (SINES, LINES), SUBJECT)
    along = {axes.get_xlabel(): axes for axes in panels(figure)}
    assert list(along) == ["amplitude A", "frequency ω (rad per x)", "slope", "intercept"]
    rmse = hand_made["amplitude_frequency"].rmse.values
    np.testing.assert_allclose(along["amplitude A"].lines[0].get_ydata(), np.median(rmse[:, :, 1], axis=0))
    np.testing.assert_allclose(along["frequency ω (rad per x)"].lines[0].get_ydata(), np.median(rmse[:, 1], axis=0))


def test_every_seed_has_a_map_of_its_own(hand_made):
    figure = figures.seeds_apart(hand_made, SINES, SUBJECT)
    seen = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in seen] == [f"network {seed}" for seed in SEEDS]
    assert not [text for axes in seen for text in axes.texts]  # Which contours would cross.
    errors = hand_made["amplitude_frequency"].rmse.values
    for axes, values in zip(seen, errors, strict=True):
        np.testing.assert_allclose(axes.collections[0].get_array(), (values / np.median(errors, axis=0)).T, rtol=1e-6)
        assert axes.get_xlabel() in ("amplitude A", "")
    assert figure.axes[-1].get_ylabel() == "RMSE after the first tenth /\nmedian of 5 networks"
    met = (errors < results.doubled(hand_made, "rmse")).sum(axis=(1, 2))
    told = f"{met.min()} to {met.max()} of these 20 curves, depending on the network"
    assert told in figure.get_suptitle()
    assert_legible(figure)

"""Figures of sets of curves: their names, units and ticks."""

import numpy as np
import pytest
import xarray as xr
from drawn import assert_legible, legend, panels

from lstm_toys import figures


@pytest.fixture
def months():
    """Predictions of temperatures from the second month on, of eight years that were trained on and seven others."""
    random = np.random.default_rng(0)
    right = 20 + 5 * random.uniform(size=(15, 11, 1))
    answers = right + 0.3 * random.normal(size=(4, 15, 11, 1))
    curves = xr.Dataset(
        {
            "input": (("curve", "time", "feature"), right),
            "truth": (("curve", "time", "feature"), right),
            "answer": (("seed", "curve", "time", "feature"), answers),
            "name": ("curve", [f"year {1950 + number}" for number in range(15)]),
        },
        {
            "time": ("time", np.arange(2.0, 13.0), {"long_name": "t", "units": "months"}),
            "feature": ["temperature (°C)"],
        },
        {"ahead": 1},
    )
    networks = xr.Dataset({"diverged": ("seed", [False] * 4)}, {"seed": np.arange(4)})
    probes = {"trained on": curves.isel(curve=slice(8)), "held out": curves.isel(curve=slice(8, None))}
    return xr.DataTree.from_dict({"/": networks, "training": curves.isel(curve=[0]), **probes})


def test_answers_say_what_is_measured_and_in_which_unit(months):
    figure = figures.set_answers(months, "held out", "temperature (°C)", "Predictions")
    seen = panels(figure)
    assert {axes.get_ylabel() for axes in seen} == {"temperature (°C)", ""}
    assert {axes.get_xlabel() for axes in seen} == {"t (months)", ""}
    assert [axes.get_title() for axes in seen] == [f"year {year}" for year in range(1958, 1965)]
    figure.draw_without_rendering()
    for axes in seen:
        ticks = [tick for tick in axes.get_xticks() if 2 <= tick <= 12]
        assert len(ticks) >= 2
        assert ticks == [round(tick) for tick in ticks]
    assert_legible(figure)


def test_errors_say_what_is_measured_and_in_which_unit(months):
    over_time = figures.errors_over_time(months, "temperature (°C)", "Errors")
    over_curves = figures.errors_over_curves(months, "temperature (°C)", "Errors")
    for figure, more in ((over_time, " over curves"), (over_curves, "")):
        assert figure.axes[0].get_ylabel() == f"RMSE of temperature (°C){more}"
        assert_legible(figure)
    assert {"repeating the last value", "median and middle 90 % of 4 networks"} <= {*legend(over_curves)}


def test_numbers_of_an_unknown_set_are_refused(months):
    with pytest.raises(ValueError, match="no answers to 'shown'; the probes are trained on, held out"):
        figures.numbers_of_curves(months, "shown", "Numbers")

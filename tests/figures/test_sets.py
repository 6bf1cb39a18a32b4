"""Figures of sets of curves: their names, units and ticks."""

import numpy as np
import pytest
from drawn import assert_legible, legend, panels

import lstm_toys as lt
from lstm_toys import figures


@pytest.fixture
def results(world):
    """Predictions of six curves over seconds, of which one was held out, by two networks."""
    return lt.load_results(world("own").run / "results.nc")


def test_answers_say_what_is_measured_and_in_which_unit(results):
    figure = figures.set_answers(results, "trained on", "y", "Predictions")
    seen = panels(figure)
    assert {axes.get_ylabel() for axes in seen} == {"y", ""}
    assert {axes.get_xlabel() for axes in seen} == {"time (s)"}  # All five are in one row.
    names = [f"run {number}" for number in range(6)]
    assert [axes.get_title() for axes in seen] == [name for name in names if name in results["trained on"]["name"]]
    trained = results["trained on"].to_dataset().isel(feature=0)
    error = np.sqrt(np.square(trained.answer - trained.truth).mean(["curve", "time"])).median()
    again = np.sqrt(np.square(trained.input - trained.truth).mean(["curve", "time"]))
    said = f"RMSE of y: {error:.2g} (median of 2 networks), {again:.2g} if the last value is repeated"
    assert [each.get_suptitle() for each in figure.subfigs] == [f"Predictions\n{said}"]
    assert_legible(figure)


def test_time_points_at_whole_numbers_have_ticks_there(results):
    trained = results["trained on"]
    trained.dataset = trained.to_dataset().assign_coords(time=np.arange(2.0, 2 + trained.sizes["time"]))
    figure = figures.set_answers(results, "trained on", "y", "Predictions")
    figure.draw_without_rendering()
    for axes in panels(figure):
        ticks = [tick for tick in axes.get_xticks() if 2 <= tick <= 21]
        assert len(ticks) >= 2
        assert ticks == [round(tick) for tick in ticks]


def test_errors_say_what_is_measured_and_in_which_unit(results):
    over_time = figures.errors_over_time(results, "y", "Errors")
    over_curves = figures.errors_over_curves(results, "y", "Errors")
    for figure, more in ((over_time, " over curves"), (over_curves, "")):
        assert figure.axes[0].get_ylabel() == f"RMSE of y{more}"
        assert_legible(figure)
    assert {"repeating the last value", "median and middle 90 % of 2 networks"} <= {*legend(over_curves)}


def test_numbers_of_an_unknown_set_are_refused(results):
    with pytest.raises(ValueError, match="no answers to 'shown'; the probes are trained on, held out"):
        figures.numbers_of_curves(results, "shown", "Numbers")

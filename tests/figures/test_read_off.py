"""Figures of parameters that were read off: what they draw of labeled results."""

import numpy as np
import pytest
import xarray as xr
from drawn import axes_of, band, contrast, labels, legend

from lstm_toys import figures


@pytest.fixture
def read():
    """Answers of four networks, one of them diverged, to curves of two probes, of a parameter with a unit."""
    true = np.array([0.3, 0.1, 0.2, 0.4])
    answers = true * np.array([[0.9], [1.0], [1.2], [9.0]])
    time = np.linspace(0, 1, 5)
    places = {"time": time, "feature": ["y"], "output_feature": ["decay"]}
    training = {
        "train_input": (("example", "time", "feature"), np.ones((300, 5, 1))),
        "train_target": (("example", "output_feature"), np.linspace(0, 1, 300)[:, None]),
    }
    curves = xr.Dataset(
        {
            "answer": (("seed", "curve", "output_feature"), answers[:, :, None]),
            "input": (("curve", "time", "feature"), np.ones((4, 5, 1)) * true[:, None, None]),
        },
        {**places, "parameter_decay": ("curve", true, {"long_name": "decay", "symbol": "d", "units": "1/s"})},
    )
    networks = xr.Dataset({"diverged": ("seed", [False, False, False, True])}, {"seed": np.arange(4)})
    probes = {"along": curves.isel(curve=slice(3)), "post": curves.isel(curve=[3])}
    return xr.DataTree.from_dict({"/": networks, "training": xr.Dataset(training, places), **probes})


def test_a_parameter_is_drawn_over_the_true_one_of_any_probe(read):
    figure = figures.read_off_axis(read, "decay", "title", (0.1, 0.2), probe="along")
    axes = axes_of(figure)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("true decay d (1/s)", "read-off decay d (1/s)")
    assert labels(axes) == ["training range", "median of 3 networks", "middle 90 % of 3 networks", "true value"]
    (median,) = (line for line in axes.lines if line.get_linestyle() == "-")
    np.testing.assert_allclose(median.get_xdata(), [0.1, 0.2, 0.3])
    np.testing.assert_allclose(median.get_ydata(), [0.1, 0.2, 0.3])
    (area,) = axes.collections
    _, low, high = band(area)
    np.testing.assert_allclose(
        (low, high), np.quantile([[0.09, 0.18, 0.27], [0.1, 0.2, 0.3], [0.12, 0.24, 0.36]], (0.05, 0.95), axis=0)
    )
    assert len(axes.get_yticks()) > 2


def test_the_first_name_of_a_plane_is_horizontal():
    slopes, intercepts = (each.ravel() for each in np.meshgrid([0.0, 1.0, 2.0], [0.0, 5.0]))
    wrong = np.stack([slopes, 10 + intercepts], axis=1)
    plane = xr.Dataset(
        {
            "answer": (("seed", "curve", "output_feature"), wrong[None]),
            "truth": (("curve", "output_feature"), np.zeros_like(wrong)),
        },
        {
            "output_feature": ["slope", "intercept"],
            "parameter_slope": ("curve", slopes, {"long_name": "slope"}),
            "parameter_intercept": ("curve", intercepts, {"long_name": "intercept"}),
        },
    )
    read = xr.DataTree.from_dict({"/": xr.Dataset({"diverged": ("seed", [False])}), "plane": plane})
    first, second, _ = figures.read_off_plane(read, ("slope", "intercept"), "Error of the", (0.0, 0.0, 1.0, 1.0)).axes
    assert (first.get_xlabel(), first.get_ylabel()) == ("true slope", "true intercept")
    np.testing.assert_array_equal(first.collections[0].get_array(), [[0, 1, 2], [0, 1, 2]])
    np.testing.assert_array_equal(second.collections[0].get_array(), [[10, 10, 10], [15, 15, 15]])


def test_training_curves_are_told_apart_by_what_is_asked(read):
    axes, scale = figures.training_set(read, "set").axes
    assert min(contrast(line.get_color()) for line in axes.lines) >= 3
    assert axes.get_title() == "set (100 of 300 curves)"
    assert len({line.get_color() for line in axes.lines}) == 100
    assert scale.get_ylabel() == "decay d (1/s)"


@pytest.mark.parametrize("published", [None, np.array([[0.5], [0.6], [0.7]])])
def test_curves_are_rebuilt_from_what_was_read_off(read, published):
    figure = figures.read_off_curves(
        read, "along", lambda x, answers: answers + 0 * x, ["one", "two", "three"], "title", published
    )
    panels = figure.get_axes()
    assert ("published answer" in legend(figure)) == (published is not None)
    assert "true curve" in legend(figure)
    medians = [line.get_ydata()[0] for axes in panels for line in axes.lines if line.get_linestyle() == "-"]
    np.testing.assert_allclose(medians, [0.3, 0.1, 0.2])

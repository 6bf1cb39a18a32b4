"""What cannot be evaluated on grids is refused before anything is made; one's own curves, and their units."""

import dataclasses
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

import lstm_toys as lt
from conftest import carry_out, refusal
from experiments import generalization, hill
from lstm_toys.cli import modules
from lstm_toys.populations import blocks
from lstm_toys.studies.generalization.measuring import CurveJob, Part
from lstm_toys.studies.generalization.results import curve_summary
from lstm_toys.tasks.curves import Curves
from lstm_toys.tasks.families import Family
from lstm_toys.tasks.parameters import Parameter

CURVES = lt.reproduce_curves(np.zeros((1, 20, 1)), ("y",))


def speeds(_):
    return dataclasses.replace(CURVES, output_features=("speed",))


def other_curves(x):
    return lt.reproduce("line", {"slope": 0.3, "intercept": 0.1}, x, ("x", "y"))


GROWTH = Family(lambda x, rate: np.exp(rate * x), (Parameter("rate", 0.0, 1.0),))
"""A family that JAX cannot trace."""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"task": speeds, "goal": lt.Goal(rmse=0.1), "probes": lambda _: []},
            "its networks answer speed, of which none is y",
        ),
        ({"task": other_curves}, "other training curves than its task has"),
        ({"planes": lambda _: [lt.Plane(GROWTH, ("rate", "length"))]}, "the family <lambda> cannot .*use jax.numpy"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_line(changes, told, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(modules, "declared", lambda *_: dataclasses.replace(hill.EXPERIMENT, **changes))
    assert carry_out(generalization, ["--task=hill", "--timesteps=20", f"--results_dir={tmp_path}"]) == 2
    assert re.search(told, refusal(capsys))


@pytest.mark.parametrize(("unit", "added"), [("", ["", "", ""]), ("s", [" (s)", " (rad/s)", " (s)"])])
def test_measures_of_ones_own_curves_are_told_in_the_unit_of_x(unit, added):
    names = ("rmse", "delay", "frequency_answered", "valley_place")
    values = {name: (("seed", "curve"), np.full((3, 1), float(number))) for number, name in enumerate(names)}
    coordinates = {"curve": ["up"], "time": ("time", np.arange(2.0), {"units": unit})}
    labeled = xr.Dataset({**values, "diverged": ("seed", np.zeros(3, int))}, coordinates)
    told = curve_summary(labeled)
    labels = [f"up: {name}{more}" for name, more in zip(("delay", "frequency", "x of the valley"), added, strict=True)]
    assert [*told] == ["up: RMSE after the first tenth", *labels]
    assert [each.value for each in told.values()] == [0, 1, 2, 3]


@pytest.mark.long
def test_curves_of_any_size_are_measured_alike():
    """In the units of their file single precision would square them to 0 or infinity, or lose what they differ by."""
    points, model = 20, lt.Stack(1, (4,))
    y = 0.5 * np.sin(np.arange(points))
    keys = jax.random.split(jax.random.key(0), 2)
    params = jax.tree.map(np.asarray, jax.lax.map(lambda key: model.init(key, jnp.zeros((1, 2, 1)))["params"], keys))
    found = []
    for center, unit in ((0.0, 1.0), (2e9, 8.0), (0.0, 2.0**-83), (0.0, 2.0**83)):
        scaling = lt.Scaling(((center, unit),), ((center, unit),))
        curves = Curves(("mine",), center + unit * y[None], None)
        about = {"model": model, "task": CURVES, "timesteps": points, "span": lt.Span(), "scaling": scaling}
        job = CurveJob(own=curves, member=blocks.member(params), block=1, group=2, **about)
        values = job.function()(Part("", slice(0, 2), params))
        labeled = job.labeled({name: each[:, None] for name, each in values.items()})
        np.testing.assert_array_equal(labeled.input[0], curves.values[0])
        error = np.sqrt(np.mean(np.square(labeled.answer - labeled.input)[:, 0, 2:], axis=1))
        np.testing.assert_allclose(labeled.rmse[:, 0], error, rtol=1e-4)
        sizes = {
            "rmse": labeled.rmse,
            "peak": labeled.peak_to_peak,
            "offset": labeled.offset_added - center * (1 - labeled.gain),
            "depth": labeled.valley_depth - center,
        }
        rest = ("gain", "delay", "frequency_answered", "nonlinearity", "share_removed", "share_removed_delayed")
        found.append({**{name: each / unit for name, each in sizes.items()}, **{name: labeled[name] for name in rest}})
    for other in found[1:]:
        for name, values in found[0].items():
            np.testing.assert_allclose(other[name], values, rtol=1e-4, atol=1e-6, err_msg=name)

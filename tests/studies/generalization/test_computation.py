"""What cannot be evaluated on grids, or on curves of one's own, is refused before anything is made."""

import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from experiments import hill
from lstm_toys.cli import flags, generalization
from lstm_toys.networks.stack import Stack
from lstm_toys.runs.context import Refused
from lstm_toys.studies.generalization.own_curves import TrainedOn, answered, curve_summary
from lstm_toys.studies.generalization.settings import Evaluation
from lstm_toys.studies.generalization.study import CurveStudy, GridStudy
from lstm_toys.studies.training.study import TrainingStudy
from lstm_toys.tasks import supervision
from lstm_toys.tasks.curves import Curves
from lstm_toys.tasks.families import Family
from lstm_toys.tasks.parameters import Parameter
from lstm_toys.tasks.scaling import Scaling
from lstm_toys.tasks.span import Span

X = jnp.linspace(0.0, 1.0, 2)
LINE = {"slope": 0.3, "intercept": 0.1}


def same(*features):
    return supervision.reproduce_curves(jnp.zeros((1, 2, len(features))), features)


def answering(name, **changes):
    return dataclasses.replace(same("y"), output_features=(name,), **changes)


@pytest.mark.parametrize(
    ("task", "curves", "told"),
    [
        (same("x"), False, "its networks are shown x; this takes those that see y, or x and y"),
        (same("y", "speed"), False, "its networks are shown y and speed"),
        (same("x", "y"), True, "its networks are shown x and y; this takes those that see y"),
        (answering("speed"), False, "its networks answer speed, of which none is y"),
        (supervision.reproduce("line", LINE, X, ("x", "y")), False, "other training curves than its task has"),
        (answering("slope", sequence=False), False, "read off slope, which the family hill"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_line(task, curves, told):
    experiment = dataclasses.replace(hill.EXPERIMENT, task=lambda _: task)
    settings, _ = flags.parse(experiment, [])
    planes, about = generalization.planes_of(experiment, settings)
    grids = () if curves else generalization._grids(planes, about, settings, {})
    evaluation = Evaluation(
        "generalization", settings, grids, Curves(("mine",), np.array([[0.1, 0.2]]), None) if curves else None
    )
    made, population = CurveStudy if curves else GridStudy, TrainingStudy(experiment, settings, Path())
    with pytest.raises(Refused, match=r"^generalization of hill: [^\n]*$") as raised:
        made(about, evaluation, population, Path()).check()
    assert told in str(raised.value)


def test_a_family_that_jax_cannot_trace_is_refused_in_one_line():
    settings, _ = flags.parse(hill.EXPERIMENT, [])
    _, about = generalization.planes_of(hill.EXPERIMENT, settings)
    mine = Family(lambda x, rate: np.exp(rate * x), (Parameter("rate", 0.0, 1.0),))
    about = dataclasses.replace(about, families={**about.families, "mine": mine})
    population = TrainingStudy(hill.EXPERIMENT, settings, Path())
    study = GridStudy(about, Evaluation("generalization", settings, ()), population, Path())
    with pytest.raises(Refused, match=r"^generalization of hill: the family mine cannot [^\n]*$") as raised:
        study.check()
    assert "use jax.numpy" in str(raised.value)
    assert "(test_computation.py, line " in str(raised.value)


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
    points, model = 20, Stack(1, (3,))
    y = 0.5 * np.sin(np.arange(points))
    keys = jax.random.split(jax.random.key(0), 2)
    params = jax.tree.map(np.asarray, jax.lax.map(lambda key: model.init(key, jnp.zeros((1, 2, 1)))["params"], keys))
    found = []
    for center, unit in ((0.0, 1.0), (2e9, 8.0), (0.0, 2.0**-83), (0.0, 2.0**83)):
        scaling = Scaling(((center, unit),), ((center, unit),))
        curves = Curves(("mine",), center + unit * y[None], None)
        known = TrainedOn(same("y"), points, Span(), scaling)
        labeled = answered(model, known, params, np.zeros(2, bool), curves, 1, lambda _: None)
        np.testing.assert_array_equal(labeled.input[0], curves.values[0])
        error = np.sqrt(np.mean(np.square(labeled.answer - labeled.input)[:, 0, 2:], axis=1))
        np.testing.assert_allclose(labeled.rmse[:, 0], error, rtol=1e-4)
        centered = labeled.offset_added - center * (1 - labeled.gain)
        sizes = {
            "rmse": labeled.rmse,
            "peak": labeled.peak_to_peak,
            "offset": centered,
            "depth": labeled.valley_depth - center,
        }
        rest = ("gain", "delay", "frequency_answered", "nonlinearity", "share_removed", "share_removed_delayed")
        found.append({**{name: each / unit for name, each in sizes.items()}, **{name: labeled[name] for name in rest}})
    for other in found[1:]:
        for name, values in found[0].items():
            np.testing.assert_allclose(other[name], values, rtol=1e-4, atol=1e-6, err_msg=name)

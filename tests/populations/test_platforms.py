"""Every compiled program is lowered for accelerators, with the blocks that it would have there: rules that are missing
show, and callbacks; nothing is compiled, and nothing runs."""

import os
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import pytest

import lstm_toys as lt
from conftest import rarely
from lstm_toys.execution import devices
from lstm_toys.populations import answering, blocks, programs
from lstm_toys.populations.specification import TrainingRequest, specify
from lstm_toys.studies.generalization.measuring import GridMeasures
from lstm_toys.studies.generalization.settings import Grid
from lstm_toys.tasks.planes import Axis

BACKENDS = {"cuda": "gpu", "tpu": "tpu"}
MODELS = {"lstm": lt.Stack(1, (4,), gates="hard"), "gru": lt.Stack(1, (4,), "dense", cell="gru")}
SINE = {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}
TASK = lt.reproduce("sine", SINE, lt.time_points(20))


def lowered(function, platform, *arguments):
    return function.trace(*arguments).lower(lowering_platforms=(platform,)).as_text()


@pytest.mark.parametrize(("kind", "platform"), [("lstm", "cuda"), *rarely(("lstm", "tpu"), ("gru", "cuda"))])
def test_a_training_answers_and_measures_are_lowered(kind, platform, monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: BACKENDS[platform])
    model, mesh = MODELS[kind], blocks.mesh()
    block = programs.suitable_block(TASK, model)
    assert block == 256
    request = TrainingRequest(TASK, model, seeds=512, steps=1, learning_rate=0.1, optimizer="rmsprop_keras")
    specification, _ = specify(request)
    for function, arguments in programs.calls(specification, 512, mesh):
        assert "256" in lowered(function, platform, *arguments)
    shapes = jax.eval_shape(model.init, jax.random.key(0), jnp.zeros((1, 2, 1)))["params"]
    params = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((2, block, *leaf.shape), leaf.dtype), shapes)
    lowered(answering._program(model, mesh), platform, params, jnp.zeros((3, 8, 20, 1)))
    grid = Grid("plane", "line", (Axis("slope", 0, 1, 4), Axis("intercept", 0, 1, 4)), ())
    job = GridMeasures(
        timesteps=20, task=TASK, span=lt.Span(), families=lt.FAMILIES, grids=(grid,), goal=lt.Goal(rmse=0.1)
    )
    cells = dict.fromkeys(grid.cells(0, 16, 20, lt.Span()), jnp.zeros((2, 8)))
    lowered(blocks.spread(job.measuring(model, grid), mesh), platform, params, cells)


@pytest.mark.parametrize(
    ("asked", "plugins", "set_"), [("", (), True), ("", ("libtpu",), False), ("cpu", ("libtpu",), True)]
)
def test_options_of_the_cpu_stay_off_elsewhere(asked, plugins, set_, monkeypatch):
    config = SimpleNamespace(values={"jax_platforms": asked, "jax_num_cpu_devices": 2}, update=lambda *_: None)
    monkeypatch.setattr(devices, "jax", SimpleNamespace(config=config))
    monkeypatch.setattr(devices.importlib.util, "find_spec", lambda name: name if name in plugins else None)
    monkeypatch.setattr(devices.os, "environ", {})
    devices.compile_loops()
    assert (devices.BACKEND_OPTIONS in os.environ.get("XLA_FLAGS", "")) == set_

"""Every compiled program is lowered for accelerators, with the blocks that it would have there: rules that are missing
show, and calls of libraries; nothing is compiled, and nothing runs."""

import dataclasses
import os
import re
from functools import partial
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import xarray as xr
from maps import Noisy

import lstm_toys as lt
from conftest import rarely
from lstm_toys.dynamics import interventions, limits, linear, models, system
from lstm_toys.execution import devices
from lstm_toys.networks.states import inside
from lstm_toys.populations import answering, blocks, programs, states
from lstm_toys.populations.programs import specify
from lstm_toys.studies.claims import evidence
from lstm_toys.studies.generalization.measuring import GridMeasures, Part
from lstm_toys.studies.generalization.settings import Grid
from lstm_toys.tasks.parameters import Axis

PLATFORMS = ("cuda", "tpu")

QR = [("cusolver_geqrf_ffi", "cusolver_orgqr_ffi"), ("ProductOfElementaryHouseholderReflectors", "Qr")]
"""Calls of Flax's orthogonal initialization, for each of `PLATFORMS`."""

LU = [("cu_lu_pivots_to_permutation", "cusolver_getrf_ffi"), ("LuDecomposition",)]
"""Calls of the solution of a linear system, for each of `PLATFORMS`."""

NOTHING = [(), ()]

CALL = re.compile(r"custom_call @([\w.$]+)")

X = lt.time_points(20)
SINE = {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}
LINES = {"slope": np.array([0.5, -0.2, 0.1, 0.9]), "intercept": 0.1}
CURVES = np.random.default_rng(0).uniform(size=(3, 20, 1)).astype(np.float32)
MODEL = lt.Stack(1, (4,))


def calls(traced, *platforms):
    """The custom calls of a traced program on each platform, where it has none of Python."""
    texts = [traced.lower(lowering_platforms=(each,)).as_text() for each in platforms or PLATFORMS]
    return [tuple(sorted({*CALL.findall(text)})) for text in texts]


def bits(key, _):
    """Fresh sequences, with one class per sequence after its length."""
    inputs, lengths = jax.random.normal(key, (6, 9, 2)), jnp.arange(4, 10)
    return lt.Examples(inputs, (inputs.sum(axis=(1, 2)) > 0).astype(jnp.float32)[:, None], lengths=lengths)


def weighed(key, _):
    inputs = jax.random.normal(key, (6, 9, 2))
    return lt.Examples(inputs, (inputs > 0).astype(jnp.float32), weights=jnp.ones((6, 9)))


def squared_states(_, states, numbers):
    return numbers["rate"] * sum(jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(states))


def absolute(outputs, targets):
    return jnp.abs(outputs - targets).mean(axis=-1)


def tasks():
    """Tasks by name, new ones, since what was lowered of a task is kept."""
    several = partial(lt.reproduce, "line", LINES, X)
    return {
        "sine": lt.reproduce("sine", SINE, X),
        "several": several(),
        "batches": several(batch=2),
        "classes": lt.Task(bits, ("a", "b"), ("low", "high"), sequence=False, fresh=True, loss="cross_entropy"),
        "bits": lt.Task(weighed, ("a", "b"), ("a", "b"), sequence=True, loss="binary_cross_entropy"),
        "function": lt.Task(weighed, ("a", "b"), ("a", "b"), sequence=True, loss=absolute),
    }


STOPPING = lt.EarlyStopping(goal=lt.Goal(rmse=0.02), records=2, best=True)
VALIDATED = lt.EarlyStopping(best=True, validation=lt.reproduce("sine", SINE, X))
PENALTY = {"penalty": squared_states, "numbers": {"rate": 0.1}}
OWN = optax.chain(optax.clip_by_global_norm(1.0), optax.inject_hyperparams(optax.adamw)(1e-3))

TRAININGS = {
    "LSTM with hard gates": ("sine", lt.Stack(1, (4,), gates="hard"), {"optimizer": "rmsprop_keras", "noise": 0.1}),
    "layers": ("sine", lt.Stack(1, (5, 4)), {"optimizer": "momentum"}),
    "GRU": ("sine", lt.Stack(1, (4,), "dense", cell="gru"), {"optimizer": "adam"}),
    "GRU with hard gates": ("sine", lt.Stack(1, (4,), "dense", cell="gru", gates="hard"), {"optimizer": "rmsprop"}),
    "vanilla": ("several", lt.Stack(1, (4,), "dense", cell="rnn"), {}),
    "cell of Flax": ("sine", lt.Stack(1, (4,), "dense", cell="flax.linen:GRUCell"), {}),
    "own cell": ("sine", lt.Stack(1, (4,), "dense", cell="maps:Linear"), {}),
    "own model": ("several", Noisy(), {}),
    "classes": ("classes", lt.Stack(2, (4,), "dense", sequence=False), {"seeds": 5_000}),
    "bits": ("bits", lt.Stack(2, (4,), "dense"), {}),
    "own loss": ("function", lt.Stack(2, (4,), "dense"), {}),
    "batches": ("batches", MODEL, {"seeds": 5_000}),
    "penalty": ("several", MODEL, PENALTY),
    "penalty and own cell": ("batches", lt.Stack(1, (4,), "dense", cell="flax.linen:GRUCell"), PENALTY),
    "early stopping": ("several", MODEL, {"early_stopping": STOPPING}),
    "validation": ("batches", MODEL, {"early_stopping": VALIDATED}),
    "own optimizer": ("sine", MODEL, {"optimizer": OWN}),
    "initial": ("sine", MODEL, {"initial": True}),
}
"""A task, a model and options of a training, by what differs from others."""

WITH_QR = ("cell of Flax", "penalty and own cell")
"""Trainings of cells that begin with Flax's orthogonal kernels."""

OFTEN = ("LSTM with hard gates", "GRU", "batches")


@pytest.mark.parametrize("name", [*OFTEN, *rarely(*(name for name in TRAININGS if name not in OFTEN))])
def test_a_training_calls_no_library_but_for_kernels_of_flax(name, monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")  # A TPU is treated alike.
    task, model, options = TRAININGS[name]
    task = tasks()[task]
    if "initial" in options:
        shapes = programs.parameter_shapes(task, model)
        options = {"initial": jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes)}
    with jax.numpy_dtype_promotion("standard"):  # Optax mixes types.
        specification, _ = specify(task, model, **{"seeds": 512, "steps": 1, "learning_rate": 0.1, **options})
        traced = [function.trace(*given) for function, given in programs.calls(specification, 512).values()]
    assert specification.block == blocks.MOST_FITTING
    assert programs.curves_at_once(task, model, options.get("penalty")) == (task.batch or programs.shown(task)[0])
    assert [calls(each) for each in traced] == [QR if name in WITH_QR else NOTHING, NOTHING]


class Program:
    """A compiled function that is only lowered: it notes its custom calls, and returns zeros."""

    def __init__(self, function, found):
        self.function, self.found = function, found

    def trace(self, *arguments):
        return self.function.trace(*arguments)

    def lower(self, *arguments):
        return self.function.lower(*arguments)

    def __call__(self, *arguments):
        traced = self.function.trace(*arguments)
        self.found.append(calls(traced))
        return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), traced.out_info)


@pytest.fixture(name="found")
def lowered(monkeypatch):
    """The custom calls of every program that is called meanwhile, which is not kept, as others would find it."""
    spread, every = blocks.spread, []
    monkeypatch.setattr(blocks, "spread", lambda *given, **options: Program(spread(*given, **options), every))
    kept = {answering: ["_program", "_separate_program"], states: ["_program", "_programs"], system: ["_program"]}
    for module, names in {**kept, interventions: ["_program"]}.items():
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name).__wrapped__)
    for module, name in ((answering, "_halves"), (models, "_varying"), (evidence, "_each")):
        monkeypatch.setattr(module, name, Program(getattr(module, name), every))
    return every


def networks(model, seeds=3, features=1):
    """Networks whose parameters are all zero, with the block that they would have on an accelerator."""
    shapes = jax.eval_shape(model.init, jax.random.key(0), jnp.zeros((1, 2, features)))["params"]
    params = jax.tree.map(lambda leaf: np.zeros((seeds, *leaf.shape), leaf.dtype), shapes)
    return dataclasses.replace(answering.resolved((model, params)), block=blocks.MOST_FITTING)


def begun(model):
    """States in which networks begin."""
    params = jax.tree.map(lambda leaf: leaf[0], networks(model).params)
    _, last = jax.eval_shape(partial(inside, model), params, jnp.zeros((1, 1, 1)))
    return jax.tree.map(lambda leaf: np.zeros((3, *leaf.shape[1:]), np.float32), last)


def visited(model):
    """States along two curves."""
    return jax.tree.map(lambda leaf: np.zeros((3, 2, 20, leaf.shape[-1])), begun(model))


def flow(model):
    """How networks forget, answer a sine, and are predicted by linearizations."""
    own, params = system.system_of(networks(model), 1), networks(model).params
    rests, levels = np.zeros((3, own.dimension)), np.array([0.2, 0.4])
    starts = rests[:, None].repeat(2, axis=1)
    linear.distances(own, params, CURVES, starts)
    linear.measured_response(own, params, rests, 0.3, 10.0, 0.01, 0.01)
    known = models.equilibria(own, params, levels, limits.limits(own, params, levels[:, None], starts))
    models.varying_linear(known, CURVES[..., 0])


def grids(model):
    grid = Grid("plane", "line", (Axis("slope", 0, 1, 4), Axis("intercept", 0, 1, 4)), ())
    job = GridMeasures(
        timesteps=20, task=tasks()["sine"], span=lt.Span(), families=lt.FAMILIES, grids=(grid,), goal=lt.Goal(rmse=0.1)
    )
    job.measure(3, Part("plane", slice(0, 3), networks(model)))


def measured(_):
    axes = ("curve", "time", "feature")
    variables = {"input": (axes, CURVES), "answer": (("seed", *axes), np.zeros((2, *CURVES.shape)))}
    lt.claims.per_curve(xr.Dataset(variables, {"time": X, "feature": ["y"]}), lt.measures.rmse)


def of_curves(function, *given, **options):
    return lambda model: function(networks(model), CURVES, *given, **options)


def of_states(function):
    return lambda model: function(networks(model), visited(model), np.zeros((2, 1)), starts=4)


def held(**options):
    return of_curves(lt.dynamics.intervene, "readout", [0], **options)


def gates(model):
    """Every gate that the cell has, held at a half."""
    layer = f"{model.cell}_0"
    for gate in {"lstm": lt.LSTM, "gru": lt.GRU, "rnn": lt.RNN}[model.cell].gate_places() or [None]:
        lt.dynamics.intervene(networks(model), CURVES, layer, [0], hold=0.5, gate=gate)


LENGTHS = np.array([20, 3, 7], np.int32)
RNGS = {"noise": jax.random.key(0)}


def once_per_curve(model):
    every, own = networks(model.clone(sequence=False)), CURVES[None].repeat(3, axis=0)
    lt.answers(every, CURVES, lengths=LENGTHS)
    answering.separate_answers(every, own, LENGTHS[None].repeat(3, axis=0))


READ = {
    "answers": of_curves(lt.answers),
    "answers from states": lambda model: lt.answers(networks(model), CURVES, initial=begun(model)),
    "answers with random numbers": of_curves(lt.answers, rngs=RNGS),
    "answers once per curve": once_per_curve,
    "answers to own draws": lambda model: answering.separate_answers(networks(model), CURVES[None].repeat(3, axis=0)),
    "states": of_curves(lt.states),
    "states from states": lambda model: lt.states(networks(model), CURVES, initial=begun(model)),
    "rollout": of_curves(lt.rollout, 300),
    "rollout with feedback": of_curves(lt.rollout, 2, lambda answers: 2 * answers, rngs=RNGS),
    "units": held(hold=0.0),
    "units for a while": held(start=2, stop=9),
    "gates": gates,
    "rest": of_states(lt.dynamics.rest),
    "slow points": of_states(lt.dynamics.slow_points),
    "an oscillation": of_curves(lt.dynamics.turn_mode, 1.2),
    "flow": flow,
    "grids": grids,
    "measures of claims": measured,
}
"""What is computed of trained networks, by name."""

SOLVES = ("rest", "slow points", "an oscillation", "flow")
"""Names of what solves linear systems, by Newton's method or that of Levenberg and Marquardt."""

KINDS = {
    "lstm": lt.Stack(1, (4,), gates="hard"),
    "gru": lt.Stack(1, (4,), cell="gru"),
    "rnn": lt.Stack(1, (4,), cell="rnn"),
}
SOME = ("answers", "rollout", "slow points", "grids")


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        *((name, "lstm") for name in SOME),
        *rarely(*((name, cell) for name in READ for cell in KINDS if name not in SOME or cell != "lstm")),
    ],
)
def test_what_reads_networks_calls_libraries_only_to_solve_linear_systems(name, cell, found):
    READ[name](KINDS[cell])
    expected = [NOTHING, LU] if name in SOLVES else [NOTHING]
    assert found
    assert all(each in expected for each in found)
    assert (LU in found) == (name in SOLVES)


@pytest.mark.usefixtures("found")
def test_general_eigenvalues_are_those_of_numpy_as_a_tpu_has_none(monkeypatch):
    asked, eigenvalues = [], np.linalg.eigvals
    monkeypatch.setattr(np.linalg, "eigvals", lambda values: asked.append(type(values)) or eigenvalues(values))
    READ["slow points"](MODEL)
    assert {*asked} == {np.ndarray}
    traced = jax.jit(jnp.linalg.eigvals).trace(jnp.eye(3))
    with pytest.raises(NotImplementedError, match="'eig' not found for platform tpu"):
        calls(traced, "tpu")


@pytest.mark.parametrize(
    ("reported", "size", "block"),
    [
        (None, 10**9 // 512, 512),
        (None, 10**9 // 512 + 1, 256),
        ({}, 10**12, 1),
        ({}, 1, 4_096),
        ({"bytes_limit": 80 * 10**9}, 5 * 10**9 // 512, 512),
    ],
)
def test_a_block_takes_a_share_of_the_memory_of_an_accelerator(reported, size, block, monkeypatch):
    monkeypatch.setattr(jax, "local_devices", lambda: [SimpleNamespace(memory_stats=lambda: reported)])
    assert blocks.fitting_block(size) == block


@pytest.mark.parametrize(
    "name", ["penalty", *rarely("layers", "GRU", "vanilla", "classes", "bits", "own model", "own cell", "batches")]
)
def test_the_bytes_of_a_member_are_about_those_of_the_compiled_program(name):
    """Compiled for a CPU, with all curves of a step at once."""
    task, model, options = TRAININGS[name]
    task, options = tasks()[task], {"steps": 1, "learning_rate": 0.1, "block": 16, **options, "seeds": 32}
    model = model if name == "own model" else model.clone(hidden=(32,))
    specification, _ = specify(task, model, **options)
    specification = dataclasses.replace(specification, procedure=specification.procedure._replace(curves_in_turn=False))
    function, given = programs.calls(specification, 32)["training program"]
    with jax.numpy_dtype_promotion("standard"):  # Optax mixes types.
        memory = function.lower(*given).compile().memory_analysis()
    found = (memory.temp_size_in_bytes + memory.argument_size_in_bytes) / 16
    assert 0.4 < found / programs.member_bytes(task, model, options.get("penalty")) < 2.5


def test_large_blocks_take_fewer_curves_at_a_time(monkeypatch):
    sizes = partial(answering._sizes, 512, 10_000, 20)
    expected = sizes(256)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert sizes(64)[1:] == expected[1:]
    assert sizes(256) == (expected[0], expected[1] // 4 // 8 * 8, expected[2])


@pytest.mark.parametrize(
    ("asked", "plugins", "set_"), [("", (), True), ("", ("libtpu",), False), ("cpu", ("libtpu",), True)]
)
def test_options_of_the_cpu_stay_off_elsewhere(asked, plugins, set_, monkeypatch):
    config = SimpleNamespace(values={"jax_platforms": asked, "jax_num_cpu_devices": 2}, update=lambda *_: None)
    monkeypatch.setattr(devices, "jax", SimpleNamespace(config=config))
    monkeypatch.setattr(devices.importlib.util, "find_spec", lambda name: name if name in plugins else None)
    monkeypatch.setattr(devices.os, "environ", {})
    devices.choose_code()
    assert (devices.BACKEND_OPTIONS in os.environ.get("XLA_FLAGS", "")) == set_

"""Arguments of public functions: what means the same gives the same, and what cannot be meant is refused in words."""

import dataclasses
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import flax.linen as nn
import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lstm_toys as lt
from conftest import HANG
from experiments.line import EXPERIMENT
from lstm_toys import arguments
from lstm_toys.networks.training import purpose_key, seed_key
from lstm_toys.populations import train
from lstm_toys.populations.specification import specify

X = lt.time_points(12)
LINE = {"slope": 0.5, "intercept": 0.25}
TASK = lt.reproduce("line", LINE, X)
MODEL = lt.Stack(features=1, hidden=(3,))
PARAMS = jax.tree.map(
    lambda leaf: np.zeros((2, *leaf.shape), np.float32), MODEL.init(jax.random.key(0), X[None, :, None])["params"]
)
OPTIONS = {"seeds": 2, "steps": 3, "learning_rate": 0.5}

pytestmark = pytest.mark.usefixtures("as_users_have_it")


def training(task=TASK, model=MODEL, **options):
    """Trains, if that is not refused."""
    return train.train(task, model, **{**OPTIONS, **options})


def specified(**options):
    """All that the numbers of a training depend on."""
    made, start = specify(TASK, MODEL, **{**OPTIONS, **options})
    start = jax.tree.map(lambda leaf: (leaf.dtype, leaf.tolist()), start)
    return start, made.base_seed, made.block, made.kept_steps, made.recorded.tolist(), made.frames.tolist()


SAME_WHOLE = (np.int8, np.uint16, np.int64, np.uint64, jnp.int32, lambda each: np.array(each, np.int32))
SAME_NUMBER = (np.float16, np.float32, np.float64, np.longdouble, jnp.float32, Fraction, lambda each: np.array(each))


@given(
    st.sampled_from(["seeds", "steps", "base_seed", "block", "frames"]),
    st.integers(1, 100),
    st.sampled_from(SAME_WHOLE),
)
@settings(max_examples=20)
def test_whole_numbers_of_any_type_are_the_same(name, value, kind):
    assert specified(**{name: kind(value)}) == specified(**{name: value})


@given(st.sampled_from(["learning_rate", "noise", "momentum"]), st.integers(1, 15), st.sampled_from(SAME_NUMBER))
@settings(max_examples=20)
def test_numbers_of_any_type_are_the_same(name, sixteenths, kind):
    value = sixteenths / 16  # Which every type holds exactly.
    options = {"optimizer": "adam", name: value}
    assert specified(**{**options, name: kind(value)}) == specified(**options)
    assert specified(**{**options, name: [value, value]}) == specified(**options)


@given(
    st.lists(st.sampled_from([np.nan, np.inf, -1.5, 1e300, "0.1", 1j, None, True, b"1", [], {}, object(), np.zeros(3)]))
)
@settings(max_examples=5)
def test_any_value_is_shown_on_one_line(some):
    others = (lambda: 0, arguments, lt.Stack, np.zeros((2, 3)), "a\nb" * 100, jnp.zeros(3), np.float32(1))
    for each in (some, *some, *others):
        assert len(arguments.brief(each)) < 250
        assert "\n" not in arguments.brief(each)


NO_WHOLE = (1.5, -1, 2**40, True, "3", np.float32(2), object())
NO_NUMBER = (np.nan, -0.5, 1e300, "0.1", True, [0.1] * 5, [[0.1, 0.1]], object())
REFUSED = [
    *(("seeds", value) for value in (*NO_WHOLE, None, [1.5], np.zeros((2, 2), int), 0, [], [0, 0], [0, -1], [0, 1, 0])),
    *(("steps", value) for value in (*NO_WHOLE, [], [3, 1.5])),
    *((name, value) for name in ("base_seed", "frames") for value in (1.5, -1, 2**40, "3")),
    *(("block", value) for value in (1.5, 0, 2**40, "3")),
    *(
        ("learning_rate", value)
        for value in (*NO_NUMBER, 0, 1e-60, None, 1j, np.complex64(1), np.datetime64("2020"), [0.1, -0.1])
    ),
    *((name, value) for name in ("momentum", "decay") for value in (np.nan, -0.5, "0.1", 1, 1 - 1e-12, [0.5, 1.0])),
    *(("noise", value) for value in (np.nan, -0.5, 1e300, "0.1", [0.1, -0.1])),
    *(("optimizer", value) for value in ("lion", None, lt.train)),
    *(("on_divergence", value) for value in ("end", None)),
    *((name, "local:4") for name in ("monitor", "stop", "checkpoints", "executor")),
    ("progress", "no"),
    *(("learning_rate", each) for each in (jnp.atleast_1d, lambda step: 0.1 if step < 3 else 0.01, lambda _: "0.1")),
    ("numbers", {"amplitude": 0.3}),
    ("numbers", [0.3]),
    *(
        ("curves", value)
        for value in ([3], {2: np.zeros((1, 12, 1))}, {3: np.zeros((12, 1))}, {3: np.zeros((1, 12, 2))})
    ),
    *(("task", value) for value in (None, "sine", TASK.examples)),
    *(("model", value) for value in (None, lt.Stack, "lstm")),
]


@pytest.mark.parametrize(
    ("name", "value"), REFUSED, ids=lambda value: re.sub(" at 0x\\w+", "", arguments.brief(value))[:40]
)
def test_what_a_training_cannot_mean_is_refused_before_it_begins(name, value):
    options = {"optimizer": "adam"} if name in ("momentum", "decay") else {}
    said = {"optimizer": "unknown optimizer"}
    with pytest.raises(ValueError, match=said.get(name, name)) as raised:
        training(**{**options, name: value})
    assert "\n" not in str(raised.value)


def test_momentum_is_of_optimizers_that_have_it():
    with pytest.raises(ValueError, match=r"^momentum must be None, since sgd has no momentum, not 0\.9$"):
        training(momentum=0.9)
    with pytest.raises(ValueError, match=r"^decay must be None, since momentum has no decay, not 0\.9$"):
        training(optimizer="momentum", decay=0.9)


def test_a_seed_may_be_there_twice_under_two_settings_only():
    assert specified(seeds=[1, 1], learning_rate=[0.1, 0.2])[0].seed[1] == [1, 1]
    with pytest.raises(
        ValueError, match=r"^seeds must be different under the same hyper-parameters, and 1 is there twice"
    ):
        training(seeds=[0, 1, 1], learning_rate=[0.1, 0.2, 0.2])


CURVES = np.arange(24).reshape(2, 12, 1) % 2
KINDS = (
    *(np.float16, np.float32, np.float64, np.longdouble, np.int8, np.uint64, bool, np.bool_, ml_dtypes.bfloat16),
    *(jnp.float16, jnp.bfloat16, jnp.int32, jnp.uint8, jnp.bool_, list),
)


def made(task):
    examples = task.made(jax.random.key(0), {})[:2]  # Without lengths and weights, which none of these have.
    assert {leaf.dtype for leaf in examples} == {np.dtype(np.float32)}
    return [np.asarray(leaf) for leaf in examples]


TAKING = {
    "reproduce_curves": lambda curves: made(lt.reproduce_curves(curves, ("y",))),
    "predict_next": lambda curves: made(lt.predict_next(curves, ("y",))),
    "Task": lambda curves: made(lt.Task(lambda *_: (curves, curves), ("y",), ("y",), sequence=True)),
    "show": lambda curves: [
        np.asarray(lt.show(curves[..., 0] if hasattr(curves, "shape") else CURVES[..., 0], X, ("x", "y")))
    ],
    "Probe": lambda curves: [lt.Probe("some", curves, {}).inputs],
    "answers": lambda curves: [lt.answers(MODEL, PARAMS, curves)],
    "states": lambda curves: [lt.states(MODEL, PARAMS, curves)["readout"]["hidden"]],
}


@pytest.mark.parametrize("function", TAKING)
def test_curves_of_any_type_of_numbers_are_the_same(function):
    expected = TAKING[function](CURVES.astype(np.float32))
    for kind in KINDS:
        curves = (
            CURVES.tolist()
            if kind is list
            else jnp.asarray(CURVES, kind)
            if "jax" in str(kind)
            else CURVES.astype(kind)
        )
        for found, right in zip(TAKING[function](curves), expected, strict=True):
            np.testing.assert_array_equal(found, right)


def spoiled(value):
    curves = np.ones((2, 12, 1))
    curves[1, 3, 0] = value
    return curves


NO_CURVES = {
    "NaN": spoiled(np.nan),
    "infinite": spoiled(-np.inf),
    "too large": spoiled(1e300),
    "complex": CURVES + 0j,
    "text": CURVES.astype(str),
    "objects": CURVES.astype(object),
    "dates": np.array(["2020"] * 12, "datetime64[D]").reshape(1, 12, 1),
    "masked": np.ma.masked_equal(CURVES, 1),
    "ragged": [[[1.0], [2.0]], [[1.0]]],
    "1-D": np.ones(12),
    "2-D": np.ones((2, 12)),
    "4-D": np.ones((1, 2, 12, 1)),
    "no time": np.ones((2, 0, 1)),
    "nothing": None,
    "a number": 0.3,
    "a word": "sine",
    "a dictionary": {"y": CURVES},
    "keys": jax.random.split(jax.random.key(0), 3),
}


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        *(("answers", kind) for kind in NO_CURVES),
        *(
            (name, kind)
            for name in TAKING
            if name not in ("answers", "show")
            for kind in ("NaN", "text", "2-D", "nothing")
        ),
    ],
)
def test_what_is_no_curves_is_refused_and_named(function, kind):
    with pytest.raises(
        ValueError, match=r"^(curves|inputs|inputs of examples) must be finite numbers of shape \[C, T, "
    ) as e:
        TAKING[function](NO_CURVES[kind])
    assert "\n" not in str(e.value)
    assert not kind.startswith(("NaN", "inf", "too")) or re.search(
        r"not (nan|-inf|1e\+300) at \[1, 3, 0\]$", str(e.value)
    )


Y = ("y",)
SLOPES = {**LINE, "slope": np.array([0.1, 0.2])}
COMPLEX = np.complex64(1 + 1j)
BITS = dataclasses.replace(TASK, loss="binary_cross_entropy")
SINGULAR = {
    "x of one axis": lambda: lt.show(np.ones((1, 12)), X[:, None], Y),
    "curves of as many y as x": lambda: lt.show(np.ones((1, 12)), X[:5], Y),
    "x that is not NaN": lambda: lt.reproduce("line", LINE, X * np.nan),
    "features, one text": lambda: lt.reproduce("line", LINE, X, "y"),
    "features that are there": lambda: lt.reproduce("line", LINE, X, ("y", "z")),
    "features of the curves": lambda: lt.reproduce_curves(np.ones((1, 12, 1)), ("x", "y")),
    "features of the curves, once": lambda: lt.reproduce_curves(np.ones((1, 12, 2)), ("y", "y")),
    "names, not numbers": lambda: lt.reproduce_curves(np.ones((1, 12, 1)), (1,)),
    "a batch of half a curve": lambda: lt.reproduce("line", LINE, X, batch=0.5),
    "a batch of none": lambda: lt.reproduce("line", LINE, X, batch=0),
    "slope that is a number": lambda: lt.reproduce("line", {**LINE, "slope": np.nan}, X),
    "slope of one axis": lambda: lt.reproduce("line", {**LINE, "slope": np.ones((2, 2))}, X),
    "slope, not two": lambda: lt.reproduce("line", {**LINE, "slope": (0.0, 1.0)}, X),
    "slope, not a list of words": lambda: lt.reproduce("line", {**LINE, "slope": ["a", "b"]}, X),
    "parameters by name": lambda: lt.reproduce("line", [0.5, 0.2], X),
    "parameters alike long": lambda: lt.probe("p", "line", {"slope": np.ones(2), "intercept": np.ones(3)}, X),
    "family of the library": lambda: lt.reproduce("lines", LINE, X),
    "output_features that the family has": lambda: lt.read_off("line", SLOPES, ("phase",), X),
    "count of curves": lambda: lt.read_off_drawn("line", 0, {}, ("slope",), X),
    "slope from low to high": lambda: lt.read_off_drawn("line", 5, {"slope": (1.0, 0.0)}, ("slope",), X),
    "slope, two ends": lambda: lt.read_off_drawn("line", 5, {"slope": 1.0}, ("slope",), X),
    "count": lambda: lt.time_points(12.0),
    "span": lambda: lt.time_points(12, (0, 1)),
    "start": lambda: lt.Span("0", 1),
    "stop": lambda: lt.Span(0, np.nan),
    "low": lambda: lt.Parameter("decay", None, 1.0),
    "high": lambda: lt.Parameter("decay", 0.0, np.inf),
    "count of an axis": lambda: lt.Axis("slope", 0, 1, 2.5),
    "an axis": lambda: lt.Plane("line", ("slope", 3)),
    "function of its parameters": lambda: lt.Family(lambda x: x, (lt.Parameter("bend", 0, 1),)),
    "parameters, a tuple": lambda: lt.Family(jnp.multiply, lt.Parameter("bend", 0, 1)),
    "the names of parameters": lambda: lt.Family(lambda x, a: a * x, (lt.Parameter("a", 0, 1),) * 2),
    "function of the family": lambda: lt.Family(lambda x: x.mean(), ()).curves(X, {}),
    "hidden": lambda: lt.Stack(features=1, hidden=32),
    "hidden[0]": lambda: lt.Stack(features=1, hidden=(0,)),
    "features, whole": lambda: lt.Stack(features=1.5),
    "sequence": lambda: lt.Stack(features=1, sequence="no"),
    "units": lambda: lt.LSTM(units=-1),
    "gates": lambda: lt.LSTM(units=1, gates="harder"),
    "cell": lambda: lt.Stack(features=1, cell=lt.LSTM),
    "inputs": lambda: jax.jit(lambda curves: lt.answers(MODEL, PARAMS, curves))(CURVES),
    "learning_rate": lambda: jax.jit(lambda rate: training(learning_rate=rate) and rate)(0.1),
    "params of the model": lambda: lt.answers(MODEL, {}, CURVES),
    "params of many": lambda: lt.answers(MODEL, jax.tree.map(lambda leaf: leaf[0], PARAMS), CURVES),
    "params of as many": lambda: lt.answers(
        MODEL, {**PARAMS, "readout": jax.tree.map(lambda a: a[:1], PARAMS["readout"])}, CURVES
    ),
    "model": lambda: lt.answers(PARAMS, MODEL, CURVES),
    "block": lambda: lt.answers(MODEL, PARAMS, CURVES, block=0),
    "block of states": lambda: lt.states(MODEL, PARAMS, CURVES, block=1.5),
    "name": lambda: lt.Probe("", CURVES, {}),
    "slope for each curve": lambda: lt.Probe("p", CURVES, {"slope": np.ones(3)}),
    "targets for each curve": lambda: lt.Probe("p", CURVES, {}, targets=np.ones((3, 1))),
    "names for each curve": lambda: lt.Probe("p", CURVES, {}, names=("a",)),
    "cache": lambda: lt.configure(cache="no"),
    "block of a fingerprint": lambda: lt.fingerprint(block=1.5),
    "successes": lambda: lt.wilson(17, 16),
    "trials": lambda: lt.wilson(1, 2.5),
    "confidence": lambda: lt.median_bootstrap(np.arange(5.0), confidence=95),
    "values of one axis": lambda: lt.median_quartiles(np.ones((2, 2))),
    "values": lambda: lt.band(0.5),
    "answer of one axis": lambda: lt.measures.rmse(np.ones((2, 12)), np.ones(12), np.asarray(X)),
    "shown as long as x": lambda: lt.measures.affine(np.ones(12), np.ones(1), np.asarray(X)),
    "curve": lambda: lt.measures.frequency(np.ones(11), np.asarray(X)),
    "values of so many features": lambda: lt.Scaling.fitted(CURVES).applied(np.ones((2, 12, 2))),
    "values to fit": lambda: lt.Scaling.fitted(spoiled(np.nan)),
    "inputs, not divided by 0": lambda: lt.Scaling(((0.0, 0.0),), ((0.0, 1.0),)),
    "params by layer": lambda: lt.save_parameters(np.ones(3), "parameters.npz"),
    "results": lambda: lt.save_results({"answer": np.ones(3)}, "results.nc"),
    "drawing": lambda: lt.figures.save("a figure", "figure.png"),
    "every": lambda: lt.Checkpoints("folder", every=-1.0),
    "experiment": lambda: lt.curves_of("sine"),
    "frames": lambda: dataclasses.replace(EXPERIMENT, frames=-1),
    "span of an experiment": lambda: dataclasses.replace(EXPERIMENT, span=(0, 1)),
    "task": lambda: dataclasses.replace(EXPERIMENT, task=TASK),
    "slope of an experiment": lambda: dataclasses.replace(EXPERIMENT, numbers={"slope": "steep"}),
    "numbers": lambda: lt.curves_of(EXPERIMENT, numbers={"bend": 1.0}),
    "slope that is real": lambda: lt.reproduce("line", {**LINE, "slope": COMPLEX}, X),
    "slope of curves that is real": lambda: lt.FAMILIES["line"].curves(X, {**LINE, "slope": COMPLEX}),
    "slope from real ends": lambda: lt.FAMILIES["line"].draw(jax.random.key(0), 3, {"slope": (COMPLEX, 1.0)}),
    "stop that is real": lambda: lt.Span(0, COMPLEX),
    "high that is real": lambda: lt.Parameter("decay", 0.0, COMPLEX),
    "confidence that is real": lambda: lt.median_bootstrap(np.arange(5.0), confidence=COMPLEX),
    "answer that is real": lambda: lt.measures.rmse(np.ones(12) * COMPLEX, np.ones(12), np.asarray(X)),
    "x that is real": lambda: lt.measures.valley(np.ones(12), np.asarray(X) * COMPLEX),
    "logits that are real": lambda: lt.probabilities(BITS, np.ones((2, 1)) * COMPLEX),
    **{
        f"params, lstm_0/bias, of {kind} in {name}": lambda call=call, change=change: call(
            {**PARAMS, "lstm_0": {**PARAMS["lstm_0"], "bias": change(PARAMS["lstm_0"]["bias"])}}
        )
        for name, call in {
            "answers": lambda params: lt.answers(MODEL, params, CURVES),
            "states": lambda params: lt.states(MODEL, params, CURVES),
            "rollout": lambda params: lt.rollout(MODEL, params, CURVES, 3),
            "intervene": lambda params: lt.intervene(MODEL, params, CURVES, "lstm_0", [0]),
        }.items()
        for kind, change in {"complex": lambda leaf: leaf * COMPLEX, "text": lambda leaf: leaf.astype(str)}.items()
    },
}


class Unhashable:
    """A function of anything that cannot be hashed."""

    __hash__ = None

    def __call__(self, *given):
        return given[0]


class Holding(nn.Module):
    """A model with an array as an attribute."""

    weights: object

    def __call__(self, inputs):
        return inputs * self.weights


def losing(loss, model=MODEL):
    return training(dataclasses.replace(TASK, loss=loss), model)


class Imaginary(nn.Module):
    """A model that answers complex numbers."""

    @nn.compact
    def __call__(self, inputs):
        return nn.Dense(1)(inputs).astype(complex)


def rolled(feedback, start=CURVES):
    return lt.rollout(MODEL, PARAMS, start, 2, feedback)


def state(**options):
    return lt.states(MODEL, PARAMS, CURVES, **options)


def tuned(**grid):
    return lt.tune(
        TASK, MODEL, grid, seeds=1, steps=1, base_seed=0, **{} if "learning_rate" in grid else {"learning_rate": 0.1}
    )


def intervened(layer="lstm_0", units=(0,), gate=None, curves=CURVES):
    return lt.intervene(MODEL, PARAMS, curves, layer, units, gate=gate)


EXAMPLES = lt.Examples(CURVES, CURVES)
WORDS = jax.tree.map(lambda leaf: leaf.astype(str), PARAMS)
ANSWERED = lt.Results(
    {
        "input": (("curve", "time", "feature"), np.ones((2, 12, 1))),
        "answer": (("seed", "curve", "time", "feature"), np.ones((1, 2, 12, 1))),
    },
    {"time": np.asarray(X), "feature": ["y"]},
)
LOGITS = lt.Task(lambda *_: EXAMPLES, ("y",), ("a", "b"), sequence=True, loss="cross_entropy")
AT_LENGTH = lt.Task(lambda *_: EXAMPLES, ("y",), ("y",), sequence=True, at_length=lambda *_: EXAMPLES)
TOLD = {
    "id": "one",
    "quote": "",
    "statistic": "",
    "number": lambda *_: [],
    "sources": (lt.Source("line", "x"),),
    "high": 1,
}


def populated():
    return lt.Population(TASK, MODEL, {0: None}, np.zeros(1), *[None] * 4, 1, {}, 0)


# What ended in an error of Python, NumPy or JAX, or in one that named no argument.
SINGULAR |= {
    "feedback, a function": lambda: rolled(3),
    "feedback of answers": lambda: rolled(lambda: None),
    "feedback that can be hashed": lambda: rolled(Unhashable()),
    "feedback returns inputs": lambda: rolled(lambda _: None),
    "feedback returns numbers": lambda: rolled(lambda _: "inputs"),
    "feedback of as many inputs": lambda: rolled(lambda answers: answers[:1]),
    "start that is known": lambda: jax.jit(lambda curves: rolled(None, curves).answers)(CURVES),
    "model of a rollout": lambda: lt.rollout(MODEL.init, PARAMS, CURVES, 2),
    "model that can be hashed": lambda: lt.answers(Holding(np.ones(1)), PARAMS, CURVES),
    "model of a training that can be hashed": lambda: training(model=Holding(np.ones(1))),
    "initial states by layer": lambda: state(initial=[np.ones(3)]),
    "initial states by name": lambda: state(initial={"lstm_0": np.ones(3)}),
    "initial states, numbers": lambda: state(initial={"lstm_0": {"hidden": "zero"}}),
    "initial states of the shapes of the layers": lambda: state(initial={"lstm_0": {"hidden": np.ones((2, 2, 3))}}),
    "every point of so many": lambda: state(every=13),
    "inputs of known states": lambda: jax.jit(lambda curves: lt.states(MODEL, PARAMS, curves))(CURVES),
    "params of numbers": lambda: lt.answers(MODEL, WORDS, CURVES),
    "params of numbers for states": lambda: lt.states(MODEL, WORDS, CURVES),
    "params of real numbers": lambda: lt.answers(MODEL, jax.tree.map(lambda leaf: leaf + 1j, PARAMS), CURVES),
    "params that are known": lambda: jax.jit(lambda params: lt.answers(MODEL, params, CURVES))(PARAMS),
    "layer, a word": lambda: intervened(["lstm_0"]),
    "units of as many columns": lambda: intervened(units=[[0, 1], [0]]),
    "gate, a word": lambda: intervened(gate=np.ones(3)),
    "curves of a known intervention": lambda: jax.jit(lambda curves: intervened(curves=curves))(CURVES),
    "grid['learning_rate'] of several": lambda: tuned(learning_rate=0.1),
    "grid['learning_rate'] that can be read again": lambda: tuned(learning_rate=(each for each in [0.1])),
    "grid['noise'] of at least one": lambda: tuned(noise=[]),
    "grid['optimizer'], several names": lambda: tuned(optimizer="sgd"),
    "steps, a flat list": lambda: training(steps=[[1, 2], [3]]),
    "loss of two": lambda: losing(lambda *_, weights: weights),
    "loss of real numbers": lambda: losing(lambda outputs, targets: (outputs - targets)[..., 0].astype(complex)),
    "loss that returns something": lambda: losing(lambda *_: None),
    "answers of real numbers": lambda: losing("mse", Imaginary()),
    "examples of a key and numbers": lambda: lt.Task(lambda _: EXAMPLES, Y, Y, sequence=True),
    "at_length of three": lambda: lt.Task(lambda *_: EXAMPLES, Y, Y, sequence=True, at_length=lambda _: EXAMPLES),
    "validation of a key and numbers": lambda: lt.Task(
        lambda *_: EXAMPLES, Y, Y, sequence=True, fresh=True, validation=lambda: EXAMPLES
    ),
    "trained on a family": lambda: lt.Task(lambda *_: EXAMPLES, Y, Y, sequence=True, trained="line"),
    "monitor of three": lambda: training(monitor=lambda: None),
    "stop of nothing": lambda: training(stop=lambda _: True),
    "stop returns one": lambda: training(stop=lambda: np.array([True, False])),
    "tell of a line": lambda: lt.Checkpoints("folder", every=1.0, tell=3),
    "folder of checkpoints": lambda: lt.Checkpoints(None, every=1.0),
    "every, one number": lambda: lt.Checkpoints("folder", every=np.ones(3)),
    "population": lambda: lt.save(PARAMS, "saved"),
    "scaling, not a factor": lambda: lt.save(populated(), "saved", scaling=3.0),
    "results to save": lambda: lt.save(populated(), "saved", results={}),
    "folder to save to": lambda: lt.save(populated(), 3),
    "folder to load": lambda: lt.load(None),
    "trust in modules": lambda: lt.load("saved", trust=3),
    "path to read": lambda: lt.load_results(3),
    "path of parameters": lambda: lt.load_parameters(None),
    "path to write": lambda: lt.save_parameters(PARAMS, ""),
    "path of results": lambda: lt.save_results(ANSWERED, None),
    "variables to read": lambda: lt.load_results("results.nc", variables=3),
    "without some": lambda: lt.load_results("results.nc", without=3),
    "path of curves": lambda: lt.read_curves(None),
    "largest of numbers": lambda: lt.read_curves("curves.csv", largest="1"),
    "least of numbers": lambda: lt.read_curves("curves.csv", least=None),
    "path, not a descriptor": lambda: lt.read_curves(True),
    "examples of a probe": lambda: lt.Probe.of("p", 3),
    "inputs of examples of a probe": lambda: lt.Probe.of("p", lt.Examples("inputs", "targets")),
    "targets of examples of a probe": lambda: lt.Probe.of("p", lt.Examples(CURVES, "targets")),
    "parameters of a probe": lambda: lt.Probe.of("p", EXAMPLES, [1, 2]),
    "slope of a probe": lambda: lt.Probe.of("p", EXAMPLES, {"slope": "steep"}),
    "names of a probe": lambda: lt.Probe("p", CURVES, {}, names=3),
    "declared by a probe": lambda: lt.Probe("p", CURVES, {}, declared=(3,)),
    "targets of a probe": lambda: lt.Probe("p", CURVES, {}, targets=[[1.0, 2.0], [3.0]]),
    "task of a probe": lambda: lt.probe_at("p", EXAMPLES, 5),
    "numbers of a probe": lambda: lt.probe_at("p", AT_LENGTH, 5, [3]),
    "slope of numbers of a probe": lambda: lt.probe_at("p", AT_LENGTH, 5, {"slope": "steep"}),
    "key": lambda: lt.FAMILIES["line"].draw(3, 5),
    "ranges by parameter": lambda: lt.FAMILIES["line"].draw(jax.random.key(0), 5, [3]),
    "family of a plane": lambda: lt.Plane("lines", ("slope", "intercept")),
    "axes on one line": lambda: lt.Plane("line", np.ones((3, 3))),
    "rmse of a goal": lambda: lt.Goal(rmse=np.ones((3, 3))),
    "readout, a word": lambda: lt.Stack(1, readout=np.ones(3)),
    "gates, a word": lambda: lt.LSTM(1, gates=np.ones(3)),
    "values of real numbers": lambda: lt.Scaling.fitted(CURVES).applied([[None]]),
    "names of a scaling": lambda: lt.Scaling(((0.0, 1.0),), ((0.0, 1.0),), names=3),
    "task of probabilities": lambda: lt.probabilities("cross_entropy", np.ones(2)),
    "logits": lambda: lt.probabilities(LOGITS, "logits"),
    "logits of so many classes": lambda: lt.probabilities(LOGITS, np.ones((3, 4))),
    "curves, labeled": lambda: lt.right(CURVES),
    "curves, labeled, or several": lambda: lt.accepted(CURVES, "n"),
    "curves, at least one": lambda: lt.accepted([], "n"),
    "by a parameter": lambda: lt.accepted(ANSWERED, ["n"]),
    "results of a probe": lambda: lt.probed(CURVES, "line"),
    "name of what was probed": lambda: lt.probed(ANSWERED, ["line"]),
    "curves to measure": lambda: lt.per_curve(CURVES, lt.measures.rmse),
    "curves of sequences": lambda: lt.per_curve(ANSWERED.isel(time=0), lt.measures.rmse),
    "measure of three": lambda: lt.per_curve(ANSWERED, lambda answer: answer),
    "measure that can be hashed": lambda: lt.per_curve(ANSWERED, Unhashable()),
    "measure returns a number": lambda: lt.per_curve(ANSWERED, lambda *_: None),
    "measure returns one number": lambda: lt.per_curve(ANSWERED, lambda answer, *_: answer),
    "feature of the curves": lambda: lt.per_curve(ANSWERED, lt.measures.rmse, "z"),
    "answer, an array": lambda: lt.measures.rmse([0.0] * 12, X, X),
    "answer of numbers": lambda: lt.measures.rmse(np.array(["0"] * 12), X, X),
    "before a number": lambda: lt.measures.turns(X, X, "the end"),
    "function of two": lambda: lt.Measure("worst", lambda answer: answer, "largest error"),
    "draw of two": lambda: dataclasses.replace(EXPERIMENT, draw=lambda _: {}),
    "goal of an experiment": lambda: dataclasses.replace(EXPERIMENT, goal=0.03),
    "measures of an experiment": lambda: dataclasses.replace(EXPERIMENT, measures=3),
    "scaling of an experiment": lambda: dataclasses.replace(EXPERIMENT, scaling=3.0),
    "timesteps": lambda: lt.curves_of(EXPERIMENT, timesteps=[12]),
    "numbers by name": lambda: lt.curves_of(EXPERIMENT, numbers=3),
    "answers to label": lambda: lt.labeled(EXPERIMENT, [[1.0], [2.0, 3.0]]),
    "change of two": lambda: lt.Variant(lambda settings: settings),
    "networks, a word": lambda: lt.Variant(lambda _, settings: settings, networks=np.ones(3)),
    "number of all sources": lambda: lt.Claim(**{**TOLD, "number": populated}),
    "id of a claim": lambda: lt.Claim(**{**TOLD, "id": np.ones((3, 3))}),
    "quote on one line": lambda: lt.Claim(**{**TOLD, "quote": np.ones((3, 3))}),
    "what a baseline is": lambda: lt.Baseline(3, TOLD["number"], TOLD["sources"]),
}


@pytest.mark.parametrize("case", SINGULAR)
def test_what_cannot_be_meant_is_refused_in_a_sentence_that_names_it(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=re.escape(case.split()[0].strip(","))) as raised:
        SINGULAR[case]()
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


def first(curves):
    return curves.answer.values[:, 0, 0, 0]


SOURCES = (lt.Source("line", "steeper"),)
CLAIM = lt.Claim("steep", "Lines are answered", "first answer", first, SOURCES, low=0.0)
CLAIMS = lt.Claims("lines", (CLAIM,), {"line": (EXPERIMENT, [])})
WRITTEN = {
    **{name: lambda each, name=name: dataclasses.replace(EXPERIMENT, **{name: each}) for name in ("name", "doc")},
    **{name: lambda each, name=name: dataclasses.replace(CLAIM, **{name: each}) for name in ("quote", "statistic")},
    **{name: lambda each, name=name: dataclasses.replace(CLAIMS, **{name: each}) for name in ("title", "about")},
    "variants": lambda each: dataclasses.replace(CLAIMS, variants={each: lambda _, settings: settings}),
    "controls": lambda each: dataclasses.replace(CLAIMS, controls={each: lambda _, settings: settings}),
    "aspects": lambda each: dataclasses.replace(CLAIMS, aspects={each: ()}),
    "populations": lambda each: dataclasses.replace(CLAIMS, populations={each: (EXPERIMENT, [])}),
    "baseline": lambda each: lt.Baseline(each, first, SOURCES),
    "label": lambda each: lt.Measure("worst", jnp.max, each),
    "unit of a measure": lambda each: dataclasses.replace(
        EXPERIMENT, measures=(lt.Measure("worst", jnp.max, "largest", each),)
    ),
    "symbol": lambda each: lt.Parameter("bend", 0.0, 1.0, each),
    "unit of a parameter": lambda each: lt.Parameter("bend", 0.0, 1.0, unit=each),
    "name of a span": lambda each: lt.Span(0, 1, name=each),
    "unit of a span": lambda each: lt.Span(0, 1, unit=each),
    "name of a probe": lambda each: lt.Probe(each, np.ones((1, 12, 1)), {}),
    "names of curves": lambda each: lt.Probe("mine", np.ones((1, 12, 1)), {}, names=(each,)),
    "parameters": lambda each: lt.Probe("mine", np.ones((1, 12, 1)), {each: np.ones(1)}),
    "features": lambda each: lt.reproduce_curves(np.ones((1, 12, 1)), (each,)),
    "output_features": lambda each: lt.Task(TASK.examples, ("y",), (each,), sequence=True),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_text_that_no_file_can_contain_is_refused_where_it_is_declared(case):
    for text in ("half a pair: \ud83d", "\0"):
        with pytest.raises(ValueError, match=rf"{case.split()[0]}.* must be text without NUL characters and lone") as e:
            WRITTEN[case](text)
        str(e.value).encode()


def test_what_was_given_may_be_changed_afterwards():
    x, slopes, line, curves = np.linspace(0, 1, 12), np.array([0.1, 0.2]), {"intercept": 0.25}, np.ones((2, 12, 1))
    given = {**line, "slope": slopes}
    tasks = [lt.reproduce("line", given, x), lt.read_off("line", given, ("slope",), x), lt.reproduce_curves(curves, Y)]
    probe, before = lt.Probe("p", curves, {}), [made(task)[0] for task in tasks]
    for changed in (x, slopes, curves):
        changed[:] = 9
    given["intercept"] = 9
    for task, inputs in zip(tasks, before, strict=True):
        np.testing.assert_array_equal(made(task)[0], inputs)
    assert probe.inputs.max() == 1
    assert tasks[0].trained.ranges({})["slope"] == (0.1, 0.2)


def test_curves_that_jax_traces_pass():
    def answered(curves, slope):
        lines = lt.FAMILIES["line"].curves(X, {"slope": slope, "intercept": 0})
        return lt.show(curves + lines, X, ("x", "y")), lt.measures.rmse(curves[0], lines[0], X)

    curves, slope = jnp.ones((1, 12)), jnp.float32(0.5)
    expected = answered(curves, slope)
    mapped = jax.tree.map(lambda leaf: leaf[0], jax.vmap(answered)(curves[None], slope[None]))
    for found in (jax.jit(answered)(curves, slope), mapped):
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), found, expected)


@pytest.mark.long
def test_a_training_set_that_only_its_seed_spoils_is_refused_and_its_seed_named():
    def examples(key, _):
        curves = jnp.ones((1, 12, 1)) / jnp.where(jax.random.key_data(key)[0] == spoiled, 0.0, 1.0)
        return lt.Examples(curves, curves)

    spoiled = jax.random.key_data(purpose_key(seed_key(np.uint32(0), np.uint32(7)), "examples"))[0]
    task = lt.Task(examples, ("y",), ("y",), sequence=True)
    with pytest.raises(ValueError, match=r"^the loss of the untrained network of seed 7 is not a finite number: "):
        lt.train(task, MODEL, seeds=[3, 7], steps=1, learning_rate=0.1)


DRAWN = {
    "lengths of examples must be at most 12": {"lengths": jnp.array([12.0, 13.0])},
    "lengths of examples must be at least 1": {"lengths": jnp.array([0.0, 12.0])},
    "lengths of examples must be whole numbers": {"lengths": jnp.array([1.5, 12.0])},
    "weights of examples must be at least 0": {"weights": jnp.array([1.0, -1.0])},
    "weights of examples must be above 0 somewhere": {"weights": jnp.zeros(2)},
    "targets of examples must be at most 1": {"targets": jnp.full((2, 12, 1), 2.0)},
    "inputs of examples must be finite numbers": {"inputs": jnp.full((2, 12, 1), jnp.nan)},
}


@pytest.mark.parametrize("said", DRAWN)
@pytest.mark.parametrize("options", [{}, {"fresh": True}, {"fresh": True, "validation": lt.Examples(CURVES, CURVES)}])
def test_the_values_of_drawn_examples_are_checked_before_they_are_compiled(said, options):
    def examples(key, numbers):
        bits = jax.random.bernoulli(key, 0.5, (2, 12, 1)).astype(jnp.float32)
        change = {name: each * numbers["one"] for name, each in DRAWN[said].items()}
        return lt.Examples(bits, bits)._replace(**change)

    task = lt.Task(examples, ("y",), ("y",), sequence=True, loss="binary_cross_entropy", numbers=("one",), **options)
    with pytest.raises(ValueError, match=f"^{said}"):
        specify(task, MODEL, **OPTIONS, numbers={"one": 1.0})


FORKED = """
import os, sys, warnings
import numpy as np
import lstm_toys as lt
warnings.simplefilter("ignore")
x = lt.time_points(12)
line = {"slope": 0.5, "intercept": 0.25}
task, model, curves = lt.reproduce("line", line, x), lt.Stack(features=1), np.ones((1, 12, 1))
calls = {
    "time_points": lambda: lt.time_points(12),
    "show": lambda: lt.show(np.ones((1, 12)), x, ("y",)),
    "probe": lambda: lt.probe("some", "line", line, x),
    "draw": lambda: lt.FAMILIES["line"].draw(None, 3),
    "reproduce": lambda: lt.reproduce("line", line, x),
    "reproduce_curves": lambda: lt.reproduce_curves(curves, ("y",)),
    "predict_next": lambda: lt.predict_next(curves, ("y",)),
    "read_off": lambda: lt.read_off("line", line, ("slope",), x),
    "train": lambda: lt.train(task, model, seeds=1, steps=1, learning_rate=0.1),
    "answers": lambda: lt.answers(model, {}, curves),
    "states": lambda: lt.states(model, {}, curves),
    "rmse": lambda: lt.measures.rmse(x, x, x),
    "to_torch": lambda: lt.to_torch(model, {}),
    "fingerprint": lambda: lt.fingerprint(block=1),
    "configure": lambda: lt.configure(),
}
if child := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
for name, call in calls.items():
    try:
        call()
    except RuntimeError as error:
        assert "forked after JAX had started" in str(error), (name, error)
    else:
        print(name, "did not raise")
lt.band(np.arange(3.0))  # Needs no JAX.
sys.stdout.flush()
os._exit(0)
"""


def test_a_process_forked_after_jax_began_is_told_so_and_does_not_hang():
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", FORKED], cwd=root, capture_output=True, text=True, timeout=HANG)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


BEFORE = """
import os, sys
import lstm_toys as lt
if child := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os._exit(lt.time_points(12).shape != (12,))
"""


def test_a_process_forked_before_jax_began_works():
    root = Path(__file__).parent.parent
    assert subprocess.run([sys.executable, "-c", BEFORE], cwd=root, timeout=HANG).returncode == 0

"""Arguments of public functions: what means the same gives the same, and what cannot be meant is refused in words."""

import dataclasses
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

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


@pytest.mark.parametrize("case", SINGULAR)
def test_what_cannot_be_meant_is_refused_in_a_sentence_that_names_it(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=re.escape(case.split()[0].strip(","))) as raised:
        SINGULAR[case]()
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


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

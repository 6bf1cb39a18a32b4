"""Arguments of public functions: what means the same gives the same, and what cannot be meant is refused in words."""

import dataclasses
import re
import subprocess
import sys
from fractions import Fraction
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lstm_toys as lt
from conftest import HANG, ROOT, untrained
from experiments.line import EXPERIMENT
from lstm_toys import arguments
from lstm_toys.networks.training import purpose_key, seed_key
from lstm_toys.populations.specification import specify

X = lt.time_points(12)
LINE = {"slope": 0.5, "intercept": 0.25}
TASK = lt.reproduce("line", LINE, X)
MODEL = lt.Stack(features=1, hidden=(3,))
PARAMS = jax.tree.map(
    lambda leaf: np.zeros((2, *leaf.shape), np.float32), MODEL.init(jax.random.key(0), X[None, :, None])["params"]
)
OPTIONS = {"seeds": 2, "steps": 3, "learning_rate": 0.5}

pytestmark = pytest.mark.usefixtures("as_users_have_it", "drawing")


def specified(**options):
    """All that the numbers of a training depend on."""
    made, start = specify(TASK, MODEL, **{**OPTIONS, **options})
    start = jax.tree.map(lambda leaf: (leaf.dtype, leaf.tolist()), start)
    return start, made.base_seed, made.block, made.kept_steps, made.recorded.tolist(), made.frames.tolist()


SAME_WHOLE = (np.int8, np.uint64, jnp.int32, lambda each: np.array(each, np.int32))
SAME_NUMBER = (np.float16, np.longdouble, jnp.float32, Fraction, lambda each: np.array(each))


@given(
    st.sampled_from(["seeds", "steps", "base_seed", "block", "frames"]),
    st.integers(1, 100),
    st.sampled_from(SAME_WHOLE),
)
@settings(max_examples=8)
def test_whole_numbers_of_any_type_are_the_same(name, value, kind):
    assert specified(**{name: kind(value)}) == specified(**{name: value})


@given(st.sampled_from(["learning_rate", "noise", "momentum"]), st.integers(1, 15), st.sampled_from(SAME_NUMBER))
@settings(max_examples=8)
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


def test_momentum_is_of_optimizers_that_have_it():
    with pytest.raises(ValueError, match=r"^momentum must be None, since sgd has no momentum, not 0\.9$"):
        specified(momentum=0.9)
    with pytest.raises(ValueError, match=r"^decay must be None, since momentum has no decay, not 0\.9$"):
        specified(optimizer="momentum", decay=0.9)


def test_a_seed_may_be_there_twice_under_two_settings_only():
    assert specified(seeds=[1, 1], learning_rate=[0.1, 0.2])[0].seed[1] == [1, 1]
    with pytest.raises(
        ValueError, match=r"^seeds must be different under the same hyper-parameters, and 1 is there twice"
    ):
        specified(seeds=[0, 1, 1], learning_rate=[0.1, 0.2, 0.2])


CURVES = np.arange(24).reshape(2, 12, 1) % 2
KINDS = (np.float16, np.longdouble, np.int8, bool, ml_dtypes.bfloat16, jnp.bfloat16, jnp.uint8, jnp.bool_, list)


def made(task):
    examples = task.made(jax.random.key(0), {})[:2]  # Without lengths and weights, which none of these have.
    assert {leaf.dtype for leaf in examples} == {np.dtype(np.float32)}
    return [np.asarray(leaf) for leaf in examples]


TAKING = {
    "reproduce_curves": lambda curves: made(lt.reproduce_curves(curves, ("y",))),
    "predict_next": lambda curves: made(lt.predict_next(curves, ("y",))),
    "Task": lambda curves: made(lt.Task(lambda *_: (curves, curves), ("y",), ("y",), sequence=True)),
    "Probe": lambda curves: [lt.Probe("some", curves, {}).inputs],
    "answers": lambda curves: [lt.answers(MODEL, PARAMS, curves)],
    "states": lambda curves: [lt.states(MODEL, PARAMS, curves)["readout"]["hidden"]],
}


@pytest.mark.parametrize("function", TAKING)
def test_curves_of_any_type_of_numbers_are_the_same(function):
    expected = TAKING[function](CURVES.astype(np.float32))
    for kind in KINDS:
        convert = list if kind is list else partial(jnp.asarray if "jax" in str(kind) else np.asarray, dtype=kind)
        for found, right in zip(TAKING[function](convert(CURVES)), expected, strict=True):
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
    "2-D": np.ones((2, 12)),
    "4-D": np.ones((1, 2, 12, 1)),
    "no time": np.ones((2, 0, 1)),
    "nothing": None,
    "a dictionary": {"y": CURVES},
    "keys": jax.random.split(jax.random.key(0), 3),
}


@pytest.mark.parametrize(
    ("function", "kind"),
    [*(("answers", kind) for kind in NO_CURVES), *((name, kind) for name in TAKING for kind in ("NaN", "text", "2-D"))],
)
def test_what_is_no_curves_is_refused_and_named(function, kind):
    with pytest.raises(
        ValueError, match=r"^(curves|inputs|inputs of examples) must be finite numbers of shape \[C, T, "
    ) as e:
        TAKING[function](NO_CURVES[kind])
    assert "\n" not in str(e.value)
    if kind in ("NaN", "infinite", "too large"):
        assert re.search(r"not (nan|-inf|1e\+300) at \[1, 3, 0\]$", str(e.value))


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


class Imaginary(nn.Module):
    """A model that answers complex numbers."""

    @nn.compact
    def __call__(self, inputs):
        return nn.Dense(1)(inputs).astype(complex)


Y = ("y",)
COMPLEX = np.complex64(1 + 1j)
ONES = np.ones((3, 3))
BEND = lt.Parameter("bend", 0, 1)
EXAMPLES = lt.Examples(CURVES, CURVES)
ANSWERED = lt.Results(
    {
        "input": (("curve", "time", "feature"), np.ones((2, 12, 1))),
        "answer": (("seed", "curve", "time", "feature"), np.ones((1, 2, 12, 1))),
    },
    {"time": np.asarray(X), "feature": ["y"]},
)
CLASSES = lt.Task(lambda *_: EXAMPLES, Y, ("a", "b"), sequence=True, loss="cross_entropy")
AT_LENGTH = lt.Task(lambda *_: EXAMPLES, Y, Y, sequence=True, at_length=lambda *_: EXAMPLES)
POPULATION = untrained(TASK, MODEL)
CLAIM = lt.Claim("one", "Lines are answered", "first answer", lambda _: [], (lt.Source("line", "x"),), low=0.0)
CLAIMS = lt.Claims("lines", (CLAIM,), {"line": (EXPERIMENT, [])})


HALF = "half a pair: \ud83d"
WHOLE = (1.5, -1, 2**40, "3", True, object())
NUMBER = (np.nan, 1e300, "0.1", True, None, 1j, COMPLEX, object())
IMAGINARY = {**PARAMS, "lstm_0": {**PARAMS["lstm_0"], "bias": PARAMS["lstm_0"]["bias"] * COMPLEX}}
WORDS = jax.tree.map(lambda leaf: leaf.astype(str), PARAMS)


def refusals(call, **arguments):
    """A row for each bad value of arguments of a call, of which all others are good."""
    return [(call, name, value) for name, values in arguments.items() for value in values]


def texts(call, *names):
    """Rows of arguments that are text, which a file has to be able to contain."""
    return refusals(call, **dict.fromkeys(names, (HALF, "\0", 3)))


def of_slope(call):
    return refusals(call, slope=(np.ones(3), "steep"))


train, adam = (partial(lt.train, TASK, MODEL, **OPTIONS, optimizer=each) for each in ("sgd", "adam"))
losing = [
    *(lambda *_, weights: weights, lambda *_: None),
    lambda outputs, targets: (outputs - targets)[..., 0].astype(complex),
]
networks = [
    partial(function, model=MODEL, params=PARAMS, **{name: CURVES}, **more)
    for function, name, more in (
        *((lt.answers, "inputs", {}), (lt.states, "inputs", {}), (lt.rollout, "start", {"steps": 2})),
        (lt.intervene, "curves", {"layer": "lstm_0", "units": [0]}),
    )
]
answers, states, rollout, intervene = networks
task = partial(lt.Task, TASK.examples, Y, Y, sequence=True)
probe = partial(lt.Probe, name="p", inputs=CURVES, parameters={})
line, x = lt.FAMILIES["line"], np.asarray(X)
experiment, claim, claims = (partial(dataclasses.replace, each) for each in (EXPERIMENT, CLAIM, CLAIMS))

REFUSED = [
    *refusals(train, seeds=[*WHOLE, None, [1.5], np.zeros((2, 2), int), 0, [], [0, 0], [0, -1]]),
    *refusals(train, steps=[*WHOLE, [], [3, 1.5], [[1, 2], [3]]], base_seed=[1.5, -1, 2**40], frames=[1.5, -1]),
    *refusals(train, block=[1.5, 0, 2**40], noise=[np.nan, -0.5, 1e300, [0.1, -0.1]], optimizer=["lion", None]),
    *refusals(train, learning_rate=[*NUMBER, -0.5, 0, 1e-60, [0.1, -0.1], [0.1] * 5, [[0.1, 0.1]]]),
    *refusals(train, learning_rate=[jnp.atleast_1d, lambda step: 0.1 if step < 3 else 0.01, lambda _: "0.1"]),
    *refusals(train, on_divergence=["end", None], checkpoints=["folder"], executor=["local:4"], progress=["no"]),
    *refusals(train, monitor=[lambda: None], stop=["no", lambda _: True, lambda: np.array([True, False])]),
    *refusals(train, numbers=[{"amplitude": 0.3}, [0.3]], curves=[[3], {2: ONES}, {3: ONES}, {3: spoiled(np.nan)}]),
    *refusals(jax.jit(lambda learning_rate: train(learning_rate=learning_rate)), learning_rate=[0.1]),
    *refusals(adam, momentum=[np.nan, -0.5, "0.1", 1, [0.5, 1.0]], decay=[1, 1 - 1e-12]),
    *refusals(partial(lt.train, model=MODEL, **OPTIONS), task=[None, "sine", TASK.examples]),
    *refusals(partial(lt.train, TASK, **OPTIONS), model=[None, lt.Stack, "lstm", Holding(np.ones(1))]),
    *refusals(lambda answers: lt.train(TASK, answers, **OPTIONS), answers=[Imaginary()]),
    *refusals(lambda loss: lt.train(dataclasses.replace(TASK, loss=loss), MODEL, **OPTIONS), loss=losing),
    *refusals(
        lambda grid: lt.tune(TASK, MODEL, {"learning_rate": [0.1], **grid}, seeds=1, steps=1, base_seed=0),
        grid=[{"noise": []}, {"optimizer": "sgd"}, {"learning_rate": 0.1}, {"learning_rate": iter([0.1])}],
    ),
    *(row for each in networks for row in refusals(each, model=[MODEL.init, Holding(ONES)], params=[IMAGINARY, WORDS])),
    *refusals(answers, params=[{}, jax.tree.map(lambda leaf: leaf[0], PARAMS)], block=[0]),
    *refusals(jax.jit(lambda inputs: answers(inputs=inputs)), inputs=[CURVES]),
    *refusals(jax.jit(lambda inputs: states(inputs=inputs)), inputs=[CURVES]),
    *refusals(jax.jit(lambda start: rollout(start=start).answers), start=[CURVES]),
    *refusals(jax.jit(lambda curves: intervene(curves=curves)), curves=[CURVES]),
    *refusals(jax.jit(lambda params: answers(params=params)), params=[PARAMS]),
    *refusals(states, every=[13], block=[1.5], initial=[[ONES], {"lstm_0": ONES}]),
    *refusals(lambda hidden: states(initial={"lstm_0": {"hidden": hidden}}), hidden=["zero", np.ones((2, 2, 3))]),
    *refusals(rollout, feedback=[3, lambda: None, Unhashable(), lambda _: None, lambda _: "inputs", lambda a: a[:1]]),
    *refusals(intervene, layer=[["lstm_0"]], units=[[[0, 1], [0]]], gate=[ONES]),
    *refusals(partial(lt.Stack, features=1), features=[1.5], hidden=[32, (0,)], sequence=["no"]),
    *refusals(partial(lt.Stack, features=1), cell=[lt.LSTM], readout=[ONES]),
    *refusals(partial(lt.LSTM, units=1), units=[-1], gates=["harder", ONES]),
    *refusals(partial(lt.show, curves=np.ones((1, 12)), x=X, features=Y), curves=[np.ones((1, 5))], x=[X[:, None]]),
    *refusals(partial(lt.reproduce, family="line", parameters=LINE, x=X), family=["lines"], parameters=[[0.5, 0.2]]),
    *refusals(partial(lt.reproduce, "line", LINE, x=X), x=[X * np.nan], features=["y", ("y", "z")], batch=[0, 0.5]),
    *refusals(lambda slope: lt.reproduce("line", {**LINE, "slope": slope}, X), slope=[np.nan, ONES, COMPLEX]),
    *refusals(partial(lt.reproduce_curves, CURVES), features=[("x", "y"), ("y", "y"), (1,), (HALF,)]),
    *refusals(partial(lt.read_off, "line", LINE, x=X), output_features=[("phase",)]),
    *refusals(partial(lt.read_off_drawn, "line", ranges={}, output_features=("slope",), x=X), count=[0]),
    *refusals(lambda slope: lt.read_off_drawn("line", 5, {"slope": slope}, ("slope",), X), slope=[(1.0, 0.0), 1.0]),
    *refusals(lambda examples: lt.Task(examples, Y, Y, sequence=True), examples=[lambda _: EXAMPLES]),
    *refusals(partial(lt.Task, TASK.examples, Y, sequence=True), output_features=[(HALF,)]),
    *refusals(task, at_length=[lambda _: EXAMPLES], trained=["line"]),
    *refusals(partial(task, fresh=True), validation=[lambda: EXAMPLES]),
    *refusals(partial(lt.probe, "p", "line", x=X), parameters=[{"slope": ONES[0], "intercept": x}]),
    *refusals(probe, targets=[np.ones((3, 1)), [[1.0, 2.0], [3.0]]], declared=[(3,)], names=[("a",), 3, ("a", HALF)]),
    *refusals(probe, parameters=[{HALF: np.ones(2)}]),
    *texts(probe, "name"),
    *refusals(partial(lt.Probe.of, "p"), examples=[3]),
    *refusals(lambda inputs: lt.Probe.of("p", lt.Examples(inputs, CURVES)), inputs=["inputs"]),
    *refusals(lambda targets: lt.Probe.of("p", lt.Examples(CURVES, targets)), targets=["targets"]),
    *of_slope(lambda slope: probe(parameters={"slope": slope})),
    *of_slope(lambda slope: lt.probe_at("p", AT_LENGTH, 5, {"slope": slope})),
    *refusals(partial(lt.probe_at, "p", length=5), task=[EXAMPLES]),
    *refusals(lt.time_points, count=[12.0]),
    *refusals(lt.Span, start=["0"], stop=[np.nan, COMPLEX]),
    *texts(lt.Span, "name", "unit"),
    *refusals(partial(lt.Parameter, "decay", low=0.0, high=1.0), low=[None], high=[np.inf, COMPLEX]),
    *texts(partial(lt.Parameter, "decay", 0.0, 1.0), "symbol", "unit"),
    *refusals(partial(lt.Axis, "slope", 0, 1), count=[2.5]),
    *refusals(partial(lt.Plane, family="line", axes=("slope", "intercept")), family=["lines"], axes=[ONES]),
    *refusals(partial(lt.Family, parameters=(BEND,)), function=[lambda x: x]),
    *refusals(partial(lt.Family, lambda x, bend: bend * x), parameters=[BEND, (BEND, BEND)]),
    *refusals(lambda function: lt.Family(function, ()).curves(X, {}), function=[lambda x: x.mean()]),
    *refusals(lambda slope: line.curves(X, {**LINE, "slope": slope}), slope=[COMPLEX]),
    *refusals(lambda slope: line.draw(jax.random.key(0), 3, {"slope": slope}), slope=[(COMPLEX, 1.0)]),
    *refusals(partial(line.draw, key=jax.random.key(0), count=5), key=[3], ranges=[[3]]),
    *refusals(lt.Goal, rmse=[ONES]),
    *refusals(lt.Scaling.fitted, values=[spoiled(np.nan)]),
    *refusals(lt.Scaling(((0.0, 1.0),), ((0.0, 1.0),)).applied, values=[np.ones((2, 12, 2)), [[None]]]),
    *refusals(partial(lt.Scaling, outputs=((0.0, 1.0),)), inputs=[((0.0, 0.0),)]),
    *refusals(partial(lt.probabilities, task=CLASSES, logits=ONES), task=["cross_entropy"], logits=["logits", ONES]),
    *refusals(partial(lt.probabilities, CLASSES), logits=[np.ones((2, 2)) * COMPLEX]),
    *refusals(partial(lt.wilson, successes=1, trials=16), successes=[17], trials=[2.5]),
    *refusals(partial(lt.median_bootstrap, np.arange(5.0)), confidence=[95, COMPLEX]),
    *refusals(lt.median_quartiles, values=[ONES]),
    *refusals(lt.band, values=[0.5]),
    *refusals(partial(lt.measures.rmse, shown=x, x=x), answer=[ONES, [0.0] * 12, x.astype(str), x * COMPLEX]),
    *refusals(partial(lt.measures.affine, x, x=x), shown=[np.ones(1)]),
    *refusals(partial(lt.measures.valley, x), x=[x * COMPLEX]),
    *refusals(partial(lt.measures.turns, x, x), before=["the end"]),
    *refusals(partial(lt.Measure, "worst", label="largest error"), function=[lambda answer: answer]),
    *texts(partial(lt.Measure, "worst", jnp.max), "label"),
    *refusals(lt.right, curves=[CURVES]),
    *refusals(partial(lt.accepted, curves=ANSWERED, by="n"), curves=[CURVES, []], by=[["n"]]),
    *refusals(partial(lt.probed, results=ANSWERED, name="line"), results=[CURVES], name=[["line"]]),
    *refusals(partial(lt.per_curve, measure=lt.measures.rmse), curves=[CURVES, ANSWERED.isel(time=0)]),
    *refusals(partial(lt.per_curve, ANSWERED), measure=[lambda a: a, Unhashable(), lambda *_: None, lambda a, *_: a]),
    *refusals(partial(lt.per_curve, ANSWERED, lt.measures.rmse), feature=["z"]),
    *refusals(partial(lt.save, population=POPULATION, folder="saved"), population=[PARAMS], folder=[3]),
    *refusals(partial(lt.save, POPULATION, "saved"), results=[{}], scaling=[3.0]),
    *refusals(partial(lt.load, folder="saved"), folder=[None], trust=[3]),
    *refusals(partial(lt.load_results, path="results.nc"), path=[3], variables=[3], without=[3]),
    *refusals(lt.load_parameters, path=[None]),
    *refusals(partial(lt.save_parameters, params=PARAMS, path="parameters.npz"), params=[ONES], path=[""]),
    *refusals(partial(lt.save_results, results=ANSWERED, path="results.nc"), results=[{"answer": ONES}], path=[None]),
    *refusals(partial(lt.read_curves, path="curves.csv"), path=[None, True], largest=["1"], least=[None]),
    *refusals(lambda drawing: lt.figures.save(drawing, "figure.png"), drawing=["a figure"]),
    *refusals(partial(lt.Checkpoints, folder="folder", every=1.0), folder=[None], every=[-1.0, ONES], tell=[3]),
    *refusals(lt.configure, cache=["no"]),
    *refusals(lt.fingerprint, block=[1.5]),
    *refusals(lt.curves_of, experiment=["sine"]),
    *refusals(partial(lt.curves_of, EXPERIMENT), timesteps=[[12]], numbers=[{"bend": 1.0}, 3]),
    *refusals(partial(lt.labeled, EXPERIMENT), answers=[[[1.0], [2.0, 3.0]]]),
    *refusals(experiment, task=[TASK], draw=[lambda _: {}], goal=[0.03], measures=[3], scaling=[3.0], frames=[-1]),
    *refusals(experiment, span=[(0, 1)]),
    *of_slope(lambda slope: experiment(numbers={"slope": slope})),
    *texts(experiment, "name", "doc"),
    *refusals(partial(lt.Variant, change=lt.wilson), change=[lambda settings: settings], networks=[ONES]),
    *refusals(claim, number=[lambda: 0]),
    *texts(claim, "id", "quote", "statistic"),
    *texts(claims, "title", "about"),
    *refusals(claims, variants=[{HALF: lt.wilson}], controls=[{HALF: lt.wilson}], aspects=[{HALF: ()}]),
    *refusals(claims, populations=[{HALF: (EXPERIMENT, [])}]),
    *refusals(lambda baseline: lt.Baseline(baseline, CLAIM.number, CLAIM.sources), baseline=[HALF]),
]


def label(value):
    return re.sub(" at 0x\\w+", "", arguments.brief(value))[:40] if not isinstance(value, partial) else ""


@pytest.mark.parametrize(("call", "name", "value"), REFUSED, ids=label)
def test_what_cannot_be_meant_is_refused_in_a_sentence_that_names_it(call, name, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=name) as raised:
        call(**{name: value})
    str(raised.value).encode()
    assert "\n" not in str(raised.value)
    assert (HALF not in str(value)) or "must be text without NUL characters and lone" in str(raised.value)
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
    mapped = jax.tree.map(lambda leaf: leaf[0], jax.jit(jax.vmap(answered))(curves[None], slope[None]))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), mapped, answered(curves, slope))


@pytest.mark.long
def test_a_training_set_that_only_its_seed_spoils_is_refused_and_its_seed_named():
    def examples(key, _):
        curves = jnp.ones((1, 12, 1)) / jnp.where(jax.random.key_data(key)[0] == spoiled, 0.0, 1.0)
        return lt.Examples(curves, curves)

    spoiled = jax.random.key_data(purpose_key(seed_key(np.uint32(0), np.uint32(7)), "examples"))[0]
    with pytest.raises(ValueError, match=r"^the loss of the untrained network of seed 7 is not a finite number: "):
        lt.train(lt.Task(examples, Y, Y, sequence=True), MODEL, seeds=[3, 7], steps=1, learning_rate=0.1)


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
@pytest.mark.parametrize("options", [{}, {"fresh": True}, {"fresh": True, "validation": EXAMPLES}])
def test_the_values_of_drawn_examples_are_checked_before_they_are_compiled(said, options):
    def examples(key, numbers):
        bits = jax.random.bernoulli(key, 0.5, (2, 12, 1)).astype(jnp.float32)
        change = {name: each * numbers["one"] for name, each in DRAWN[said].items()}
        return lt.Examples(bits, bits)._replace(**change)

    task = lt.Task(examples, Y, Y, sequence=True, loss="binary_cross_entropy", numbers=("one",), **options)
    with pytest.raises(ValueError, match=f"^{said}"):
        specify(task, MODEL, **OPTIONS, numbers={"one": 1.0})


FORKED = """
import os, sys, warnings
import numpy as np
import lstm_toys as lt
if not (child := os.fork()):
    os._exit(lt.time_points(12).shape != (12,))
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

warnings.simplefilter("ignore")
x, line, model, curves = lt.time_points(12), {"slope": 0.5, "intercept": 0.25}, lt.Stack(1), np.ones((1, 12, 1))
task = lt.reproduce("line", line, x)
calls = (
    lambda: lt.time_points(12), lambda: lt.show(curves[..., 0], x, ("y",)), lambda: lt.probe("some", "line", line, x),
    lambda: lt.FAMILIES["line"].draw(None, 3), lambda: lt.reproduce("line", line, x),
    lambda: lt.reproduce_curves(curves, ("y",)), lambda: lt.predict_next(curves, ("y",)),
    lambda: lt.read_off("line", line, ("slope",), x), lambda: lt.to_torch(model, {}), lambda: lt.measures.rmse(x, x, x),
    lambda: lt.train(task, model, seeds=1, steps=1, learning_rate=0.1), lambda: lt.answers(model, {}, curves),
    lambda: lt.states(model, {}, curves), lambda: lt.fingerprint(block=1), lambda: lt.configure(),
)
if child := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
for number, call in enumerate(calls):
    try:
        call()
    except RuntimeError as error:
        assert "forked after JAX had started" in str(error), (number, error)
    else:
        print(number, "did not raise")
lt.band(np.arange(3.0))  # Needs no JAX.
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.long
def test_a_process_forked_before_jax_began_works_and_one_forked_later_is_told_so_and_does_not_hang():
    done = subprocess.run([sys.executable, "-c", FORKED], cwd=ROOT, capture_output=True, text=True, timeout=HANG)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

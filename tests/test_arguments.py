"""Arguments of public functions: what means the same gives the same, and what cannot be meant is refused in words."""

import dataclasses
import re
from fractions import Fraction
from functools import partial

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
import xarray as xr

import lstm_toys as lt
from experiments.line import EXPERIMENT
from lstm_toys import arguments
from lstm_toys.populations.programs import specify

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


COUNTS = {"seeds": 2, "steps": 5, "base_seed": 7, "block": 3, "frames": 4}
RATES = {"learning_rate": 0.25, "noise": 0.5, "momentum": 0.75}  # Which every type holds exactly.
SAME = {
    **dict.fromkeys((np.int8, np.uint64, jnp.int32, lambda each: np.array(each, np.int32)), COUNTS),
    **dict.fromkeys((np.float16, np.longdouble, jnp.float32, Fraction, np.array, lambda each: [each, each]), RATES),
}


@pytest.mark.parametrize("kind", SAME)
def test_numbers_of_any_type_are_the_same(kind):
    changed = {name: kind(value) for name, value in SAME[kind].items()}
    assert specified(optimizer="adam", **changed) == specified(optimizer="adam", **SAME[kind])


def test_a_seed_may_be_there_twice_under_two_settings():
    assert specified(seeds=[1, 1], learning_rate=[0.1, 0.2])[0].seed[1] == [1, 1]


CURVES = np.arange(24).reshape(2, 12, 1) % 2
KINDS = (np.float16, np.longdouble, np.int8, bool, ml_dtypes.bfloat16, jnp.bfloat16, jnp.uint8, jnp.bool_, list)


def made(task):
    examples = task.training_set(jax.random.key(0), {})[:2]  # Without lengths and weights, which none of these have.
    assert {leaf.dtype for leaf in examples} == {np.dtype(np.float32)}
    return [np.asarray(leaf) for leaf in examples]


TAKING = {
    "reproduce": lambda curves: made(lt.reproduce(curves)),
    "Task": lambda curves: made(lt.Task(lambda *_: (curves, curves), ("y",), ("y",), sequence=True)),
    "Probe": lambda curves: [lt.Probe("some", curves, {}).inputs],
    "answers": lambda curves: [lt.answers((MODEL, PARAMS), curves)],
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


Y, KEY, UNITS = ("y",), jax.random.key(0), {"lstm_0": 3, "readout": 1}
COMPLEX = np.complex64(1 + 1j)
ONES = np.ones((3, 3))
BEND = lt.Parameter("bend", 0, 1)
EXAMPLES = lt.Examples(CURVES, CURVES)
ANSWERED = xr.Dataset(
    {
        **dict.fromkeys(("input", "truth"), (("curve", "time", "feature"), np.ones((2, 12, 1)))),
        "answer": (("seed", "curve", "time", "feature"), np.ones((1, 2, 12, 1))),
    },
    {"time": np.asarray(X), "feature": ["y"]},
)
AT_LENGTH = lt.Task(lambda *_: EXAMPLES, Y, Y, sequence=True, at_length=lambda *_: EXAMPLES)
CLAIM = lt.claims.Claim(
    "one", "Lines are answered", "first answer", lambda _: [], (lt.claims.Source("line", "x"),), low=0.0
)
CLAIMS = lt.claims.Claims("lines", (CLAIM,), {"line": (EXPERIMENT, [])})

NO_CURVES = [
    *(spoiled(np.nan), CURVES.astype(str), np.ones((2, 12)), CURVES + 0j, CURVES.astype(object), None, {"y": CURVES}),
    *(np.ma.masked_equal(CURVES, 1), [[[1.0], [2.0]], [[1.0]]], np.ones((1, 2, 12, 1)), np.ones((2, 0, 1))),
    *(np.array(["2020"] * 12, "datetime64[D]").reshape(1, 12, 1), jax.random.split(jax.random.key(0), 3)),
]
WHOLE = (1.5, -1, 2**40, "3", True, object())
NUMBER = (np.nan, 1e300, "0.1", True, None, 1j, COMPLEX, object())
WORDS = jax.tree.map(lambda leaf: leaf.astype(str), PARAMS)


def bad(call, **arguments):
    """A row for each bad value of arguments of a call, of which all others are good."""
    return [(call, name, value) for name, values in arguments.items() for value in values]


train, adam = (partial(lt.train, TASK, MODEL, **OPTIONS, optimizer=each) for each in ("sgd", "adam"))
answers, states = (partial(each, networks=(MODEL, PARAMS), inputs=CURVES) for each in (lt.answers, lt.states))
rollout = partial(lt.rollout, networks=(MODEL, PARAMS), start=CURVES, steps=2)
intervene = partial(lt.dynamics.intervene, networks=(MODEL, PARAMS), curves=CURVES, layer="lstm_0", units=[0])
task = partial(lt.Task, input_features=Y, output_features=Y, sequence=True)
probe = partial(lt.Probe, name="p", inputs=CURVES, parameters={})
reproduce = partial(lt.reproduce, "line", parameters=LINE, x=X)
x, measures = np.asarray(X), lt.measures
VISITED = {layer: {"hidden": np.ones((2, 1, 4, n)), "cell": np.ones((2, 1, 4, n))} for layer, n in UNITS.items()}
slow = partial(lt.dynamics.slow_points, networks=(MODEL, PARAMS), visited=VISITED, inputs=np.ones((1, 1)))
SEQUENCES = lt.sequences.counting, lt.sequences.flip_flop, lt.sequences.adding, lt.sequences.parity
KEYS = jax.random.split(KEY)
sized = partial(lt.sequences.parity, KEY, length=9, count=2)
powers = partial(lt.sequences.powers, np.array([1]), length=9, symbols=2)
accepted = partial(lt.sequences.accepted, by="n")
analysis = partial(lt.Analysis, name="one", settings={}, needs={}, score=print, report=print)
experiment, claim, claims = (partial(dataclasses.replace, each) for each in (EXPERIMENT, CLAIM, CLAIMS))

REFUSED = [
    *bad(train, seeds=[*WHOLE, None, np.zeros((2, 2), int), 0, [], [0, 0], [0, -1]], block=[1.5, 0, 2**17]),
    *bad(train, steps=[1.5, [], [3, 1.5], [[1, 2], [3]]], base_seed=[1.5, -1, 2**40]),
    *bad(train, learning_rate=[*NUMBER, -0.5, 0, 1e-60, [0.1, -0.1], [0.1] * 5, [[0.1, 0.1]]], momentum=[0.9]),
    *bad(train, learning_rate=[jnp.atleast_1d], decay=[0.9], monitor=["no", lambda: None], early_stopping=[5]),
    *bad(train, noise=[-0.5], optimizer=["lion", None]),
    *bad(train, numbers=[{"amplitude": 0.3}, [0.3]], checkpoints=["folder", 5]),
    *bad(lambda records: train(early_stopping=lt.EarlyStopping(records=records)), records=[5]),
    *bad(lambda records: train(early_stopping=lt.EarlyStopping(goal=lt.Goal(rmse=0.1), records=records)), records=[50]),
    *bad(partial(train, learning_rate=[0.1, 0.2, 0.2]), seeds=[[0, 1, 1]]),
    *bad(adam, momentum=[-0.5, 1, [0.5, 1.0]], decay=[1, 1 - 1e-12]),
    *bad(partial(lt.train, model=MODEL, **OPTIONS), task=[None, "sine"]),
    *bad(partial(lt.train, TASK, **OPTIONS), model=[None, lt.Stack, "lstm"]),
    *bad(
        lambda loss: lt.train(dataclasses.replace(TASK, loss=loss), MODEL, **OPTIONS),
        loss=[lambda *_: None, lambda outputs, _: outputs[..., 0].astype(complex)],
    ),
    *bad(
        lambda grid: lt.tune(TASK, MODEL, {"learning_rate": [0.1], **grid}, seeds=1, steps=1, base_seed=0),
        grid=[{"noise": []}, {"noise": 0.1}, {"noises": [0.1]}, {"steps": [1, 2]}],
    ),
    *bad(partial(lt.tune, TASK, MODEL, seeds=1, steps=1, base_seed=0), grid=[5, {}, ["noise"]]),
    *bad(partial(lt.tune, TASK, MODEL, {"noise": [0.1]}, steps=1, base_seed=0), seeds=["2", None, 0, [1]]),
    *bad(answers, inputs=[*NO_CURVES, np.ones((2, 12, 3))], block=[0, 2**17], lengths=[[12, 3]]),
    *bad(answers, networks=[MODEL, PARAMS, (MODEL,)], initial=[3, {}, {"lstm_0": 5}, {"lstm_0": {"hidden": ONES}}]),
    *bad(lambda params: answers(networks=(MODEL, params)), params=[{}, WORDS]),
    *bad(lambda model: rollout(networks=(model, PARAMS)), model=[MODEL.init]),
    *(*bad(probe, inputs=NO_CURVES[:3]), *bad(partial(lt.reproduce, features=Y), curves=NO_CURVES[:3])),
    *bad(lambda inputs: task(lambda *_: (inputs, inputs)).training_set(jax.random.key(0), {}), inputs=NO_CURVES[:3]),
    *bad(states, block=[1.5]),
    *bad(rollout, feedback=[lambda _: None, lambda answers: answers[:1], "answers", {}]),
    *bad(rollout, start=[np.ones((2, 12, 3))], steps=[0, 1.5], every=[0, 3]),
    *bad(intervene, layer=[["lstm_0"]], gate=["open", ["input"], {}], curves=[np.ones((2, 12, 3))]),
    *bad(slow, visited=[None, {}, {"lstm_0": {}}, "states"], spacing=[0, -1.0, np.nan, "1", [1, 2]], starts=[0]),
    *bad(partial(lt.Stack, features=1), features=[1.5], hidden=[32, (0,)], sequence=["no"], cell=[lt.LSTM]),
    *bad(partial(lt.LSTM, units=1), units=[-1], gates=["harder", ONES]),
    *bad(partial(lt.show, curves=np.ones((1, 12)), x=X, features=Y), curves=[np.ones((1, 5))], x=[X[:, None]]),
    *bad(lambda family: lt.reproduce(family, LINE, X), family=["lines"]),
    *bad(reproduce, x=[X * np.nan], features=["y", ("y", "z")], batch=[0.5]),
    *bad(lambda slope: reproduce(parameters={**LINE, "slope": slope}), slope=[np.nan, ONES, (0.0, 1.0), COMPLEX]),
    *bad(partial(lt.reproduce, CURVES), features=[("x", "y"), ("y", "y"), (1,), None, 1]),
    *bad(reproduce, parameters=[None, 0.5, [0.5, 0.25]]),
    *bad(partial(lt.read_off, "line", LINE, x=X), output_features=[("phase",)]),
    *bad(partial(lt.read_off, "line", parameters={}, output_features=("slope",), x=X), draw=[0]),
    *bad(lambda slope: lt.read_off("line", {"slope": slope}, ("slope",), X, draw=5), slope=[(1.0, 0.0), 0.5, (1,)]),
    *bad(partial(lt.read_off, "line", output_features=("slope",), x=X, draw=5), parameters=[None, ["slope"]]),
    *bad(partial(lt.reproduce, CURVES, features=Y), parameters=[{}], x=[X]),
    *bad(task, examples=[lambda _: None]),
    *bad(partial(task, lambda *_: EXAMPLES), trained=["line"], at_length=[5, lambda _: None]),
    *bad(partial(task, lambda *_: EXAMPLES, fresh=True), validation=[5, [CURVES, CURVES], lambda _: None]),
    *bad(lambda examples: task(lambda *_: examples).training_set(jax.random.key(0), {}), examples=[None, 5]),
    *bad(
        lambda weights: lt.Probe.of("p", EXAMPLES._replace(weights=weights)),
        weights=[np.ones((2, 12, 3)), np.ones((2, 12, 1, 1))],
    ),
    *bad(sized, length=[0, 1.5, "9"], count=[0, -1, 2.5, None]),
    *bad(partial(lt.sequences.flip_flop, KEY, length=9, count=2), count=[0, None], bits=[0, 1.5], rate=[1.5, "often"]),
    *bad(partial(lt.sequences.counting, KEY, length=9, count=2), count=[0, 1.5], language=["abc"]),
    *(row for each in SEQUENCES for row in bad(partial(each, length=9, count=2), key=[3, None, X, KEYS])),
    *bad(partial(lt.sequences.adding, KEY, length=9, count=2), length=[1, None], count=[0]),
    *bad(powers, length=[0, None], symbols=[0]),
    *bad(probe, name=[3], targets=[np.ones((3, 1))], names=[("a",), "ab", (1, 2)], lengths=[[13, 1]]),
    *bad(probe, parameters=[None, [1, 2], 5], declared=[("slope",), None]),
    *bad(partial(lt.Probe.of, "p"), examples=[None, (CURVES, CURVES)]),
    *bad(lambda slope: probe(parameters={"slope": slope}), slope=[np.ones(5)]),
    *bad(lambda slope: lt.probe_at("p", AT_LENGTH, 5, {"slope": slope}), slope=["steep"]),
    *bad(partial(lt.probe_at, "p", task=AT_LENGTH, length=12), task=[None], length=[0, 1.5], seed=[-1, 1.5]),
    *bad(partial(lt.probe_at, "p", task=AT_LENGTH, length=12), numbers=[{"slope": 0.5}]),
    *(*bad(lt.Span, start=["0"], stop=[np.nan]), *bad(lt.time_points, count=[12.0])),
    *bad(partial(lt.time_points, 5), span=[(0, 1), 1.0]),
    *bad(partial(lt.Parameter, "decay", low=0.0, high=1.0), low=[None], high=[np.inf], unit=[3]),
    *bad(lambda slope: lt.grids.Axis("slope", 0, slope, 1), slope=[1, -1]),
    *bad(partial(lt.grids.Plane, family="line", axes=("slope", "intercept")), family=["lines"], axes=[ONES]),
    *bad(
        lambda function: lt.Family(function, ()).curves(X, {}), function=[lambda x: x.mean(), lambda x, bend: bend * x]
    ),
    *bad(partial(lt.Family, lambda x, bend: bend * x), parameters=[BEND, (BEND, BEND)]),
    *bad(lambda slope: lt.FAMILIES["line"].curves(X, {**LINE, "slope": slope}), slope=[COMPLEX]),
    *bad(partial(lt.FAMILIES["line"].curves, X), parameters=[None, 5]),
    *bad(partial(lt.FAMILIES["line"].draw, KEY, count=3), count=[0, 1.5], ranges=[5, ("slope",)]),
    *bad(partial(lt.Scaling, outputs=((0.0, 1.0),)), inputs=[((0.0, 0.0),)]),
    *bad(partial(lt.Scaling.fitted, np.ones((2, 12, 2))), names=[("y",), None, "xy", ("a", "a")]),
    *bad(partial(lt.statistics.wilson, successes=1, trials=16), successes=[17], trials=[2.5]),
    *bad(partial(lt.statistics.median_bootstrap, np.arange(5.0)), confidence=[95]),
    (lt.statistics.median_quartiles, "values", ONES),
    (lt.statistics.band, "values", 0.5),
    (lt.Scaling.fitted, "values", spoiled(np.nan)),
    *bad(partial(measures.AnsweredCurve.copied, curve=x, x=x), answer=[ONES, x.astype(str), x * COMPLEX]),
    *((partial(measures.valley, x), "x", x * COMPLEX), (partial(measures.affine, x, x=x), "shown", np.ones(1))),
    *bad(partial(lt.claims.per_curve, measure=measures.rmse), curves=[CURVES, ANSWERED.isel(time=0)]),
    *bad(partial(lt.claims.per_curve, ANSWERED), measure=[lambda a: a, lambda *_: None, lambda a, *_: a]),
    *bad(partial(lt.load, folder="saved"), trust=[3, "mylab.cells"]),
    *bad(partial(lt.save, folder="saved"), networks=[None, TASK, PARAMS]),
    *bad(partial(lt.save_results, path="results.nc"), results=[None, {"answer": CURVES}]),
    *bad(partial(lt.probed, name="lines"), results=[5, {}]),
    *bad(partial(lt.probed, lt.Results()), name=[5, ["lines"]]),
    *bad(lt.sequences.right, curves=[5]),
    (accepted, "curves", 5),
    *bad(partial(lt.Checkpoints, folder="folder", every=1.0), every=[-1.0, ONES], tell=[None, "print"]),
    *bad(lambda drawing: lt.figures.save(drawing, "figure.png"), drawing=["a figure"]),
    *bad(lt.claims.curves_of, experiment=["sine"]),
    *bad(partial(lt.claims.curves_of, EXPERIMENT), timesteps=[[12]], numbers=[3]),
    *bad(partial(lt.claims.labeled, EXPERIMENT), answers=[[[1.0], [2.0, 3.0]]]),
    *bad(lt.EarlyStopping, records=[-1, 1.5], best=["best"], goal=[0.1]),
    *bad(partial(lt.claims.labeled, answers=CURVES), experiment=[None, "line"]),
    *bad(experiment, task=[TASK], draw=[lambda _: {}], goal=[0.03], frames=[-1], name=[3], doc=[3]),
    *bad(experiment, span=[(0, 1)], trained=["line"], scaling=[2.0], data=[["curves"]]),
    *bad(lt.ask, subject=[5, TASK]),
    *bad(partial(lt.ask, EXPERIMENT), study=["training_", None]),
    *bad(lambda subjects: lt.main(subjects), subjects=[5, None]),
    *bad(claim, id=[3], statement=[3], origin=[3]),
    *bad(claim, number=[lambda: 0], low=[np.nan, None, "0"], high=[np.nan], learned=["no"]),
    *bad(claim, alternatives=[len, {"window": len}, {"window": {1: len}}, {"window": {"late": lambda: 0}}]),
    *bad(claim, against=[5], baselines=[5, ("copy",)], thresholds=[0.5, (0.5,)], fails=[1]),
    *bad(lambda low: claim(thresholds=lt.claims.Thresholds((low,), "", "")), low=[np.nan, "0"]),
    *bad(partial(lt.claims.Thresholds, values=(0.1,), smallest="small", largest="large"), values=[(), None, 0.1]),
    *bad(lt.claims.Variant, change=[5, None]),
    *bad(claims, title=[3], published=[5], data=["claims.csv"], controls=[{"x": 1}], variants=[{"x": 1}]),
    *bad(analysis, name=[3], settings=[5], needs=[5, {"line": 5}], score=[5], report=[None]),
    *bad(analysis, draw=[5], files=[5], published=[5]),
]


def label(value):
    return re.sub(" at 0x\\w+", "", arguments.brief(value))[:40] if not isinstance(value, partial) else ""


@pytest.mark.parametrize(("call", "name", "value"), REFUSED, ids=label)
def test_an_argument_that_means_nothing_is_refused_and_named(call, name, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=name) as raised:
        call(**{name: value})
    assert "\n" not in str(raised.value)
    assert len(str(raised.value).encode()) < 600
    assert not list(tmp_path.iterdir())


def test_what_was_given_may_be_changed_afterwards():
    x, slopes, line, curves = np.linspace(0, 1, 12), np.array([0.1, 0.2]), {"intercept": 0.25}, np.ones((2, 12, 1))
    given = {**line, "slope": slopes}
    tasks = [
        lt.reproduce("line", given, x),
        lt.read_off("line", given, ("slope",), x),
        lt.reproduce(curves, features=Y),
    ]
    probe, before = lt.Probe("p", curves, {}), [made(task)[0] for task in tasks]
    for changed in (x, slopes, curves):
        changed[:] = 9
    given["intercept"] = 9
    for task, inputs in zip(tasks, before, strict=True):
        np.testing.assert_array_equal(made(task)[0], inputs)
    assert probe.inputs.max() == 1
    assert tasks[0].trained.ranges({})["slope"] == (0.1, 0.2)


def test_curves_that_jax_traces_pass():
    copied = lt.measures.AnsweredCurve.copied

    def answered(curves, slope):
        lines = lt.FAMILIES["line"].curves(X, {"slope": slope, "intercept": 0})
        return lt.show(curves + lines, X, ("x", "y")), lt.measures.rmse(copied(curves[0], lines[0], X))

    curves, slope = jnp.ones((1, 12)), jnp.float32(0.5)
    mapped = jax.tree.map(lambda leaf: leaf[0], jax.jit(jax.vmap(answered))(curves[None], slope[None]))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), mapped, answered(curves, slope))


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
@pytest.mark.parametrize("options", [{}, {"fresh": True, "validation": EXAMPLES}])
def test_the_values_of_drawn_examples_are_checked_before_they_are_compiled(said, options):
    def examples(key, _):
        bits = jax.random.bernoulli(key, 0.5, (2, 12, 1)).astype(jnp.float32)
        return lt.Examples(bits, bits)._replace(**DRAWN[said])

    task = lt.Task(examples, Y, Y, sequence=True, loss="binary_cross_entropy", **options)
    with pytest.raises(ValueError, match=f"^{said}"):
        specify(task, MODEL, **OPTIONS)

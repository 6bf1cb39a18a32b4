"""Training in the page, in JavaScript, against the library's."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy import stats

import conftest
import lstm_toys as lt
from experiments import sine
from experiments.page import weights
from experiments.page.parts import training
from lstm_toys.networks import optimizers
from lstm_toys.networks.hyper import Hyper
from lstm_toys.statistics import intervals

CLOSE = 1e-5

BOTH = ("hard", "sigmoid")

OPTIMIZER = {"rate": 0.001, "decay": 0.9}

TRAIN = """
    const weights = initialWeights(given.layers, randomOf(given.seed));
    const gradient = new Float64Array(weights.length);
    const squares = new Float64Array(weights.length);
    const pass = new StackPass(given.layers, given.curve.length);
    const begun = Array.from(weights);
    for (let step = 0; step < given.steps; step++) {
      pass.backward(weights, given.curve, gradient);
      rmspropStep(weights, gradient, squares, given.optimizer);
    }
    return { begun, weights: Array.from(weights), answer: Array.from(pass.forward(weights, given.curve)) };
"""
"""Trains one network as the page's workers do."""


def nested(flat, model):
    """The parameters of a network as the library has them, in double precision, of the page's list."""
    shapes = jax.eval_shape(model.init, jax.random.key(0), jnp.zeros((1, 2, 1)))["params"]
    params, start = {}, 0
    for name in (*(f"lstm_{number}" for number in range(len(model.hidden))), "readout"):
        params[name] = {}
        for leaf in weights.ORDER:
            shape = shapes[name][leaf].shape
            params[name][leaf] = np.reshape(flat[start : start + np.prod(shape)], shape)
            start += np.prod(shape)
    assert start == len(flat)
    return params


def flattened(params):
    """The page's list of the parameters of a network of one hidden layer."""
    return np.concatenate([np.ravel(params[name][leaf]) for name in ("lstm_0", "readout") for leaf in weights.ORDER])


def gradient(model, params, curve):
    """The gradient of the mean squared error; the caller enables double precision."""

    def loss(params):
        return jnp.mean(jnp.square(model.apply({"params": params}, curve[None, :, None])[0, :, 0] - curve))

    return jax.jit(jax.grad(loss))(params)


@pytest.mark.parametrize("gates", BOTH)
@pytest.mark.parametrize(("hidden", "length"), [((32,), 100), ((5, 3), 7), ((2,), 1)])
def test_gradients_are_those_of_the_library_in_double_precision(hidden, length, gates, script):
    model = lt.Stack(features=1, hidden=hidden, gates=gates)
    layers = weights.layers(model, 1)
    random = np.random.default_rng(length)
    flat = random.normal(0, 0.6, script("given.layers.reduce((sum, layer) => sum + sizeOf(layer), 0)", layers=layers))
    curve = random.uniform(-1, 2, length)
    found = script(
        """(() => {
            const weights = Float64Array.from(given.flat);
            const gradient = new Float64Array(weights.length).fill(7);
            const pass = new StackPass(given.layers, given.curve.length);
            pass.backward(weights, given.curve.map((value) => 1 - value), gradient);
            pass.backward(weights, given.curve, gradient);
            return Array.from(gradient);
        })()""",
        flat=flat.tolist(),
        layers=layers,
        curve=curve.tolist(),
    )
    with jax.enable_x64(True):
        expected = gradient(model, nested(flat, model), jnp.asarray(curve))
        found, expected = (
            np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(each)])
            for each in (nested(found, model), expected)
        )
    assert expected.dtype == np.float64
    assert np.abs(expected).max() > 1e-3
    assert np.abs(found - expected).max() < CLOSE * np.abs(expected).max()


@pytest.mark.parametrize("gates", BOTH)
def test_steps_are_those_of_the_optimizer_of_the_library(gates, script):
    steps = 12
    model = lt.Stack(features=1, gates=gates)
    curve = (0.3 + 0.3 * np.sin(10 * np.linspace(0, 1, 100))).tolist()
    found = script(
        f"(() => {{ {TRAIN} }})()",
        layers=weights.layers(model, 1),
        seed=3,
        curve=curve,
        optimizer=OPTIMIZER,
        steps=steps,
    )
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
        params = nested(np.array(found["begun"]), model)
        hyper = Hyper(OPTIMIZER["rate"], 0.0, OPTIMIZER["decay"], 0.0, {})
        transform = optimizers.optimizer("rmsprop_keras", hyper)
        state = transform.init(params)
        for _ in range(steps):
            updates, state = transform.update(gradient(model, params, jnp.asarray(curve)), state)
            params = optax.apply_updates(params, updates)
        expected = flattened(params)
    moved = expected - found["begun"]
    assert np.abs(moved).max() > 1e-3
    assert np.abs(found["weights"] - expected).max() < CLOSE * np.abs(moved).max()


def test_the_recipe_of_the_page_is_that_of_the_published_networks(saved):
    data = training.made(saved("published").results).data
    settings = sine.EXPERIMENT.defaults
    assert settings["optimizer"] == "rmsprop_keras"
    assert data["optimizer"] == {"rate": settings["learning_rate"], "decay": 0.9}
    assert data["steps"] == settings["steps"]
    model = lt.Stack(features=1, gates=settings["gates"])
    assert data["layers"][settings["gates"]] == weights.layers(model, 1)


def test_networks_begin_as_in_the_library(script):
    model = lt.Stack(features=1, gates="hard")
    layers = weights.layers(model, 1)
    drawn = [
        nested(
            np.array(
                script("Array.from(initialWeights(given.layers, randomOf(given.seed)))", layers=layers, seed=seed)
            ),
            model,
        )
        for seed in range(40)
    ]
    for name, units in (("lstm_0", 32), ("readout", 1)):
        bias = np.repeat([0.0, 1.0, 0.0, 0.0], units)
        assert all(np.array_equal(each[name]["bias"], bias) for each in drawn)
        kernels = np.stack([each[name]["kernel"] for each in drawn])
        limit = np.sqrt(6 / (kernels.shape[1] + 4 * units))
        assert stats.kstest(kernels.ravel(), stats.uniform(-limit, 2 * limit).cdf).pvalue > 0.001
        recurrent = np.stack([each[name]["recurrent_kernel"] for each in drawn])
        assert np.allclose(recurrent @ recurrent.transpose(0, 2, 1), np.eye(units), atol=1e-12)
        # An entry of a row that points anywhere with equal probability, from -1 to 1.
        entries = stats.beta((4 * units - 1) / 2, (4 * units - 1) / 2, loc=-1, scale=2)
        for row in {0, units - 1}:
            assert stats.kstest(recurrent[:, row].ravel(), entries.cdf).pvalue > 0.001
            assert stats.kstest(recurrent[:, row, row], entries.cdf).pvalue > 0.001
    assert len({each["lstm_0"]["kernel"].tobytes() for each in drawn}) == len(drawn)


def test_random_numbers_are_uniform_and_normal_ones_normal(script):
    uniform = np.array(script("(() => { const r = randomOf(5); return Array.from({ length: 20000 }, r); })()"))
    assert stats.kstest(uniform, "uniform").pvalue > 0.001
    assert np.abs(np.corrcoef(uniform[:-1], uniform[1:])[0, 1]) < 0.03
    normal = script("(() => { const r = randomOf(6); return Array.from({ length: 20000 }, () => normal(r)); })()")
    assert stats.kstest(normal, "norm").pvalue > 0.001
    assert script("randomOf(1)() === randomOf(1)() && randomOf(1)() !== randomOf(2)()")


# ---- In the window.


def progress(tab, expected):
    """What is said of the training once it says something."""
    tab.wait_for_function("said => document.getElementById('progress').textContent.includes(said)", arg=expected)
    tab.wait_for_function("() => document.getElementById('training').getAttribute('aria-busy') === 'false'")
    return tab.inner_text("#progress")


def range_of(told):
    """The smallest and the largest error that is said."""
    words = told.split("are from ")[1].split(";")[0].split(" to ")
    return [float(word) for word in words]


def errors_after(script, curve, steps, seeds=8, gates="hard"):
    """The errors of networks that the page's scripts train, measured as the library does."""
    answers = [
        script(
            f"(() => {{ {TRAIN} }})()",
            layers=weights.layers(lt.Stack(features=1, gates=gates), 1),
            seed=seed,
            curve=curve.tolist(),
            optimizer=OPTIMIZER,
            steps=steps,
        )["answer"]
        for seed in range(seeds)
    ]
    x = lt.time_points(len(curve))
    return [float(lt.measures.rmse(jnp.float32(answer), jnp.float32(curve), x)) for answer in answers]


def test_eight_networks_are_trained_step_by_step(page, opened, script, saved):
    tab = opened(page)
    tab.click("#train-step")
    before = progress(tab, "8 networks after 0 of 1,500 steps")
    tab.click("#train-step")
    progress(tab, "8 networks after 1 of")
    tab.click("#train-step")
    after = progress(tab, "8 networks after 2 of")
    curve = saved("published").results.train_target.values[:, 0]
    for told, steps in ((before, 0), (after, 2)):
        errors = errors_after(script, curve, steps)
        assert np.allclose(range_of(told), [min(errors), max(errors)], rtol=0.06)


def test_training_runs_until_it_is_stopped_and_goes_on(page, opened):
    tab = opened(page)
    tab.click("#train-run")
    tab.wait_for_function("() => /after [1-9]/.test(document.getElementById('progress').textContent)")
    tab.get_by_role("button", name="Stop").click()
    stopped = progress(tab, "8 networks")
    tab.wait_for_timeout(300)
    assert tab.inner_text("#progress") == stopped
    tab.get_by_role("button", name="Go on").click()
    tab.wait_for_function("said => document.getElementById('progress').textContent !== said", arg=stopped)
    tab.click("#train-again")
    assert tab.inner_text("#progress") == "No network has begun."
    tab.wait_for_timeout(300)
    assert tab.inner_text("#progress") == "No network has begun."


def test_eight_more_catch_up(page, opened):
    tab = opened(page)
    for step in range(4):
        tab.click("#train-step")
        progress(tab, f"8 networks after {step} of")
    tab.locator("[name=speed]").select_option("slow")
    tab.click("#train-more")
    tab.wait_for_function(
        "() => /8 networks after [012], 8 networks after 3 of/.test(document.getElementById('progress').textContent)"
    )
    tab.locator("[name=speed]").select_option("steady")  # In which ten steps would lead beyond the others.
    tab.wait_for_function("() => document.getElementById('progress').textContent.includes('16 networks after')")
    tab.click("#train-run")
    progress(tab, "16 networks after")


def test_networks_learn_the_curve_of_the_playground(page, opened, script, settled):
    tab = opened(page)
    tab.locator("[name=set]").select_option("line")
    tab.get_by_role("button", name="slope 0.8").click()
    settled(tab)
    tab.get_by_label("the curve above").check()
    assert "cannot leave the range" in tab.inner_text("#train-note")
    assert not tab.locator("#key-published-errors").is_visible()
    tab.click("#train-step")
    progress(tab, "8 networks after 0")
    tab.click("#train-step")
    told = progress(tab, "8 networks after 1")
    errors = errors_after(script, 0.8 + 0.8 * np.linspace(0, 1, 100), 1)
    assert np.allclose(range_of(told), [min(errors), max(errors)], rtol=0.06)
    tab.get_by_role("button", name="slope 0.1").click()
    settled(tab)
    assert "has changed" in tab.inner_text("#train-note")
    tab.click("#train-again")
    assert not tab.locator("#train-note").is_visible()


@pytest.mark.long
def test_networks_of_the_page_end_as_those_of_the_library(script, tmp_path):
    arguments = ["--seeds=16", f"--results_dir={tmp_path}", "--quiet"]
    assert conftest.carry_out(sine.EXPERIMENT, arguments) == 0
    (folder,) = (tmp_path / "runs").glob("sine-*")
    results = lt.load(folder).results
    curve = results.train_target.values[:, 0]
    twice = 0.6 + 0.6 * np.sin(10 * results.time.values)
    index = int(np.flatnonzero((results.family.values == "amplitude") & (results.amplitude.values == 0.6))[0])
    trained = [
        script(
            f"(() => {{ const {{ answer, weights }} = (() => {{ {TRAIN} }})();"
            "const shown = answersOf(given.layers, Float64Array.from(weights), [0], [given.twice]);"
            "return { answer, shown: Array.from(shown) }; })()",
            layers=weights.layers(lt.Stack(features=1, gates="hard"), 1),
            seed=seed,
            curve=curve.tolist(),
            twice=twice.tolist(),
            optimizer=OPTIMIZER,
            steps=sine.EXPERIMENT.defaults["steps"],
        )
        for seed in range(16)
    ]
    assert results.input.values[index, :, 0] == pytest.approx(twice, abs=1e-5)

    def error(answer):
        return float(lt.measures.rmse(jnp.float32(answer), jnp.float32(curve), lt.time_points(100)))

    def peaks(answers):
        return np.max(answers, axis=1)

    def valleys(answers):
        return np.min(np.asarray(answers)[:, 30:65], axis=1)

    theirs = results.answer.values[:, index, :, 0]
    ours = [each["shown"] for each in trained]
    compared = {
        "error": (results.train_rmse.values[:, -1, 0], np.array([error(each["answer"]) for each in trained])),
        "peak": (peaks(theirs), peaks(ours)),
        "valley": (valleys(theirs), valleys(ours)),
    }
    for name, (library, page) in compared.items():
        one, other = intervals.median_bootstrap(library), intervals.median_bootstrap(page)
        assert one.low <= other.high, (name, one, other)
        assert other.low <= one.high, (name, one, other)

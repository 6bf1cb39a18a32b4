"""Training in the page: its numbers against the library's, and what one sees of it."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy import stats

import lstm_toys as lt
from conftest import rarely
from experiments import sine
from experiments.page import weights
from experiments.page.parts import training
from lstm_toys.networks import optimizers
from lstm_toys.networks.hyper import Hyper

CLOSE = 1e-5

OPTIMIZER = {"rate": 0.001, "decay": 0.9}

TRAIN = """given.seeds.map((seed) => {
    const weights = initialWeights(given.layers, randomOf(seed));
    const begun = weights.slice();
    const [gradient, squares] = [new Float64Array(weights.length), new Float64Array(weights.length)];
    const pass = new StackPass(given.layers, given.curve.length);
    for (let step = 0; step < given.steps; step++) {
        pass.backward(weights, given.curve, gradient);
        rmspropStep(weights, gradient, squares, given.optimizer);
    }
    const found = { begun, weights, answer: pass.forward(weights, given.curve) };
    return given.names.map((name) => Array.from(found[name]));
})"""
"""Trains networks as the page's workers do."""


@pytest.fixture
def trained(script):
    """Trains networks of the page, and returns some of their arrays, network by network."""

    def train(names, curve, steps, seeds, model):
        layers = weights.layers(model, 1)
        asked = {"names": names, "curve": curve.tolist(), "steps": steps, "seeds": list(seeds), "layers": layers}
        return script(TRAIN, optimizer=OPTIMIZER, **asked)

    return train


def nested(flat, model):
    """The parameters of a network as the library has them, in double precision, of the page's list."""
    shapes = jax.eval_shape(model.init, jax.random.key(0), jnp.zeros((1, 2, 1)))["params"]
    params, start = {}, 0
    for name in (*(f"lstm_{number}" for number in range(len(model.hidden))), "readout"):
        params[name] = {}
        for leaf in ("kernel", "recurrent_kernel", "bias"):
            shape = shapes[name][leaf].shape
            params[name][leaf] = np.reshape(flat[start : start + np.prod(shape)], shape)
            start += np.prod(shape)
    assert start == len(flat)
    return params


def flattened(params):
    """All parameters in one array, in the order of the library."""
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(params)])


@pytest.mark.parametrize(
    ("hidden", "length", "gates"),
    [
        ((32,), 100, "hard"),
        ((5, 3), 7, "sigmoid"),
        *rarely(((32,), 100, "sigmoid"), ((5, 3), 7, "hard"), ((2,), 1, "hard")),
    ],
)
def test_networks_learn_as_in_the_library_in_double_precision(hidden, length, gates, trained):
    steps = 12
    model = lt.Stack(features=1, hidden=hidden, gates=gates)
    curve = 0.3 + 0.3 * np.sin(10 * np.linspace(0, 1, length))
    ((begun, found),) = trained(["begun", "weights"], curve, steps, [3], model)
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
        target = jnp.asarray(curve)
        optimizer = optimizers.optimizer("rmsprop_keras", Hyper(OPTIMIZER["rate"], 0.0, OPTIMIZER["decay"], 0.0, {}))

        def loss(params):
            return jnp.mean(jnp.square(model.apply({"params": params}, target[None, :, None])[0, :, 0] - target))

        @jax.jit
        def step(params, state):
            updates, state = optimizer.update(jax.grad(loss)(params), state)
            return optax.apply_updates(params, updates), state

        params = nested(np.array(begun), model)
        state = optimizer.init(params)
        for _ in range(steps):
            params, state = step(params, state)
    begun, found, expected = map(flattened, (nested(begun, model), nested(found, model), params))
    moved = np.abs(expected - begun).max()
    assert moved > 1e-3
    assert np.abs(found - expected).max() < CLOSE * moved


def test_the_recipe_of_the_page_is_that_of_the_published_networks(saved):
    data = training.made(saved("published").results).data
    settings = sine.EXPERIMENT.defaults
    assert settings["optimizer"] == "rmsprop_keras"
    assert data["optimizer"] == {"rate": settings["learning_rate"], "decay": 0.9} == OPTIMIZER
    assert data["steps"] == settings["steps"]
    model = lt.Stack(features=1, gates=settings["gates"])
    assert data["layers"][settings["gates"]] == weights.layers(model, 1)


def test_networks_begin_as_in_the_library(script):
    model = lt.Stack(features=1, gates="hard")
    found = script(
        "given.seeds.map((seed) => Array.from(initialWeights(given.layers, randomOf(seed))))",
        layers=weights.layers(model, 1),
        seeds=list(range(8)),
    )
    drawn = [nested(np.array(flat), model) for flat in found]
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
    uniform = np.array(script("{ const r = randomOf(5); return Array.from({ length: 20000 }, r); }"))
    assert stats.kstest(uniform, "uniform").pvalue > 0.001
    assert np.abs(np.corrcoef(uniform[:-1], uniform[1:])[0, 1]) < 0.03
    normal = script("{ const r = randomOf(6); return Array.from({ length: 20000 }, () => normal(r)); }")
    assert stats.kstest(normal, "norm").pvalue > 0.001
    assert script("randomOf(1)() === randomOf(1)() && randomOf(1)() !== randomOf(2)()")


def progress(page, expected):
    """What is said of the training once it says something and nothing is computed."""
    page.tab.wait_for_function("said => document.getElementById('progress').textContent.includes(said)", arg=expected)
    page.tab.wait_for_function("() => document.getElementById('training').getAttribute('aria-busy') === 'false'")
    return page.text("#progress")


def test_eight_networks_are_trained_step_by_step_on_the_curve_shown_or_on_the_sine(opened, trained):
    page = opened("#curve=line&slope=0.8&intercept=0.8")
    own, sine = (page.tab.get_by_label(label) for label in ("the curve above", "the sine of the post"))
    own.check()
    assert "cannot leave the range" in page.text("#train-note")
    x = np.linspace(0, 1, 100)
    for curve in (0.8 + 0.8 * x, 0.3 + 0.3 * np.sin(10 * x)):
        for steps in range(2):
            page.click("#train-step")
            told = progress(page, f"8 networks after {steps} of 1,500 steps")
            answers = trained(["answer"], curve, steps, range(8), lt.Stack(features=1, gates="hard"))
            errors = [np.sqrt(np.mean(np.square(np.subtract(answer, curve)[10:]))) for (answer,) in answers]
            said = told.split("are from ")[1].split(";")[0].split(" to ")
            assert [float(word) for word in said] == pytest.approx([min(errors), max(errors)], rel=0.06)
        if own.is_checked():
            page.choose(slope="0.1")
            assert "has changed" in page.text("#train-note")
            sine.check()
            assert not page.visible("#train-note")


def test_training_stops_goes_on_and_begins_again_and_eight_more_catch_up(opened):
    page = opened("#curve=sine")
    says = "said => document.getElementById('progress').textContent.match(said)"
    for step in range(4):
        page.click("#train-step")
        progress(page, f"8 networks after {step} of")
    page.tab.locator("[name=speed]").select_option("slow")
    page.click("#train-more")
    page.tab.wait_for_function(says, arg="8 networks after [012], 8 networks after 3 of")
    page.tab.locator("[name=speed]").select_option("steady")  # In which ten steps would lead beyond the others.
    page.tab.wait_for_function(says, arg="16 networks after")
    page.click("button:has-text('Stop')")
    stopped = progress(page, "16 networks after")
    page.tab.wait_for_timeout(200)
    assert page.text("#progress") == stopped
    page.click("button:has-text('Go on')")
    page.tab.wait_for_function("said => document.getElementById('progress').textContent !== said", arg=stopped)
    page.click("#train-again")
    page.tab.wait_for_timeout(200)
    assert page.text("#progress") == "No network has begun."

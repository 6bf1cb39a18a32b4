"""What the page's scripts compute of networks, their training, curves and texts, against the library."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import reference
from kinds import SEEDS
from scipy import stats

import lstm_toys as lt
from conftest import rarely
from experiments import sine
from experiments.page import networks as page_networks

CLOSE = 1e-5


@pytest.mark.parametrize(
    "kind", ["published", "other_gates", "dense", "gru", "rnn", *rarely("gru_sigmoid", "rnn_dense")]
)
def test_networks_answer_as_in_the_library(kind, networks, curves, script):
    model, params, answers = networks(kind)
    order, rows = np.random.default_rng(0).permutation(SEEDS), [5, 0, 19, 7]
    found = script(
        """decoded(given.texts, true).then((weights) => {
            return Array.from(answersOf(given.layers, weights, given.rows, given.curves, 100));
        })""",
        layers=page_networks.layers(model, 1),
        texts=page_networks.packed(model, params, order, exact=True),
        rows=rows,
        curves=curves[:, :, 0].tolist(),
    )
    expected = answers[order[rows]]
    assert np.abs(np.reshape(found, expected.shape) - expected).max() < CLOSE


def test_weights_of_16_bits_and_of_two_times_16_are_those_of_the_library(networks, script):
    model, params, _ = networks("published")
    params = jax.tree.map(np.array, params)
    special = np.float32([0, -0.0, 1, -2, 65_504, 6e-8, -6e-5, 1.00390623])
    params["readout"]["kernel"][:, :2, :4] = special.reshape(2, 4)

    def read(texts, exact):
        return np.float32(script("decoded(given.texts, given.exact).then(Array.from)", texts=texts, exact=exact))

    rows = np.arange(SEEDS)
    expected = page_networks.flat(model, params, rows).ravel()
    assert np.isin(special, expected).all()
    assert np.array_equal(
        read(page_networks.packed(model, params, rows, exact=False), exact=False), np.float16(expected)
    )
    texts = page_networks.packed(model, params, rows, exact=True)
    assert np.array_equal(read(texts, exact=True), expected)
    large = np.abs(expected) > 1e-6
    assert np.allclose(read(texts[:1], exact=True)[large], expected[large], rtol=2**-8, atol=0)


def test_a_network_rings_that_swings_there_and_back(script):
    x = lt.time_points(100)
    since = np.maximum(x - x[9], 0)
    for frequency, decay, rings in ((14, 6, True), (14, 30, False), (20, 6, True), (0, 5, False)):
        answer = 0.3 + 0.2 * np.exp(-decay * since) * np.cos(frequency * since)
        found = script("ringing(Float32Array.from(given.answer), given.x)", answer=answer.tolist(), x=x.tolist())
        assert found == (pytest.approx(frequency, rel=0.05) if rings else None)


def test_curves_bands_and_errors_are_those_of_the_library(script):
    random = np.random.default_rng(1)
    x = lt.time_points(100)
    for name, family in lt.FAMILIES.items():
        parameters = {each.name: float(random.uniform(-2, 2)) for each in family.parameters}
        found = script("Array.from(sampled(given.name, given.of, given.x))", name=name, of=parameters, x=x.tolist())
        assert np.allclose(found, family.curves(x, parameters)[0], atol=1e-6)
    for count in (1, 2, 16, 19):
        answers = random.normal(size=(count, 3, 7)).astype(np.float32)
        found = script("spread(given.answers, given.count, 3, 1, 7)", answers=answers.ravel().tolist(), count=count)
        low, high = lt.statistics.band(answers[:, 1])
        expected = {"low": low, "median": np.median(answers[:, 1], axis=0), "high": high}
        assert all(np.allclose(found[end], expected[end], atol=1e-6) for end in expected)
    answer, curve = jnp.asarray(random.normal(size=(2, 100)), jnp.float32)
    found = script("errorOf(given.a, given.b, given.x)", a=answer.tolist(), b=curve.tolist(), x=x.tolist())
    answered = lt.measures.AnsweredCurve.copied(answer, curve, x)
    assert found == pytest.approx(float(lt.measures.rmse(answered)), rel=1e-5)


PARAMETERS = {
    "line": {"slope": (0.1, 1), "intercept": (0.1, 1)},
    "hill": {"height": (0.1, 1), "base": (0.1, 1)},
    "pluck": {"level": (0.1, 1), "pull": (0.1, 1)},
    "sine": {"amplitude": (0.5, 0.5), "frequency": (1, 12), "phase": (-3.14, 3.14), "offset": (0.6, 0.6)},
}
"""Of slow sines, a peak or a valley is not in the picture."""


def test_a_curve_goes_through_its_handles_and_where_they_are_moved(script):
    random = np.random.default_rng(4)
    for family, ranges in PARAMETERS.items():
        handles = script(
            """given.curves.flatMap((curve) => HANDLES[given.family](curve, false).map((handle) => {
                const { name, sign, x, y, moved } = handle;
                const value = (changes, x) => sampled(given.family, { ...curve, ...changes }, [x])[0];
                const [right, up] = [Math.min(1, x + 0.02), 0.6 + 0.9 * (y - 0.6)];
                const goal = { "↕": [x, up], "✥": [right, up], "↔": [right, y] }[sign];
                const off = [value({}, x) - y, value(moved(...goal), goal[0]) - goal[1]];
                for (const other of [0.3, 1]) off.push(value(moved(x, y), other) - value({}, other));
                return { name, x, off };
            }))""",
            family=family,
            curves=[{name: random.uniform(*ends) for name, ends in ranges.items()} for _ in range(300)],
        )
        assert len({each["name"] for each in handles}) == 2
        assert all(0 <= each["x"] <= 1 for each in handles)
        assert np.abs(np.concatenate([each["off"] for each in handles])).max() < 1e-6


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


@pytest.mark.parametrize(("hidden", "length"), [((32,), 100), *rarely(((5, 3), 7), ((2,), 1))])
def test_networks_learn_as_in_the_library_in_double_precision(hidden, length, trained):
    steps = 12
    model = lt.Stack(features=1, hidden=hidden, gates="hard")
    curve = 0.3 + 0.3 * np.sin(10 * np.linspace(0, 1, length))
    (begun,), (found,) = (trained("weights", curve, count, [3], model) for count in (0, steps))
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
        target = jnp.asarray(curve)
        optimizer = reference.OPTIMIZERS["rmsprop_keras"](0.001)

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


def test_the_recipe_of_the_page_is_that_of_the_published_networks():
    data = page_networks.training()
    settings = sine.EXPERIMENT.defaults
    assert settings["optimizer"] == "rmsprop_keras"
    assert data["optimizer"] == {"rate": settings["learning_rate"], "decay": 0.9} == {"rate": 0.001, "decay": 0.9}
    assert data["steps"] == settings["steps"]
    model = lt.Stack(features=1, gates=settings["gates"])
    assert data["layers"] == page_networks.layers(model, 1)


def test_networks_begin_as_in_the_library(trained):
    model = lt.Stack(features=1, gates="hard")
    drawn = [nested(np.array(flat), model) for flat in trained("weights", np.zeros(1), 0, range(8), model)]
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
        assert stats.kstest(recurrent[:, 0].ravel(), entries.cdf).pvalue > 0.001
    assert len({each["lstm_0"]["kernel"].tobytes() for each in drawn}) == len(drawn)

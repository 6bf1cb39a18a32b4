"""What the page's scripts compute of networks, curves and texts, against the library."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinds import SEEDS

import lstm_toys as lt
from conftest import rarely
from experiments.page import weights
from lstm_toys.statistics import intervals

CLOSE = 1e-5


@pytest.mark.parametrize(
    "kind", ["published", "other_gates", "dense", "gru", "rnn", *rarely("gru_sigmoid", "rnn_dense")]
)
def test_networks_answer_as_in_the_library(kind, networks, curves, script):
    model, params, answers = networks(kind)
    order, rows = np.random.default_rng(0).permutation(SEEDS), [5, 0, 19, 7]
    found = script(
        "Array.from(answersOf(given.layers, decoded(given.text, 'single'), given.rows, given.curves))",
        layers=weights.layers(model, 1),
        text=weights.packed(model, params, order),
        rows=rows,
        curves=curves[:, :, 0].tolist(),
    )
    expected = answers[order[rows]]
    assert np.abs(np.reshape(found, expected.shape) - expected).max() < CLOSE


def test_weights_of_half_precision_are_those_of_the_library(networks, script):
    model, params, _ = networks("published")
    params = jax.tree.map(np.array, params)
    special = np.float32([0, -0.0, 1, -2, 65_504, 6e-8, -6e-5, 6.2e-5])
    params["readout"]["kernel"][:, :2, :4] = special.reshape(2, 4)
    single, half = (
        script(
            "Array.from(decoded(given.text, given.precision))",
            text=weights.packed(model, params, np.arange(SEEDS), precision),
            precision=precision,
        )
        for precision in weights.PRECISIONS
    )
    assert np.isin(special, np.float32(single)).all()
    assert np.array_equal(half, np.float16(single).astype(float))


def test_a_custom_cell_is_refused():
    with pytest.raises(ValueError, match="tests"):
        weights.layers(lt.Stack(features=1, cell="tests.cells:Own"), 1)


@pytest.mark.parametrize("kind", ["published", *rarely("other_gates")])
def test_states_are_those_of_the_library_and_a_unit_is_held_as_there(kind, networks, curves, script):
    model, params, answers = networks(kind)
    params = jax.tree.map(lambda leaf: leaf[6:7], params)
    states = lt.states(model, params, curves)
    unit, number = 5, -1
    mean = float(states["lstm_0"]["hidden"][0, 0, :, unit].mean())
    layers, held = script(
        """{
            const weights = decoded(given.text, "single");
            const pass = new StackPass(given.layers, given.curve.length);
            pass.forward(Float64Array.from(weights), given.curve);
            const layers = pass.passes.map((each) => ["cell", "hidden", "gates"].map((name) => Array.from(each[name])));
            const held = heldWeights(given.layers, weights, given.unit, given.mean);
            return [layers, Array.from(answerOf(given.layers, held, 0, given.curve))];
        }""",
        layers=weights.layers(model, 1),
        text=weights.packed(model, params, np.array([0])),
        curve=curves[number, :, 0].tolist(),
        unit=unit,
        mean=mean,
    )
    for (cell, hidden, gates), name in zip(layers, ("lstm_0", "readout"), strict=True):
        units = len(cell) // 100
        cell, hidden = np.reshape(cell, (-1, units)), np.reshape(hidden, (-1, units))
        assert np.abs(cell - np.asarray(states[name]["cell"])[0, number]).max() < CLOSE
        assert np.abs(hidden - np.asarray(states[name]["hidden"])[0, number]).max() < CLOSE
        i, f, g, o = np.moveaxis(np.reshape(gates, (-1, 4, units)), 1, 0)
        assert np.allclose(cell[1:], f[1:] * cell[:-1] + i[1:] * g[1:])
        assert np.allclose(hidden, o * np.tanh(cell))
    expected = lt.intervene(model, params, curves, "lstm_0", [unit], hold=mean)[0, number, :, 0]
    assert np.abs(held - expected).max() < CLOSE
    assert np.abs(expected - answers[6, number, :, 0]).max() > 100 * CLOSE


def test_a_dense_readout_is_that_of_least_squares(script):
    random = np.random.default_rng(3)
    for units, points in ((1, 5), (8, 100), (32, 100), (32, 20)):
        states = np.tanh(random.normal(size=(points, units)) @ random.normal(0, 0.3, (units, units)))
        target = random.normal(size=points)
        found = script(
            "Array.from(denseReadout(Float64Array.from(given.states), given.units, given.target))",
            states=states.ravel().tolist(),
            units=units,
            target=target.tolist(),
        )
        rows = np.column_stack([states, np.ones(points)])
        penalty = np.diag([*np.full(units, 1e-3), 0])
        assert np.allclose(found, np.linalg.solve(rows.T @ rows + penalty, rows.T @ target), rtol=1e-8, atol=1e-9)


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
        low, high = intervals.band(answers[:, 1])
        expected = {"low": low, "median": np.median(answers[:, 1], axis=0), "high": high}
        assert all(np.allclose(found[end], expected[end], atol=1e-6) for end in expected)
    answer, curve = jnp.asarray(random.normal(size=(2, 100)), jnp.float32)
    found = script("errorOf(given.a, given.b, given.x)", a=answer.tolist(), b=curve.tolist(), x=x.tolist())
    assert found == pytest.approx(float(lt.measures.rmse(answer, curve, x)), rel=1e-5)


def value(family, curve, x):
    """A curve of the library at one x, in double precision."""
    if family == "line":
        return curve["slope"] * x + curve["intercept"]
    if family == "hill":
        return curve["base"] + curve["height"] * np.sin(np.pi * x)
    return curve["offset"] + curve["amplitude"] * np.sin(curve["frequency"] * x + curve["phase"])


RANGES = {
    "line": {"slope": (0.1, 1), "intercept": (0.1, 1)},
    "hill": {"height": (0.1, 1), "base": (0.1, 1)},
    "sine": {"amplitude": (0.5, 0.5), "frequency": (1, 12), "phase": (-3.14, 3.14), "offset": (0.6, 0.6)},
}
"""Parameters of curves. Many of these sines are so slow that their peak or their valley is not in the picture."""

HANDLES = {
    "line": {("left end", "right end")},
    "hill": {("foot", "top")},
    "sine": {
        ("peak", "valley", "middle"),
        ("peak", "right end", "middle"),
        ("peak", "left end", "middle"),
        ("left end", "valley", "middle"),
        ("left end", "right end", "middle"),
    },
}


@pytest.mark.parametrize("family", RANGES)
def test_a_curve_goes_through_its_handles_and_where_they_are_moved(family, script):
    random = np.random.default_rng(4)
    curves = [{name: random.uniform(*ends) for name, ends in RANGES[family].items()} for _ in range(300)]
    found = script(
        """given.curves.map((curve) => HANDLES[given.family](curve, false).map((handle) => {
            const to = [Math.min(1, handle.x + 0.02), 0.6 + 0.9 * (handle.y - 0.6)];
            return { ...handle, to, moved: handle.moved(...to), stays: handle.moved(handle.x, handle.y) };
        }))""",
        family=family,
        curves=curves,
    )
    assert {tuple(each["name"] for each in handles) for handles in found} == HANDLES[family]
    for curve, handles in zip(curves, found, strict=True):
        for handle in handles:
            name, sign, x, y, (to_x, to_y) = (handle[each] for each in ("name", "sign", "x", "y", "to"))
            after, stays = curve | handle["moved"], curve | handle["stays"]
            assert 0 <= x <= 1
            assert all(value(family, stays, at) == pytest.approx(value(family, curve, at), abs=1e-6) for at in (0.3, 1))
            if name == "middle":
                assert after == curve | {"offset": to_y}
                continue
            assert value(family, curve, x) == pytest.approx(y, abs=1e-9)
            place = {"↕": (x, to_y), "✥": (to_x, to_y), "↔": (to_x, y)}[sign]
            assert value(family, after, place[0]) == pytest.approx(place[1], abs=1e-6)
            if name == "valley" and handles[0]["name"] == "peak":  # Which stays.
                assert value(family, after, handles[0]["x"]) == pytest.approx(handles[0]["y"], abs=1e-6)


def test_a_tied_offset_moves_with_the_peak(script):
    curve = {"amplitude": 0.5, "frequency": 10, "phase": 0, "offset": 0.5}
    moved = script("HANDLES.sine(given.curve, true)[0].moved(0.2, 0.8)", curve=curve)
    assert moved["offset"] == moved["amplitude"] == pytest.approx(0.4)


CURVE = "Array.from(curveOfText(given.text, given.count).curve)"


@pytest.mark.parametrize("separator", [",", ";", "\t", "  ", " , "])
def test_a_curve_of_text_is_resampled(separator, script):
    x, y = np.array([[-3, -1, 0.5, 5], [0.2, -1e-3, 4, 1.5]])
    lines = [f"{one}{separator}{other}" for one, other in zip(x, y, strict=True)]
    expected = np.interp(np.linspace(-3, 5, 100), x, y)
    for text in ("\n".join(lines), "\r\n".join(["time, value", *lines, "", ""])):
        assert np.allclose(script(CURVE, text=text, count=100), expected, atol=1e-12)
    assert np.allclose(script(CURVE, text="y\n1\n3\n2\n", count=5), [1, 2, 3, 2.5, 2])


REFUSALS = {
    "": "at least two lines",
    "x,y\n1,2": "at least two lines",
    "1\nabc\n3": "Line 2 is not one or two numbers.",
    "1\n2\n3 4": "Line 3 has 2 numbers; all lines have one, y, or two, x and y.",
    "1 2 3\n4 5 6": "Line 1 has 3 numbers",
    "0,1\n1,2\n\n1,3": "Line 4 does not have a larger x than the line before.",
    "1\n2,\n3": "Line 2 is not one or two numbers.",
    "1\n1e999": "Line 2 is not one or two numbers.",
}
"""What is said, by text that is not a curve."""


@pytest.mark.parametrize("text", REFUSALS)
def test_text_that_is_not_a_curve_is_refused(text, script):
    attempt = "{ try { curveOfText(given.text, 9); } catch ({ message }) { return message; } }"
    assert REFUSALS[text] in script(attempt, text=text)


REPOSITORIES = {
    "https://somebody.github.io/toys/": "https://github.com/somebody/toys",
    "https://some-body.github.io/toys.2/index.html?x#step-1": "https://github.com/some-body/toys.2",
    "https://somebody.github.io/index.html": None,
    "https://somebody.github.io.example.org/toys/": None,
    "https://example.org/toys/": None,
    "file:///home/github.io/index.html": None,
}
"""Addresses of pages, and of the repository that each is published from."""


@pytest.mark.parametrize("served", REPOSITORIES)
def test_the_repository_is_that_of_the_address(served, script):
    assert script("repositoryOf(given.served)", served=served) == REPOSITORIES[served]

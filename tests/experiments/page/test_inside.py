"""The inside of one network on the page, against the library."""

import re

import jax
import numpy as np
import pytest

import lstm_toys as lt
from experiments.page import weights

CLOSE = 1e-5


@pytest.mark.parametrize("kind", ["published", "other_gates"])
def test_states_are_those_of_the_library(kind, networks, curves, script):
    model, params, _ = networks(kind)
    curve = curves[4]
    found = script(
        """(() => {
            const pass = new StackPass(given.layers, given.curve.length);
            pass.forward(Float64Array.from(decoded(given.text, "single")), given.curve);
            const names = ["cell", "hidden", "gates"];
            return pass.passes.map((each) => names.map((name) => Array.from(each[name])));
        })()""",
        layers=weights.layers(model, 1),
        text=weights.packed(model, params, np.array([6])),
        curve=curve[:, 0].tolist(),
    )
    states = lt.states(model, jax.tree.map(lambda leaf: leaf[6:7], params), curve[None])
    for (cell, hidden, gates), name in zip(found, ("lstm_0", "readout"), strict=True):
        units = len(cell) // len(curve)
        cell, hidden = np.reshape(cell, (-1, units)), np.reshape(hidden, (-1, units))
        assert np.abs(cell - np.asarray(states[name]["cell"])[0, 0]).max() < CLOSE
        assert np.abs(hidden - np.asarray(states[name]["hidden"])[0, 0]).max() < CLOSE
        i, f, g, o = np.moveaxis(np.reshape(gates, (-1, 4, units)), 1, 0)
        assert np.allclose(cell[1:], f[1:] * cell[:-1] + i[1:] * g[1:])
        assert np.allclose(hidden, o * np.tanh(cell))


def values(tab):
    """The values at the cursor, by name."""
    text = tab.inner_text("#inside-values").replace("−", "-")
    return {name.strip(", :"): float(value) for name, value in re.findall(r"([a-z ,:]+?) (-?\d+\.\d+)", text)}


def test_a_network_is_looked_into_along_the_curve(address, opened, settled, saved, dynamics):
    tab = opened(f"{address}#step-2")
    tab.locator("[name=seed]").select_option("network 4")
    tab.locator("#inside > summary").click()
    settled(tab)
    assert "Network 4 " in tab.inner_text("#inside-who")
    frequency = float(dynamics.mode_frequency[4])
    assert f"frequency of {frequency:.1f}; the curve that it is shown has 10.0" in tab.inner_text("#inside-who")
    box = tab.locator("#inside-gates canvas").bounding_box()
    tab.mouse.move(box["x"] + 46 + 50 / 99 * (box["width"] - 58), box["y"] + 50)
    results = saved("published").results
    (row,) = np.flatnonzero((results.family.values == "amplitude") & (results.amplitude.values == 0.6))
    told = values(tab)
    answer = float(results.answer[4, row, 50, 0])
    assert told["x"] == 0.51
    assert told["shown"] == pytest.approx(float(results.input[row, 50, 0]), abs=0.006)
    assert told["answer"] == pytest.approx(answer, abs=0.006)
    assert told["output gate"] * np.tanh(told["cell state"]) == pytest.approx(answer, abs=0.02)
    assert tab.locator("#key-rest").is_visible()


def test_the_cursor_of_the_chart_goes_through_the_inside(address, opened):
    tab = opened(f"{address}#step-2")
    tab.locator("#inside > summary").click()
    tab.locator("#chart").focus()
    tab.keyboard.press("Home")
    for _ in range(20):
        tab.keyboard.press("ArrowRight")
    assert values(tab)["x"] == 0.20
    assert tab.inner_text("#reading").startswith("x 0.20")


def test_only_what_is_known_of_a_network_is_said(address, opened, settled):
    tab = opened(f"{address}#step-2")
    tab.locator("#inside > summary").click()
    tab.locator("[name=networks]").select_option("gru")
    settled(tab)
    assert "Only networks of LSTM units" in tab.inner_text("#inside-who")
    assert not tab.locator("#inside-charts").is_visible()
    tab.locator("[name=networks]").select_option("dense")
    settled(tab)
    assert "weighted sum" in tab.inner_text("#inside-who")
    assert not tab.locator("#inside-gates").is_visible()
    tab.locator("[name=networks]").select_option("published")
    tab.locator("[name=state]").fill("1")
    settled(tab)
    assert "frequency" not in tab.inner_text("#inside-who")
    assert not tab.locator("#key-rest").is_visible()


def one(params, seed):
    """The parameters of one network, which keep their leading axis."""
    return jax.tree.map(lambda leaf: leaf[seed : seed + 1], params)


@pytest.mark.parametrize("kind", ["published", "other_gates"])
def test_a_unit_is_held_as_in_the_library(kind, networks, curves, script):
    model, params, _ = networks(kind)
    for unit, curve in ((0, curves[4]), (5, curves[60]), (7, curves[0])):
        mean = lt.states(model, one(params, 6), curves[:1])["lstm_0"]["hidden"][0, 0, :, unit].mean()
        held = lt.intervene(model, one(params, 6), curve[None], "lstm_0", [unit], hold=float(mean))[0, 0, :, 0]
        found = script(
            """(() => {
                const weights = decoded(given.text, "single");
                const held = heldWeights(given.layers, weights, given.unit, given.mean);
                return Array.from(answerOf(given.layers, held, 0, given.curve));
            })()""",
            layers=weights.layers(model, 1),
            text=weights.packed(model, params, np.array([6])),
            unit=unit,
            mean=float(mean),
            curve=curve[:, 0].tolist(),
        )
        assert np.abs(found - held).max() < CLOSE
        unchanged = lt.answers(model, one(params, 6), curve[None])[0, 0, :, 0]
        assert np.abs(held - unchanged).max() > 100 * CLOSE


RIDGE = 1e-3


def dense(states, target):
    """The weights of a dense readout in double precision, and then its bias."""
    rows = np.column_stack([states, np.ones(len(states))]).astype(float)
    penalty = RIDGE * np.diag([*np.ones(states.shape[1]), 0])
    return np.linalg.solve(rows.T @ rows + penalty, rows.T @ target)


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
        assert np.allclose(found, dense(states, target), rtol=1e-8, atol=1e-9)


def numbers_after(text, words):
    """The numbers in a text from some words on."""
    return [float(number) for number in re.findall(r"-?\d*\.\d+", text.replace("−", "-").split(words)[1])]


def rmse(answer, curve):
    """The error that the page says, of all but the first tenth."""
    return np.sqrt(np.mean(np.square(answer - curve)[10:]))


def test_a_change_of_the_network_is_drawn_and_measured(address, opened, settled, saved):
    tab = opened(f"{address}#step-2")
    tab.locator("[name=seed]").select_option("network 4")
    tab.locator("#inside > summary").click()
    settled(tab)
    assert tab.inner_text("#inside-changed") == ""
    assert not tab.locator("#key-held").is_visible()
    assert tab.locator("#key-state").is_visible()
    assert tab.locator("[name=unit] option").count() == 9
    drawn = tab.locator("#inside-cell canvas").evaluate("canvas => canvas.toDataURL()")
    tab.locator("[name=unit]").select_option("unit 2")
    assert tab.locator("#key-held").is_visible()
    assert tab.locator("#key-unit").is_visible()
    assert not tab.locator("#key-state").is_visible()
    assert tab.locator("#inside-cell canvas").evaluate("canvas => canvas.toDataURL()") != drawn

    published = saved("published")
    params, x = one(published.params, 4), lt.time_points(100)
    sine, larger = (np.float32(a + a * np.sin(10 * x))[None, :, None] for a in (0.3, 0.6))
    states = lt.states(published.model, params, np.concatenate([sine, larger]))["lstm_0"]["hidden"][0]
    held = lt.intervene(published.model, params, larger, "lstm_0", [2], hold=float(states[0, :, 2].mean()))[0, 0, :, 0]
    answer = lt.answers(published.model, params, larger)[0, 0, :, 0]
    mean, changed, _ = numbers_after(tab.inner_text("#inside-changed"), "held at ")
    assert mean == pytest.approx(states[0, :, 2].mean(), abs=0.006)
    assert changed == pytest.approx(rmse(held, answer), rel=0.06)

    tab.locator("[name=unit]").select_option("none")
    tab.get_by_label("exchange the readout for a dense one").check()
    assert tab.locator("#key-dense").is_visible()
    assert not tab.locator("#key-held").is_visible()
    readout = dense(states[0], sine[0, :, 0])
    fitted, other = (states @ readout[:-1] + readout[-1]).astype(float)
    text = tab.inner_text("#inside-changed")
    assert str(RIDGE) in text
    assert numbers_after(text, "where it is ")[0] == pytest.approx(rmse(fitted, sine[0, :, 0]), rel=0.06)
    low, high, off, own, *_ = numbers_after(text, "it goes from ")
    assert (low, high) == pytest.approx((other.min(), other.max()), abs=0.006)
    assert (off, own) == pytest.approx((rmse(other, larger[0, :, 0]), rmse(answer, larger[0, :, 0])), rel=0.06)


def test_changes_are_offered_only_where_an_lstm_answers(address, opened, settled):
    tab = opened(f"{address}#step-2")
    tab.locator("#inside > summary").click()
    tab.locator("[name=unit]").select_option("unit 3")
    assert tab.locator("#inside-controls").is_visible()
    for kind in ("dense", "gru", "rnn"):
        tab.locator("[name=networks]").select_option(kind)
        settled(tab)
        assert not tab.locator("#inside-controls").is_visible()
        assert tab.inner_text("#inside-changed") == ""
    tab.locator("[name=networks]").select_option("untrained")
    settled(tab)
    assert tab.locator("[name=unit]").input_value() == "3"
    assert "Unit 3 is held" in tab.inner_text("#inside-changed")

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

"""The networks of the page, in JavaScript, against those of the library."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinds import KINDS, SEEDS

import lstm_toys as lt
from conftest import rarely
from experiments.page import weights
from lstm_toys.statistics import intervals

CLOSE = 1e-5

LIKE_OTHERS = ("larger", "gru", "rnn")
"""Kinds of which every line of code is that of another one."""


@pytest.mark.parametrize("kind", [*(kind for kind in KINDS if kind not in LIKE_OTHERS), *rarely(*LIKE_OTHERS)])
def test_networks_answer_as_in_the_library(kind, networks, curves, script):
    model, params, answers = networks(kind)
    found = script(
        "Array.from(answersOf(given.layers, decoded(given.text, given.precision), given.rows, given.curves))",
        layers=weights.layers(model, 1),
        text=weights.packed(model, params, np.arange(SEEDS)),
        precision="single",
        rows=list(range(SEEDS)),
        curves=curves[:, :, 0].tolist(),
    )
    assert np.abs(np.reshape(found, answers.shape) - answers).max() < CLOSE


def test_some_networks_are_those_of_their_rows(networks, curves, script):
    model, params, answers = networks("published")
    found = script(
        "Array.from(answersOf(given.layers, decoded(given.text, given.precision), given.rows, given.curves))",
        layers=weights.layers(model, 1),
        text=weights.packed(model, params, np.array([7, 2, 11])),
        precision="single",
        rows=[2, 0],
        curves=curves[:2, :, 0].tolist(),
    )
    assert np.abs(np.reshape(found, (2, 2, 100, 1)) - answers[[11, 7], :2]).max() < CLOSE


def test_weights_of_half_precision_are_those_of_the_library(networks, script):
    model, params, _ = networks("published")
    params = jax.tree.map(np.array, params)
    special = np.float32([0, -0.0, 1, -2, 65_504, 6e-8, -6e-5, 6.2e-5])
    params["readout"]["kernel"][:, 0, :4] = special[:4]
    params["readout"]["kernel"][:, 1, :4] = special[4:]
    rows = np.arange(SEEDS)
    both = {
        precision: np.array(
            script(
                "Array.from(decoded(given.text, given.precision))",
                text=weights.packed(model, params, rows, precision),
                precision=precision,
            )
        )
        for precision in weights.PRECISIONS
    }
    assert np.array_equal(both["half"], both["single"].astype(np.float16).astype(float))


def test_families_are_those_of_the_library(script):
    random = np.random.default_rng(1)
    x = lt.time_points(100)
    for name, family in lt.FAMILIES.items():
        parameters = {each.name: float(random.uniform(-2, 2)) for each in family.parameters}
        found = script("Array.from(sampled(given.name, given.of, given.x))", name=name, of=parameters, x=x.tolist())
        assert np.allclose(found, family.curves(x, parameters)[0], atol=1e-6)


@pytest.mark.parametrize("networks", [1, 2, 16, 19])
def test_band_and_median_are_those_of_the_library(networks, script):
    answers = np.random.default_rng(networks).normal(size=(networks, 3, 7)).astype(np.float32)
    found = script(
        "spread(given.answers, given.networks, 3, 1, 7)", answers=answers.ravel().tolist(), networks=networks
    )
    low, high = intervals.band(answers[:, 1])
    assert np.allclose(found["median"], np.median(answers[:, 1], axis=0), atol=1e-6)
    assert np.allclose(found["low"], low, atol=1e-6)
    assert np.allclose(found["high"], high, atol=1e-6)


def test_the_error_is_that_of_the_library(script):
    random = np.random.default_rng(2)
    answer, curve = jnp.asarray(random.normal(size=(2, 100)), jnp.float32)
    x = lt.time_points(100)
    found = script("errorOf(given.a, given.b, given.x)", a=answer.tolist(), b=curve.tolist(), x=x.tolist())
    assert found == pytest.approx(float(lt.measures.rmse(answer, curve, x)), rel=1e-5)


def test_a_cell_of_ones_own_is_refused():
    with pytest.raises(ValueError, match="tests"):
        weights.layers(lt.Stack(features=1, cell="tests.cells:Own"), 1)


MOVES = {
    "line": {"left end": (0, 0.7), "right end": (1, -0.4)},
    "hill": {"foot": (0, 0.3), "top": (0.5, 0.9)},
    "sine": {"peak": (0.31, 1.3), "middle": (0, 0.2)},
}
"""Where handles are moved, by family and name."""


@pytest.mark.parametrize("family", MOVES)
def test_the_curve_goes_where_its_handles_are_moved(family, script):
    random = np.random.default_rng(4)
    for _ in range(20):
        given = {each.name: float(random.uniform(0.1, 1)) for each in lt.FAMILIES[family].parameters}
        if family == "sine":
            given["frequency"] = float(random.uniform(8, 60))
        handles = script("HANDLES[given.family](given.of, false)", family=family, of=given)
        names = [each["name"] for each in handles]
        assert set(names) == MOVES[family].keys() | ({"valley"} if family == "sine" else set())
        for number, handle in enumerate(handles):
            if handle["name"] != "middle":
                assert curve(family, given, handle["x"]) == pytest.approx(handle["y"], abs=1e-9)
            if handle["name"] == "valley":
                continue
            x, y = MOVES[family][handle["name"]]
            moved = given | script(
                "HANDLES[given.family](given.of, false)[given.number].moved(given.x, given.y)",
                family=family,
                of=given,
                number=number,
                x=x,
                y=y,
            )
            if handle["name"] == "middle":
                assert moved == given | {"offset": y}
            else:
                assert curve(family, moved, x) == pytest.approx(y, abs=1e-9)


def test_the_valley_of_a_sine_is_moved_and_its_peak_stays(script):
    for frequency, phase in ((10, 0), (25, 2), (7, -1.5)):
        given = {"amplitude": 0.5, "frequency": frequency, "phase": phase, "offset": 0.6}
        peak, valley, _ = script("HANDLES.sine(given.of, true)", of=given)
        assert valley["y"] == pytest.approx(0.1)
        moved = given | script("HANDLES.sine(given.of, true)[1].moved(given.x, 0)", of=given, x=peak["x"] + 0.2)
        assert curve("sine", moved, peak["x"]) == pytest.approx(1.1)
        assert curve("sine", moved, peak["x"] + 0.2) == pytest.approx(0.1)


def test_a_slow_sine_has_handles_for_frequency_and_phase(script):
    random = np.random.default_rng(5)
    kinds = set()
    for _ in range(300):
        frequency, phase = random.uniform(1, 9), random.uniform(-3.14, 3.14)
        given = {"amplitude": 0.5, "frequency": frequency, "phase": phase, "offset": 0.6}
        handles = script("HANDLES.sine(given.of, false)", of=given)
        names = tuple(each["name"] for each in handles)
        kinds.add(names)
        assert names[2] == "middle"
        assert all(0 <= each["x"] <= 1 for each in handles)
        for number, parameter in ((0, "phase"), (1, "frequency")):
            x, y = handles[number]["x"], handles[number]["y"]
            assert curve("sine", given, x) == pytest.approx(y, abs=1e-9)
            if handles[number]["sign"] != "↕":
                continue
            for near in (y, 0.6 + 0.9 * (y - 0.6)):
                moved = given | script(
                    "HANDLES.sine(given.of, false)[given.number].moved(given.x, given.y)",
                    of=given,
                    number=number,
                    x=x,
                    y=near,
                )
                assert curve("sine", moved, x) == pytest.approx(near, abs=1e-6)
                assert abs(moved[parameter] - given[parameter]) < 3.2
                if near == y:
                    turned = (moved["phase"] - phase + 1) % (2 * np.pi) - 1
                    assert (moved["frequency"], turned) == pytest.approx((frequency, 0), abs=1e-6)
    assert kinds == {
        ("peak", "valley", "middle"),
        ("peak", "right end", "middle"),
        ("peak", "left end", "middle"),
        ("left end", "valley", "middle"),
        ("left end", "right end", "middle"),
    }


def test_a_tied_offset_moves_with_the_peak(script):
    given = {"amplitude": 0.5, "frequency": 10, "phase": 0, "offset": 0.5}
    moved = given | script("HANDLES.sine(given.of, true)[0].moved(0.2, 0.8)", of=given)
    assert moved["offset"] == moved["amplitude"] == pytest.approx(0.4)


def curve(family, parameters, x):
    """A curve of the library at one x, in double precision."""
    if family == "line":
        return parameters["slope"] * x + parameters["intercept"]
    if family == "hill":
        return parameters["base"] + parameters["height"] * np.sin(np.pi * x)
    return parameters["offset"] + parameters["amplitude"] * np.sin(parameters["frequency"] * x + parameters["phase"])

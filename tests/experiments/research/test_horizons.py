"""Horizons and their predictions: against plain loops, against networks made by hand, and on invented populations."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import plain_cells
import pytest
from flips import flips

import experiments.research.horizons.__main__ as horizons
import lstm_toys as lt
from conftest import ROOT, initialized
from experiments.research.horizons import counting, hypotheses, measurements, measures, parity
from experiments.research.papers import languages
from lstm_toys.cli import command

LEAKS = np.array([0.0, 0.0005, 0.002, 0.008, 0.03])
FAINT = np.array([0.0, 5e-6, 1e-5, 2e-5])


def counters(leaks=LEAKS, down=1.0):
    """LSTMs that count by hand: the first unit adds 0.1 for an a and takes away as much for a b; the second holds the
    last symbol. What is lost in a step is the leak, and 2e-9 more of gates that cannot close."""
    kernel, bias, readout = np.zeros((3, 8)), np.full(8, 20.0), np.zeros((2, 3))
    kernel[1, 4:6], kernel[2, 4:6] = (np.arctanh(0.1), 20), (-np.arctanh(0.1 * down), -20)
    bias[3], bias[4:6] = -20, 0
    readout[1, 0], readout[0, 1], readout[0, 2] = 1, 1, -1
    every = np.tile(bias, (len(leaks), 1))
    every[:, 2] = np.log((1 - leaks) / np.maximum(leaks, 2e-9))
    limit = np.tanh(0.05)
    layer = {"kernel": kernel, "recurrent_kernel": np.zeros((2, 8))}
    ends = {"kernel": readout, "bias": np.array([0, -limit, limit])}
    params = {"lstm_0": {**layer, "bias": bias}, "readout": ends}
    params = jax.tree.map(lambda leaf: np.tile(leaf, (len(leaks), *(1 for _ in leaf.shape))), params)
    params["lstm_0"]["bias"] = every
    return params


def test_counters_answer_as_the_networks_do():
    model = lt.Stack(features=3, hidden=(4,), readout="dense")
    params = initialized(model, 5, features=3, scale=3.0)
    strings = languages.powers(jnp.arange(1, 6), 11, 2)
    signed = np.asarray(lt.answers((model, params), strings.inputs)) * (2 * np.asarray(strings.targets) - 1)
    counted = (np.arange(11) < np.asarray(strings.lengths)[:, None]) & (np.asarray(strings.weights) > 0)
    expected = np.where(counted, signed.min(axis=-1), np.inf).min(axis=-1)
    found = counting.margins(counting.Counters.of(params), np.arange(1, 6))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_the_horizon_of_counting_is_that_of_a_plain_loop(monkeypatch):
    monkeypatch.setattr(counting, "BATCH", 3)
    params, sizes = counters(), np.unique(np.geomspace(1, 300, 20).round()).astype(int)

    def accepts(network, n):
        layer = {name: leaf[network] for name, leaf in params["lstm_0"].items()}
        state, string = np.zeros((2, 2)), [0] + n * [1] + n * [2]
        for place, symbol in enumerate(string):
            state, _ = plain_cells.step("lstm", "sigmoid", layer, np.eye(3)[symbol], state)
            says = state[0] @ params["readout"]["kernel"][network] + params["readout"]["bias"][network] > 0
            legal = [place <= n, place < 2 * n, place == 2 * n]
            if place and says.tolist() != legal:
                return False
        return True

    expected = []
    for network in range(len(LEAKS)):
        failed = [place for place, n in enumerate(sizes) if not accepts(network, int(n))]
        expected.append([0, *sizes][failed[0]] if failed else sizes[-1])
    found = counting.horizon(counting.Counters.of(params), sizes)
    assert found.tolist() == expected
    assert len({*expected}) >= 4


def test_the_prediction_of_counting_shows_no_string_longer_than_in_training(monkeypatch):
    networks = counting.Counters.of(counters(FAINT))
    shown, step = [], counting.Counters.step

    def counted(self, state, symbol):
        shown.append(symbol)
        return step(self, state, symbol)

    monkeypatch.setattr(counting.Counters, "step", counted)
    predicted = counting.predict(networks)
    assert shown.count(counting.START) == 1
    assert len(shown) == 2 * languages.TRAINED + 1
    monkeypatch.undo()
    actual = counting.horizon(networks, np.array([*range(1, 400), counting.LARGEST]))
    assert predicted[0] == actual[0] == counting.LARGEST
    expected = np.sqrt((0.5 + 50**2 * FAINT[1:]) / FAINT[1:])  # A count n loses n^2 leak steps.
    np.testing.assert_allclose(predicted[1:], expected, rtol=0.01)
    np.testing.assert_allclose(predicted[1:], actual[1:], rtol=0.06)
    drifts = [counting.predict(networks, share) for share in (0.25, 0.5, 1)]
    assert (np.diff(drifts, axis=0)[:, 1:] > 0).all()


def test_a_counter_that_loses_nothing_drifts_where_its_steps_differ():
    params = counters(np.zeros(1), down=0.99)
    params["lstm_0"]["bias"][:, 2] = 40  # Rounded to a gate of 1.
    networks = counting.Counters.of(params)
    assert counting.read(networks).lost.tolist() == [[0], [0]]
    assert counting.predict(networks) == pytest.approx(100, abs=1)  # A half of a step beyond the half that 50 give.


def test_one_bias_of_each_network_is_shifted():
    networks = counting.Counters.of(counters())
    unit = counting.read(networks).unit
    assert unit.tolist() == 5 * [0]
    moved = networks.shifted(2 + unit, -0.7)
    difference = moved.layer["bias"] - networks.layer["bias"]
    np.testing.assert_allclose(difference[:, 2], -0.7)
    assert (np.delete(difference, 2, axis=1) == 0).all()
    odds = [np.log(each / (1 - each)) for each in (counting.read(one).lost[0] for one in (moved, networks))]
    np.testing.assert_allclose(odds[0] - odds[1], 0.7, rtol=1e-4)


def test_shifts_of_the_counters_gate_move_horizons_as_predicted_and_another_bias_is_another(monkeypatch):
    networks = counting.Counters.of(counters(2 * FAINT[2:]))
    found = measurements.shifted(networks, counting.read(networks), range(2))
    np.testing.assert_allclose(found["counter"], found["predicted"], rtol=0.12)
    assert (np.diff(found["counter"], axis=1) > 0).all()
    asked = []
    monkeypatch.setattr(counting.Counters, "shifted", lambda self, bias, shift: asked.append((bias, shift)) or self)
    measurements.shifted(networks, counting.read(networks), [3, 7])
    counter, other, same = (asked[first : first + 7] for first in (0, 7, 14))
    assert [shift for _, shift in counter] == [shift for _, shift in other] == [shift for _, shift in same]
    assert [shift for _, shift in counter] == [*hypotheses.SHIFTS]
    assert {tuple(bias) for bias, _ in counter} == {(2, 2)}
    for each in (other, same):
        assert len({tuple(bias) for bias, _ in each}) == 1
        assert 2 not in each[0][0]
    assert set(same[0][0]) <= {0, 4, 6}  # Of two units, the counter is the first.
    asked.clear()
    measurements.shifted(networks, counting.read(networks), [7, 2])
    assert [asked[first][0][0] for first in (7, 14)] == [other[0][0][1], same[0][0][1]]  # Those of seed 7.


def test_parity_is_predicted_until_the_decays_meet_the_offset():
    decays = np.array([0.0, 0.004, 0.02])
    predicted = parity.predict(flips(decays), 1_000)
    assert predicted[0] == 1_000
    np.testing.assert_allclose(predicted[1:], np.log(0.3) / np.log(1 - decays[1:]), atol=2)


def test_a_spread_makes_the_prediction_shorter():
    centers = np.array([0.7, 0.5])  # Of zeros and ones: what one pulls to, the other one pulls away from.
    networks = flips([0.003, 0.01])
    networks = networks._replace(driven=(1 - networks.transition) * centers[None, :, None])
    without, one, two = (parity.predict(networks, 4_000, spreads) for spreads in (0, 1, 2))
    assert (two < one).all()
    assert (one < without).all()


def test_shorter_strings_are_the_beginnings_of_longer_ones():
    assert (parity.strings(20)[:, :7] == parity.strings(7)).all()
    assert parity.strings(7).shape == (256, 7)


def test_harrells_c_is_that_of_two_loops():
    random = np.random.default_rng(1)
    horizons, score = random.integers(1, 9, (2, 12)).astype(float)
    censored = random.random(12) < 0.3
    counts = measures.resampled(12)[:20]
    expected = []
    for drawn in counts:
        networks = np.repeat(np.arange(12), drawn)
        agree, pairs = 0.0, 0
        for i in networks:
            for j in networks:
                if horizons[i] < horizons[j] and not censored[i]:
                    pairs += 1
                    agree += 1.0 if score[i] < score[j] else 0.5 if score[i] == score[j] else 0.0
        expected.append(agree / pairs)
    np.testing.assert_allclose(measures.concordance(score, horizons, censored, counts), expected)


SEEDS = 48
COUNTS = measures.resampled(SEEDS)[:200]


def invented():
    """Populations of which every hypothesis holds."""
    random = np.random.default_rng(0)
    every = {}

    def population(horizon, largest, noise=0.05):
        predicted = horizon * np.exp(noise * random.normal(size=SEEDS))
        own = {"horizon": np.minimum(horizon, largest).tolist(), "eligible": [1.0] * SEEDS, "largest": largest}
        scores = {"noise": random.normal(size=SEEDS).tolist()}
        return {**own, "predicted": {"P": np.minimum(predicted, largest).tolist()}, "scores": scores}

    for name in hypotheses.COUNTERS:
        horizon = 150 * np.exp(0.7 * random.normal(size=SEEDS))
        every[name] = population(horizon, 4_000)
        moved = horizon[:, None] * np.exp(np.array(hypotheses.SHIFTS) / 2)
        wobble = np.exp(0.02 * random.normal(size=(2, SEEDS, 7)))
        shifted = {"predicted": moved, "counter": moved * wobble[0], "other": horizon[:, None] * wobble[1]}
        every[name]["shifted"] = {edit: each.tolist() for edit, each in shifted.items()}
    for name in hypotheses.parities("sigmoid", hypotheses.LENGTHS):
        length = int(name.split()[1].rstrip(","))
        every[name] = population(3 * length * np.exp(0.4 * random.normal(size=SEEDS)), 40 * length)
    for name in hypotheses.parities("hard"):
        every[name] = population(np.full(SEEDS, 1e9), 40 * int(name.split()[1].rstrip(",")))
    return every


def verdicts(found):
    return {name: each["supported"] for name, each in hypotheses.verdicts(found, COUNTS).items()}


def change(found, names, **values):
    return {**found, **{name: {**found[name], **values} for name in names}}


def test_each_hypothesis_can_fail_alone_of_populations_of_which_all_hold():
    found, noise = invented(), np.random.default_rng(5).normal(150, 20, SEEDS).tolist()
    broken = {
        "H1": change(found, hypotheses.COUNTERS, predicted={"P": noise}),
        "H2": change(found, hypotheses.parities("sigmoid"), predicted={"P": noise}),
        "H3": change(found, hypotheses.parities("sigmoid", [80]), horizon=[100.0 + n for n in range(SEEDS)]),
        "H5": change(found, hypotheses.parities("hard")[:2], horizon=[100.0] * SEEDS),
    }
    for edit in ("counter", "other"):
        other = {name: {**found[name]["shifted"]} for name in hypotheses.COUNTERS[:2]}
        changed = {"counter": "other", "other": "counter"}[edit]
        for name, own in other.items():
            own[edit] = found[name]["shifted"][changed]
        once = {**found, **{name: {**found[name], "shifted": own} for name, own in other.items()}}
        assert [name for name, holds in verdicts(once).items() if not holds] == ["H4"]
        once[name] = found[name]
        assert all(verdicts(once).values())  # One recipe of six may differ.
    for name, each in broken.items():
        assert [hypothesis for hypothesis, holds in verdicts(each).items() if not holds] == [name]
    (one, *_) = hypotheses.parities("sigmoid")
    reaches = change(found, [one], horizon=[*found[one]["horizon"][1:], found[one]["largest"]])
    assert not verdicts(reaches)["H5"]


def test_recipes_are_judged_if_enough_horizons_are_known_and_differ():
    found, (name, *_) = invented(), hypotheses.COUNTERS

    def judged(**values):
        return hypotheses.prediction({**found[name], **values}, COUNTS)[0]["judged"]

    assert judged() == "judged"
    assert judged(horizon=[4_000.0] * 37 + [100.0] * 11) == "censored"
    assert judged(eligible=[1.0] * 11 + [0.0] * 36 + [None]) == "few learn"
    assert judged(horizon=[100.0 + n % 5 for n in range(SEEDS)]) == "no spread"


def test_networks_that_diverged_are_listed_without_numbers():
    sound = np.array([True, False, True])
    found = measurements.padded({"horizon": np.array([5.0, 7]), "shifted": np.ones((2, 2))}, sound)
    np.testing.assert_equal(found["horizon"], [5, np.nan, 7])
    np.testing.assert_equal(found["shifted"], [[1, 1], [np.nan, np.nan], [1, 1]])


def test_what_is_published_is_judged_told_and_drawn(tmp_path):
    asked = command.only(command.plan(horizons.horizon, [f"--results_dir={tmp_path}"]))
    metrics = json.loads((ROOT / "results" / "horizons" / "metrics.json").read_text())["numbers"]
    found = hypotheses.verdicts(metrics["populations"], measures.resampled(48))
    assert json.loads(json.dumps(found)) == metrics["verdicts"]
    told = [each for each in asked.subject.report(metrics) if isinstance(each, str)]
    for name, each in found.items():
        said = "supported" if each["supported"] else "not supported"
        assert any(line.startswith(f"{name}: {said} (") for line in told)
    assert [*asked.subject.draw(metrics, {})] == ["counting.png", "parity.png"]

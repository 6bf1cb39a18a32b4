"""Doses: what they do to recurrences, horizons against plain loops, and that each hypothesis can fail."""

import json
from functools import partial
from itertools import product

import jax
import numpy as np
import pytest
from flips import flips, horizon

import experiments.research.surgery.__main__ as surgery
import lstm_toys as lt
from conftest import ROOT, initialized, rarely
from experiments.research.horizons import measures, parity
from experiments.research.surgery import doses, hypotheses, measurements, populations
from experiments.research.surgery.populations import BITS, SIGNS, Population, moved

LINEAR = "experiments.research.papers.cells:Linear"
SYMBOLS = {"parity": BITS, "signs": SIGNS}


def drawn(fields="", features=1):
    """A recurrence of three units with these fields, and parameters of several networks."""
    model = lt.Stack(1, hidden=(3,), readout="dense", cell=f"{LINEAR}({fields})")
    return model, initialized(model, 4, features, scale=2.0)


def test_the_product_of_signs_ignores_distractors():
    examples = populations.signs(jax.random.key(3), 0, length=50, count=40)
    places = np.array(
        [
            [np.abs(SIGNS.inputs - each).sum(axis=1).argmin() for each in string]
            for string in np.asarray(examples.inputs)
        ]
    )
    np.testing.assert_array_equal(examples.inputs, SIGNS.inputs[places])
    for string, asked in zip(places, np.asarray(examples.targets)[..., 0], strict=True):
        sign = 1
        for symbol, negative in zip(string, asked, strict=True):
            sign *= -1 if symbol == 1 else 1
            assert negative == (sign < 0)
    np.testing.assert_allclose(np.bincount(places.ravel(), minlength=4) / places.size, SIGNS.shares, atol=0.03)


@pytest.mark.parametrize("task", [*SYMBOLS])
@pytest.mark.parametrize(("hard", "slope", "leak"), [(False, 4, 0.0), (True, 1, 0.1), *rarely((True, 1, 0.0))])
def test_recurrences_of_all_gates_answer_as_the_networks_do(task, hard, slope, leak):
    symbols = SYMBOLS[task]
    model, params = drawn(f"hard={hard},slope={slope:.1f},leak={leak}", symbols.inputs.shape[1])
    networks = parity.Recurrences.of(params, hard, slope, leak, symbols)
    shown = np.random.default_rng(0).integers(0, len(symbols.flips), (5, 9))
    answers = np.asarray(lt.answers((model, params), symbols.inputs[shown].astype(np.float32)))[..., 0]
    signed = answers * (2 * (np.cumsum(symbols.flips[shown], axis=1) % 2) - 1)
    found = np.stack([*parity.margins(networks, shown.T)], axis=-1)
    np.testing.assert_allclose(found, signed, rtol=1e-4, atol=1e-5)
    assert (np.abs(networks.transition) <= 1 - leak).all()


def test_means_and_spreads_are_those_of_all_strings_of_signs_by_their_probability():
    networks = parity.Recurrences.of(drawn(features=3)[1], hard=False, symbols=SIGNS)
    for length, (means, spreads) in enumerate(parity.answers(networks, 4), 1):
        strings = np.array([*product(range(4), repeat=length)])
        weights = SIGNS.shares[strings].prod(axis=1)
        negative = SIGNS.flips[strings].sum(axis=1) % 2
        *_, signed = parity.margins(networks, strings.T)
        outputs = signed * (2 * negative - 1)
        for kind in (0, 1):
            own, share = outputs[:, negative == kind], weights[negative == kind] / weights[negative == kind].sum()
            mean = own @ share
            np.testing.assert_allclose(means[kind], mean)
            spread = np.sqrt(np.square(own - mean[:, None]) @ share)
            np.testing.assert_allclose(spreads[kind], spread, atol=1e-6)


def invented(transition, **values):
    transition = np.array(transition, float)
    shape = transition.shape
    given = {"driven": np.zeros(shape), "readout": np.ones(shape[::2]), "offset": np.zeros(shape[0])}
    return parity.Recurrences(transition, **{**given, **values})


def test_doses_move_what_they_say_and_nothing_else():
    networks = invented([[[0.99, 0.5, -0.95], [-0.98, 0.99, 0.91]], [[0.2, 0.3, 0.4], [0.99, 0.99, 0.99]]])
    carriers = doses.carriers(networks)
    assert carriers.tolist() == [[True, False, True], [False] * 3]
    np.testing.assert_allclose(doses.lowered(networks, 0.1).transition, 0.9 * networks.transition)
    fewer = doses.lowered(networks, 0.1, carriers).transition
    np.testing.assert_allclose(fewer[0, :, [0, 2]], 0.9 * networks.transition[0, :, [0, 2]])
    np.testing.assert_array_equal(fewer[0, :, 1], networks.transition[0, :, 1])
    np.testing.assert_array_equal(fewer[1], networks.transition[1])
    closed = doses.closed(networks, 0.1, carriers).transition
    np.testing.assert_allclose(closed[0], [[0.999, 0.5, -0.995], [-0.998, 0.99, 0.991]])
    np.testing.assert_allclose(doses.closed(networks, 1.0, carriers).transition, networks.transition)
    np.testing.assert_allclose(doses.distance(networks), [np.mean([0.01, 0.02]), np.mean([0.6, 0.01])])
    read = doses.read(networks, 2.0)
    assert (read.readout == 2).all()
    assert read._replace(readout=networks.readout) == networks


def test_the_horizon_is_that_of_a_loop_over_strings_of_each_network(monkeypatch):
    monkeypatch.setattr(measurements, "K", 1_000)
    monkeypatch.setattr(measurements, "STRINGS", 7)
    networks, seeds = flips([0.004, 0.03, 0.0]), np.array([5, 2, 9])
    expected = []
    for network, seed in enumerate(seeds):
        generator = np.random.default_rng(seed)
        bits = np.concatenate([generator.random((500, 7)) >= 0.5 for _ in range(2)])
        expected.append(horizon(networks, network, bits.T.astype(int)))
    assert parity.horizon(networks, measurements.strings(networks, seeds), 1_000).tolist() == expected
    assert 0 < expected[1] < expected[0] < expected[2] == 1_000
    alone = networks._replace(
        **{name: getattr(networks, name)[1:2] for name in ("transition", "driven", "readout", "offset")}
    )
    assert parity.horizon(alone, measurements.strings(alone, seeds[1:2]), 1_000).tolist() == expected[1:2]


@pytest.mark.parametrize("symbols", [BITS, SIGNS], ids=["bits", "signs"])
def test_predictions_without_a_limit_are_those_of_the_recursion(symbols):
    random = np.random.default_rng(0)
    kept = 1 - np.geomspace(1e-2, 1e-3, 5)[:, None, None]
    sign = np.where(symbols.flips, -1.0, 1.0)[:, None]
    transition = np.concatenate([sign * kept, random.uniform(-0.9, 0.9, (5, len(sign), 2))], axis=2)
    driven = 1e-3 * random.normal(size=transition.shape)
    driven[:, :, 0] += ((1 - transition) * 0.5)[:, :, 0]
    readout = np.broadcast_to([1.0, 0.1, -0.1], (5, 3))
    networks = parity.Recurrences(transition, driven, readout, np.full(5, -0.5), symbols)
    expected = parity.predict(networks, 10_000)
    assert 5 < expected.min() < expected.max() < 10_000
    assert parity.predict_far(networks).tolist() == expected.tolist()
    assert parity.predict_far(flips([0.0]), doublings=20).tolist() == [2**20]


def test_what_is_measured_of_each_kind_of_gate(monkeypatch):
    monkeypatch.setattr(measurements, "K", 500)
    for population, names in (
        (Population("parity", 4, "Adam 0.01", True), {"unmoved": 1, "lowered": 6, "control": 2, "read": 5}),
        (Population("signs", 4, "Adam 0.01", False), {"closed": 6}),
        (Population("parity", 4, "Adam 0.01", False, slope=4), {"unmoved": 1}),
        (Population("parity", 4, "Adam 0.01", True, leak=0.1), {"unmoved": 1}),
    ):
        trained = lt.Networks(*drawn(features=population.symbols.inputs.shape[1]))
        found = measurements.measure_recurrences(trained, population)
        also = {"exact", "drifting"} if population.kind == "lowered" else set()
        assert {*found} == {"right", "carriers", "largest", *also, *names}
        for name, count in names.items():
            assert {each.shape for each in found[name].values()} == {(4, count)}
        assert found["largest"].max() <= 1 - population.leak


SEEDS = 48
COUNTS = measures.resampled(SEEDS)[:300]


def results():
    """Populations of which every hypothesis holds."""
    random = np.random.default_rng(0)
    every = {}
    for each in populations.ALL_POPULATIONS:
        spread = np.exp(0.1 * random.normal(size=(SEEDS, 1)))
        wobble = partial(random.normal, 1, 0.01)
        own = {"right": [1.0] * SEEDS, "carriers": [1.0] * SEEDS, "largest": [0.99] * SEEDS}
        if each.kind == "lowered":
            horizons = 3 / np.array(measurements.LOWERED) * spread
            own["lowered"] = {"horizon": horizons * wobble(size=(SEEDS, 6)), "predicted": horizons}
            own["control"] = {"horizon": 300 * spread * wobble(size=(SEEDS, 2))}
            own["unmoved"] = {"horizon": np.full((SEEDS, 1), measurements.K), "predicted": 3e5 * spread}
            own |= {"exact": [2.0] * SEEDS, "drifting": [1.0] * SEEDS}
        elif each.kind == "closed":
            horizons = 100 / np.array(measurements.CLOSED) * spread
            own["closed"] = {"horizon": horizons**1.1, "predicted": horizons}
        else:
            horizons = (3 / each.leak if each.leak else 200) * spread
            own["unmoved"] = {"horizon": horizons, "predicted": horizons}
        for name in {"lowered", "closed", "control", "unmoved"} & {*own}:
            own[name]["distance"] = np.full(np.shape(own[name]["horizon"]), 0.01)
        every[each.name] = own
    for name in hypotheses.COUNTERS:
        horizons = 150 * np.exp(np.linspace(-1, 1, 7) + random.normal(size=(SEEDS, 1)) / 9)
        still = {edit: 150 * wobble(size=(SEEDS, 7)) for edit in ("other", "same unit")}
        shifted = {"predicted": horizons, "counter": horizons, **still}
        every[name] = {"right": [1.0] * SEEDS, "largest": 4_000, "shifted": shifted}
    return json.loads(json.dumps(every, default=lambda values: values.tolist()))


def supported(found, counts=COUNTS):
    judged = hypotheses.verdicts(found, counts)
    return {f"{name}, {task}" for task in populations.TASKS for name, each in judged[task].items() if each["supported"]}


ALL = {f"{name}, {task}" for name, task in product(("D1", "D2", "D3"), populations.TASKS)}


def test_every_hypothesis_holds_of_populations_that_were_invented_for_it():
    found = results()
    assert supported(found) == ALL
    judged = hypotheses.verdicts(found, COUNTS)
    assert judged["signs"]["D2"]["p"] == pytest.approx(0.9**SEEDS)  # All never fall, whatever resamples draw.
    assert all(each["met"] for edits in judged["counters"].values() for each in edits.values())
    assert judged["trained"]["slope"]["value"] == pytest.approx(-1, abs=0.1)
    assert {each["reach K"] for each in judged["trained"]["rows"].values()} == {0}


@pytest.mark.parametrize(
    ("broken", "hard", "what"),
    [
        (
            "D1",
            True,
            lambda own: own["lowered"].update(predicted=(np.array(own["lowered"]["horizon"]) ** 1.5).tolist()),
        ),
        ("D1", True, lambda own: own["lowered"].update(horizon=[[2, 9, 30, 1e5, 1e5, 1e5]] * SEEDS)),
        ("D2", False, lambda own: own["closed"].update(predicted=(np.array(own["closed"]["horizon"]) ** 0.5).tolist())),
        ("D2", False, lambda own: own["closed"]["horizon"].__setitem__(slice(0, 4), [[9, 8, 9, 10, 11, 12]] * 4)),
        ("D3", True, lambda own: own["control"].update(horizon=[[300, 100]] * SEEDS)),
        ("D3", True, lambda own: own.update(carriers=[0.0] * SEEDS)),
        ("D1 D3", True, lambda own: own.update(right=[0.0] * SEEDS)),
    ],
)
@pytest.mark.parametrize("task", ["signs", *rarely("parity")])
def test_each_hypothesis_can_fail_alone_and_in_one_task(broken, hard, what, task):
    found = results()
    for each in moved(task, hard):
        what(found[each.name])
    assert supported(found) == ALL - {f"{name}, {task}" for name in broken.split()}


def test_what_is_published_of_all_populations_is_judged_told_and_drawn():
    asked = surgery.doses(12, 5)
    metrics = json.loads((ROOT / "results" / "surgery" / "metrics.json").read_text())["numbers"]
    assert {*asked.needs} == {*metrics["populations"]} == {*results()}
    judged = hypotheses.verdicts(metrics["populations"], measures.resampled(SEEDS))
    assert json.loads(json.dumps(judged)) == metrics["verdicts"]
    holding = {
        f"{name}, {task}" for task in populations.TASKS for name, each in judged[task].items() if each["supported"]
    }
    told = [each for each in asked.report(metrics) if isinstance(each, str)]
    assert {line.split(": supported (")[0] for line in told if ": supported (" in line} == holding
    assert [*asked.draw(metrics, {})] == ["doses.png"]

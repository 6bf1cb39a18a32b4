"""Every claim on answers that make it true and on answers that make it false, made by plain NumPy."""

from itertools import product

import numpy as np
import pytest
import xarray as xr

from experiments.post.sentences import SENTENCES as CLAIMS
from experiments.published import answers as published
from lstm_toys.runs.context import Refused
from lstm_toys.studies.claims import entries, verdicts

X = np.linspace(0, 1, 100)
NAMES = ("amplitude", "frequency", "phase", "offset", "slope", "intercept", "height", "base")
BY_ID = {claim.id: claim for claim in CLAIMS}
AMPLITUDES = np.array((0.1, 0.2, 0.4, 0.6, 0.8, 1.0))
SLOPES = np.array((0.1, 0.2, 0.5, 0.8, 1.2))
HILL = 0.3 + 0.3 * np.sin(np.pi * X)


def results(variables, coordinates, seeds=1):
    """Labeled results of networks of which none diverged."""
    variables["diverged"] = ("seed", np.zeros(seeds, bool))
    return xr.Dataset(variables, {"seed": np.arange(seeds), **coordinates})


def sequences(*sets, features=("y",)):
    """Results of one network: curve sets as (name, parameters, shown ``[C, T]``, answered ``[C, T]``)."""
    shown, answered = (np.concatenate([np.broadcast_to(each[k], each[2].shape) for each in sets]) for k in (2, 3))
    columns = {"y": (shown, answered), "x": (np.broadcast_to(X, shown.shape),) * 2}
    shown, answered = (np.stack([columns[name][k] for name in features], axis=-1) for k in (0, 1))
    labels = {
        name: ("curve", np.concatenate([np.broadcast_to(each[1].get(name, np.nan), len(each[2])) for each in sets]))
        for name in NAMES
    }
    axes = ("curve", "time", "feature")
    labels |= {"family": ("curve", np.concatenate([[each[0]] * len(each[2]) for each in sets]))}
    variables = {"input": (axes, shown), "answer": (("seed", *axes), answered[None])}
    return results(variables, {"time": X, "feature": list(features), **labels})


def trained(target, answer):
    """Results of one network of which only the training curve matters."""
    axes = ("time", "feature")
    variables = {"train_target": (axes, target[:, None]), "train_answer": (("seed", *axes), answer[None, :, None])}
    return results(variables, {"time": X, "feature": ["y"]})


def histories(errors):
    """Results of networks of which only the RMSE of y at steps 0, 10, 20, ... matters, ``[S, R]``."""
    variables = {"train_rmse": (("seed", "step", "feature"), np.array(errors, float)[:, :, None])}
    return results(variables, {"step": 10 * np.arange(len(errors[0])), "feature": ["y"]}, len(errors))


def vectors(family, truth, answers):
    """Results of one network that reads parameters off: true ones by name, and the answers in the same order."""
    axes = ("curve", "output_feature")
    variables = {
        "truth": (axes, np.stack([*truth.values()], axis=-1)),
        "answer": (("seed", *axes), np.stack(answers, axis=-1)[None]),
    }
    labels = {name: ("curve", values) for name, values in truth.items()}
    return results(variables, {"output_feature": [*truth], "family": ("curve", [family] * len(answers[0])), **labels})


def points(offset):
    lines = np.array([[0.1], [0.4]]) * X + 0.2
    hills = 0.2 + np.array([[0.1], [0.5]]) * np.sin(np.pi * X)
    return sequences(("line", {}, lines, lines + offset), ("hill", {}, hills, hills - offset), features=("x", "y"))


def lines(answer, intercepts=SLOPES, name="line"):
    shown = SLOPES[:, None] * X + np.broadcast_to(intercepts, SLOPES.shape)[:, None]
    return name, {"slope": SLOPES, "intercept": intercepts}, shown, answer(shown)


def sines(name, answer, frequency=10.0, phase=0.0):
    frequencies, phases = np.broadcast_to(frequency, 6)[:, None], np.broadcast_to(phase, 6)[:, None]
    amplitudes = AMPLITUDES[:, None]
    shown = amplitudes * (1 + np.sin(frequencies * X + phases))
    parameters = {"amplitude": AMPLITUDES, "frequency": frequencies[:, 0], "phase": phases[:, 0]}
    return {"sine": sequences((name, parameters, shown, answer(amplitudes, frequencies, phases)))}


def frequencies(answer):
    return sines("frequency", answer, frequency=10.0 * np.arange(1, 7))


def phases(answer):
    return sines("phase", answer, phase=1.5 * AMPLITUDES)


def both_lines(answer):
    return {"sine": sequences(lines(answer), lines(answer, 0.0, "line_origin"))}


def sweep(answer):
    amplitudes = np.arange(151) / 100
    return {"amplitude": vectors("sweep", {"amplitude": amplitudes}, [answer(amplitudes)])}


def plane(answer):
    slope, intercept = (axis.ravel() for axis in np.meshgrid(np.linspace(-1, 2, 31), np.linspace(-1, 2, 31)))
    truth = {"slope": slope, "intercept": intercept}
    return {"slope_intercept": vectors("plane", truth, answer(slope, intercept))}


def learning(ours, theirs):
    return {"hill_y": histories(ours), "hill": histories(theirs)}


SOON, LATE = [0.3, 0.01, 0.01, 0.01], [0.3, 0.3, 0.01, 0.01]
WAVES = 0.05 * np.sin(20 * X) * (X < 0.4)

CASES = {
    "line-one-layer": (
        {"line": trained(0.3 + 0.176 * X, 0.31 + 0.176 * X)},
        {"line": trained(0.3 + 0.176 * X, 0.33 + 0.176 * X)},
    ),
    "hill-second-layer": (
        {"hill_one_layer": trained(HILL, 0.9 * HILL), "hill": trained(HILL, HILL + 0.01)},
        {"hill_one_layer": trained(HILL, HILL + 0.01 * (X >= 0.1) + 0.5 * (X < 0.1))},
    ),
    "hill-y-longer": (
        learning([LATE, LATE, SOON], [SOON, SOON, LATE]),
        learning([SOON, SOON, LATE], [LATE, LATE, SOON]),
    ),
    "identity": ({"line": points(0.05), "hill": points(0.03)}, {"line": points(0.01), "hill": points(0.09)}),
    "sine-learned": (
        {"sine": trained(0.3 + 0.3 * np.sin(10 * X), 0.3 + 0.27 * np.sin(10 * X))},
        {"sine": trained(0.3 + 0.3 * np.sin(10 * X), 0.3 + 0.2 * np.sin(10 * X))},
    ),
    "temporal-dependency": (
        sines("amplitude", lambda a, w, _: a + 0.8 * a * np.sin(w * X - 0.3)),
        sines("amplitude", lambda a, w, _: np.sqrt(a * (1 + np.sin(w * X)))),
    ),
    "lines-sine-phase": (
        {"sine": sequences(lines(lambda shown: 0.5 + 0.01 * shown + WAVES))},
        {"sine": sequences(lines(lambda shown: 0.5 + 0.5 * shown))},
    ),
    "lines-same-factor": (
        {"sine": sequences(lines(lambda _: 0.4 + 0.2 * X))},
        {"sine": sequences(lines(lambda shown: 0.4 * shown))},
    ),
    "lines-nonlinear": (both_lines(lambda shown: np.sin(3 * shown)), both_lines(lambda shown: 0.2 + 0.3 * shown)),
    "learned-between": (
        sines("amplitude", lambda *_: 0.3 + 0.3 * np.sin(10 * X) + 0.0 * AMPLITUDES[:, None]),
        sines("amplitude", lambda *_: 0.6 + 0.6 * np.sin(10 * X) + 0.0 * AMPLITUDES[:, None]),
    ),
    "valley-amplitude": (
        sines("amplitude", lambda a, *_: 0.05 * a + np.sqrt(a) * (1 + np.sin(10 * X))),
        sines("amplitude", lambda a, *_: a + 0.1 * np.sin(10 * X)),
    ),
    "valley-phase": (
        phases(lambda a, w, phase: a * (1 + np.sin(w * X + phase))),
        phases(lambda _, w, phase: phase + 0.2 * np.sin(w * X + phase)),
    ),
    "frequency-first-part": (
        frequencies(lambda a, w, _: (0.5 + 0.1 * a * np.sin(w * X)) * np.minimum(1, 0.5 + 10 * X)),
        frequencies(lambda a, w, _: np.tanh(a * (1 + np.sin(w * X - 1)))),
    ),
    "frequency-copied": (
        frequencies(lambda a, w, _: 0.5 + 0.1 * a * np.sin(1.02 * w * X - 1)),
        frequencies(lambda a, w, _: 0.5 + 0.1 * a * np.sin(np.where(w == 30, 1.2, 1.0) * w * X)),
    ),
    "only-amplitude-wrong": (
        frequencies(lambda a, w, _: 0.2 + 0.3 * a * np.sin(w * X)),
        frequencies(lambda a, w, _: a * (1 + np.cos(w * X))),
    ),
    "amplitude-inside": (
        sweep(lambda a: np.where(a < 0.5, a + 0.015, 0.0)),
        sweep(lambda a: a + 0.03 * np.isclose(a, 0.3)),
    ),
    "amplitude-diverges-from": (sweep(lambda a: np.minimum(a, 0.5)), sweep(lambda a: np.minimum(a, 0.3))),
    "amplitude-diverges": (sweep(lambda a: np.minimum(a, 0.6)), sweep(lambda a: np.minimum(a, 0.75))),
    "slope-inside": (
        plane(lambda m, t: (np.where(m < 0.95, m + 0.1, 9.0), t - 0.1)),
        plane(lambda m, t: (0.0 * m + 0.45, t)),
    ),
    "slope-negative": (plane(lambda m, t: (np.maximum(m, 0), t)), plane(lambda m, t: (np.maximum(m, -0.8), t))),
    "slope-large": (plane(lambda m, t: (np.minimum(m, 0.8), t)), plane(lambda m, t: (np.minimum(m, 1.8), t))),
}


def meets(claim, populations):
    outcome = verdicts.judge(claim, populations)
    return outcome.share.value > 0.5 if claim.against else bool(outcome.meets[0])


@pytest.mark.parametrize("name", BY_ID)
def test_a_claim_is_met_by_what_makes_it_true_and_not_by_what_makes_it_false(name):
    true, false = CASES[name]
    assert meets(BY_ID[name], true)
    assert not meets(BY_ID[name], false)


@pytest.mark.parametrize("name", [claim.id for claim in CLAIMS if not claim.fails and claim.against is None])
def test_constant_answers_meet_no_claim_that_something_succeeds(name):
    """Nor do answers that differ by less than can be read off the post's figures."""
    for level, wobble in product((0.0, 0.3, 0.5, 1.0), (0.0, 0.004)):
        populations = {}
        for population, results in CASES[name][0].items():
            answer = "answer" if "answer" in results else "train_answer"
            shape = results[answer] - results[answer].mean()
            populations[population] = results.assign({answer: level + wobble * shape / np.abs(shape).max()})
        assert not verdicts.judge(BY_ID[name], populations).meets.any(), (level, wobble)


def within(intercept):
    return (intercept > -0.05) & (intercept < 0.95)


NUMBERS = {
    "line-one-layer": ({"line": trained(HILL, HILL + 0.01)}, 0.01),
    "identity": ({"line": points(0.04), "hill": points(0.02)}, 0.04 / np.sqrt(2)),
    "temporal-dependency": (
        {"sine": sequences(("amplitude", {}, np.stack([X, X]), np.array([[0.6], [0.2]]) + 0.0 * X))},
        1.0,
    ),
    "lines-same-factor": ({"sine": sequences(lines(lambda shown: shown**2 / shown[:, -1:]))}, 1.0),
    "lines-nonlinear": (both_lines(lambda shown: 0.2 + 0.3 * shown), 0.0),
    "learned-between": (sines("amplitude", lambda *_: 0.35 * (1 + np.sin(10 * X)) + 0.0 * AMPLITUDES[:, None]), 0.35),
    "valley-amplitude": (
        sines("amplitude", lambda a, *_: 0.2 * a + 0.3 * np.sin(10 * X) * a),
        -0.1 * 0.9 / (0.5 * 0.9),
    ),
    "amplitude-inside": (sweep(lambda a: a + 0.03 * np.isclose(a, 0.3)), 0.03),
    "amplitude-diverges-from": (sweep(lambda a: np.minimum(a, 0.533)), 0.553),
    "amplitude-diverges": (sweep(lambda a: np.minimum(a, 0.6)), 0.2),
    "slope-inside": (plane(lambda m, t: (m + np.where(within(t) & within(m), 0.1, 9.0), t)), 0.1 / np.sqrt(2)),
    "slope-negative": (plane(lambda m, t: (m + np.where(within(t) & (m < -0.05), 0.3, 9.0), t)), 0.3 / np.sqrt(2)),
    "slope-large": (plane(lambda m, t: (m + np.where(within(t) & (m > 1.05), 0.3, 9.0), t)), 0.3 / np.sqrt(2)),
    "frequency-copied": (frequencies(lambda _, w, __: np.sin(np.where(w == 60, 1.03, 1.0) * w * X)), 0.03),
    "only-amplitude-wrong": (frequencies(lambda a, w, _: 0.4 + 0.0 * a + 0.1 * np.sin(w * X)), 1.0),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_those_that_the_answers_were_made_with(name):
    populations, expected = NUMBERS[name]
    np.testing.assert_allclose(verdicts.judge(BY_ID[name], populations).numbers, [abs(expected)], atol=2e-3)


def test_steps_are_counted_until_the_hill_is_learned_for_good_and_end_with_the_budget():
    relapsing, never = [0.3, 0.01, 0.3, 0.01], [0.3, 0.3, 0.3, 0.3]
    outcome = verdicts.judge(BY_ID["hill-y-longer"], learning([SOON, LATE, relapsing, never], [SOON]))
    np.testing.assert_array_equal(outcome.numbers, [10, 20, 30, 30])
    assert outcome.baselines["steps of a network that sees x too"].value == 10


def test_the_posts_own_pictures_meet_the_readings_of_its_sentences():
    post = published.evidence()
    told = {claim.id: verdicts.judge(claim, post) for claim in CLAIMS}
    known = {name: BY_ID[name].met(outcome.numbers)[0] for name, outcome in told.items() if outcome is not None}
    assert not known.pop("slope-large")  # Of which its picture has none.
    assert len(known) == 13
    assert all(known.values())


def test_what_a_population_does_not_hold_is_not_judged():
    assert verdicts.judge(BY_ID["valley-phase"], CASES["valley-amplitude"][0]) is None
    assert verdicts.judge(BY_ID["hill-second-layer"], {"hill": trained(HILL, HILL)}) is None
    with pytest.raises(Refused, match="the results lack phase of sine"):
        entries.entries([BY_ID["valley-phase"]], entries.EvidenceTable({}), "")

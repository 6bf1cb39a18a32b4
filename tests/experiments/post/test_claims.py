"""Every claim on answers that make it true and on answers that make it false, made by plain NumPy."""

import re
from itertools import product

import numpy as np
import pytest
import xarray as xr

import lstm_toys as lt
from conftest import ROOT
from experiments.post import numbers
from experiments.post.sentences import SENTENCES as CLAIMS
from experiments.published import answers as published
from lstm_toys.runs.study import Refused
from lstm_toys.studies.claims import evidence, judging

X = np.linspace(0, 1, 100)
BY_ID = {claim.id: claim for claim in CLAIMS}
AMPLITUDES = np.array((0.1, 0.2, 0.4, 0.6, 0.8, 1.0))
SLOPES = np.array((0.1, 0.2, 0.5, 0.8, 1.2))
HILL = 0.3 + 0.3 * np.sin(np.pi * X)


def results(seeds=1, **sets):
    """Labeled results of networks of which none diverged."""
    networks = xr.Dataset({"diverged": ("seed", np.zeros(seeds, bool))}, {"seed": np.arange(seeds)})
    return xr.DataTree.from_dict({"/": networks, **sets})


def curves(parameters, shown, answered, features=("y",)):
    """Curves ``[C, T]`` that one network was to reproduce, and its answers."""
    columns = {"y": (shown, np.broadcast_to(answered, shown.shape)), "x": (np.broadcast_to(X, shown.shape),) * 2}
    shown, answered = (np.stack([columns[name][k] for name in features], axis=-1) for k in (0, 1))
    axes = ("curve", "time", "feature")
    labels = {f"parameter_{name}": ("curve", np.broadcast_to(each, len(shown))) for name, each in parameters.items()}
    variables = {"input": (axes, shown), "truth": (axes, shown), "answer": (("seed", *axes), answered[None])}
    return xr.Dataset(variables, {"time": X, "feature": list(features), **labels})


def sequences(*sets, features=("y",)):
    """Results of one network: curve sets as (name, parameters, shown ``[C, T]``, answered ``[C, T]``)."""
    return results(**{name: curves(*about, features) for name, *about in sets})


def trained(target, answer):
    """Results of one network of which only the training curve matters."""
    return results(training=curves({}, target[None], answer))


def histories(errors):
    """Results of networks of which only the RMSE of y at steps 0, 10, 20, ... matters, ``[S, R]``."""
    axes, losses = ("seed", "step", "feature"), np.square(errors)
    variables = {"train_rmse": (axes, np.array(errors, float)[:, :, None]), "train_loss": (axes[:2], losses)}
    training = xr.Dataset(variables, {"step": 10 * np.arange(len(errors[0])), "feature": ["y"]})
    return results(len(errors), training=training)


def vectors(probe, truth, answers):
    """Results of one network that reads parameters off: true ones by name, and the answers in the same order."""
    axes = ("curve", "output_feature")
    variables = {
        "truth": (axes, np.stack([*truth.values()], axis=-1)),
        "answer": (("seed", *axes), np.stack(answers, axis=-1)[None]),
    }
    labels = {f"parameter_{name}": ("curve", values) for name, values in truth.items()}
    return results(**{probe: xr.Dataset(variables, {"output_feature": [*truth], **labels})})


def answering(labeled, change):
    """Results with other answers."""
    return labeled.map_over_datasets(
        lambda node: node.assign(answer=(node.answer.dims, change(node))) if "answer" in node else node
    )


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
    outcome = judging.judge(claim, populations)
    return outcome.share.value > 0.5 if claim.against else bool(claim.met(outcome.number)[0])


@pytest.mark.parametrize("name", BY_ID)
def test_a_claim_is_met_by_what_makes_it_true_and_not_by_what_makes_it_false(name):
    true, false = CASES[name]
    assert meets(BY_ID[name], true)
    assert not meets(BY_ID[name], false)


@pytest.mark.parametrize("name", [claim.id for claim in CLAIMS if not claim.fails and claim.against is None])
def test_constant_answers_meet_no_claim_that_something_succeeds(name):
    """Nor do answers that differ by less than can be read off the post's figures."""
    for level, wobble in product((0.0, 0.3, 0.5, 1.0), (0.0, 0.004)):

        def constant(node, level=level, wobble=wobble):
            shape = node.answer - node.answer.mean()
            return (level + wobble * shape / np.abs(shape).max()).values

        populations = {population: answering(each, constant) for population, each in CASES[name][0].items()}
        assert not judging.judge(BY_ID[name], populations).met, (level, wobble)


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
    np.testing.assert_allclose(judging.judge(BY_ID[name], populations).number, [abs(expected)], atol=2e-3)


def test_steps_are_counted_until_the_hill_is_learned_for_good_and_end_with_the_budget():
    relapsing, never = [0.3, 0.01, 0.3, 0.01], [0.3, 0.3, 0.3, 0.3]
    outcome = judging.judge(BY_ID["hill-y-longer"], learning([SOON, LATE, relapsing, never], [SOON]))
    np.testing.assert_array_equal(outcome.number, [10, 20, 30, 30])
    assert outcome.baselines["steps of a network that sees x too"].value == 10


def test_the_posts_own_pictures_meet_the_readings_of_its_sentences():
    post = published.evidence()
    told = {claim.id: judging.judge(claim, post) for claim in CLAIMS}
    known = {name: BY_ID[name].met(outcome.number)[0] for name, outcome in told.items() if outcome is not None}
    assert not known.pop("slope-large")  # Of which its picture has none.
    assert len(known) == 13
    assert all(known.values())


def test_what_a_population_does_not_hold_is_not_judged():
    assert judging.judge(BY_ID["valley-phase"], CASES["valley-amplitude"][0]) is None
    assert judging.judge(BY_ID["hill-second-layer"], {"hill": trained(HILL, HILL)}) is None
    with pytest.raises(Refused, match="the results lack phase of sine"):
        judging.make_table([BY_ID["valley-phase"]], [], "")


@pytest.mark.parametrize("share", [1.0, 0.25])
def test_what_a_share_of_the_curves_meet_is_what_so_many_of_them_meet(share):
    random = np.random.default_rng(0)
    for curves in (1, 4, 5, 6, 11):
        values = random.normal(size=(20, curves))
        values[random.random(values.shape) < 0.2] = np.nan
        for threshold in random.normal(size=5):
            above = [sum(value >= threshold for value in row) >= share * curves for row in values.tolist()]
            np.testing.assert_array_equal(numbers.reached(values, share) >= threshold, above)
            below = [sum(value <= threshold for value in row) >= share * curves for row in values.tolist()]
            np.testing.assert_array_equal(numbers.within(values, share) <= threshold, below)


def several(labeled, largest=0.3):
    """Networks whose answers to each curve differ from given ones by more or less, and some of which are constant."""
    random = np.random.default_rng(1)

    def changed(node):
        shape = node.answer.shape
        size = np.geomspace(0.001, largest, 12)[:, None] * 10 ** random.uniform(-1, 0.5, size=shape[:2])
        noise = np.cumsum(random.normal(size=shape), axis=2) / 5
        answers = node.answer.values + size.reshape(*size.shape, *[1] * (len(shape) - 2)) * noise
        answers[:3, 0] = 0.3
        return answers

    return answering(labeled.isel(seed=np.zeros(12, int)), changed)


def inside(labeled, **ranges):
    """The curves with parameters within ranges."""

    def chosen(node):
        for name, (low, high) in ranges.items() if "answer" in node else ():
            values = node[f"parameter_{name}"].values
            node = node.isel(curve=(low - 1e-9 < values) & (values < high + 1e-9))
        return node

    return labeled.map_over_datasets(chosen)


ABOUT = {
    "amplitude-inside": {"amplitude": (0.05, 0.49)},
    "slope-inside": {"slope": (0, 0.9), "intercept": (0, 0.9)},
    "slope-negative": {"slope": (-1, -0.1), "intercept": (0, 0.9)},
    "slope-large": {"slope": (1.1, 2), "intercept": (0, 0.9)},
}
"""The curves that numbers are about, if these are not all curves of a set."""

OF_CURVES = [
    claim for claim in CLAIMS if claim.alternatives.get("aggregation") and len({*claim.populations}) == 1
    and claim.id != "temporal-dependency"
]  # fmt: skip


@pytest.mark.parametrize("claim", OF_CURVES, ids=lambda claim: claim.id)
def test_another_aggregation_counts_the_single_curves_that_meet_a_claim(claim):
    (population,) = claim.populations
    labeled = inside(several(CASES[claim.id][0][population]), **ABOUT.get(claim.id, {}))
    sets = [evidence.select(labeled, source.curves) for source in claim.sources]
    with np.errstate(all="ignore"):
        single = [
            claim.met(claim.number(each.isel(curve=[curve]))) for each in sets for curve in range(each.curve.size)
        ]
    for name, share in {"every curve": 1, "a quarter of the curves": 0.25}.items():
        enough = np.sum(single, axis=0) >= share * len(single)
        if (other := claim.choices.get(("aggregation", name))) is not None:
            numbers = judging.judge(other, {population: labeled}).number
            np.testing.assert_array_equal(other.met(numbers), enough)
    assert 0 < np.mean(single) < 1


def test_the_curves_of_both_networks_are_those_of_which_another_aggregation_is_made():
    populations = {name: several(points(0.03), 0.1) for name in ("line", "hill")}
    populations["hill"] = populations["hill"].isel(seed=slice(None, None, -1))
    late, claim = X >= 0.1, BY_ID["identity"]
    errors = {}
    for name, each in populations.items():
        sets = [each[name] for name in ("line", "hill")]
        squared = np.concatenate([np.square(part.answer - part.input) for part in sets], axis=1)[:, :, late]
        errors[name] = [[np.sqrt(squared[s, c].mean()) for c in range(4)] for s in range(12)]
    for name, fewest in {"every curve": 4, "a quarter of the curves": 1}.items():
        met = [
            all(sum(error <= 0.05 for error in errors[each][s]) >= fewest for each in ("line", "hill"))
            for s in range(12)
        ]
        other = claim.choices["aggregation", name]
        np.testing.assert_array_equal(other.met(judging.judge(other, populations).number), met)
        assert 0 < sum(met) < 12


def test_what_the_input_leaves_of_each_answer_is_compared_with_its_variance():
    claim, labeled = BY_ID["temporal-dependency"], several(CASES["temporal-dependency"][1]["sine"])
    late = X >= 0.2
    sines = labeled["amplitude"]
    shown, answers = sines.input.values[:, late, 0], sines.answer.values[:, :, late, 0]
    places = sorted(product(range(len(shown)), range(late.sum())), key=lambda place: shown[place])
    groups = np.array_split(np.arange(len(places)), -(-len(places) // numbers.NEIGHBORS))
    shares = np.full((12, len(shown)), np.nan)
    for s in range(12):
        left = np.zeros_like(shown)
        for group in groups:
            mean = np.mean([answers[s][places[k]] for k in group])
            for k in group:
                left[places[k]] = answers[s][places[k]] - mean
        for c in range(len(shown)):
            if np.ptp(answers[s, c]) >= 0.01:
                shares[s, c] = np.mean(left[c] ** 2) / np.var(answers[s, c])
    for name, count in {"every curve": 6, "a quarter of the curves": 2}.items():
        found = judging.judge(claim.choices["aggregation", name], {"sine": labeled}).number
        ordered = np.sort(np.nan_to_num(shares, nan=-np.inf), axis=1)[:, ::-1][:, count - 1]
        np.testing.assert_allclose(found, np.where(np.isfinite(ordered), ordered, np.nan), rtol=1e-6)


MOVED = [
    (claim, name, float(start[2]), start[1])
    for claim in CLAIMS
    for name in claim.alternatives.get("window", {})
    if (start := re.search(r"(x|A|slope) ≥ (-?[\d.]+)$", name))
]


@pytest.mark.parametrize(("claim", "name", "start", "axis"), MOVED, ids=lambda part: getattr(part, "id", None))
def test_a_moved_window_begins_where_its_name_says(claim, name, start, axis):
    """Answers before it, or to curves before it, can be any; those that follow matter."""
    before, lower, higher = {}, {}, {}
    given = CASES[claim.id][claim.id == "valley-phase"]  # Where the valley stays, its peaks do not matter.

    def moved(node, where, size):
        places = node[{"x": "time", "A": "parameter_amplitude"}.get(axis, "parameter_slope")]
        if name.startswith("slope and"):
            places = np.minimum(places, node.parameter_intercept)
        if where == "before":
            return (node.answer + size * (places < start - 0.012)).values
        beyond = places >= start - 1e-9
        near = beyond & (places <= places.where(beyond).min() + 0.011)
        return (node.answer + size * near * xr.DataArray(1 + np.arange(node.sizes["curve"]), dims="curve")).values

    for population, labeled in given.items():
        sign = -1 if name.startswith("valley") else 1
        for changed, *how in ((before, "before", sign), (lower, "near", -1), (higher, "near", 1)):
            changed[population] = answering(labeled, lambda node, how=how: moved(node, *how))
    other = claim.choices["window", name]
    judged = judging.judge(other, given).number
    assert np.isfinite(judged).all()
    np.testing.assert_allclose(judging.judge(other, before).number, judged, rtol=1e-5)
    assert any(abs(judging.judge(other, each).number - judged) > 1e-4 for each in (lower, higher))


def test_turns_are_counted_within_a_moved_window():
    curve = 0.3 + 0.1 * np.sin(25 * X)  # Turns at x = 0.063, 0.188, 0.314, 0.440 and 0.565.
    populations = {"sine": sequences(lines(lambda shown: curve + 0 * shown))}
    others = BY_ID["lines-sine-phase"].choices
    found = {name: judging.judge(others["window", name], populations).number[0] for kind, name in others if "x" in name}
    assert found == {"x ≤ 0.3": 2, "x ≤ 0.5": 4, "0.1 ≤ x ≤ 0.4": 2}


def test_the_first_part_ends_where_a_moved_window_says():
    populations = {"sine": several(CASES["frequency-first-part"][1]["sine"])}
    answers, claim = populations["sine"]["frequency"].answer.values[..., 0], BY_ID["frequency-first-part"]
    for name, other in claim.choices.items():
        if name[0] != "window":
            continue
        first = float(name[1].removeprefix("x < ")) > X
        numbers = np.full(answers.shape[:2], -np.inf)
        for s, c in np.ndindex(numbers.shape):
            answer, later = answers[s, c], X + 2 * np.pi / (10 * (c + 1))
            squared = (answer - np.interp(later, X, answer)) ** 2
            late = ~first & (later <= 1)
            if late.any() and (spread := np.ptp(answer[~first])) >= 0.01:
                numbers[s, c] = (np.sqrt(squared[first].mean()) - np.sqrt(squared[late].mean())) / spread
        middle = np.median(numbers, axis=1)
        expected = np.where(np.isfinite(middle), middle, np.nan)
        np.testing.assert_allclose(judging.judge(other, populations).number, expected, atol=1e-3)
        assert np.isfinite(expected).any()


def test_published_choices_judge_the_published_networks_by_what_is_declared():
    folder = ROOT / "results" / "claims"
    own = {row.id: row for row in lt.claims.rows(lt.claims.read(folder / "claims.json"))}
    every = lt.claims.rows(lt.claims.read(folder / "choices.json"))
    assert [(row.of, row.kind, row.choice) for row in every] == [
        (claim.id, *name) for claim in CLAIMS for name in claim.choices
    ]
    for row in every:
        other = BY_ID[row.of].choices[row.kind, row.choice]
        known = row.number[~np.isnan(row.number)]
        assert row.share == lt.statistics.wilson(int(other.met(known).sum()), len(known))
        assert bool(row.bounds) == (len(known) < len(row.number))
        if row.kind == "threshold":
            np.testing.assert_array_equal(row.number, own[row.of].number)

"""Claims about networks themselves, and on examples that are drawn for each of them, against a plain loop over them."""

import dataclasses
from functools import partial

import jax
import numpy as np
import pytest
from commands import claims as command
from own_claims import EXPERIMENT, FLAGS, declare
from scipy.stats import f_oneway

import lstm_toys as lt
from conftest import carry_out, refusal, untrained
from lstm_toys.results import arrays
from lstm_toys.runs.study import Refused
from lstm_toys.studies.claims import draws, evidence, judging
from lstm_toys.studies.claims.declaration import Column
from lstm_toys.studies.claims.table import rows

CALLS, ASKED = [], []


def noisy(key):
    """Noise, with its running mean as targets; padded, so that truth and counts end at different points."""
    CALLS.append(1)
    inputs = jax.random.normal(key, (11, 12, 2))
    return lt.Examples(inputs, 0.5 * inputs, lengths=jax.random.randint(key, (11,), 3, 13))


def leveled(key):
    """Constants with noise, longer than in training, and the constants as parameters of their curves."""
    levels, noise = jax.random.split(key)
    level = jax.random.choice(levels, np.array([-1.0, 0.0, 1.0]), (40,))
    inputs = level[:, None, None] + jax.random.normal(noise, (40, 15, 2))
    return lt.Probe.of("any", lt.Examples(inputs, inputs), {"level": level})


def error(trials):
    """The mean squared error over the points that count."""
    wrong = np.where(trials.counts > 0, (trials.answer - trials.truth) ** 2, 0)
    return wrong.sum((1, 2, 3)) / trials.counts.values.sum((1, 2, 3))


def steepness(trials):
    """The slope of the psychometric curve."""
    chosen = trials.answer.values[:, :, -1, 0] > trials.answer.values[:, :, -1, 0].mean(axis=1, keepdims=True)
    return lt.statistics.psychometric(chosen, trials.parameter_level.values).slope


def weights(networks):
    """The largest recurrent weight; NaN of the second network."""
    ASKED.append(1)
    found = np.abs(np.asarray(networks.params["lstm_0"]["recurrent_kernel"], float)).max(axis=(1, 2))
    return np.where(networks.seeds == 1, np.nan, found)


def later(networks, lines):
    """By how much answers change when the hidden states begin at one."""
    shown = lines.input.values.astype(np.float32)
    begun = {
        layer: {name: np.ones_like(each[:, :, 0]) for name, each in states.items()}
        for layer, states in lt.states(networks, shown).items()
    }
    moved = lt.answers(networks, shown, initial=begun) - lines.answer.values
    return np.abs(moved).max(axis=(1, 2, 3))


def always(number):
    """A function without a name."""
    return lambda networks: np.full(len(networks), number)


AXES = ("curve", "time", "feature")
TASK = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(12), ("x", "y"))
NOISY, LEVELED, OF, LINES = (lt.claims.Source("line", each) for each in (noisy, leveled, "networks", "line"))
NOTHING = lt.claims.Baseline("nothing", always(0.0), (OF,))
ERROR = lt.claims.Claim("error", "Noise is reproduced", "error", error, (NOISY,), high=1.0)
STEEP = lt.claims.Claim("steep", "Steep", "slope", steepness, (LEVELED,), against="other")
WEIGHTS = lt.claims.Claim("weights", "Weights are small", "largest weight", weights, (OF,), high=9.0)
LOW = lt.claims.Claim("low", "Answers are low", "largest", lambda lines: lines.answer.max(AXES), (LINES,), high=9.0)


def faster(_, usual):
    """The training of the population ``other``."""
    return dataclasses.replace(usual, learning_rate=0.5)


CLAIMS = lt.claims.Claims(
    "networks",
    (
        *(ERROR, STEEP, WEIGHTS, LOW),
        lt.claims.Claim("moved", "States matter", "change", later, (OF, LINES), low=1e-6),
        lt.claims.Claim("larger", "Weights grow", "largest weight", weights, (OF,), against="other"),
        lt.claims.Claim("never", "It never ends", "end", always(np.inf), (OF,), low=1.0, baselines=(NOTHING,)),
        lt.claims.Claim("at_once", "It ends", "end", always(-np.inf), (OF,), low=1.0),
    ),
    {"line": (EXPERIMENT, FLAGS), "other": (EXPERIMENT, [*FLAGS, "--learning_rate=0.5"])},
    controls={"faster": faster},
    variants={"also faster": lambda name, usual: faster(name, usual) if name == "line" else None},
    during={"line": (5, 20)},
)


def made(task, model, seed=0, count=3):
    """Networks with random weights."""
    random, networks = np.random.default_rng(seed), untrained(task, model, np.ones(count), diverged=())
    params = jax.tree.map(lambda leaf: random.standard_normal(leaf.shape, np.float32), networks.params)
    return dataclasses.replace(networks, params=params)


@pytest.fixture(scope="module")
def networks():
    return made(TASK, lt.Stack(2, (3,), "dense"))


def judged(claim, networks):
    return lt.claims.judge(claim, {"line": networks.results}, networks={"line": networks})


def drawn(draw, seed, base_seed=0):
    return draws.draws(draw, base_seed, (seed,))


def test_numbers_equal_a_plain_loop_over_networks(networks):
    expected, steep = [], []
    for seed in range(3):
        probe, others = drawn(noisy, seed), drawn(leveled, seed)
        counts = np.broadcast_to((np.arange(12) < probe.lengths[:, None])[:, :, None], probe.inputs.shape)
        wrong = (lt.answers(networks[seed], probe.inputs)[0] - probe.targets) ** 2
        expected.append(wrong[counts].mean())
        answer = lt.answers(networks[seed], others.inputs)[0, :, -1, 0]
        steep.append(lt.statistics.psychometric((answer > answer.mean())[None], others.parameters["level"]).slope[0])
    np.testing.assert_allclose(judged(ERROR, networks).number, expected, rtol=1e-5)
    alone = dataclasses.replace(STEEP, against=None, low=0.0)
    np.testing.assert_allclose(judged(alone, networks).number, steep, rtol=1e-5)


def test_draws_depend_on_base_seed_name_and_seed_number_alone(networks):
    """Neither on the other networks nor on the population."""
    first = draws.draws(noisy, 0, (0, 1))
    np.testing.assert_array_equal(first.inputs[11:], drawn(noisy, 1).inputs)
    assert not np.allclose(first.inputs[:11], first.inputs[11:])
    assert not np.allclose(drawn(noisy, 1, 7).inputs, drawn(noisy, 1).inputs)
    second = draws.draws(noisy, 0, (0, 1), second=True)
    np.testing.assert_array_equal(second.inputs[11:], draws.draws(noisy, 0, (1,), second=True).inputs)
    assert not np.allclose(second.inputs, first.inputs)
    renamed = partial(noisy)
    renamed.__name__ = "renamed"
    assert not np.allclose(drawn(renamed, 1).inputs, drawn(noisy, 1).inputs)
    every = judged(ERROR, networks).number
    chosen = networks[[2]]
    np.testing.assert_array_equal(judged(ERROR, chosen).number, every[[2]])
    results = {"line": arrays.of_networks(networks.results, {"diverged": ("seed", [True, False, False])})}
    own = lt.claims.judge(ERROR, results, networks={"line": networks}).number
    np.testing.assert_array_equal(own, [np.nan, *every[1:]])


def test_both_populations_share_draws(networks):
    seen = []

    def kept(trials):
        seen.append(trials.input.values.copy())
        trials.input.values[:] = 0.0  # Nobody else sees this.
        return np.zeros(trials.sizes["seed"])

    claim = lt.claims.Claim("same", "Same", "zero", kept, (NOISY,), against="other")
    both = {"line": networks, "other": made(TASK, networks.model, 1)}
    results = {name: each.results for name, each in both.items()}
    assert lt.claims.judge(claim, results, networks=both).share.value == 0.5
    np.testing.assert_array_equal(*seen)


def test_measures_of_curves_take_the_input_and_truth_of_each_network(networks):
    one = draws.labeled(networks.results, NOISY, 0, networks)
    assert one.input.dims == ("seed", "curve", "time", "feature")
    assert one.length.dims == ("seed", "curve")
    levels = draws.labeled(networks.results, LEVELED, 0, networks)
    assert levels.parameter_level.dims == ("seed", "curve")
    np.testing.assert_array_equal(levels.parameter_level[1], drawn(leveled, 1).parameters["level"])
    np.testing.assert_array_equal(levels.input[2], drawn(leveled, 2).inputs)

    def measure(curve):
        return {"error": lt.measures.rmse(curve), "input": abs(curve.input).sum(), "x": (curve.x * curve.counts).sum()}

    found = lt.claims.per_curve(one, measure)
    for seed in range(3):
        own = lt.claims.per_curve(one.isel(seed=seed).assign(answer=one.answer[[seed]]), measure)
        for name, value in found.items():
            np.testing.assert_allclose(value[[seed]], own[name], rtol=1e-6)


def test_a_network_that_answers_once_is_told_its_lengths():
    def last(key):
        shown = noisy(key)
        return shown._replace(targets=shown.inputs[:, 0, :1])

    task = lt.Task(lambda key, _: last(key), ("x", "y"), ("mean",), sequence=False)
    once = made(task, lt.Stack(1, (3,), "dense", sequence=False))
    found = draws.labeled(once.results, lt.claims.Source("line", last), 0, once[1])
    probe = drawn(last, 1)
    np.testing.assert_allclose(found.answer[0], lt.answers(once, probe.inputs, lengths=probe.lengths)[1], rtol=1e-6)
    assert found.truth.dims == ("seed", "curve", "output_feature")
    assert found.seed.values.tolist() == [1]


def test_bits_are_right_by_the_draws_of_each_network():
    def bits(key):
        shown = lt.sequences.parity(key, 5, 6)
        return shown._replace(targets=shown.targets[:, -1])

    task = lt.Task(lambda key, _: bits(key), ("y",), ("y",), sequence=False, loss="binary_cross_entropy")
    networks = made(task, lt.Stack(1, (3,), "dense", sequence=False))
    found = draws.labeled(networks.results, lt.claims.Source("line", bits), 0, networks)
    expected = ((found.answer.values > 0) == (found.truth.values > 0.5)).all(2)
    np.testing.assert_array_equal(lt.sequences.right(found), expected)


def test_copies_answer_the_draw_of_seed_0():
    answers = np.zeros((2, len(lt.claims.curves_of(EXPERIMENT, 12)), 12, 2))
    results = {"line": lt.claims.labeled(EXPERIMENT, answers, 12)}
    probe = drawn(noisy, 0)
    counts = np.broadcast_to((np.arange(12) < probe.lengths[:, None])[:, :, None], probe.inputs.shape)
    for bound in (np.inf, 0.2):
        copied = evidence.Copies(results, bound)
        expected = ((probe.inputs.clip(-bound, bound) - probe.targets) ** 2)[counts].mean()
        np.testing.assert_allclose(judging.judge(ERROR, copied).number, [expected], rtol=1e-5)
        assert evidence.copied(ERROR, copied) == ("input", False)
        assert (
            judging.judge(dataclasses.replace(ERROR, sources=(lt.claims.Source("line", "networks"),)), copied) is None
        )
    assert judging.judge(ERROR, results) is None  # Answers alone, such as published ones.


@pytest.mark.parametrize(
    ("draw", "told"),
    [
        (lambda _: lt.Examples(np.ones((2, 12, 3)), np.ones((2, 12, 2))), "has inputs of shape"),
        (lambda _: lt.Examples(np.ones((2, 12, 2)), np.ones((2, 12, 5))), "has targets of shape"),
        (lambda _: 1 / 0, "ZeroDivisionError"),
        (lambda key: lt.sequences.flip_flop(key, 12, 1 + CALLS.pop(), bits=2), "same shapes, not inputs of"),
    ],
)
def test_draws_that_do_not_fit_are_refused_in_one_line(networks, draw, told):
    CALLS[:] = [1, 2, 3, 4]
    claim = dataclasses.replace(ERROR, sources=(lt.claims.Source("line", draw),))
    with pytest.raises(Refused, match=told) as error:
        judged(claim, networks)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("<lambda>, drawn for line: ")


def test_a_source_is_a_name_or_a_named_function_of_a_key():
    for curves, told in ((3, "not 3"), (lambda: 1, r"not .*\(\)"), (partial(noisy), "not functools.partial")):
        with pytest.raises(ValueError, match=f"curves of a source must be a name, or .*{told}"):
            dataclasses.replace(ERROR, sources=(lt.claims.Source("line", curves),))
    assert ERROR.drawn
    assert not LOW.drawn
    assert repr(NOISY) == "Source(population='line', curves=noisy)"


def test_psychometric_curves_of_own_trials():
    coordinate = np.array([[0.0, 0, 1, 1, 2, 2], [1.0, 1, 2, 2, 3, 3], [1.0, 1, 1, 1, 1, 1]])
    chosen = np.array([[0, 1, 0, 1, 1, 1], [0, 0, 1, 0, 0, 1], [0, 1, 0, 1, 0, 1]], bool)
    found = lt.statistics.psychometric(chosen, coordinate)
    np.testing.assert_array_equal(found.values, [0, 1, 2, 3])
    for seed in range(2):
        own = lt.statistics.psychometric(chosen[[seed]], coordinate[seed])
        np.testing.assert_allclose(found.slope[seed], own.slope[0])
        np.testing.assert_allclose(found.threshold[seed], own.threshold[0])
        np.testing.assert_array_equal(found.share[seed, np.isin(found.values, own.values)], own.share[0])
        assert np.isnan(found.share[seed, ~np.isin(found.values, own.values)]).all()
    assert np.isnan(found.slope[2])


def test_a_claim_about_networks_is_judged_by_those_that_are_given(networks):
    assert lt.claims.judge(WEIGHTS, {"line": networks.results}) is None
    np.testing.assert_allclose(judged(WEIGHTS, networks).number, weights(networks))


def high(trials):
    """Of the stimulus alone."""
    return trials.input.values.mean(axis=(1, 2, 3))


def own(networks, trials):
    """Of the network alone, though it is shown trials."""
    return np.asarray(networks.params["readout"]["bias"], float)[:, 0] + 0 * high(trials)


def mixed(networks, trials):
    """Of both alike."""
    return own(networks, trials) + 10 * high(trials)


@pytest.fixture(scope="module")
def many():
    return made(TASK, lt.Stack(2, (3,), "dense"), count=40)


def test_a_second_draw_tells_networks_from_their_stimuli(many):
    """By hand: which networks change sides, and the ICC by the ratio of variances of a one-way analysis."""
    every = {}
    for number, sources in ((high, (NOISY,)), (own, (OF, NOISY)), (mixed, (OF, NOISY))):
        claim = lt.claims.Claim("above", "Above 0", "a number", number, sources, low=0.0)
        every[number.__name__] = found = judged(claim, many)
        both = []
        for second in (False, True):
            trials = draws.labeled(many.results, NOISY, 0, many, second=second)
            both.append(number(trials) if number is high else number(many, trials))
        np.testing.assert_array_equal(found.number, both[0])
        assert found.share.value == (both[0] >= 0).mean()
        assert found.redrawn.changed == ((both[0] >= 0) != (both[1] >= 0)).mean()
        assert found.redrawn.networks == 40
        if number is not own:
            ratio = f_oneway(*np.transpose(both)).statistic
            assert found.redrawn.icc == pytest.approx((ratio - 1) / (ratio + 1), abs=1e-5)
    assert every["own"].redrawn == (0, 40, 1)
    assert 0.3 < every["high"].redrawn.changed < 0.7
    assert abs(every["high"].redrawn.icc) < 0.35
    assert every["own"].redrawn.icc > every["mixed"].redrawn.icc > every["high"].redrawn.icc


def test_comparisons_change_sides_of_the_other_median_and_networks_without_a_number_are_left_out(many):
    def number(networks, trials):
        return np.where(networks.seeds == 1, np.nan, mixed(networks, trials))

    claim = lt.claims.Claim("more", "More", "a number", number, (OF, NOISY), against="other")
    others = dataclasses.replace(many, params=jax.tree.map(lambda leaf: leaf[::-1], many.params))
    populations = {"line": many, "other": others}
    found = lt.claims.judge(claim, {name: each.results for name, each in populations.items()}, networks=populations)
    sides = []
    for second in (False, True):
        trials = draws.labeled(many.results, NOISY, 0, many, second=second)
        sides.append(number(many, trials) > np.nanmedian(number(others, trials)))
    kept = many.seeds != 1
    assert found.redrawn[:2] == ((sides[0] != sides[1])[kept].mean(), 39)


@pytest.mark.parametrize(("number", "advice"), [(high, True), (lambda trials: 1 + 0 * high(trials), False)])
def test_a_row_says_what_to_do_where_many_change_sides(many, number, advice):
    claims = [dataclasses.replace(ERROR, id="drawn", number=number, high=0.0), WEIGHTS]
    answered = evidence.Answered({"line": many.results}, {"line": many})
    table = judging.make_table(claims, [(Column("networks", "networks"), answered)], "LSTMs")
    first, last = rows(table)
    (said,) = (remark for remark in first.remarks if "second draw" in remark)
    assert said.startswith(f"on a second draw, {first.redrawn.changed:.0%} of 40 networks change sides")
    assert said.endswith("draw more stimuli for each network, not more networks") == advice
    assert last.redrawn is None
    assert not any("second draw" in remark for remark in last.remarks)
    assert "redrawn" not in judging.make_table([WEIGHTS], [(Column("networks", "networks"), answered)], "LSTMs")


@pytest.fixture
def declared(monkeypatch):
    declare(monkeypatch, "of_networks", CLAIMS)


@pytest.mark.usefixtures("declared")
def test_the_command_judges_networks_and_draws_in_every_column_and_keeps_the_numbers(tmp_path, capsys):
    arguments = ["--claims=of_networks", "--seeds=6", "--base_seed=3", "--variants", f"--results_dir={tmp_path}"]
    assert carry_out(command, arguments) == 0
    assert "error of line, on draws of noisy from base seed 3" in " ".join(capsys.readouterr().out.split())
    (entries,) = tmp_path.glob("runs/claims_*/claims.json")
    found = {entry.id: entry for entry in lt.claims.rows(lt.claims.read(entries))}
    (asked,) = lt.find([lt.ask(EXPERIMENT, *FLAGS, "--seeds=6", "--base_seed=3")], tmp_path)
    networks = lt.load(asked.folder)
    expected = error(draws.labeled(networks.results, NOISY, 3, networks))
    np.testing.assert_allclose(found["error"].number, expected, rtol=1e-5)
    np.testing.assert_allclose(found["weights"].number, weights(networks), rtol=1e-6)
    np.testing.assert_allclose(found["moved"].number, later(networks, networks.results["line"]), rtol=1e-4)
    assert found["weights"].undefined == 1
    for name, copied in (("error", ["copy"]), ("weights", [])):
        each = found[name]
        assert [[*each.null], [*each.controls], [*each.variants]] == [copied, ["faster"], ["also faster"]]
    assert [*found["weights"].during] == ["5", "20"]
    assert "| not applicable |" in entries.with_name("claims.md").read_text()
    assert all(found[name].other_number is not None for name in ("steep", "larger"))
    for name, verdict, end in (("never", "supported", np.inf), ("at_once", "refuted", -np.inf)):
        assert (found[name].verdict, found[name].counted, found[name].median.value) == (verdict, 6, end)
    assert found["never"].baselines["nothing"].value == 0.0
    assert "the share is of networks on their own draws" in found["error"].remarks
    assert not any("draw" in remark or "these curves" in remark for remark in found["low"].remarks)
    again = error(draws.labeled(networks.results, NOISY, 3, networks, second=True))
    assert found["error"].redrawn[:2] == (np.mean((expected <= 1) != (again <= 1)), 6)
    CALLS.clear()
    ASKED.clear()
    draws.draws.cache_clear()
    assert carry_out(command, arguments) == 0
    assert "already finished" in capsys.readouterr().out
    assert len(CALLS) < 6  # Copies, and the trial before training.
    assert not ASKED


@pytest.mark.usefixtures("declared")
def test_answers_from_a_file_have_no_draws(tmp_path, capsys):
    answers = np.zeros((2, len(lt.claims.curves_of(EXPERIMENT, 12)), 12, 2))
    lt.save_results(lt.claims.labeled(EXPERIMENT, answers, 12), tmp_path / "answers.nc")
    line = ["--claims=of_networks", "--only=error", f"--answers=line={tmp_path / 'answers.nc'}"]
    assert carry_out(command, [*line, f"--results_dir={tmp_path}"]) == 2
    assert refusal(capsys) == "claim error: needs networks of line, not answers; --only leaves it out\n"


def test_examples_that_all_networks_share_are_one_draw():
    """Unlike the curves of a family, which are all that a claim is about."""
    made = noisy(jax.random.key(0))
    probes = [lt.Probe.of("trials", made), *EXPERIMENT.probes(lt.time_points(12))]
    own = dataclasses.replace(EXPERIMENT, probes=lambda _: probes)
    results = {"line": lt.claims.labeled(own, np.zeros((2, len(lt.claims.curves_of(own, 12)), 12, 2)), 12)}
    for curves, told in (("trials", "these curves only"), ("line", ""), ("training", ""), (noisy, "own draws")):
        claim = dataclasses.replace(ERROR, sources=(lt.claims.Source("line", curves),))
        assert [told in remark for remark in evidence.scope(claim, results)] == [True] * bool(told)

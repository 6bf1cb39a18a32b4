"""Verdicts, and what is told of a claim, by hand."""

import dataclasses

import numpy as np
import pytest
import xarray as xr
from one_number import changed, labeled, the_number
from scipy.stats import binom

import lstm_toys as lt
from lstm_toys.runs.study import Refused
from lstm_toys.statistics import comparisons, intervals
from lstm_toys.studies.claims import evidence, figures, judging, markdown, report, table
from lstm_toys.studies.claims.declaration import Baseline, Claim, Column, Source

SOURCE = Source("sine", "line")
OURS, PUBLISHED, COPIES = Column("networks", "networks"), Column("published", "published"), Column("copy", "null")


def claim(number=the_number, sources=(SOURCE,), **options):
    return Claim("id", "statement", "statistic", number, sources, **(options or {"high": 1.0}))


def judge(numbers, diverged=(), **options):
    return judging.judge(claim(**options), {"sine": labeled(numbers, diverged)})


def against(ours, theirs):
    """A claim that holds one population against another, and both."""
    return claim(against="other"), {"sine": labeled(ours), "other": labeled(theirs)}


def numbers_of(number, numbers, diverged=()):
    return judging.judge(claim(number), {"sine": labeled(numbers, diverged)}).number


@pytest.mark.parametrize(
    ("met", "verdict"), [(10, "supported"), (9, "supported"), (8, "undecided"), (2, "undecided"), (1, "refuted")]
)
def test_a_verdict_needs_the_interval_on_one_side_of_one_half(met, verdict):
    """Of ten: 9 give 0.60 to 0.98, 8 give 0.49 to 0.94."""
    assert judge([0.0] * met + [2.0] * (10 - met), high=1.0).verdict == verdict
    outcome = judge([2.0] * met + [0.0] * (10 - met), low=1.0)
    assert outcome.verdict == verdict
    assert outcome.share == intervals.wilson(met, 10)
    assert outcome.met == met
    assert judge([1.5] * met + [0.5, 2.5] * 5, low=1.0, high=2.0).share.value == met / (met + 10)


def test_intervals_hold_for_all_claims_of_a_table_at_once():
    three = [dataclasses.replace(claim(), id=name) for name in "abc"]
    made = judging.make_table(three, [(OURS, {"sine": labeled([0.0] * 9 + [2.0])})], "mice")
    assert table.rows(made)[0].at_once == intervals.clopper_pearson(9, 10, 1 - 0.05 / 3)


def test_thresholds_belong_to_the_claim():
    met = claim(low=0.1, high=0.2).met(np.array([0.1, 0.15, 0.2, 0.09, 0.21, np.nan]))
    assert met.tolist() == [True] * 3 + [False] * 3
    sides = {"at least 0.1": {"low": 0.1}, "at most 2": {"high": 2.0}, "from -0.5 to 0.5": {"low": -0.5, "high": 0.5}}
    assert [claim(**each).meets for each in sides.values()] == [*sides]


def test_a_diverged_network_is_left_out_unless_the_claim_is_that_something_is_learned():
    numbers = [0.0, 0.0, 2.0, 0.0]
    elsewhere, learned = (judge(numbers, diverged=(1, 2), high=1.0, learned=learned) for learned in (False, True))
    assert (elsewhere.counted, elsewhere.share.value, elsewhere.lacking) == (2, 1.0, 2)
    assert (learned.counted, learned.share.value, learned.lacking) == (4, 0.5, 0)
    for outcome in (elsewhere, learned):
        assert outcome.diverged == [1, 2]
        np.testing.assert_array_equal(outcome.number, [0.0, np.nan, np.nan, 0.0])
        assert outcome.median.value == 0.0
    nobody = judge([0.0, 0.0], diverged=(0, 1), high=1.0)
    assert (nobody.verdict, nobody.counted) == ("undecided", 0)
    assert np.isnan(nobody.share.value)


def test_a_share_is_of_networks_that_have_a_number_and_is_judged_at_both_bounds():
    entry = alone(claim(high=1.0), [9.0, np.nan, np.nan, 0.7, 0.5])
    assert (entry.undefined, entry.counted, entry.share.value, entry.median.value) == (2, 3, 2 / 3, 0.7)
    assert entry.bounds == [intervals.wilson(2, 5), intervals.wilson(4, 5)]
    said = "- 2 of 5 have no number; if all of them failed, 40% (12–77%) would meet it, if all met it, 80% (38–96%)."
    assert said in markdown.claims([entry], "title", "")
    assert alone(claim(high=1.0), [9.0, 0.5]).bounds is None


@pytest.mark.parametrize(
    ("met", "lacking", "failed", "verdict", "turned"),
    [
        (20, 0, 0, "supported", False),
        (20, 4, 0, "supported", False),
        (20, 20, 0, "undecided", True),
        (0, 4, 20, "refuted", False),
        (0, 20, 20, "undecided", True),
        (10, 4, 10, "undecided", False),
        (0, 9, 0, "undecided", False),
    ],
)
def test_networks_without_a_number_may_leave_a_claim_undecided(met, lacking, failed, verdict, turned):
    numbers = [0.0] * met + [np.nan] * lacking + [2.0] * failed
    for diverged in ((), [*range(met, met + lacking)]):  # Diverged networks count as undefined.
        outcome = judge(numbers, diverged, high=1.0)
        assert (outcome.verdict, report.turned(outcome), outcome.counted) == (verdict, turned, met + failed)
    entry = alone(claim(high=1.0), numbers)
    told = " ".join(report.details(entry))
    assert ("they could turn the verdict" in told) == turned if lacking else entry.bounds is None


def test_undefined_numbers_of_two_populations_are_lowest_and_highest():
    ours, theirs = [*np.arange(10.0, 30.0), np.nan], [*np.arange(20.0), np.nan, np.nan]
    outcome = judging.judge(*against(ours, theirs))
    numbers = np.array(ours[:-1]), np.array(theirs[:-2])
    assert outcome.share.value == comparisons.probability_above(*numbers).value
    fails = comparisons.probability_above([*numbers[0], -np.inf], [*numbers[1], np.inf, np.inf])
    meets = comparisons.probability_above([*numbers[0], np.inf], [*numbers[1], -np.inf, -np.inf])
    assert outcome.bounds == [fails, meets]
    assert outcome.verdict == "supported"
    many = judging.judge(*against([*numbers[0], *[np.nan] * 10], [*numbers[1], *[np.nan] * 10]))
    assert (many.verdict, report.turned(many)) == ("undecided", True)


def test_what_is_read_from_a_file_is_what_was_judged_also_of_infinite_numbers(tmp_path):
    ours, theirs = [*np.arange(10.0), *[np.inf] * 9, -np.inf, np.nan], [*np.arange(5.0, 20.0), *[np.inf] * 5]
    one, networks = against(ours, theirs)
    other = dataclasses.replace(claim(high=1.0), id="other")
    made = judging.make_table([one, other], [(OURS, networks)], "mice")
    (tmp_path / "claims.json").write_text(table.as_text(made))
    xr.testing.assert_identical(lt.claims.read(tmp_path / "claims.json"), made)
    found, again = table.rows(made), table.rows(lt.claims.read(tmp_path / "claims.json"))
    for before, after in zip(found, again, strict=True):
        np.testing.assert_array_equal(after.number, before.number)
        assert (after.share, after.known, after.low, after.high) == (
            before.share,
            before.known,
            before.low,
            before.high,
        )
        assert [*report.details(after)] == [*report.details(before)]
    assert markdown.claims(again, "title", "") == markdown.claims(found, "title", "")
    drawn, alike = (figures.draw_numbers(each).axes[0] for each in (found, again))
    for line, other in zip(drawn.lines, alike.lines, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), other.get_xdata())
    assert max(np.max(line.get_xdata()) for line in drawn.lines) == pytest.approx(drawn.get_xlim()[1], rel=0.02)


def test_networks_that_did_not_learn_decide_nothing():
    learned = [True] * 12 + [False] * 30
    results = {"sine": labeled([0.0] * 12 + [2.0] * 30, learned=np.array(learned))}
    outcome = judging.judge(claim(high=1.0), results, only_learned=True)
    assert (outcome.verdict, outcome.counted, len(outcome.unlearned), outcome.bounds) == ("supported", 12, 30, None)
    assert outcome.outside == [intervals.wilson(12, 42), intervals.wilson(42, 42)]


def test_it_may_be_asked_which_of_two_populations_is_higher():
    high, low = np.arange(20.0) + 40, np.arange(20.0)
    answers = {"ours higher": (high, low), "theirs higher": (low, high), "undecided": (low, low)}
    for expected, (ours, theirs) in answers.items():
        populations = {"sine": labeled(ours), "other": labeled(theirs)}
        asked = claim(against="other", higher=None)
        entry = entry_of(asked, (OURS, populations))
        assert (entry.verdict, entry.verdict_at_once, entry.question) == (expected, expected, True)
        assert entry.meets == "above or below other's"
    assert comparisons.pairs(entry.number, entry.other_number) == (190, 20, 190)
    np.testing.assert_array_equal(entry.shift, (0.0, np.nan, np.nan))  # Seeds are resampled together.
    assert any(each.startswith("of all pairs, ours is above other's in 48%") for each in report.details(entry))
    with pytest.raises(ValueError, match="higher must be True, or None with against"):
        claim(low=1.0, higher=None)


def test_an_undecided_verdict_has_a_power_and_a_median_a_distance():
    entry = alone(claim(low=1.0, high=3.0), [0.5] * 12 + [1.5] * 12)
    expected = {each: binom.sf(16, 24, each) for each in (0.6, 0.7, 0.8, 0.9)}  # 17 of 24 decide.
    assert {each: intervals.power(entry.known, each) for each in expected} == pytest.approx(expected)
    assert any(
        each.startswith("with 24 networks, the chance of a verdict is 19% at 60%") for each in report.details(entry)
    )
    (power,) = [each for each in report.details(alone(claim(low=1.0), [1.5])) if "chance" in each]
    assert power.startswith("with 1 network, the chance of a verdict is")
    entry = alone(claim(low=1.0, high=3.0), [1.4] * 9 + [1.5] * 9)
    assert report.distance(entry) == ", 0.45 above the limit of 1"
    assert report.distance(alone(claim(high=5.0), [*range(9)])) == ", 1 below the limit of 5"
    assert report.distance(alone(claim(high=4.0), [*range(9)])) == ", at the limit of 4"


def test_an_infinite_number_may_meet_a_claim():
    entry = alone(claim(low=0.5), [*range(1, 9), np.inf, np.inf, np.inf])
    assert (entry.share.value, *entry.median) == (1.0, 6.0, 3.0, np.inf)
    assert "6 (3 to –)" in markdown.claims([entry], "title", "")


def test_a_population_may_be_held_against_another():
    random = np.random.default_rng(0)
    ours, theirs = random.normal(3.0, 1.0, 20), random.normal(0.0, 1.0, 20)
    for first, second, verdict in ((ours, theirs, "supported"), (theirs, ours, "refuted"), (ours, ours, "undecided")):
        populations = {"sine": labeled([*first, 99.0, -99.0], (20, 21)), "other": labeled([*second, 50.0], (20,))}
        outcome = judging.judge(claim(against="other"), populations)
        assert (outcome.verdict, outcome.counted) == (verdict, 20)
        np.testing.assert_array_equal(outcome.other_number, [*second, np.nan])
        expected = comparisons.probability_above([*first, np.nan, np.nan], [*second, np.nan])
        np.testing.assert_array_equal(outcome.share, expected)


def test_equal_numbers_are_ties_and_undefined_ones_in_no_pair():
    outcome = judging.judge(*against([np.nan, np.inf, 3.0, 3.0], [np.inf, 1.0, np.nan, 2.0]))
    np.testing.assert_array_equal(outcome.other_number, [np.inf, 1.0, np.nan, 2.0])
    assert outcome.share.value == pytest.approx((2.5 + 2 + 2) / 9)


def test_no_interval_is_reported_where_resampling_changes_nothing():
    equal = told(claim(high=1.0, baselines=(Baseline("again", the_number, (SOURCE,)),)), [0.0] + [0.5] * 9)
    assert np.isnan(equal.median.low)
    asked, networks = against([3.0] * 9, [3.0] * 9)
    tied = entry_of(asked, (OURS, networks), (COPIES, against([0.0], [0.0])[1]))
    assert not tied.null["copy"].meets  # A copy is above no other copy.
    np.testing.assert_array_equal(tied.share, (0.5, np.nan, np.nan))
    assert np.isnan(tied.at_once.low)
    assert (tied.verdict, tied.verdict_at_once) == ("undecided", "undecided")
    text = markdown.claims([equal, changed(tied, id="tied")], "title", "")
    assert "| **supported** | 100% (70–100%) | 0.5 | at most 1 |" in text
    assert "| **undecided** | 50% | 3 | above other's |" in text
    assert "- Baseline, again: 0.5.\n" in text


def write(part):
    part.answer.values.fill(9)
    part.answer.attrs.update(unit="m")
    part["answer"] = 0 * part.answer
    return np.zeros(2)


def test_a_function_cannot_change_what_other_claims_are_judged_by():
    results = labeled([1.0, 2.0])
    before = results.copy(deep=True)
    for curves in ("line", "history"):
        judging.judge(claim(write, (Source("sine", curves),)), {"sine": results})
    xr.testing.assert_identical(results, before)


def test_a_function_sees_no_network_that_diverged_and_masked_numbers_have_no_meaning():
    found = numbers_of(lambda line: np.full(len(line.seed), line.answer.values.max()), [1.0, np.nan, 2.0, 99.0], (1, 3))
    np.testing.assert_array_equal(found, [2.0, np.nan, 2.0, np.nan])
    masked = numbers_of(lambda _: np.ma.masked_greater(np.array([0, 9]), 5), [5.0, 5.0])
    np.testing.assert_array_equal(masked, [0.0, np.nan])


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (lambda line: line.depth, r"<lambda> raises AttributeError: .* \(.*\.py, line \d+\)"),
        (lambda _: np.zeros(2), r"shape \(2,\) for 3 networks; expected real ones of shape \(3,\)"),
        (lambda line: the_number(line) + 1j, "type complex128"),
    ],
)
def test_a_number_that_is_none_is_told(number, said):
    with pytest.raises(Refused, match=said):
        numbers_of(number, [1.0, 2.0, 3.0])


def told(claim, numbers, controls=(), variants=()):
    """The entry of a claim on networks of which the first diverged; a copy's number is 0, a clipped copy's 0.5."""
    singles = [(COPIES, {"sine": labeled([0.0])}), (Column("clipped copy", "null"), {"sine": labeled([0.5])})]
    others = [(Column(name, "controls"), {"sine": labeled(each)}) for name, each in dict(controls).items()]
    others += [(Column(name, "variants"), each) for name, each in dict(variants).items()]
    return entry_of(claim, (OURS, {"sine": labeled(numbers, (0,))}), *singles, *others)


def alone(claim, numbers):
    """The entry of a claim on networks none of which diverged."""
    return entry_of(claim, (OURS, {"sine": labeled(numbers)}))


def entry_of(claim, *columns):
    """The entry of a claim, alone in its table."""
    return table.rows(judging.make_table([claim], columns, "mice"))[0]


MET, UNMET, HALF = [0.0] + [0.05] * 10, [0.0] + [5.0] * 10, [0.0] + [0.05, 5.0] * 5
"""Numbers of networks the first of which diverged."""


def read_off(numbers):
    """Results whose networks read one number off a line, of which 0 is right."""
    axes, answer = ("curve", "output_feature"), np.asarray(numbers)[:, None, None]
    line = xr.Dataset({"answer": (("seed", *axes), answer), "truth": (axes, np.zeros((1, 1)))})
    return xr.DataTree.from_dict({"/": labeled(numbers).to_dataset(), "line": line})


def inverted(numbers):
    """Results whose networks are to answer 1 to a line of 0."""
    return labeled(numbers, truth=1.0)


@pytest.mark.parametrize(
    ("made", "options", "numbers", "remark"),
    [
        (labeled, {"high": 0.1}, MET, "a copy of the input meets it: says nothing about mice"),
        (labeled, {"high": 0.1}, UNMET, "a copy of the input meets it, these networks do not"),
        (labeled, {"high": 0.1}, HALF, "a copy of the input meets it: if supported, it would say nothing about mice"),
        (labeled, {"high": 0.1, "learned": True}, MET, None),
        (labeled, {"high": 0.1, "learned": True}, UNMET, None),
        (labeled, {"low": 0.1}, UNMET, None),
        (read_off, {"high": 0.1}, MET, "the true value meets it: needs no more than right answers"),
        (read_off, {"high": 0.1, "learned": True}, MET, None),
        (read_off, {"high": 0.1}, UNMET, "the true value meets it, these networks do not"),
        (inverted, {"high": 0.1, "learned": True}, MET, "a copy of the input meets it: says nothing about mice"),
    ],
)
def test_what_a_copy_meets_is_said_as_the_verdict_has_it(made, options, numbers, remark):
    """A copy is the input also where something else is to be answered; of what is read off it is the true value."""
    networks, bounds = {"sine": made(numbers)}, {"copy": np.inf, "clipped copy": 1.0}
    copies = [(Column(name, "null"), {"sine": evidence.copy(networks["sine"], each)}) for name, each in bounds.items()]
    number = (lambda line: line.answer.values[:, 0, 0]) if made is read_off else the_number
    entry = entry_of(claim(number, **options), (OURS, networks), *copies)
    assert entry.null["copy"].value == 0.0
    assert entry.remarks == ([remark] if remark else [])
    cell = ("true value: " if made is read_off else "") + ("0 ✗" if "low" in options else "0 ✓")
    assert f"| {cell} | {cell} |" in markdown.claims([entry], "title", "")


def test_what_a_control_meets_is_said_as_the_verdict_has_it():
    remarks = ("untrained meet it too", "untrained meet it, these networks do not", "untrained meet it")
    for numbers, remark in zip((UNMET, MET, HALF), remarks, strict=True):
        entry = told(claim(low=0.8), numbers, {"untrained": [1.0] * 10, "others": [0.0] * 10})
        assert entry.remarks == [remark]


def test_a_claim_that_networks_fail_is_not_tested_on_networks_that_learned_nothing():
    """What a readout within (-1, 1) has to answer still stands beside it."""
    entry = told(claim(low=0.1, fails=True), UNMET, {"untrained": [5.0] * 10})
    remark = "a clipped copy of the input meets it: needs no more than answers within (-1, 1)"
    assert (entry.controls, entry.remarks) == ({}, [remark])


def test_a_variant_is_told_as_a_difference():
    variants = {
        "dense": {"sine": labeled([0.0] * 9)},
        "longer": {"sine": labeled([1.0] * 8 + [0.0])},
        "elsewhere": {"line": labeled([0.0])},
        "lost": {"sine": labeled([0.0], (0,))},
    }
    entry = told(claim(low=0.8), [1.0] * 10, variants=variants)
    assert list(entry.variants) == ["dense", "longer", "lost"]
    for name, met in (("dense", 0), ("longer", 8)):
        variant = entry.variants[name]
        expected = intervals.difference(*(intervals.clopper_pearson(count, 9, 1 - 0.05 / 3) for count in (met, 9)))
        assert variant.difference == pytest.approx(expected)
    assert np.isnan(entry.variants["lost"].difference.low)
    text = markdown.claims([entry], "the claims", "")
    assert "| claim | share of networks | dense | longer | lost |" in text
    assert "| [statement](#id) | 100% | **-100 (-100 to -42)** | -11 (-56 to +32) | – |" in text


@pytest.mark.parametrize(("counting", "share"), [("all", 6 / 8), ("learned", 1.0), ("equal loss", 6 / 8)])
def test_networks_that_learned_are_compared_with_such_and_those_at_equal_loss_with_all(counting, share):
    ours = labeled([1.0] * 6 + [0.0] * 2, learned=[True] * 6 + [False] * 2)
    theirs = labeled([0.0] * 2 + [1.0] * 6, learned=[False] * 2 + [True] * 6)
    entry = entry_of(claim(low=0.8), (OURS, {"sine": ours}), (Column("other", "variants", counting), {"sine": theirs}))
    own = 6 / 8 if counting == "all" else 1.0
    assert (entry.share.value, entry.variants["other"].difference.value) == (6 / 8, own - share)
    text = markdown.claims([entry], "the claims", "", counting={"other": counting})
    said = {"learned": "Of other, 2 did not learn", "equal loss": "Of other, 2 never had this loss"}.get(counting)
    assert (f"- {said} and do not count." in text) if said else ("do not count" not in text)


def test_it_is_told_how_unusual_a_published_network_is():
    networks = {"sine": labeled([0.5, 0.1, 0.2, np.nan, 0.3, 0.9], (5,))}
    variants = {"dense": {"sine": labeled([0.25, 0.24])}, "other": {"line": labeled([0.0])}}
    columns = [(Column(name, "variants"), each) for name, each in variants.items()]
    entry = entry_of(claim(high=1.0), (PUBLISHED, {"sine": labeled([0.25])}), (OURS, networks), *columns)
    assert (entry.rank, entry.variants["dense"].rank) == ([2, 0, 4], [1, 1, 2])
    assert "| 0.25 ✓, 2 of 4 networks below |" in markdown.claims([entry], "title", "")


def test_a_published_network_without_a_rank_or_a_baseline_is_told_without():
    twice = Baseline("twice", lambda line: 2 * the_number(line), (SOURCE,))
    columns = (PUBLISHED, {"sine": labeled([0.25])}), (OURS, {"sine": labeled([0.5])})
    entry = entry_of(claim(high=1.0, baselines=(twice,)), *columns)
    other = changed(entry, published=changed(entry.published, baselines={}), rank=None)
    text = markdown.claims([other], "title", "")
    assert "| 0.25 ✓ |" in text
    assert "- Baseline, twice: 1.\n" in text


def test_an_entry_holds_what_was_asked_for():
    twice = Baseline("twice", lambda line: 2 * the_number(line), (SOURCE,))
    missing = Baseline("n/a", the_number, (Source("a", "b"),))
    entry = told(claim(high=1.0, baselines=(twice, missing)), [5.0, 0.5, 0.7, np.nan, *[0.5, 0.7, 0.6] * 2])
    np.testing.assert_array_equal(entry.number, [np.nan, 0.5, 0.7, np.nan, *[0.5, 0.7, 0.6] * 2])
    assert (entry.seeds, entry.lacking, entry.diverged, entry.published) == (10, 2, [0], None)
    assert (entry.low, entry.high, entry.against) == (-np.inf, 1.0, "")
    assert (entry.share.value, *entry.median) == (1.0, 0.6, 0.5, 0.7)
    assert {name: each.value for name, each in entry.baselines.items()} == {"twice": 1.2}
    text = markdown.claims([entry], "the claims", "Ten networks.")
    assert "| [statement](#id) | **undecided** | 100% (68–100%) | 0.6 (0.5 to 0.7) | at most 1 |" in text
    assert "Diverged, without a number: seeds 0." in text


def with_variants(id, **variants):
    """The entry of a claim with variants, by name the fields in which they differ from a usual one."""
    known = told(claim(low=0.8), [1.0] * 10, variants={"usual": {"sine": labeled([1.0])}})
    others = {name: changed(known.variants["usual"], **fields) for name, fields in variants.items()}
    return changed(known, id=id, variants=others)


def test_what_claims_are_about_is_told_by_the_differences():
    def entry(claim, **differences):
        every = {"gru": 0.0, "rnn": 0.0, "dense": 0.0} | differences
        shown = {name: intervals.Estimate(each, each - 0.1, each + 0.1) for name, each in every.items()}
        return with_variants(claim, **{name: {"difference": each} for name, each in shown.items()})

    found = [entry("a", gru=-0.5, rnn=-0.5), entry("b", rnn=-0.5), entry("c", dense=-0.5, gru=0.5), entry("d")]
    found += [with_variants("e"), entry("f", rnn=-0.5, gru=0.5)]
    assert list(report.reach(found, {"LSTMs": ("gru", "rnn"), "the readout": ("dense",)})) == [
        "about LSTMs, since the share differs with gru and with rnn: a",
        "about the readout, since the share differs with dense: c",
    ]


def test_variants_whose_verdict_is_another_one_are_told():
    others = {"a": ("supported", 9), "b": ("refuted", 9), "c": ("undecided", 9), "e": ("refuted", 0)}
    variants = {name: {"verdict": verdict, "counted": counted} for name, (verdict, counted) in others.items()}
    assert report.turns(with_variants("id", **variants)) == "refuted with b; undecided with c"


def test_other_thresholds_and_numbers_judge_the_same_networks():
    def twice(line):
        return np.where(the_number(line) > 0.95, np.nan, 2 * the_number(line))

    thresholds = lt.claims.Thresholds((0.2, 0.8), "Little.", "Much.")
    one = claim(low=0.5, thresholds=thresholds, alternatives={"unit": {"half": twice, "itself": the_number}})
    networks = {"sine": labeled([0.3] * 12 + [0.6] * 4 + [1.0] * 4, (0,))}
    made = {names: judging.judge(other, networks) for names, other in one.choices.items()}
    assert {names: each.share for names, each in made.items()} == {
        ("threshold", "at least 0.2"): intervals.wilson(19, 19),
        ("threshold", "at least 0.8"): intervals.wilson(4, 19),
        ("unit", "half"): intervals.wilson(15, 15),
        ("unit", "itself"): intervals.wilson(8, 19),
    }
    np.testing.assert_array_equal(made["unit", "half"].number, [np.nan, *[0.6] * 11, *[1.2] * 4, *[np.nan] * 4])
    both = claim(low=0.5, high=0.8, thresholds=lt.claims.Thresholds(((0.1, 0.9), (0.6, 0.7)), "Little.", "Much."))
    assert [(each.low, each.high) for each in both.choices.values()] == [(0.1, 0.9), (0.6, 0.7)]


def test_choices_that_give_another_verdict_are_told():
    entry = alone(claim(low=0.5), [0.3] * 15 + [0.6] * 5)
    names = {"at least 0.2": "supported", "at least 0.4": "refuted"}
    choices = [changed(entry, of="id", kind="threshold", choice=name, verdict=each) for name, each in names.items()]
    said = "the same verdict by 1 of 2 other thresholds and numbers; not by "
    said += "threshold at least 0.2: 25% (11–47%), supported"
    assert [*report.under_choices(entry, choices)] == [said]
    assert said in markdown.claims([entry], "title", "", choices=choices)
    assert [*report.under_choices(changed(entry, id="other"), choices)] == []

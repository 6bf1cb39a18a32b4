"""Verdicts, and what is told of a claim, by hand."""

import numpy as np
import pytest
import xarray as xr

from lstm_toys.statistics import intervals
from lstm_toys.studies.claims import entries, report, verdicts
from lstm_toys.studies.claims.claim import Beside, Claim, Source

SOURCE = Source("sine", "line")


def labeled(numbers, diverged=()):
    """Results whose networks answer one line by one number each."""
    numbers = np.asarray(numbers, float)
    return xr.Dataset(
        {
            "answer": (("seed", "curve"), numbers[:, None]),
            "diverged": ("seed", np.isin(np.arange(len(numbers)), diverged)),
        },
        {"family": ("curve", ["line"])},
    )


def the_number(line):
    return line.answer.values[:, 0]


def claim(**options):
    return Claim("id", "quote", "statistic", the_number, (SOURCE,), **options)


def judge(numbers, diverged=(), **options):
    return verdicts.judge(claim(**options), {"sine": labeled(numbers, diverged)})


@pytest.mark.parametrize(
    ("met", "verdict"), [(10, "supported"), (9, "supported"), (8, "undecided"), (2, "undecided"), (1, "refuted")]
)
def test_a_verdict_needs_the_interval_on_one_side_of_one_half(met, verdict):
    """Of ten: 9 give 0.60 to 0.98, 8 give 0.49 to 0.94."""
    assert judge([0.0] * met + [2.0] * (10 - met), high=1.0).verdict == verdict
    assert judge([2.0] * met + [0.0] * (10 - met), low=1.0).verdict == verdict
    assert judge([1.5] * met + [0.5, 2.5] * 5, low=1.0, high=2.0).share.value == met / (met + 10)


def test_thresholds_belong_to_the_claim():
    assert (
        claim(low=0.1, high=0.2).met(np.array([0.1, 0.15, 0.2, 0.09, 0.21, np.nan])).tolist()
        == [True] * 3 + [False] * 3
    )
    assert [claim(**sides).meets for sides in ({"low": 0.1}, {"high": 2.0}, {"low": -0.5, "high": 0.5})] == [
        "at least 0.1",
        "at most 2",
        "from -0.5 to 0.5",
    ]


def test_a_diverged_network_is_left_out_unless_the_claim_is_that_something_is_learned():
    numbers = [0.0, 0.0, 2.0, 0.0]
    elsewhere, learned = (judge(numbers, diverged=(1, 2), high=1.0, learned=learned) for learned in (False, True))
    assert (elsewhere.counted, elsewhere.share.value, elsewhere.excluded) == (2, 1.0, (1, 2))
    assert (learned.counted, learned.share.value, learned.excluded) == (4, 0.5, ())
    for outcome in (elsewhere, learned):
        assert outcome.diverged == (1, 2)
        np.testing.assert_array_equal(outcome.numbers, [0.0, np.nan, np.nan, 0.0])
        assert outcome.median.value == 0.0


def test_where_every_network_diverged_nothing_is_decided():
    outcome = judge([0.0, 0.0], diverged=(0, 1), high=1.0)
    assert outcome.verdict == "undecided"
    assert outcome.counted == 0
    assert np.isnan(outcome.share.value)


def test_a_number_without_meaning_does_not_meet_a_claim():
    outcome = judge([np.nan, 0.5, 0.7], high=1.0)
    assert outcome.share.value == 2 / 3
    assert outcome.median.value == 0.6


def test_a_population_may_be_held_against_another():
    random = np.random.default_rng(0)
    ours, theirs = random.normal(3.0, 1.0, 20), random.normal(0.0, 1.0, 20)
    for first, second, verdict in ((ours, theirs, "supported"), (theirs, ours, "refuted"), (ours, ours, "undecided")):
        populations = {"sine": labeled([*first, 99.0, -99.0], (20, 21)), "other": labeled([*second, 50.0], (20,))}
        outcome = verdicts.judge(claim(against="other"), populations)
        assert outcome.verdict == verdict
        assert outcome.counted == 20
        np.testing.assert_array_equal(outcome.theirs, second)
        assert outcome.share == intervals.probability_above(first, second)


def told(claim, numbers, controls, variants=None):
    nulls = {"copy": {"sine": labeled([0.0])}, "clipped copy": {"sine": labeled([0.5])}}
    populations = {name: {"sine": labeled(each)} for name, each in controls.items()}
    return entries.entry(
        claim,
        {"sine": labeled(numbers, (0,))},
        published={},
        nulls=nulls,
        controls=populations,
        variants=variants or {},
    )


@pytest.mark.parametrize(
    ("options", "remark"),
    [
        ({"high": 0.1}, "a copy of the input meets it: says nothing about LSTMs"),
        ({"low": 0.1}, "a clipped copy of the input meets it: is only the tanh"),
        ({"high": 0.1, "learned": True}, "a copy of the input is what is to be learned"),
        ({"low": 0.8}, None),
    ],
)
def test_what_a_null_model_meets_is_said(options, remark):
    entry = told(claim(**options), [0.0, 1.0, 1.0], {})
    assert entry["remarks"] == ([remark] if remark else [])
    assert [each["value"] for each in entry["null"].values()] == [0.0, 0.5]


def test_what_a_control_meets_is_said():
    entry = told(claim(low=0.8), [1.0] * 10, {"untrained": [1.0] * 10, "others": [0.0] * 10})
    assert entry["remarks"] == ["untrained meet it too"]
    assert entry["controls"]["others"]["verdict"] == "refuted"


def test_a_variant_that_says_otherwise_is_named():
    variants = {
        "dense": {"sine": labeled([0.0] * 9)},
        "longer": {"sine": labeled([1.0] * 9)},
        "elsewhere": {"line": labeled([0.0])},
    }
    entry = told(claim(low=0.8), [1.0] * 10, {}, variants)
    assert {name: each["verdict"] for name, each in entry["variants"].items()} == {
        "dense": "refuted",
        "longer": "supported",
    }
    assert entry["remarks"] == ["refuted with dense"]
    assert "- But refuted with dense." in report.markdown([entry], "the claims", "")


def test_an_entry_holds_what_was_asked_for():
    beside = (
        Beside("twice", lambda line: 2 * the_number(line), (SOURCE,)),
        Beside("n/a", the_number, (Source("a", "b"),)),
    )
    entry = told(claim(high=1.0, beside=beside), [5.0, 0.5, 0.7, np.nan], {})
    assert entry["per_seed"] == [None, 0.5, 0.7, None]
    assert (entry["seeds"], entry["excluded"], entry["diverged"]) == (4, [0], [0])
    assert entry["threshold"] == {"low": None, "high": 1.0, "against": None}
    assert entry["share"] == 2 / 3
    assert entry["median"] == 0.6
    assert entry["median_interval"] == [0.5, 0.7]
    assert list(entry["beside"]) == ["twice"]
    assert entry["beside"]["twice"]["median"] == 1.2
    assert entry["published"] is None
    table = report.markdown([entry], "the claims", "Four networks.")
    assert "| [id](#id) | **undecided** | 67% (21–94%) | 0.6 (0.5 to 0.7) | at most 1 |" in table
    assert table.startswith("# The claims\n\nFour networks.\n")
    assert "Diverged, left out: seeds 0." in table

"""What a declaration of claims refuses, and which populations a claim needs."""

from pathlib import Path

import numpy as np
import pytest

import lstm_toys as lt


def experiment():
    return lt.Experiment("name", "", {}, lt.Goal(rmse=1.0), *[lambda *_: []] * 3)


def number(*_):
    return []


def change(_, settings):
    return settings


ABOUT = (lt.Source("first", "line"), lt.Source("second", "training"))
BASELINES = (lt.Baseline("more", number, (lt.Source("third", "line"),)),)
CLAIM = lt.Claim("one", "", "", number, ABOUT[:1], against="second", baselines=BASELINES)


def two(sources=ABOUT[:1], id="two", quote="", number=number, **options):
    return lt.Claim(id, quote, "", number, sources, **options)


def test_a_claim_needs_what_it_is_made_of_and_what_is_told_beside_it():
    assert two(ABOUT, high=1.0).populations == ("first", "second")
    assert CLAIM.populations == ("first", "second")
    assert CLAIM.made_of({"first", "second", "third"}) == {"first", "second", "third"}
    assert CLAIM.made_of({"first", "second"}) == {"first", "second"}
    assert CLAIM.made_of({"first", "third"}) == set()


POPULATIONS = {name: (experiment(), []) for name in ("first", "second", "third")}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"high": float("nan")}, "high must be a number, not nan"),
        ({"low": "0.1"}, "low must be a number, not '0.1'"),
        ({"high": True}, "high must be a number, not True"),
        ({"high": 10**400}, "high must be a number, not 1000"),
        ({"high": np.ones(2)}, "high must be a number, not float64"),
        ({"low": -np.inf, "high": np.inf}, "has no threshold: give low, high, or against"),
        ({"low": 2}, "no number is at least 2 and at most 1"),
        ({"high": -np.inf}, "no number is at least -inf and at most -inf"),
        ({"against": "second"}, "against='second' replaces low and high"),
        ({"against": "first", "high": np.inf}, "'first' cannot be compared with itself"),
        ({"against": "second", "high": np.inf, "learned": True}, "against='second' excludes diverged networks"),
        ({"sources": ABOUT, "against": "third", "high": np.inf}, "takes one population, not first, second"),
        ({"number": 0.5}, "number must be a function of labeled results, one for each source, not 0.5"),
        ({"sources": ABOUT[0]}, "sources must be a tuple of lt.Source, such as"),
        ({"sources": (("first", ""),)}, r"sources must be a tuple of lt.Source, but \('first', ''\) is not one"),
        ({"quote": None}, "quote must be text, not None"),
        ({"learned": "no"}, "learned must be True or False, not 'no'"),
        ({"fails": True, "learned": True}, "learned=True and fails=True contradict each other"),
        ({"baselines": BASELINES[0]}, "baselines must be a tuple of lt.Baseline"),
        ({"baselines": BASELINES * 2}, "two baselines are named 'more'"),
    ],
)
@pytest.mark.usefixtures("as_users_have_it")
def test_arguments_of_a_claim_that_decide_nothing_or_are_of_another_kind_are_refused(arguments, said):
    with pytest.raises(ValueError, match=f"claim 'two':? .*{said}"):
        two(**({"high": 1.0} | arguments))


@pytest.mark.usefixtures("as_users_have_it")
def test_thresholds_of_any_real_type_are_kept_as_floats():
    for value in (1, 1.0, np.int64(1), np.float32(1)):
        claim = two(low=value)
        assert (type(claim.low), claim.low) == (float, 1.0)


UNUSED = lt.Baseline("", number, (lt.Source("x", ""),))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"title": ""}, "title must be text that is not empty, not ''"),
        ({"claims": CLAIM}, r"claims must be a tuple of Claim, such as \(Claim\(...\),\)"),
        ({"data": ("published.json",)}, "data must be a tuple of Path"),
        ({"data": (Path("nowhere.json"),)}, "data names nowhere.json, which is not a file"),
        ({"populations": {1: (experiment(), [])}}, "populations must be a dictionary whose keys are names"),
        ({"populations": {"first": ("line", [])}}, "population 'first' must be an experiment and its flags"),
        ({"populations": {"first": (experiment(), "--steps=2")}}, "'first' must be an experiment and its flags"),
        ({"controls": {"": change}}, "controls must be a dictionary whose keys are names"),
        ({"controls": {"other": None}}, "'other' must be a function of a population's name and settings, not None"),
        ({"published": {}}, "published must be a function"),
        ({"during": {"first": (2, 1)}}, "must have at least two numbers of steps, in ascending order"),
        ({"claims": (CLAIM, CLAIM)}, "two claims are named 'one'"),
        ({"claims": ()}, "claims must not be empty"),
        ({"claims": (two(ABOUT, id="a,b", low=0),)}, "invalid id of a claim 'a,b': "),
        ({"claims": (two(ABOUT, id="all", low=0),)}, "invalid id of a claim 'all': "),
        ({"controls": {"other": change}, "variants": {"other": change}}, "two columns are named 'other'"),
        ({"controls": {"networks": change}}, "two columns are named 'networks'"),
        ({"specifications": (lt.Specification(change, {"units": "half"}),) * 2}, "two columns are named 'units: half'"),
        ({"specifications": [change]}, "specifications must be a tuple of Specification"),
        ({"variants": {"copy": change}}, "two columns are named 'copy'"),
        ({"aspects": {"size": ("other",)}}, "aspects names 'other', which is not a variant"),
        ({"during": {"fourth": (1, 2)}}, "populations are first, second, third; leave it out of during"),
        (
            {"claims": (two((lt.Source("fourth", ""),), low=0),)},
            "uses 'fourth', but the populations are first, second,",
        ),
        ({"claims": (two(ABOUT[:1], against="fourth"),)}, "claim 'two' uses 'fourth'"),
        ({"claims": (two(ABOUT, low=0, baselines=(UNUSED,)),)}, "claim 'two' uses 'x'"),
    ],
)
@pytest.mark.usefixtures("as_users_have_it")
def test_declarations_that_cannot_be_tested_are_refused(arguments, said):
    usual = {"title": "mine", "claims": (CLAIM,), "populations": POPULATIONS}
    with pytest.raises(ValueError, match=said):
        lt.Claims(**(usual | arguments))

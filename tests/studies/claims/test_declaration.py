"""What a declaration of claims refuses, and which populations a claim needs."""

import numpy as np
import pytest

import lstm_toys as lt


def number(*_):
    return []


def change(_, settings):
    return settings


ABOUT = (lt.claims.Source("first", "line"), lt.claims.Source("second", "training"))
BASELINES = (lt.claims.Baseline("more", number, (lt.claims.Source("third", "line"),)),)
CLAIM = lt.claims.Claim("one", "", "", number, ABOUT[:1], against="second", baselines=BASELINES)
ONE = (lt.Experiment("name", "", {}, lambda _: []), [])
THRESHOLDS = lt.claims.Thresholds((0.5,), "Little.", "Much.")


def two(sources=ABOUT[:1], id="two", number=number, **options):
    return lt.claims.Claim(id, "", "", number, sources, **options)


def test_a_claim_needs_what_it_is_made_of_and_what_is_told_beside_it():
    assert two(ABOUT, high=1).populations == CLAIM.populations == ("first", "second")
    assert CLAIM.made_of({"first", "second", "third"}) == {"first", "second", "third"}
    assert CLAIM.made_of({"first", "second"}) == {"first", "second"}
    assert CLAIM.made_of({"first", "third"}) == set()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"low": 2}, "no number is at least 2 and at most 1"),
        ({"high": np.inf}, "must have thresholds"),
        ({"against": "first", "high": np.inf}, "against takes one other population"),
        ({"against": "second", "high": np.inf, "learned": True}, "and neither learned nor thresholds"),
        ({"sources": ABOUT[0]}, "sources must be a tuple of lt.claims.Source, such as"),
        ({"fails": True, "learned": True}, "learned=True and fails=True contradict each other"),
        ({"baselines": BASELINES * 2}, "two baselines have the same name"),
        ({"low": 0, "thresholds": THRESHOLDS}, "thresholds must be pairs"),
    ],
)
@pytest.mark.usefixtures("as_users_have_it")
def test_claims_that_decide_nothing_or_contradict_themselves_are_refused(arguments, said):
    with pytest.raises(ValueError, match=f"claim 'two':? .*{said}"):
        two(**({"high": 1.0} | arguments))


@pytest.mark.parametrize("id", ["a,b", "a b/../c", "", ".a", "a\n"])
def test_an_id_of_a_claim_is_a_plain_name(id):
    with pytest.raises(ValueError, match=r"^claim '.*': invalid id; use letters, digits"):
        two(id=id, high=1.0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"claims": CLAIM}, "claims must be a tuple of lt.claims.Claim"),
        ({"claims": (CLAIM, CLAIM)}, "two claims are named 'one'"),
        ({"claims": ()}, "claims must not be empty"),
        ({"controls": {"other": change}, "variants": {"other": change}}, "two columns are named 'other'"),
        ({"aspects": {"size": ("other",)}}, "aspects names 'other', which is not a variant"),
        (
            {"claims": (two((lt.claims.Source("fourth", ""),), low=0),)},
            "uses 'fourth', but the populations are first, second",
        ),
    ],
)
@pytest.mark.usefixtures("as_users_have_it")
def test_declarations_that_cannot_be_tested_are_refused(arguments, said):
    usual = {"title": "mine", "claims": (CLAIM,), "populations": dict.fromkeys(("first", "second"), ONE)}
    with pytest.raises(ValueError, match=said):
        lt.claims.Claims(**(usual | arguments))

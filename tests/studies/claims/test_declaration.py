"""What a declaration of claims refuses, and which populations a claim needs."""

import pytest

import lstm_toys as lt


def experiment():
    return lt.Experiment("name", "", {}, lt.Goal(1.0), *[lambda *_: []] * 3)


def number(_):
    return []


def change(_, settings):
    return settings


ABOUT = (lt.Source("first", "line"), lt.Source("second", "training"))
BESIDE = (lt.Beside("more", number, (lt.Source("third", "line"),)),)
CLAIM = lt.Claim("one", "", "", number, ABOUT[:1], against="second", beside=BESIDE)


def declare(*claims, **options):
    return lt.Claims("", claims, {name: (experiment(), []) for name in ("first", "second", "third")}, **options)


def test_a_claim_needs_what_it_is_made_of_and_what_is_told_beside_it():
    assert lt.Claim("two", "", "", number, ABOUT).populations == ("first", "second")
    assert CLAIM.populations == ("first", "second")
    assert CLAIM.made_of({"first", "second", "third"}) == {"first", "second", "third"}
    assert CLAIM.made_of({"first", "second"}) == {"first", "second"}
    assert CLAIM.made_of({"first", "third"}) == set()


@pytest.mark.parametrize(
    ("claims", "options", "said"),
    [
        ((CLAIM, CLAIM), {}, "two claims named 'one'"),
        ((), {}, "there is no claim"),
        ((lt.Claim("a,b", "", "", number, ABOUT),), {}, "claim 'a,b' cannot be named so"),
        ((), {"controls": {"other": change}, "variants": {"other": change}}, "two columns named 'other'"),
        ((), {"controls": {"networks": change}}, "two columns named 'networks'"),
        (
            (lt.Claim("two", "", "", number, (lt.Source("fourth", "line"),)),),
            {},
            "claim 'two' is about 'fourth'; the populations are first, second, third",
        ),
        ((lt.Claim("two", "", "", number, ABOUT, against="fourth"),), {}, "claim 'two' is about 'fourth'"),
        (
            (lt.Claim("two", "", "", number, ABOUT, beside=(lt.Beside("", number, (lt.Source("x", ""),)),)),),
            {},
            "claim 'two' is about 'x'",
        ),
    ],
)
def test_what_cannot_be_judged_is_not_declared(claims, options, said):
    with pytest.raises(ValueError, match=said):
        declare(*claims, **options)

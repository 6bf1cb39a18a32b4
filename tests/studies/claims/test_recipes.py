"""Distributions of settings: what they draw, and which are refused."""

import re
from collections import Counter

import numpy as np
import pytest

import lstm_toys as lt
from lstm_toys.claims import Range, Recipes

CHOICES = {
    ("optimizer", "learning_rate"): [("adam", Range(0.001, 0.1, "log")), ("sgd", 0.5)],
    "hidden": [(16,), (32,), 64],
    "noise": Range(0, 0.2),
    "train_amplitude": [0.3, 0.6],
}


def drawn(count, choices=CHOICES, name="several", base_seed=0, **options):
    recipes = Recipes(name, choices)
    return [recipes.draw(base_seed, number, **options) for number in range(count)]


def test_each_value_is_as_likely_and_ranges_are_uniform_on_their_scale():
    every = drawn(3_000)
    for name, count in (("optimizer", 2), ("hidden", 3), ("train_amplitude", 2)):
        counts = Counter(recipe[name] for recipe in every)
        assert len(counts) == count
        assert min(counts.values()) > 0.9 * 3_000 / count
    rates = np.log10([recipe["learning_rate"] for recipe in every if recipe["optimizer"] == "adam"])
    assert np.histogram(rates, 4, (-3, -1))[0].min() > 0.85 * len(rates) / 4
    assert np.histogram([recipe["noise"] for recipe in every], 4, (0, 0.2))[0].min() > 0.9 * 3_000 / 4
    assert {recipe["learning_rate"] for recipe in every if recipe["optimizer"] == "sgd"} == {0.5}


def test_recipes_are_the_same_whatever_their_number_and_other_choices():
    assert drawn(3) == drawn(9)[:3]
    fewer = {name: values for name, values in CHOICES.items() if name != "hidden"}
    assert [{**recipe, "hidden": None} for recipe in drawn(5)] == [
        {**recipe, "hidden": None} for recipe in drawn(5, fewer)
    ]
    first = {"optimizer": "sgd", "learning_rate": 0.5, "hidden": (32,), "noise": 0.1282, "train_amplitude": 0.6}
    assert drawn(1) == [first]  # For all time.


def test_another_name_or_base_seed_draws_other_recipes():
    assert drawn(4) != drawn(4, name="others")
    assert drawn(4) != drawn(4, base_seed=1)


def test_distributions_of_one_name_agree_where_both_draw():
    fewer = {name: values for name, values in CHOICES.items() if name != "hidden"}
    same, other = (Recipes("several", choices) for choices in (fewer, {**fewer, "noise": Range(0, 0.1)}))
    assert Recipes("several", CHOICES).agrees(same)
    assert not Recipes("several", CHOICES).agrees(other)
    assert not Recipes("several", CHOICES).agrees(Recipes("several", {"optimizer": ["adam", "sgd"]}))
    assert Recipes("several", CHOICES).agrees(Recipes("others", {"optimizer": ["adam", "sgd"]}))


def test_a_line_says_what_is_drawn():
    assert str(Recipes("several", CHOICES)) == (
        "optimizer, learning rate: adam 0.001 to 0.1 (log) or sgd 0.5; hidden: 16/32/64; noise: 0 to 0.2; "
        "train amplitude: 0.3/0.6"
    )


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"x": [0.1]}, "'x' cannot be drawn; available: optimizer, hidden"),
        ({"learnin_rate": [0.1]}, "did you mean learning_rate"),
        ({"timesteps": [50, 100]}, "'timesteps' cannot be drawn"),
        ({"seeds": [5]}, "'seeds' cannot be drawn"),
        ({"learning_rate": [0.1, -0.1]}, "learning_rate=-0.1: -0.1 is not a number in the range"),
        ({"learning_rate": Range(-0.1, 0.1)}, "learning_rate=-0.1 to 0.1: -0.1 is not a number in the range"),
        ({"momentum": Range(0.5, 1.0)}, "momentum=0.5 to 1: takes a number in the range [0.0, 0.999999]"),
        ({"learning_rate": Range(0.2, 0.1)}, "takes a range from a lower to a higher number"),
        ({"noise": Range(0, 0.1, "log")}, "takes a range from a lower to a higher number, above 0"),
        ({"learning_rate": Range(0.1, 0.2, "cubic")}, "its scale must be 'linear' or 'log', not 'cubic'"),
        ({"optimizer": ["adam", "adamw"]}, "optimizer=adamw: value should be one of"),
        ({"gates": []}, "choices of gates must be a list of values, or an lt.claims.Range, not []"),
        ({"gates": "hard"}, "choices of gates must be a list of values, or an lt.claims.Range, not 'hard'"),
        ({}, "choices must be lists or ranges by setting"),
        ({"hidden": Range(8, 32)}, "takes a list of values, not a range; learning_rate, momentum, decay, noise and"),
        ({"steps": Range(100, 200)}, "takes a list of values, not a range"),
        ({"gates": ["hard"], ("gates", "cell"): [("hard", "gru")]}, "draws gates twice"),
        (
            {("optimizer", "learning_rate"): ["adam"]},
            "choices of optimizer and learning_rate must be tuples with 2 values, not 'adam'",
        ),
        (
            {"hidden": [4, 8, 16, 32], "optimizer": ["sgd", "adam"], "cell": ["lstm", "gru"]},
            "needs 16 compiled programs, at most 12; give hidden, optimizer, cell fewer values",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(choices, message):
    with pytest.raises(ValueError, match=re.escape(message)) as refused:
        lt.claims.Recipes("mine", choices)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith("recipes 'mine'")

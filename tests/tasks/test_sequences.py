"""Sequences from the literature against references that read one symbol after another."""

import re

import jax
import numpy as np
import pytest

import lstm_toys as lt
from lstm_toys.tasks.sequences import SYMBOLS

KEY = jax.random.key(0)


def drawn(draw, *arguments):
    """Examples, drawn as in a training, under jit."""
    return [np.asarray(each) for each in jax.jit(lambda key: draw(key, *arguments))(KEY) if each is not None]


def legal(language, string):
    """Which symbols may follow the beginning of a word, and the end, by the language's definition."""
    symbols = SYMBOLS[language]
    if language == "dyck1":
        depth = string.count("(") - string.count(")")
        return {"("} | ({")"} if depth else {"end"})
    counts = [string.count(each) for each in symbols]
    n = counts[0]
    last = max((place for place, each in enumerate(counts) if each), default=-1)
    if last <= 0:
        return {"a"} if not n else {"a", "b"}
    if counts[last] < n:
        return {symbols[last]}
    return {symbols[last + 1]} if last + 1 < len(symbols) else {"end"}


@pytest.mark.parametrize("language", SYMBOLS)
def test_legal_symbols_are_those_of_the_definition(language):
    symbols = SYMBOLS[language]
    inputs, every, lengths = drawn(lt.sequences.counting, 12 * len(symbols) + 1, 40, language)
    for shown, targets, length in zip(inputs, every, lengths, strict=True):
        string = ""
        for point in range(length):
            symbol = int(np.argmax(shown[point]))
            assert np.sum(shown[point]) == 1
            assert (symbol == 0) == (point == 0)
            string += symbols[symbol - 1] if symbol else ""
            expected = legal(language, string)
            assert {name for name, one in zip((*symbols, "end"), targets[point], strict=True) if one} == expected
        assert "end" in legal(language, string)
    assert len({*lengths.tolist()}) > 5


def test_a_flip_flop_holds_the_last_pulse():
    pulses, targets = drawn(lt.sequences.flip_flop, 50, 6, 2, 0.2)
    held = np.zeros((6, 2))
    for point in range(50):
        held = np.where(pulses[:, point] != 0, pulses[:, point], held)
        np.testing.assert_array_equal(targets[:, point], held)
    assert 0.15 < np.mean(pulses[:, 1:] != 0) < 0.25


def test_two_numbers_are_added():
    inputs, targets = drawn(lt.sequences.adding, 9, 20)
    numbers, marks = inputs[..., 0], inputs[..., 1]
    assert set(np.unique(marks)) == {0.0, 1.0}
    np.testing.assert_array_equal(marks[:, :4].sum(1), 1)
    np.testing.assert_array_equal(marks.sum(1), 2)
    np.testing.assert_allclose(targets[:, 0], (numbers * marks).sum(1), rtol=1e-6)


@pytest.mark.parametrize(
    ("draw", "arguments", "said"),
    [
        (lt.sequences.counting, (KEY, 2, 2), "length must be at least 3, not 2"),
        (lt.sequences.powers, (np.array([0]), 9, 2), "number must be at least 1, not 0 at [0]"),
        (lt.sequences.powers, (np.array([-1.5]), 9, 2), "number[0] must be a whole number, not -1.5"),
        (lt.sequences.powers, (np.array([1, 5]), 9, 2), "number must be at most 4, not 5 at [1]"),
    ],
)
@pytest.mark.usefixtures("as_users_have_it")
def test_what_cannot_be_drawn_is_refused(draw, arguments, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}"):
        draw(*arguments)

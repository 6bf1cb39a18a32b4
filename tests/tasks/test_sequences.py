"""Sequences from the literature against references that read one symbol after another."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from lstm_toys.tasks.sequences import SYMBOLS, Language


def legal(language: Language, string: str) -> set[str]:
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
    made = lt.sequences.counting(jax.random.key(1), length=3 * len(symbols) * 4 + 1, count=40, language=language)
    lengths = set()
    for shown, targets, length in zip(made.inputs, made.targets, np.asarray(made.lengths), strict=True):
        string = ""
        lengths.add(int(length))
        for point in range(length):
            symbol = int(np.argmax(shown[point]))
            assert np.sum(shown[point]) == 1
            assert (symbol == 0) == (point == 0)
            string += symbols[symbol - 1] if symbol else ""
            expected = legal(language, string)
            assert {name for name, one in zip((*symbols, "end"), targets[point], strict=True) if one} == expected
        assert "end" in legal(language, string)
    assert len(lengths) > 5


def test_a_flip_flop_holds_the_last_pulse():
    made = lt.sequences.flip_flop(jax.random.key(2), length=50, count=6, bits=2, rate=0.2)
    held = np.zeros((6, 2))
    for point in range(50):
        pulse = np.asarray(made.inputs[:, point])
        held = np.where(pulse != 0, pulse, held)
        np.testing.assert_array_equal(made.targets[:, point], held)
    assert 0.15 < np.mean(np.asarray(made.inputs[:, 1:]) != 0) < 0.25


def test_two_numbers_are_added():
    made = lt.sequences.adding(jax.random.key(3), length=9, count=20)
    numbers, marks = np.asarray(made.inputs[..., 0]), np.asarray(made.inputs[..., 1])
    assert set(np.unique(marks)) == {0.0, 1.0}
    np.testing.assert_array_equal(marks[:, :4].sum(1), 1)
    np.testing.assert_array_equal(marks.sum(1), 2)
    for row, mark, total in zip(numbers, marks, made.targets, strict=True):
        np.testing.assert_allclose(total, [row[mark == 1].sum()], rtol=1e-6)


def test_parity_is_that_of_the_ones_so_far():
    made = lt.sequences.parity(jax.random.key(4), length=20, count=5)
    odd = np.zeros(5)
    for point in range(20):
        odd = (odd + np.asarray(made.inputs[:, point, 0])) % 2
        np.testing.assert_array_equal(made.targets[:, point, 0], odd)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda key: lt.sequences.counting(key, 9, 2, "dyck"), "language must be 'anbn' or 'anbncn' or 'dyck1'"),
        (lambda key: lt.sequences.counting(key, 2, 2), "length must be at least 3, not 2"),
        (lambda key: lt.sequences.adding(key, 1, 2), "length must be at least 2, not 1"),
        (lambda key: lt.sequences.flip_flop(key, 3, 2, rate=1.5), "rate must be at most 1, not 1.5"),
        (lambda key: lt.sequences.flip_flop(key, 3, 2, rate=np.complex64(0.5)), "rate must be a finite number, not"),
        *(
            (lambda _, draw=draw, key=key: draw(key, 9, 2), "key must be a key, such as jax.random.key(0), not ")
            for draw in (lt.sequences.counting, lt.sequences.flip_flop, lt.sequences.adding, lt.sequences.parity)
            for key in (0, None, np.zeros(2), jax.random.split(jax.random.key(0)))
        ),
        (lambda _: lt.FAMILIES["line"].draw(0, 3), "key must be a key, such as jax.random.key(0), not 0"),
        *(
            (lambda _, number=number: lt.sequences.powers(number, 9, 2), said)
            for number, said in (
                (jnp.array([0]), "number must be at least 1, not 0 at [0]"),
                (np.array([-1.5]), "number[0] must be a whole number, not -1.5"),
                (np.array([1j]), "number[0] must be a whole number, not 1j"),
                (np.array([1, 5]), "number must be at most 4, not 5 at [1]"),
                (2, "number must be at least one whole number, not 2"),
            )
        ),
        (lambda _: lt.sequences.powers(np.array([1]), 2, 2), "length must be at least 3, not 2"),
        (lambda _: lt.sequences.powers(np.array([1]), 5.5, 2), "length must be a whole number, not 5.5"),
        (lambda _: lt.sequences.powers(np.array([1]), 5, 0), "symbols must be at least 1, not 0"),
    ],
)
@pytest.mark.usefixtures("as_users_have_it")
def test_what_cannot_be_drawn_is_refused(call, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}[^\n]*$"):
        call(jax.random.key(0))


@pytest.mark.usefixtures("as_users_have_it")
def test_keys_of_both_kinds_and_lists_of_numbers_are_taken():
    for draw in (lt.sequences.parity, lt.sequences.counting):
        made = [draw(key, 9, 2) for key in (jax.random.key(3), jax.random.PRNGKey(3))]
        jax.tree.map(np.testing.assert_array_equal, *made)
    made = [lt.sequences.powers(number, 9, 2) for number in ([1, 4], np.array([1, 4], np.uint8), jnp.array([1, 4]))]
    for each in made[1:]:
        jax.tree.map(np.testing.assert_array_equal, each, made[0])


def test_examples_of_a_step_are_drawn_under_jit():
    def draw(key):
        return lt.sequences.counting(key, length=9, count=3)

    jax.tree.map(np.testing.assert_array_equal, jax.jit(draw)(jax.random.key(5)), draw(jax.random.key(5)))

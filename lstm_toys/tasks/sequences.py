"""Sequence tasks from the literature: counting, flip-flops, adding and parity, each drawn from a key.

A task can draw fresh examples at every step, or one fixed set per seed:

>>> def examples(key, numbers):
...     return lt.sequences.flip_flop(key, length=40, count=8)
>>> lt.Task(examples, ("1", "2", "3"), ("1", "2", "3"), sequence=True, fresh=True).fresh
True
"""

from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Key

from lstm_toys import arguments
from lstm_toys.tasks.supervision import Examples

Language = Literal["anbn", "anbncn", "dyck1"]

SYMBOLS: dict[Language, tuple[str, ...]] = {"anbn": ("a", "b"), "anbncn": ("a", "b", "c"), "dyck1": ("(", ")")}
"""The symbols of each language. Inputs precede them with a start symbol, outputs follow them with an end symbol."""


def counting(key: Key[Array, ""], length: int, count: int, language: Language = "anbn") -> Examples:
    """Draws strings of a language that requires counting, and the symbols that may come next.

    Networks predict which symbols may follow, for the loss ``"binary_cross_entropy"`` (Gers and Schmidhuber, "LSTM
    recurrent networks learn simple context-free and context-sensitive languages", 2001). For a^n b^n and a^n b^n c^n, n
    is uniform from 1 to the largest that fits. For balanced parentheses, this holds for the number of pairs, and a fair
    coin decides whether one opens or closes where both may.

    Args:
        key: random key of JAX; the same key gives the same strings.
        length: number of points of the longest sequence, T: a start symbol and the string. Shorter strings are padded.
        count: number of strings, C.
        language: ``"anbn"``, ``"anbncn"``, or ``"dyck1"`` for balanced parentheses.

    Returns:
        Inputs ``[C, T, 1 + symbols]`` are one-hot: the start, then the string. Targets ``[C, T, symbols + 1]`` are 1
        for every symbol, or the end, that may come next. ``lengths`` count the points of each string with its start.

    Raises:
        ValueError: the key or the language is invalid, or no string fits into the length.

    Example:
        >>> import jax
        >>> examples = lt.sequences.counting(jax.random.key(0), length=9, count=2)
        >>> examples.inputs.shape, examples.targets.shape
        ((2, 9, 3), (2, 9, 3))
    """
    symbols = len(SYMBOLS[arguments.choice("language", language, *SYMBOLS)])  # type: ignore[index]
    length, (count,) = arguments.whole("length", length, least=1 + symbols), arguments.counts(count=count)
    _check(key)
    sizes, coins = jax.random.split(key)
    number = jax.random.randint(sizes, (count,), 1, (length - 1) // symbols + 1)
    if language == "dyck1":
        return _dyck(jax.random.bernoulli(coins, 0.5, (count, length)), number)
    return powers(number, length, symbols)


def powers(number: Int[Array, " C"], length: int, symbols: int) -> Examples:
    """Makes strings such as a^n b^n with given n, in the format of `counting`.

    Args:
        number: the n of each string ``[C]``, at least 1 and at most (length - 1) / symbols.
        length: number of points of each padded sequence, T.
        symbols: number of different symbols: 2 for a^n b^n, 3 for a^n b^n c^n.

    Raises:
        ValueError: an n is below 1, or its string does not fit into the length.

    Example:
        >>> import jax.numpy as jnp
        >>> lt.sequences.powers(jnp.array([1, 3]), length=9, symbols=2).lengths.tolist()
        [3, 7]
    """
    length, symbols = arguments.counts(length=length, symbols=symbols)
    if not arguments.traced(number):
        fitting = arguments.wholes("number", np.asarray(number), least=1, most=(length - 1) // symbols)
        number = jnp.array(fitting, jnp.int32)
    place = jnp.arange(length)[None, :]
    n = number[:, None]
    # The symbol at a point: 0 is the start, then 1 for a, 2 for b, and so on.
    symbol = jnp.where(place == 0, 0, jnp.minimum((place - 1) // n + 1, symbols))
    # The symbol at the next point, or the end. An a may be followed by another a or the first b.
    targets = jax.nn.one_hot(jnp.minimum(place // n, symbols), symbols + 1)
    either = (jnp.arange(symbols + 1) < 2).astype(targets.dtype)[None, None, :]
    targets = jnp.where((symbol == 1)[..., None], either, targets)
    return Examples(jax.nn.one_hot(symbol, symbols + 1), targets, symbols * number + 1)


Pair = tuple[Int[Array, " C"], Int[Array, " C"]]


def _dyck(coins: Bool[Array, "C T"], pairs: Int[Array, " C"]) -> Examples:
    def step(state: Pair, coin: Bool[Array, " C"]) -> tuple[Pair, Pair]:
        depth, opened = state
        opens = (opened < pairs) & ((depth == 0) | coin)
        depth = jnp.where(opens, depth + 1, depth - 1)
        return (depth, opened + opens.astype(opened.dtype)), (jnp.where(opens, 1, 2), depth)

    zeros = jnp.zeros_like(pairs)
    _, (symbols, depths) = jax.lax.scan(step, (zeros, zeros), coins[:, :-1].T)
    symbol = jnp.concatenate([zeros[:, None], symbols.T], axis=1)
    depth = jnp.concatenate([zeros[:, None], depths.T], axis=1)
    legal = jnp.stack([jnp.ones_like(depth, bool), depth > 0, depth == 0], axis=-1)
    return Examples(jax.nn.one_hot(symbol, 3), legal.astype(jnp.float32), 2 * pairs + 1)


def flip_flop(key: Key[Array, ""], length: int, count: int, bits: int = 3, rate: float = 0.25) -> Examples:
    """Draws pulses of -1 and 1, with the most recent pulse of each channel as targets: a memory of bits.

    Every channel begins with a pulse. The task is from Sussillo and Barak, "Opening the Black Box: Low-Dimensional
    Dynamics in High-Dimensional Recurrent Neural Networks", 2013.

    Args:
        key: random key of JAX; the same key gives the same pulses.
        length: number of time points, T.
        count: number of sequences, C.
        bits: number of channels, each of which remembers one bit; networks have to hold 2^bits states.
        rate: probability of a pulse per channel and time point, from 0 to 1. With a smaller one, bits have to be
            remembered for longer.

    Returns:
        Inputs, 0 where there is no pulse, and targets, both ``[C, T, bits]``.

    Raises:
        ValueError: the key is invalid, ``rate`` is not from 0 to 1, or a number is below 1.

    Example:
        >>> import jax
        >>> examples = lt.sequences.flip_flop(jax.random.key(0), length=40, count=8, bits=1)
        >>> bool((examples.targets[:, 0] == examples.inputs[:, 0]).all())
        True
    """
    rate = float(arguments.number("rate", rate, least=0, most=1))
    shape = arguments.counts(count=count, length=length, bits=bits)
    _check(key)
    signs, places = jax.random.split(key)
    sign = 2 * jax.random.bernoulli(signs, 0.5, shape).astype(jnp.float32) - 1
    pulse = jax.random.bernoulli(places, rate, shape).at[:, 0].set(True)
    inputs = jnp.where(pulse, sign, 0)
    latest = jax.lax.cummax(jnp.where(pulse, jnp.arange(shape[1])[None, :, None], 0), axis=1)
    return Examples(inputs, jnp.take_along_axis(inputs, latest, axis=1))


def adding(key: Key[Array, ""], length: int, count: int) -> Examples:
    """Draws the adding problem: sequences of numbers, two of them marked, with the sum of these two as target.

    The task is from Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997, experiment 4, with different ranges.

    Args:
        key: random key of JAX; the same key gives the same numbers.
        length: number of time points, T, at least 2. With more, the marked numbers have to be remembered for longer,
            until the end.
        count: number of sequences, C.

    Returns:
        Inputs ``[C, T, 2]`` are numbers, uniform from 0 to 1, and marks, a 1 in the first and in the second half.
        Targets ``[C, 1]`` are sums, one per sequence, so that a task has ``sequence=False``.

    Raises:
        ValueError: the key is invalid, ``length`` is below 2, or ``count`` below 1.

    Example:
        >>> import jax
        >>> examples = lt.sequences.adding(jax.random.key(0), length=20, count=4)
        >>> examples.inputs.shape, examples.targets.shape
        ((4, 20, 2), (4, 1))
    """
    length, (count,) = arguments.whole("length", length, least=2), arguments.counts(count=count)
    _check(key)
    values, early, late = jax.random.split(key, 3)
    numbers = jax.random.uniform(values, (count, length))
    half = length // 2
    places = jax.random.randint(early, (count,), 0, half), jax.random.randint(late, (count,), half, length)
    marks = sum(jax.nn.one_hot(place, length) for place in places)
    return Examples(jnp.stack([numbers, marks], axis=-1), jnp.sum(numbers * marks, axis=1, keepdims=True))


def parity(key: Key[Array, ""], length: int, count: int) -> Examples:
    """Draws bits, with the parity of the ones so far as targets, for the loss ``"binary_cross_entropy"``.

    Args:
        key: random key of JAX; the same key gives the same bits.
        length: number of time points, T.
        count: number of sequences, C.

    Returns:
        Inputs ``[C, T, 1]`` are 0 or 1 with equal probability. Targets ``[C, T, 1]`` are 1 where the number of ones so
        far is odd.

    Raises:
        ValueError: the key is invalid, or ``length`` or ``count`` is below 1.

    Example:
        >>> import jax
        >>> examples = lt.sequences.parity(jax.random.key(0), length=5, count=1)
        >>> (examples.inputs.cumsum(axis=1) % 2 == examples.targets).all().item()
        True
    """
    shape = *arguments.counts(count=count, length=length), 1
    _check(key)
    bits = jax.random.bernoulli(key, 0.5, shape).astype(jnp.float32)
    return Examples(bits, jnp.cumsum(bits, axis=1) % 2)


def _check(key: Any) -> None:
    """Raises ValueError for anything but a single random key; errors of JAX are about its implementation of keys."""
    try:
        jax.eval_shape(jax.random.bits, key)
    except (TypeError, ValueError):
        raise arguments.refused("key", "one random key, such as jax.random.key(0)", key) from None

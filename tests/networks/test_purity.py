"""Functions that are not pure are refused in one line that names them, before anything is trained; others are not."""

import random
import re
import time
from dataclasses import replace
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from commands import claims
from own_claims import EXPERIMENT, declare

import lstm_toys as lt
from conftest import carry_out, refusal
from lstm_toys.networks.purity import check_traced

NOISE = np.random.default_rng(0)
"""Drawn from without a key, as people draw from np.random, too."""


def of(noise):
    """Fresh examples of a key, and what is to be added to them."""
    return lambda key, _: lt.Examples(*2 * (jax.random.normal(key, (4, 6, 1)) + noise(key),))


def in_scan(_):
    """An array that neither the text of the program nor its own constants have."""
    big = NOISE.normal(size=(4, 6, 1))
    return jax.jit(lambda: jax.lax.scan(lambda carry, _: (carry + big, None), jnp.zeros((4, 6, 1)), None, 2)[0])()


def in_branch(key):
    big = NOISE.normal(size=(4, 6, 1))
    return jax.lax.cond(jax.random.uniform(key) > 0.5, lambda: big * jnp.ones((4, 6, 1)), lambda: jnp.zeros((4, 6, 1)))


IMPURE = {
    "numpy.random": lambda _: np.random.normal(),  # noqa: NPY002
    "an array": lambda _: NOISE.normal(size=(4, 6, 1)),
    "a number": lambda key: jax.random.uniform(key) * NOISE.normal(),
    "an order": lambda key: jax.random.normal(key, (4, 6, 1))[NOISE.permutation(100) % 4][:4],
    "Python's random": lambda _: random.random(),
    "the clock": lambda _: time.perf_counter_ns() % 1_000_003,
    "in a scan": in_scan,
    "in a branch": in_branch,
}


def train(examples, model=None, **options):
    task = lt.Task(examples, ("y",), ("y",), **{"sequence": True, "fresh": True, **options})
    return lt.train(task, model or lt.Stack(1, hidden=()), seeds=1, steps=1, learning_rate=0.1)


@pytest.mark.parametrize("noise", IMPURE.values(), ids=IMPURE)
def test_examples_that_draw_from_elsewhere_are_refused(noise):
    told = r"^<lambda> \(test_purity.py, line \d+\) differs when it is called again with the same arguments: numbers of"
    with pytest.raises(ValueError, match=told) as error:
        train(of(noise))
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match=told):
        train(of(lambda _: 0.0), validation=of(noise))
    with pytest.raises(ValueError, match=told):
        train(partial(of(noise)), fresh=False)


def test_fresh_examples_are_others_for_another_key():
    told = "draws fresh examples, but the same ones for every key: use jax.random and the key$"

    def fixed(*_):
        return lt.Examples(*2 * (np.random.default_rng(3).normal(size=(4, 6, 1)),))

    with pytest.raises(ValueError, match=rf"^fixed \(test_purity.py, line \d+\) {told}"):
        train(fixed)
    train(fixed, fresh=False)

    def few(key, _):
        """One bit, so that half of the keys have the same examples."""
        return lt.Examples(*2 * (jnp.full((1, 6, 1), jax.random.bernoulli(key)),))

    train(few)

    def curriculum(_, numbers):
        return lt.Examples(*2 * (jnp.full((1, 6, 1), numbers["step"], jnp.float32),))

    train(curriculum, stepped=True, validation=fixed())


class Noisy(nn.Module):
    """A model with noise of NumPy."""

    @nn.compact
    def __call__(self, inputs):
        return nn.Dense(1)(inputs) + NOISE.normal()


class NoisyCell(lt.RNN):
    """A cell with noise of NumPy."""

    @nn.compact
    def __call__(self, inputs):
        return super().__call__(inputs) * (1 + NOISE.normal())


def noisy_loss(outputs, targets):
    return jnp.mean((outputs - targets) ** 2, axis=-1) * NOISE.uniform()


def noisy_penalty(params, *_):
    return NOISE.uniform() * jnp.sum(params["readout"]["bias"] ** 2)


def test_models_losses_and_penalties_that_draw_from_elsewhere_are_refused():
    pure, dense = of(lambda _: 0.0), lt.Stack(1, (2,), "dense")
    for told, options in {
        "Noisy differs": {"model": Noisy()},
        f"cell {NoisyCell.__module__}:NoisyCell differs": {
            "model": replace(dense, cell=f"{NoisyCell.__module__}:NoisyCell")
        },
        r"noisy_loss \(test_purity.py, line \d+\) differs": {"loss": noisy_loss},
    }.items():
        with pytest.raises(ValueError, match=f"^{told} when it is called again"):
            train(pure, **options)
    task = lt.Task(pure, ("y",), ("y",), sequence=True)
    with pytest.raises(ValueError, match=r"^noisy_penalty \(test_purity.py, line \d+\) differs"):
        lt.train(task, dense, seeds=1, steps=1, learning_rate=0.1, penalty=noisy_penalty)


def test_derivatives_of_ones_own_callbacks_and_keys_inside_are_pure():
    @jax.custom_jvp
    def square(x):
        return x**2

    square.defjvps(lambda tangent, _, x: 2 * x * tangent)

    def made(key):
        other = jax.random.split(jax.random.key(3))[0]
        jax.debug.print("{}", other)
        called = jax.pure_callback(lambda x: x, jnp.ones(3), jnp.ones(3))
        drawn = jax.lax.scan(
            lambda c, k: (c, jax.nn.relu(square(jax.random.normal(k, (3,))))), 0, jax.random.split(key)
        )
        return drawn[1][0] + called + jax.random.normal(other, (3,)) + np.arange(3.0) + np.nan

    check_traced("made", made, jax.random.key(0))


def noisy_probes(x):
    return [lt.Probe("mine", NOISE.normal(size=(2, len(x), 2)), {})]


def noisy_draw(_):
    return lt.Examples(*2 * (NOISE.normal(size=(4, 12, 2)),))


def noisy_task(_):
    return lt.Task(lambda *_: lt.Examples(*2 * (NOISE.normal(size=(4, 12, 2)),)), ("x", "y"), ("x", "y"), True)


@pytest.mark.parametrize(
    ("changed", "draw", "told"),
    [
        ({"probes": noisy_probes}, None, r"experiment \w+: noisy_probes \(test_purity.py, line \d+\) differs when"),
        ({"task": noisy_task}, None, r"experiment \w+: .*<lambda> \(test_purity.py, line \d+\) differs when"),
        ({}, noisy_draw, r"noisy_draw, .*: noisy_draw \(test_purity.py, line \d+\) differs when"),
    ],
    ids=["probes", "task", "draw"],
)
def test_commands_refuse_them_before_anything_is_trained(changed, draw, told, monkeypatch, tmp_path, capsys):
    source = lt.claims.Source("line", draw or "line")
    claim = lt.claims.Claim(
        "low", "Low", "largest", lambda lines: lines.answer.max(lines.answer.dims[1:]), (source,), 1.0
    )
    own = lt.claims.Claims("mine", (claim,), {"line": (replace(EXPERIMENT, **changed), [])})
    declare(monkeypatch, "impure", own)
    assert carry_out(claims, ["--claims=impure", "--seeds=2", f"--results_dir={tmp_path}"]) == 2
    said = refusal(capsys)
    assert re.match(told, said), said
    assert not [*tmp_path.rglob("*.npz")]

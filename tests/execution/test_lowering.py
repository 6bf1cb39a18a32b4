"""Digests of programs: what they compute tells them apart, and nothing else does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_toys.execution import lowering

pytestmark = pytest.mark.usefixtures("digests")

X = jnp.ones((3, 4))
MANY = np.linspace(0, 1, 4000, dtype=np.float32)


def of(function, *arguments):
    return lowering.lowered("step", jax.jit(function), *(arguments or (X,)))


def with_array(values):
    return of(lambda x: x.sum() * jnp.asarray(values))


def test_an_operation_a_number_a_large_array_and_a_shape_are_another_program():
    other = MANY.copy()
    other[2500] = 0.5
    programs = [
        of(lambda x: x + 1),
        of(lambda x: x - 1),
        of(lambda x: x + 2),
        of(lambda x: x + 1, X[:2]),
        with_array(MANY),
        with_array(other),
    ]
    assert len({each["step"] for each in programs}) == len(programs)


def test_names_are_not():
    def one(x):
        return jax.jit(jnp.tanh)(x) + 1

    def another(y):
        return jax.jit(jnp.tanh)(y) + 1

    assert of(one) == of(another)
    assert with_array(MANY) == with_array(MANY.copy())


def test_only_a_program_that_gets_values_from_python_says_so():
    def calling(x):
        return jax.pure_callback(np.tanh, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    def printing(x):
        jax.debug.print("{}", x.sum())
        return x

    assert [lowering.CALLBACK in of(each) for each in (calling, printing, jnp.tanh)] == [True, False, False]

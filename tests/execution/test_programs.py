"""Digests of programs: what they compute tells them apart, and nothing else does."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from lstm_toys import processor
from lstm_toys.execution import devices, digests
from lstm_toys.populations.programs import specify

pytestmark = pytest.mark.usefixtures("digests")

X = jnp.ones((3, 4))
MANY = np.linspace(0, 1, 4000, dtype=np.float32)


def of(function, *arguments):
    return digests.program(jax.jit(function), *(arguments or (X,))).named("step")


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

    assert [digests.CALLBACK in of(each) for each in (calling, printing, jnp.tanh)] == [True, False, False]


def test_only_a_program_that_calls_lapack_says_so():
    every = [nn.initializers.orthogonal(), lt.orthogonal, lambda _, shape: jnp.zeros(shape)]
    kernels = [digests.program(jax.jit(lambda key, init=init: init(key, (4, 8))), jax.random.key(0)) for init in every]
    assert [each.lapack for each in kernels] == [True, False, False]


def test_networks_whose_programs_call_lapack_depend_on_the_processor():
    task, expected = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(5)), devices.fingerprint(4)
    for cell, name in ((lt.Stack(1, (2,)), expected["processor"]), (nn.RNN(nn.GRUCell(1)), processor.name())):
        specification, start = specify(task, cell, seeds=2, steps=1, learning_rate=0.1)
        assert specification.fingerprint(len(start.seed))["processor"] == name

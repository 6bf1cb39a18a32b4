"""Refuses functions that return something else for the same arguments, since JAX freezes what they drew when traced."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key

from lstm_toys.execution.digests import digest
from lstm_toys.networks.cells import CELLS
from lstm_toys.networks.stack import Stack
from lstm_toys.networks.training import Member, Procedure, answers_to, loss, purpose_key
from lstm_toys.tasks.supervision import Examples, Numbers, Task

CAUSE = "numbers of numpy.random, random or the clock are frozen once JAX traces them; use jax.random and the key"
"""The likely cause of a difference."""

KEYS = 4
"""Most other keys of which one has to give other examples; a few bits are often the same."""


def check_traced(name: str, function: Callable[..., Any], *inputs: Any) -> None:
    """Raises ValueError if a function has another program, or other constants, when JAX traces it again.

    Args:
        name: what the message calls the function, such as `name_of` returns.
        function: any function that JAX can trace.
        inputs: its arguments: trees of arrays, or of their shapes.
    """
    if _traced(function, inputs) != _traced(function, inputs):
        raise ValueError(f"{name} differs when it is called again with the same arguments: {CAUSE}")


def check_repeated(name: str, first: Any, again: Any) -> None:
    """Raises ValueError if what a function returned differs from what it returned for the same arguments again."""
    if digest(first) != digest(again):
        raise ValueError(f"{name} differs when it is called again with the same arguments: {CAUSE}")


def check_task(task: Task, key: Key[Array, ""], numbers: Numbers | Mapping[str, float | int]) -> None:
    """Raises ValueError if a task's examples are not those of the key, or fresh ones not others for another key."""
    values, name = {name: jnp.float32(value) for name, value in numbers.items()}, name_of(task.examples)
    check_traced(name, task.training_set, purpose_key(key, "examples"), values)
    if not task.fresh:
        return
    if task.validation is not None and not isinstance(task.validation, Examples):
        check_traced(name_of(task.validation), task.validated, purpose_key(key, "validation"), values)
    made = (digest(task.training_set(jax.random.fold_in(key, number), values)) for number in range(1 + KEYS))
    first = next(made)
    if not task.stepped and all(other == first for other in made):
        raise ValueError(f"{name} draws fresh examples, but the same ones for every key: use jax.random and the key")


def check_procedure(how: Procedure, member: Member, numbers: Mapping[str, Any]) -> None:
    """Raises ValueError if a custom model, cell, loss or penalty is not the same when JAX traces it again.

    Args:
        how: the model, its task and the penalty, if there is one.
        member: shapes of ONE member's arrays.
        numbers: shapes of training numbers and of those that the penalty takes, by name.
    """
    inputs, plain = (member.params, member.examples, numbers), how._replace(penalty=None)
    cell = how.model.cell if isinstance(how.model, Stack) else None
    if cell not in CELLS:
        check_traced(f"cell {cell}" if cell else type(how.model).__name__, partial(answers_to, plain), *inputs)
    if callable(how.task.loss):
        check_traced(name_of(how.task.loss), partial(loss, how), *inputs[:2])
    if how.penalty is not None:
        check_traced(name_of(how.penalty), partial(answers_to, how), *inputs)


def name_of(function: Any) -> str:
    """The name of a function, with the file and the line of its definition if they are known."""
    while isinstance(function, partial):
        function = function.func
    name, code = getattr(function, "__name__", type(function).__name__), getattr(function, "__code__", None)
    if not inspect.iscode(code):
        return name
    return f"{name} ({Path(code.co_filename).name}, line {code.co_firstlineno})"


def _traced(function: Callable[..., Any], inputs: tuple[Any, ...]) -> str:
    # Of another function than before, since JAX keeps what it traced.
    closed = jax.make_jaxpr(lambda *each: function(*each))(*inputs)
    return digest(str(closed.jaxpr), [*_constants(closed)])


def _constants(program: Any) -> Iterator[np.ndarray]:
    """The arrays and numbers in a program and in the programs that it calls; its text does not have all of them."""
    for constant in getattr(program, "consts", ()):
        is_key = jnp.issubdtype(constant.dtype, jax.dtypes.prng_key)
        yield np.asarray(jax.random.key_data(constant) if is_key else constant)
    for equation in getattr(program, "jaxpr", program).eqns:
        yield from (np.asarray(each.val) for each in equation.invars if hasattr(each, "val"))
        inner = jax.tree.leaves([*equation.params.values()], is_leaf=lambda value: hasattr(value, "eqns"))
        for each in inner:
            if hasattr(each, "eqns"):
                yield from _constants(each)

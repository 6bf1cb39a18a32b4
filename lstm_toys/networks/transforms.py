"""Optimizers that are Optax transformations of the user, and the transformation of one network by any optimizer."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import PyTree

from lstm_toys import arguments
from lstm_toys.networks.optimizers import Hyper, named


class CustomOptimizer(NamedTuple):
    """An optimizer of the user, and the names of its injected numbers that are set for each member."""

    transform: optax.GradientTransformation
    injected: tuple[str, ...]


Kind = str | CustomOptimizer


def numbers(kind: Kind) -> list[str]:
    """Injected numbers that are set like the training numbers of a task; the learning rate has its own argument."""
    return [name for name in kind.injected if name != "learning_rate"] if isinstance(kind, CustomOptimizer) else []


def custom(transform: Any, params: PyTree[jax.ShapeDtypeStruct]) -> CustomOptimizer:
    """Checks an optimizer of the user on parameters of these shapes; returns it with all numbers that it injects.

    Raises ValueError if it is not an Optax transformation, or draws random numbers, and TypeError if it needs more than
    gradients.
    """
    arguments.instance("optimizer", transform, optax.GradientTransformation, "an optax.GradientTransformation")
    state = jax.eval_shape(transform.init, params)
    jax.eval_shape(transform.update, params, state, params)
    if any(jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) for leaf in jax.tree.leaves(state)):
        raise ValueError("optimizer must not draw random numbers, which would be the same for all networks")
    names = {
        name
        for node in jax.tree.leaves(state, is_leaf=_injects)
        if _injects(node)
        for name, value in node.hyperparams.items()
        if name not in getattr(node, "hyperparams_states", {})  # Set by a schedule.
        and value.shape == ()
        and jnp.issubdtype(value.dtype, jnp.floating)
    }
    return CustomOptimizer(transform, tuple(sorted(names)))


def transformation(kind: Kind, hyper: Hyper) -> optax.GradientTransformation:
    """The optimizer of a member: one with a name, or the user's, with the member's numbers in its state."""
    if not isinstance(kind, CustomOptimizer):
        return named(kind).build(hyper)
    values = {"learning_rate": hyper.learning_rate, **hyper.numbers}
    injected = {name: values[name] for name in kind.injected}

    def of_member(node: Any) -> Any:
        if not _injects(node):
            return node
        current = node.hyperparams.items()
        hyperparams = {name: jnp.asarray(injected.get(name, default), default.dtype) for name, default in current}
        return node._replace(hyperparams=hyperparams)

    def init(params: PyTree) -> PyTree:
        return jax.tree.map(of_member, kind.transform.init(params), is_leaf=_injects)

    return optax.GradientTransformation(init, kind.transform.update)


def _injects(node: Any) -> bool:
    """Whether a part of a state comes from `optax.inject_hyperparams`."""
    return isinstance(getattr(node, "hyperparams", None), Mapping)

"""Optimizers of the user's: any Optax transformation, and the numbers that it injects."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import PyTree

from lstm_toys import arguments
from lstm_toys.networks import optimizers
from lstm_toys.networks.optimizers import Hyper, Scheduled


class Own(NamedTuple):
    """An optimizer of the user's, and the names of its injected numbers that are set for each member."""

    transform: optax.GradientTransformation
    injected: tuple[str, ...]


Kind = str | Scheduled | Own


def numbers(kind: Kind) -> list[str]:
    """Injected numbers that are set like the training numbers of a task; the learning rate has its own argument."""
    return [name for name in kind.injected if name != "learning_rate"] if isinstance(kind, Own) else []


def own(transform: Any, params: PyTree[jax.ShapeDtypeStruct]) -> Own:
    """Checks an optimizer of the user's on parameters of these shapes; returns it with all numbers that it injects.

    Raises ValueError if it is no Optax transformation, draws random numbers, or needs more than gradients.
    """
    arguments.instance("optimizer", transform, optax.GradientTransformation, "an optax.GradientTransformation")
    try:
        state = jax.eval_shape(transform.init, params)
        jax.eval_shape(transform.update, params, state, params)
    except Exception as error:  # A user's code may raise anything.
        told = " ".join(str(error).split())[:200]
        raise ValueError(f"optimizer must take gradients, its state and parameters alone; it raises: {told}") from None
    if any(jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) for leaf in jax.tree.leaves(state)):
        raise ValueError("optimizer must not draw random numbers, which would be the same for all networks")
    nodes = [node for node in jax.tree.leaves(state, is_leaf=_injects) if _injects(node)]
    free = [(node.hyperparams, getattr(node, "hyperparams_states", {})) for node in nodes]
    names = {
        name
        for values, scheduled in free
        for name, each in values.items()
        if name not in scheduled and each.shape == () and jnp.issubdtype(each.dtype, jnp.floating)
    }
    return Own(transform, tuple(sorted(names)))


def described(kind: Own, params: PyTree[jax.ShapeDtypeStruct]) -> list[Any]:
    """What an optimizer of the user's computes first, as text and arrays that hardly depend on the machine."""

    def first(grads: PyTree, params: PyTree) -> PyTree:
        return kind.transform.update(grads, kind.transform.init(params), params)

    traced = jax.make_jaxpr(first)(params, params)
    return [str(traced.jaxpr), *kind.injected, *traced.consts]


def transformation(kind: Kind, hyper: Hyper) -> optax.GradientTransformation:
    """The optimizer of a member; that of the user's begins with the numbers of the member in its state."""
    if not isinstance(kind, Own):
        return optimizers.optimizer(kind, hyper)
    every = {"learning_rate": hyper.learning_rate, **hyper.numbers}
    chosen = {name: every[name] for name in kind.injected}

    def of_member(node: Any) -> Any:
        if not _injects(node):
            return node
        values = {name: jnp.asarray(chosen.get(name, each), each.dtype) for name, each in node.hyperparams.items()}
        return node._replace(hyperparams=values)

    def init(params: PyTree) -> PyTree:
        return jax.tree.map(of_member, kind.transform.init(params), is_leaf=_injects)

    return optax.GradientTransformation(init, kind.transform.update)


def _injects(node: Any) -> bool:
    """Whether a part of a state is that of `optax.inject_hyperparams`."""
    return isinstance(getattr(node, "hyperparams", None), Mapping)

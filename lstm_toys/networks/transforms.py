"""Any Optax transformation of the user's as an optimizer, and the transformation of a member by any optimizer."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import PyTree

from lstm_toys import arguments
from lstm_toys.networks.optimizers import Hyper, named


class Own(NamedTuple):
    """An optimizer of the user's, and the names of its injected numbers that are set for each member."""

    transform: optax.GradientTransformation
    injected: tuple[str, ...]


Kind = str | Own


def numbers(kind: Kind) -> list[str]:
    """Injected numbers that are set like the training numbers of a task; the learning rate has its own argument."""
    return [name for name in kind.injected if name != "learning_rate"] if isinstance(kind, Own) else []


def own(transform: Any, params: PyTree[jax.ShapeDtypeStruct]) -> Own:
    """Checks an optimizer of the user's on parameters of these shapes; returns it with all numbers that it injects.

    Raises ValueError if it is no Optax transformation, or draws random numbers, and TypeError if it needs more than
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
        for name, each in node.hyperparams.items()
        if name not in getattr(node, "hyperparams_states", {})  # Set by a schedule.
        and each.shape == ()
        and jnp.issubdtype(each.dtype, jnp.floating)
    }
    return Own(transform, tuple(sorted(names)))


def transformation(kind: Kind, hyper: Hyper) -> optax.GradientTransformation:
    """The optimizer of a member: one that has a name, or the user's, with the member's numbers in its state."""
    if not isinstance(kind, Own):
        built: optax.GradientTransformation = named(kind).build(hyper)
        return built
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

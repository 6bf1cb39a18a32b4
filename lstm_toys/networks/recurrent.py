"""A recurrent layer of a cell of Flax, such as `flax.linen.GRUCell`."""

from typing import Any

import flax.linen as nn
import jax
from jaxtyping import Array, Float, PyTree

from lstm_toys.networks.layer import INITIAL, Layer


class Recurrent(Layer):
    """A layer that runs a cell of Flax over time, from the carry that the cell initializes, with the random key 0.

    Its states are the leaves of the carry, each as one vector: ``hidden`` if the cell returns this leaf, else
    ``carry_0``, ``carry_1`` and so on.

    Attributes:
        units: number of values that the cell returns per time point, H.
        cell: a `flax.linen.RNNCellBase` with H features.

    Example:
        >>> import flax.linen as nn
        >>> import jax
        >>> layer = Recurrent(units=4, cell=nn.GRUCell(features=4))
        >>> layer.init_with_output(jax.random.key(0), jax.numpy.zeros((1, 20, 1)))[0].shape
        (1, 20, 4)
    """

    cell: Any = None

    @nn.compact
    def __call__(self, inputs: Float[Array, "C T F"]) -> Float[Array, "C T H"]:
        """Returns what the cell returns at every time point of the inputs."""
        carry = self.cell.initialize_carry(jax.random.key(0), inputs[:, 0].shape)
        names = [
            "hidden" if returned else f"carry_{place}"
            for place, returned in enumerate(_returned(self.cell.clone(parent=None), carry, inputs[:, 0]))
        ]
        begun = [
            self.get_variable(INITIAL, name).reshape(leaf.shape) if self.has_variable(INITIAL, name) else leaf
            for name, leaf in zip(names, jax.tree.leaves(carry), strict=True)
        ]
        watched = self.is_mutable_collection("intermediates")

        def step(
            cell: nn.Module, carry: PyTree, values: Float[Array, "C F"]
        ) -> tuple[PyTree, tuple[Float[Array, "C H"], list[Float[Array, "C _"]]]]:
            carry, hidden = cell(carry, values)
            flat = [leaf.reshape(len(values), -1) for leaf in jax.tree.leaves(carry)]
            return carry, (hidden, flat if watched else [])

        split: dict[Any, bool] = {"params": False, nn.DenyList("params"): True}
        scan = nn.scan(step, variable_broadcast="params", split_rngs=split, in_axes=1, out_axes=1)
        hidden, states = scan(self.cell, jax.tree.unflatten(jax.tree.structure(carry), begun), inputs)[1]
        for name, values in zip(names, states, strict=False):
            if name != "hidden":
                self.sow("intermediates", name, values)
        return hidden


def _returned(cell: nn.Module, carry: PyTree, values: Float[Array, "C F"]) -> list[bool]:
    """Whether each leaf of a cell's carry is the value that the cell returns."""
    returned: list[bool] = []

    def once(carry: PyTree, values: Float[Array, "C F"]) -> None:
        (after, hidden), _ = cell.init_with_output(jax.random.key(0), carry, values)
        returned.extend(leaf is hidden for leaf in jax.tree.leaves(after))

    jax.eval_shape(once, carry, values)
    return returned

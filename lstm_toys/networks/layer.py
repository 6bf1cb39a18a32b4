"""The base class of layers, gate functions, initial states, orthogonal kernels, and layers of cells of Flax."""

from typing import Any, ClassVar, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from lstm_toys import arguments
from lstm_toys.networks import cells

SLOPE = 0.2
"""Slope of the hard gate between its bounds, as in Keras in 2018; Keras 3 uses 1/6."""

FEW = 2
"""Up to this number of input features, LSTMs and vanilla RNNs apply the kernel at each time point. These extra terms
cost less than one product over all time points, whose result is as wide as h, or four times as wide."""


def squashed(summed: Float[Array, "..."], gates: str) -> Float[Array, "..."]:
    """Applies a gate function to a: ``"sigmoid"``, 1 / (1 + exp(-a)), or ``"hard"``, clip(0.2 a + 0.5, 0, 1)."""
    if gates == "hard":
        return jnp.clip(SLOPE * summed + 0.5, 0.0, 1.0)
    return 0.5 * jnp.tanh(0.5 * summed) + 0.5  # Equals 1 / (1 + exp(-a)), at half the cost.


def check_model(model: nn.Module) -> None:
    """Raises ValueError if a model is not a Flax module."""
    arguments.instance("model", model, nn.Module, "a Flax module, such as lt.Stack(features=1)")


INITIAL = "initial"
"""The Flax collection of the layers' initial states, by layer and name; without it these are zero."""


CANDIDATE = "candidate"
"""Columns of kernels that no gate takes: they give what states take up."""


class Layer(nn.Module):
    """A recurrent layer of H units; raises InvalidModel, a ValueError, if units or gates are invalid.

    ``columns`` names the gate, or `CANDIDATE`, that each H columns of the kernels belong to, in order. ``unbounded``
    names unbounded states, which may integrate a constant input forever.
    """

    units: int
    columns: ClassVar[tuple[str, ...]] = (CANDIDATE,)

    @property
    def unbounded(self) -> tuple[str, ...]:
        """The names of unbounded states; by default none."""
        return ()

    @classmethod
    def gate_places(cls) -> dict[str, int]:
        """The places of the gates among ``columns``, by name; none if these belong to equations that were replaced."""
        owner = next(kind for kind in cls.__mro__ if "columns" in vars(kind))
        columns = cls.columns if cls.__call__ is owner.__call__ else ()
        return {name: place for place, name in enumerate(columns) if name != CANDIDATE}

    def __post_init__(self) -> None:
        with cells.invalid():
            self.units = arguments.whole("units", self.units, least=1)
            arguments.choice("gates", getattr(self, "gates", cells.GATES[0]), *cells.GATES)
        super().__post_init__()

    def initial(self, name: str, inputs: Float[Array, "C T F"], kernel: Float[Array, "F _"]) -> Float[Array, "C H"]:
        """Returns the layer's initial state of this name."""
        if self.has_variable(INITIAL, name):
            return cast(Array, self.get_variable(INITIAL, name))
        return jnp.zeros((inputs.shape[0], self.units), jnp.result_type(inputs, kernel))


def orthogonal(
    key: Key[Array, ""], shape: tuple[int, int], dtype: jax.typing.DTypeLike = float
) -> Float[Array, "rows columns"]:
    """Draws a kernel with orthonormal rows, or columns where these are fewer (Saxe, McClelland and Ganguli, 2014).

    It equals that of `flax.linen.initializers.orthogonal` up to rounding, but is found by Gram-Schmidt steps (twice for
    each row, as once loses orthogonality) and not by LAPACK, whose bits depend on the processor. Pass the function
    itself to ``self.param`` of a Flax module; under `jax.vmap`, last bits depend on the number of kernels.

    Args:
        key: a JAX random key.
        shape: rows and columns of the kernel.
        dtype: type of its numbers.

    Returns:
        The kernel.

    Example:
        >>> import jax
        >>> kernel = lt.orthogonal(jax.random.key(0), (4, 16))
        >>> bool(abs(kernel @ kernel.T - np.eye(4)).max() < 1e-6)
        True
    """
    count, length = sorted(shape)
    drawn = jax.random.normal(key, (length, count), dtype).T

    def orthonormal(number: Array, rows: Float[Array, "count length"]) -> Float[Array, "count length"]:
        earlier = jnp.where(jnp.arange(count)[:, None] < number, rows, 0)
        row = rows[number]
        for _ in range(2):
            row = row - (earlier @ row) @ earlier
        return rows.at[number].set(row / jnp.sqrt(jnp.sum(row * row)))

    rows = jax.lax.fori_loop(0, count, orthonormal, drawn)
    return rows if shape[0] < shape[1] else rows.T


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

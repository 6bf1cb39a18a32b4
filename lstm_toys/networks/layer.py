"""The base class of layers, their gate functions and initial states."""

from typing import ClassVar, cast

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

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

"""The network: recurrent layers, and a readout that turns the hidden state into an answer."""

from typing import Literal, get_args

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from lstm_toys import arguments
from lstm_toys.networks import cells
from lstm_toys.networks.cells import Gates, InvalidModel

Readout = Literal["cell", "dense"]


class Stack(nn.Module):
    """Recurrent layers of one cell type and a readout, as a `flax.linen.Module`.

    The layers are named after the class of the cell, ``lstm_0``, ``lstm_1`` and so on; the last is ``readout``.

    Attributes:
        features: number of outputs per time point, A.
        hidden: units of each layer below the readout, such as ``(32,)``. With ``()``, the readout is the only layer.
        readout: ``"cell"``: one more layer of the cell, whose A units are the answer, so that an LSTM's answer stays in
            (-1, 1); ``"dense"``: an affine map of the last layer's hidden state, whose answers have no bounds.
        sequence: True: the network answers at every time point, ``[C, T, A]``; False: once per curve, after its last
            point, ``[C, A]``.
        cell: ``"lstm"``, ``"gru"``, ``"rnn"``, or a user-defined cell, named by where it is defined:
            ``package.module:Class`` or, with values of its attributes, ``package.module:Class(rank=2)``. It can be a
            `flax.linen.RNNCellBase`, such as ``flax.linen:GRUCell``.
        gates: gate function of the sums a in every layer: ``"sigmoid"``, 1 / (1 + exp(-a)), or ``"hard"``,
            clip(0.2 a + 0.5, 0, 1), as in the Keras of 2018. Cells without gates take only ``"sigmoid"``.

    Raises:
        InvalidModel: an attribute is invalid, or a dense readout has no layer below it. It is a ValueError.

    Example:
        >>> import jax
        >>> import lstm_toys as lt
        >>> model = lt.Stack(features=1, hidden=(4,))
        >>> sorted(jax.eval_shape(model.init, jax.random.key(0), jax.numpy.zeros((1, 20, 1)))["params"])
        ['lstm_0', 'readout']
    """

    features: int
    hidden: tuple[int, ...] = (32,)
    readout: Readout = "cell"
    sequence: bool = True
    cell: str = "lstm"
    gates: Gates = "sigmoid"

    def __post_init__(self) -> None:
        with cells.invalid():
            self.features = arguments.whole("features", self.features, least=1)
            if not arguments.several(self.hidden) or len(self.hidden) > cells.MOST_LAYERS:
                expected = f"units per layer, such as (32,), of at most {cells.MOST_LAYERS} layers"
                raise arguments.refused("hidden", expected, self.hidden)
            self.hidden = tuple(
                arguments.whole(f"hidden[{place}]", units, least=1) for place, units in enumerate(self.hidden)
            )
            self.sequence = arguments.switch("sequence", self.sequence)
            arguments.choice("readout", self.readout, *get_args(Readout))
        if self.readout == "dense" and not self.hidden:
            raise InvalidModel("a dense readout needs at least one layer below it")
        self.cell = cells.canonical(self.cell)
        cells.check(self.cell, self.gates)
        super().__post_init__()

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of each layer, including the readout."""
        return (*self.hidden, self.features)

    @nn.compact
    def __call__(
        self, inputs: Float[Array, "C T F"], seq_lengths: Int[Array, " C"] | None = None
    ) -> Float[Array, "C T A"] | Float[Array, "C A"]:
        """Answers curves; raises InvalidModel if a layer does not return one value per unit.

        A model that answers once per curve does so after ``seq_lengths`` points, or after all T if this is None.
        """
        kind = cells.cell_class(self.cell).__name__.lower()
        layers = [(f"{kind}_{number}", units) for number, units in enumerate(self.hidden)]
        if self.readout == "cell":
            layers.append(("readout", self.features))
        sequence = inputs
        for name, units in layers:
            sequence = cells.layer(self.cell, units, self.gates, name)(sequence)
            expected = (*inputs.shape[:2], units)
            if (shape := sequence.shape) != expected:
                raise InvalidModel(f"a layer of the cell {self.cell} must return shape {expected}, not {shape}")
        answers = sequence if self.sequence else _last(sequence, seq_lengths)
        if self.readout == "cell":
            return answers
        return nn.Dense(self.features, kernel_init=nn.initializers.glorot_uniform(), name="readout")(answers)


def _last(sequence: Float[Array, "C T H"], lengths: Int[Array, " C"] | None) -> Float[Array, "C H"]:
    return sequence[:, -1] if lengths is None else sequence[jnp.arange(len(sequence)), lengths - 1]

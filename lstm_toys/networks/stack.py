"""The network: LSTM layers and the readout that turns hidden state into an answer."""

from typing import Literal

import flax.linen as nn
from jaxtyping import Array, Float

from lstm_toys.networks.lstm import LSTM

Readout = Literal["lstm", "dense"]


class Stack(nn.Module):
    """LSTM layers below a readout.

    Attributes:
        features: values in an answer at one time point, A.
        hidden: units of each LSTM layer below the readout; may be empty.
        readout: ``"lstm"``: one more LSTM layer whose A units are the answer, which thus stays in (-1, 1);
            ``"dense"``: an affine map of the last layer's hidden state.
        sequence: whether there is an answer at every time point, or only at the last one.

    Example:
        >>> import jax
        >>> import lstm_toys as lt
        >>> model = lt.Stack(features=1, hidden=(4,))
        >>> sorted(jax.eval_shape(model.init, jax.random.key(0), jax.numpy.zeros((1, 20, 1)))["params"])
        ['lstm_0', 'readout']
    """

    features: int
    hidden: tuple[int, ...] = (32,)
    readout: Readout = "lstm"
    sequence: bool = True

    @nn.compact
    def __call__(self, inputs: Float[Array, "C T F"]) -> Float[Array, "C T A"] | Float[Array, "C A"]:
        """Answers curves ``[C, T, F]``.

        Raises:
            ValueError: a dense readout without an LSTM layer below it, or an unknown readout.
        """
        if self.readout not in ("lstm", "dense"):
            raise ValueError(f"the readout is 'lstm' or 'dense', not {self.readout!r}")
        if self.readout == "dense" and not self.hidden:
            raise ValueError("a dense readout needs at least one LSTM layer below it")
        sequence = inputs
        for layer, units in enumerate(self.hidden):
            sequence = LSTM(units, name=f"lstm_{layer}")(sequence)
        if self.readout == "lstm":
            answers = LSTM(self.features, name="readout")(sequence)
            return answers if self.sequence else answers[:, -1]
        dense = nn.Dense(self.features, kernel_init=nn.initializers.glorot_uniform(), name="readout")
        return dense(sequence if self.sequence else sequence[:, -1])

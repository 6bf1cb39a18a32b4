"""Cells that the papers differ in."""

from typing import Any

import flax.linen as nn

import lstm_toys as lt


class LSTMForgetZero(lt.LSTM):
    """An LSTM whose forget gate begins with a bias of 0 instead of 1."""

    def param(self, name: str, init_fn: Any, *arguments: Any, **options: Any) -> Any:
        """Declares a parameter; biases begin at 0."""
        return super().param(name, nn.initializers.zeros if name == "bias" else init_fn, *arguments, **options)

from . import cells, gates, gru, hyper, layer, lstm, optimizers, porting, rnn, sizes, stack, training

__all__ = [
    "cells",
    "gates",
    "gru",
    "hyper",
    "layer",
    "lstm",
    "optimizers",
    "porting",
    "rnn",
    "sizes",
    "stack",
    "training",
]

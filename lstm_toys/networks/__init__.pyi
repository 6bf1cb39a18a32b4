from . import hyper, lstm, optimizers, stack, training

__all__ = ["hyper", "lstm", "optimizers", "stack", "training"]

"""Trained networks as dynamical systems: where they settle, how they oscillate, what they forget, and their models."""

from lstm_toys.namespaces import attach

__getattr__, __dir__, __all__ = attach(__name__)

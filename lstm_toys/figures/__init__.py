"""Figures drawn from labeled results, and their style."""

from lstm_toys.namespaces import attach

__getattr__, __dir__, __all__ = attach(__name__)

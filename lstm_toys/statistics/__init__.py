"""Statistics over networks: estimates with intervals, comparisons, and similarities."""

from lstm_toys.namespaces import attach

__getattr__, __dir__, __all__ = attach(__name__)

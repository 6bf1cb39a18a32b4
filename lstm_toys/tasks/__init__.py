"""Tasks: families of curves, sequences, training examples, probes, evaluation sets and goals."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules={"sequences"})

"""The data of networks: families of curves, sequences, tasks, probes, and goals."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules={"sequences"})

"""What networks are trained on and shown: families of curves, tasks, goals, sequences."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules={"sequences"})

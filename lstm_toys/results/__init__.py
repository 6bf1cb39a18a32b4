"""Labeled arrays and parameters, in memory and on disk."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["arrays", "saving", "storage", "summary"])

"""How far gates carry what networks learned, and how far their parameters say that they do."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["figures"])

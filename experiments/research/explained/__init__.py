"""What explains the sine's networks: predictions, models, and figures."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["figures"])

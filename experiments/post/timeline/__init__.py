"""When in training the post's network gave its published answers, and whether it is an ordinary network."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["scoring"])

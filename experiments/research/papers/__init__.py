"""Claims of papers about recurrent networks, judged by populations of networks; see docs/papers.md."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["figures", "networks", "scoring"])

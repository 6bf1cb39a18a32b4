"""Do the dynamics of the sine's networks explain the claims about them?"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["scoring"])

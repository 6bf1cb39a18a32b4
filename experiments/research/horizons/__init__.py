"""Predicts from networks' parameters how far they count or track parity, and tests the predictions.

Definitions: definitions.md; results: docs/horizons.md. `__main__` is the command; `counting` and `parity` compute
horizons and predictions, `measured` applies both to trained networks; `measures` has the statistics and
`hypotheses` the tests; `figures` draws the figures.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["figures"])

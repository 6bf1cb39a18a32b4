"""Turned modes, and what becomes of waves.

Results: docs/findings.md. `__main__` is the command and trains the networks, `measured` turns their modes and fits the
waves; `hypotheses` names the edits and has what is expected of them, and `figures` draws the figure.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["figures"])

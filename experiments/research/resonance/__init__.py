"""Turned modes, and what becomes of waves.

Results: docs/findings.md. `__main__` is the command and has the hypotheses, `edits` names what is edited, and `figures`
draws the figure.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["figures"])

"""Shares runs: reads the files of finished runs, makes pages of them, compares them, annotates texts.

Files are read as data, never as code, and nothing is computed anew.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["annotate", "compare", "report", "run_files"])

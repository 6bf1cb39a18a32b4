"""Shares runs: reads the files of a finished run, and makes a page or a bundle of it, or compares it with another.

Files are read as data, never as code, and nothing is computed anew.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submodules=["archive", "bundle", "compare", "report", "run_files"]
)

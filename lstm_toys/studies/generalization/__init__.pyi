from . import execution, figures, results, settings, tiles

__all__ = ["execution", "figures", "results", "settings", "tiles"]

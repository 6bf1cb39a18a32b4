from . import execution, figures, own_curves, report, results, settings, tiles

__all__ = ["execution", "figures", "own_curves", "report", "results", "settings", "tiles"]

from . import execution, figures, report, results, settings, tiles

__all__ = ["execution", "figures", "report", "results", "settings", "tiles"]

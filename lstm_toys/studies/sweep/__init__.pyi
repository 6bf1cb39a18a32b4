from . import execution, figures, results, settings

__all__ = ["execution", "figures", "results", "settings"]

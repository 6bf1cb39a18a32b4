from . import execution, figures, report, results, settings

__all__ = ["execution", "figures", "report", "results", "settings"]

from . import execution, figures, report, settings

__all__ = ["execution", "figures", "report", "settings"]

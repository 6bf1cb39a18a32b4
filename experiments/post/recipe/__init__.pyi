from . import execution, figures, report

__all__ = ["execution", "figures", "report"]

from . import choice, execution, figures, report

__all__ = ["choice", "execution", "figures", "report"]

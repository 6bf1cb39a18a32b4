from . import claim, evidence, figures, report, verdicts

__all__ = ["claim", "evidence", "figures", "report", "verdicts"]

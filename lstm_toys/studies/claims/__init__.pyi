from . import claim, entries, evidence, execution, figures, report, settings, verdicts

__all__ = ["claim", "entries", "evidence", "execution", "figures", "report", "settings", "verdicts"]

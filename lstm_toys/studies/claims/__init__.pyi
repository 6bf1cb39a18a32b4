from . import claim, declaration, entries, evidence, execution, figures, given, report, settings, verdicts

__all__ = [
    "claim",
    "declaration",
    "entries",
    "evidence",
    "execution",
    "figures",
    "given",
    "report",
    "settings",
    "verdicts",
]

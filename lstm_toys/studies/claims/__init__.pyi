from . import claim, declaration, entries, evidence, execution, figures, given, report, settings, trial, verdicts

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
    "trial",
    "verdicts",
]

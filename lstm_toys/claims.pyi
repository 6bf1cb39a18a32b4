from .runs.external import curves_of, labeled
from .studies.claims.choices import Change, Specification, Thresholds, changed
from .studies.claims.declaration import Baseline, Claim, Claims, Source, Variant
from .studies.claims.entries import read
from .studies.claims.evidence import per_curve
from .studies.claims.figures import draw
from .studies.claims.report import sentences
from .studies.claims.verdicts import judge

__all__ = [
    "Baseline",
    "Change",
    "Claim",
    "Claims",
    "Source",
    "Specification",
    "Thresholds",
    "Variant",
    "changed",
    "curves_of",
    "draw",
    "judge",
    "labeled",
    "per_curve",
    "read",
    "sentences",
]

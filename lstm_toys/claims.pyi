from .runs.external import curves_of, labeled
from .studies.claims.declaration import Baseline, Change, Claim, Claims, Source, Thresholds, Variant, verdict
from .studies.claims.evidence import per_curve
from .studies.claims.figures import draw
from .studies.claims.judging import judge
from .studies.claims.recipes import Range, Recipes
from .studies.claims.report import sentences
from .studies.claims.table import read, rows

__all__ = [
    "Baseline",
    "Change",
    "Claim",
    "Claims",
    "Range",
    "Recipes",
    "Source",
    "Thresholds",
    "Variant",
    "curves_of",
    "draw",
    "judge",
    "labeled",
    "per_curve",
    "read",
    "rows",
    "sentences",
    "verdict",
]

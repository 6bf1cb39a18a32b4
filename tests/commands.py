"""The commands of studies, as `conftest.carry_out` takes them."""

from lstm_toys.studies.claims.settings import ClaimSettings as claims
from lstm_toys.studies.dynamics.settings import DynamicsSettings as dynamics
from lstm_toys.studies.generalization.settings import Evaluation as generalization
from lstm_toys.studies.sweep.settings import SweepSettings as sweep

__all__ = ["claims", "dynamics", "generalization", "sweep"]

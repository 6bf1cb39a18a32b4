from .execution.signals import Stopped
from .files import Damaged
from .networks.cells import InvalidModel
from .populations.checkpoints import OtherTraining
from .populations.train import Diverged
from .results.saving import Untrusted
from .runs.flags import UsageError

__all__ = ["Damaged", "Diverged", "InvalidModel", "OtherTraining", "Stopped", "Untrusted", "UsageError"]

from .edited_modes import edited, oscillation, turn_mode
from .exponents import lyapunov
from .interventions import intervene
from .limits import Kind, rest
from .linear import modes
from .slow import SlowPoints, slow_points

__all__ = [
    "Kind",
    "SlowPoints",
    "edited",
    "intervene",
    "lyapunov",
    "modes",
    "oscillation",
    "rest",
    "slow_points",
    "turn_mode",
]

from .interventions import intervene
from .limits import Kind, rest
from .linear import modes
from .slow import SlowPoints, slow_points
from .turned import edited, oscillation, turn_mode

__all__ = ["Kind", "SlowPoints", "edited", "intervene", "modes", "oscillation", "rest", "slow_points", "turn_mode"]

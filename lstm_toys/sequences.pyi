from .results.summary import accepted, right
from .tasks.sequences import SYMBOLS, Language, adding, counting, flip_flop, parity, powers

__all__ = ["SYMBOLS", "Language", "accepted", "adding", "counting", "flip_flop", "parity", "powers", "right"]

"""What `experiments.research.longevity` was set to measure, as its figures name it."""

from typing import Literal

CENSORED, LASTING = 40_000, 10_000
"""Time steps without a pulse that are shown, and after which a memory counts as lasting."""

RATES = (0.003, 0.01, 0.03, 0.1, 0.3)

HIGH, LOW = 0.1, 0.01
"""The rates of switches."""

Cell = Literal["lstm", "gru"]
CELLS: dict[Cell, str] = {"lstm": "LSTM", "gru": "GRU"}

STAYS = 0.2
"""Largest range of the valley's depth, over that of the peaks, of networks whose valley stays."""

CHOOSES = f"the rate chooses how many networks keep for {LASTING:,} steps"
"""The first hypothesis about each cell."""

LIFETIME = "lifetime"

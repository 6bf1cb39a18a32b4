"""The settings of a search for the recipe. Imports nothing heavy."""

from typing import ClassVar

from lstm_toys.runs.identity import Identity
from lstm_toys.studies.sweep.settings import SweepSettings


class RecipeSettings(SweepSettings):
    """The settings that are scored."""

    summarized: ClassVar[frozenset[str]] = Identity.summarized | {"settings", "best", "default", "held_out", "curves"}

"""The settings of a judgment of claims, and what is to be judged. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from lstm_toys.runs.identity import Identity
from lstm_toys.studies import claims

NETWORKS = "networks"
"""The column of the networks that the verdicts are about."""


@dataclass(frozen=True)
class ClaimSettings(Identity):
    """What the verdicts depend on, besides the claims themselves.

    Attributes:
        seeds: number of networks of each population.
        base_seed: of the populations.
        variants: whether these were judged too.
        runs: column, population and the name of the folder of each run.
    """

    seeds: int
    base_seed: int
    variants: bool
    runs: tuple[tuple[str, str, str], ...]
    summarized: ClassVar[frozenset[str]] = Identity.summarized | {"verdicts", "runs_seconds"}


@dataclass(frozen=True)
class Question:
    """What is judged, and beside what.

    Attributes:
        title: of the claims, in words.
        made_by: how the networks were made, in words.
        sentences: gives the claims.
        published: gives published answers that are held against them.
        controls: the columns of networks that were not trained, or on something else; others are variants.
    """

    title: str
    made_by: str
    sentences: Callable[[], Sequence[claims.claim.Claim]]
    published: Callable[[], claims.evidence.Evidence]
    controls: Sequence[str]

"""The settings of a judgment of claims, and what is to be judged. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lstm_toys.runs.identity import Identity, Settings
from lstm_toys.studies.claims.claim import Claim
from lstm_toys.studies.claims.declaration import Claims


@dataclass(frozen=True)
class ClaimSettings(Identity):
    """What the verdicts depend on, besides the claims themselves.

    Attributes:
        seeds: number of networks of each population.
        base_seed: of the populations.
        variants: whether these were judged too.
        only: the ids of the claims that were judged; none: all.
        answers: populations whose answers were given, and the SHA-256 of each file.
    """

    seeds: int
    base_seed: int
    variants: bool
    only: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Question:
    """What is judged, and by what.

    Attributes:
        declared: all claims, and what is held against them.
        claims: those that are judged.
        made_by: how the networks were made, as Markdown.
        settings: of every population that the claims need, by name.
        answers: files of given answers, by the population whose they are.
    """

    declared: Claims
    claims: tuple[Claim, ...]
    made_by: str
    settings: Mapping[str, Settings]
    answers: Mapping[str, Path]

"""Settings of a study of claims, and what it judges. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lstm_toys.runs.identity import Identity, Settings
from lstm_toys.studies.claims.claim import Claim
from lstm_toys.studies.claims.declaration import Claims


@dataclass(frozen=True)
class ClaimSettings(Identity):
    """The settings that verdicts depend on, in addition to the claims.

    Attributes:
        seeds: number of networks per population.
        variants: whether variants are also judged.
        only: ids of the claims to judge; empty for all.
        answers: populations with external answers, and the SHA-256 of each file.
    """

    seeds: int
    base_seed: int
    variants: bool
    only: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Question:
    """The claims to judge, and the populations that judge them.

    ``settings`` are of every population that the claims need, and ``answers`` are files of external answers, both by
    population; ``made_by`` says in Markdown how the networks were made.
    """

    declared: Claims
    claims: tuple[Claim, ...]
    made_by: str
    settings: Mapping[str, Settings]
    answers: Mapping[str, Path]

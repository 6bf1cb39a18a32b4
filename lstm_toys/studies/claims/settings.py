"""The settings of a judgment of claims, and what is to be judged. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lstm_toys.files import sha256
from lstm_toys.runs.definition import LIBRARY, Definition, definition
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


def defined(roots: Sequence[str], files: Sequence[Path] = ()) -> Definition:
    """What verdicts depend on besides the runs: the code of the claims and of the judgment, and published numbers.

    Args:
        roots: where the claims and what is held against them are declared, see `definition`.
        files: data that these read.
    """
    study = f"{LIBRARY}.studies.claims"
    own = (f"{study}.{each}" for each in ("entries:entry", "evidence:copy", "execution:execute"))
    code = definition([*roots, *own], (study, f"{LIBRARY}.statistics", f"{LIBRARY}.results.summary"))
    return Definition({**code, **{path.name: sha256(path)[:10] for path in files}})

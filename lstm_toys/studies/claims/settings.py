"""The settings of a judgment of claims, and what is to be judged. Imports nothing heavy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lstm_toys.files import sha256
from lstm_toys.runs.definition import LIBRARY, Definition, definition, root
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
        runs: column, population and the name of the folder of each run.
    """

    seeds: int
    base_seed: int
    variants: bool
    only: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    runs: tuple[tuple[str, str, str], ...]


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


def defined(declared: Claims, claims: tuple[Claim, ...]) -> Definition:
    """What verdicts depend on besides the runs: the claims, the code of their numbers and of the judgment, and data.

    Args:
        declared: where the claims are from.
        claims: those that are judged.

    Raises:
        Unfollowed: the code of a number, or of what gives published answers, cannot be followed.
    """
    study = f"{LIBRARY}.studies.claims"
    functions: list[Callable[..., Any]] = [claim.number for claim in claims]
    functions += [beside.number for claim in claims for beside in claim.beside]
    functions += [] if declared.published is None else [declared.published]
    own = (f"{study}.{each}" for each in ("entries:entry", "evidence:copy", "execution:execute"))
    roots = dict.fromkeys([*map(root, functions), *own])
    code = definition(roots, (study, f"{LIBRARY}.statistics", f"{LIBRARY}.results.summary"))
    words = {"claims": [declared.title, declared.about], **{f"claim {claim.id}": asdict(claim) for claim in claims}}
    hashes = {name: _hash(told) for name, told in words.items()}
    return Definition({**code, **hashes, **{path.name: sha256(path)[:10] for path in declared.data}})


def _hash(told: Any) -> str:
    """A hash of data, in which a function is where its code is."""
    return hashlib.sha256(json.dumps(told, default=root).encode()).hexdigest()[:10]

"""The claims of the post, from ``sentences.toml``. Imports nothing heavy."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lstm_toys as lt

from . import numbers


def _sources(of: Sequence[str]) -> tuple[lt.Source, ...]:
    """The sources in the texts ``population: curves``."""
    return tuple(lt.Source(*each.split(": ")) for each in of)


def _baseline(what: str, number: str, of: Sequence[str]) -> lt.Baseline:
    return lt.Baseline(what, getattr(numbers, number), _sources(of))


def _claim(
    id: str,
    quote: str,
    statistic: str,
    number: str,
    of: Sequence[str],
    *,
    thresholds: Sequence[Any] = (),
    smallest: str = "",
    largest: str = "",
    baselines: Sequence[dict[str, Any]] = (),
    **options: Any,
) -> lt.Claim:
    values = tuple(tuple(each) if isinstance(each, list) else each for each in thresholds)
    return lt.Claim(
        id,
        quote,
        statistic,
        getattr(numbers, number),
        _sources(of),
        baselines=tuple(_baseline(**each) for each in baselines),
        thresholds=lt.Thresholds(values, smallest, largest) if values else None,
        **options,
    )


SENTENCES = tuple(
    _claim(id, **told)
    for id, told in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")).items()
)

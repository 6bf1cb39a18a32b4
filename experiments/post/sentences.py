"""The claims of the post, from ``sentences.toml``. Imports nothing heavy."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import lstm_toys as lt

from . import numbers

ANALYSIS = ("window", "aggregation")
"""Kinds of choices, besides the threshold, of a number that stands for many points and curves."""


def _number(row: dict[str, Any]) -> tuple[Callable[..., Any], tuple[lt.claims.Source, ...]]:
    """The function of `numbers` that a row names, and its sources, written as ``population: curves``."""
    return getattr(numbers, row.pop("number")), tuple(lt.claims.Source(*text.split(": ")) for text in row.pop("of"))


def _claim(id: str, entry: dict[str, Any]) -> lt.claims.Claim:
    number, sources = _number(entry)
    baselines = tuple(lt.claims.Baseline(row["what"], *_number(row)) for row in entry.pop("baselines", ()))
    values = tuple(tuple(value) if isinstance(value, list) else value for value in entry.pop("thresholds", ()))
    ends = entry.pop("smallest", ""), entry.pop("largest", "")
    thresholds = lt.claims.Thresholds(values, *ends) if values else None
    entry["alternatives"] = {
        kind: {name: partial(number, **options) for name, options in entry.pop(kind, {}).items()} for kind in ANALYSIS
    }
    return lt.claims.Claim(id, number=number, sources=sources, baselines=baselines, thresholds=thresholds, **entry)


SENTENCES = tuple(
    _claim(id, entry)
    for id, entry in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")).items()
)

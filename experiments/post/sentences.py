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


def _measured(told: dict[str, Any]) -> tuple[Callable[..., Any], tuple[lt.claims.Source, ...]]:
    """The function of `numbers` that is named, and the sources in the texts ``population: curves``."""
    return getattr(numbers, told.pop("number")), tuple(lt.claims.Source(*each.split(": ")) for each in told.pop("of"))


def _claim(id: str, told: dict[str, Any]) -> lt.claims.Claim:
    number, sources = _measured(told)
    baselines = tuple(lt.claims.Baseline(each["what"], *_measured(each)) for each in told.pop("baselines", ()))
    values = tuple(tuple(each) if isinstance(each, list) else each for each in told.pop("thresholds", ()))
    ends = told.pop("smallest", ""), told.pop("largest", "")
    thresholds = lt.claims.Thresholds(values, *ends) if values else None
    told["alternatives"] = {
        kind: {name: partial(number, **options) for name, options in told.pop(kind, {}).items()} for kind in ANALYSIS
    }
    return lt.claims.Claim(id, number=number, sources=sources, baselines=baselines, thresholds=thresholds, **told)


SENTENCES = tuple(
    _claim(id, told)
    for id, told in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")).items()
)

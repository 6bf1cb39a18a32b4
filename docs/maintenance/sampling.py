"""Which networks of a published set are trained again at a commit: a pair of neighboring seeds of each population."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from lstm_toys.runs.study import Study, differing
from lstm_toys.studies.claims.columns import DIVERGED, UNLEARNED
from lstm_toys.studies.claims.study import CLAIMS
from lstm_toys.studies.claims.table import read
from lstm_toys.studies.training.populations import Populations

PAIR = 2
"""Networks of each population: two fill a block, which is compiled for two."""

RECIPES = 8
"""Of drawn recipes, one in so many is trained again, others at the next commit."""

Sample = Mapping[Populations[Any], Populations[Any]]
"""The studies that train networks again, by the study that trains all networks."""


T = TypeVar("T")


class Population(NamedTuple):
    """Networks of one setting, or of all drawn recipes; ``number`` is that of the setting in a sweep."""

    name: str
    study: Populations[Any]
    number: int | None = None


def populations(study: Study[Any]) -> list[Population]:
    """All populations that a study needs, also itself; equal trainings are one."""
    return [*dict.fromkeys(_populations(study))]


def _populations(study: Study[Any]) -> Iterator[Population]:
    for each in study.needed_first():
        if not isinstance(each, Populations):
            continue
        if each.joined:
            yield Population(of_recipes(each), each)
            continue
        for number, settings in enumerate(each.populations):
            name = named(each.experiment.name, differing(each.experiment, settings))
            yield Population(name, each, number if each.several else None)


def named(experiment: str, settings: Mapping[str, Any]) -> str:
    """The name of a population, by its experiment and the settings, as JSON has them, that differ from usual ones."""
    stated = (f"{name} {json.dumps(value)}" for name, value in settings.items() if name != "seeds")
    return ", ".join([experiment, *stated])


def sources(study: Populations[Any]) -> Iterator[str]:
    """Yields the files in which the task and the custom cells of trainings are declared, as paths in the clone."""
    task = study.experiment.task
    yield inspect.getsourcefile(getattr(task, "func", task)) or ""
    for cell in {settings.cell for settings in study.populations if ":" in settings.cell}:
        spec = importlib.util.find_spec(cell.partition(":")[0])
        yield (spec and spec.origin) or ""


def of_recipes(study: Study[Any]) -> str:
    """The name of the networks of drawn recipes."""
    return f"{study.experiment.name if study.experiment else study.name}, new recipes"


def chosen(every: Sequence[T], share: float, *about: str) -> list[T]:
    """A share of what there is, at least one, that depends on what it is about, such as a set and a commit."""
    apart = max(1, round(1 / share))
    first = number(*about) % min(apart, len(every))
    return [*every[first::apart]]


def sample(every: Sequence[Population], lost: Collection[int], *about: str) -> Sample:
    """Makes the studies that train a pair of networks of each population, chosen by what the sample is about.

    Args:
        every: the populations, of a sweep perhaps not all.
        lost: numbers of seeds that diverged or did not learn somewhere; every other time, one of these is in the pair.
        about: such as a set and a commit.
    """
    numbers: dict[Populations[Any], list[int]] = {}
    for each in every:
        numbers.setdefault(each.study, []).extend([] if each.number is None else [each.number])
    return {study: _sampled(study, those, lost, *about) for study, those in numbers.items()}


def _sampled(study: Populations[Any], numbers: Sequence[int], lost: Collection[int], *about: str) -> Populations[Any]:
    settings = study.settings
    if study.joined:
        numbers = range(number("recipes", *about) % RECIPES % len(settings.settings), len(settings.settings), RECIPES)
        settings = replace(settings, settings=tuple(settings.settings[place] for place in numbers))
        firsts = [study.first_seeds[place] for place in numbers]
    else:
        first = first_seed(study.populations[0].seeds, lost, *about)
        fewer = [replace(each, seeds=min(PAIR, each.seeds)) for each in study.populations]
        settings = replace(settings, settings=tuple(fewer[place] for place in numbers)) if study.several else fewer[0]
        firsts = [first] * (len(numbers) if study.several else 1)
    made = type(study)(study.subject, settings)
    made.first_seeds = firsts
    return made


def first_seed(seeds: int, lost: Collection[int], *about: str) -> int:
    """The first seed of the pair, of as many ``seeds``; the same for all populations of a set that have as many."""
    known = sorted(seed for seed in lost if seed < seeds)
    if known and number("lost", *about) % 2:
        return max(0, min(known[number("which", *about) % len(known)], seeds - PAIR))
    return number("pair", *about) % max(1, seeds - PAIR + 1)


def number(*about: str) -> int:
    """A number that looks random, and depends on texts."""
    return int.from_bytes(hashlib.sha256("\n".join(about).encode()).digest()[:8])


def lost_seeds(folder: Path, summary: Any) -> set[int]:
    """The seeds that diverged or did not learn in a published set, as far as its files have them."""
    lost = {*_listed(summary)}
    if (folder / CLAIMS).exists():
        table = read(folder / CLAIMS)
        own = table.state.where(~table.role.isin(["recipes", "null", "published"]), 0).values.astype(int)
        lost |= {*np.flatnonzero((own & (DIVERGED | UNLEARNED) > 0).any(axis=(0, 1))).tolist()}
    return lost


def _listed(entry: Any) -> Iterator[int]:
    """Yields what a summary lists as diverged or not learned, at any depth."""
    if isinstance(entry, Mapping):
        yield from (seed for seed in entry.get("diverged_seeds", ()))
        yield from (each["seed"] for each in entry.get("unlearned", ()))
    for each in entry.values() if isinstance(entry, Mapping) else entry if isinstance(entry, list) else ():
        yield from _listed(each)

"""Tests claims about networks: how many networks meet each claim?

Tests claims on many networks, by default the claims of the post. Reports one number per network, the share of networks
that meet the claim, and a verdict. For comparison, also reports published answers, trivial models, networks that are
untrained or were trained on something else, and, with --variants, networks of other shapes and budgets. Missing
networks are trained first. Flags of trainings, such as --cell, change all networks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar

from lstm_toys import files
from lstm_toys.runs import flags, parsers
from lstm_toys.runs.experiment import FLAGS, Experiment, parse
from lstm_toys.runs.flags import FlagTable, UsageError
from lstm_toys.runs.identity import Options, Settings
from lstm_toys.runs.study import described_error
from lstm_toys.studies.claims.declaration import NETWORKS, Claims
from lstm_toys.studies.claims.power import Power
from lstm_toys.studies.claims.recipes import OF_RECIPE
from lstm_toys.studies.settings import StudySettings
from lstm_toys.tasks.parameters import NUMBER

POST = "post.claims"
"""The claims of the post."""

TRAINING = {name: each for name, each in flags.of(Settings).items() if name not in ("seeds", "base_seed", "keep_steps")}
"""Flags that change the networks of all populations."""


@parsers.taking("NAME=FILE, the name of a population and a netCDF file", many=True)
def answers_of(text: str) -> tuple[str, Path]:
    """Parses the name of a population and the file with its answers."""
    name, _, path = text.partition("=")
    if not name:
        raise ValueError
    return name, parsers.path(path)


ids = parsers.Parser(lambda text: tuple(text.split(",")), "names of claims, separated by commas")


def run_name(module: str) -> str:
    """The name of runs about the claims that a module declares, by its known name."""
    return "claims" if module == f"experiments.{POST}" else f"claims_{module.rpartition('.')[2]}"


@dataclass(frozen=True)
class Question:
    """The claims to judge, and what judges them.

    Attributes:
        declared: the claims, about populations with the flags that were given.
        columns: the settings of networks by column and population.
        settings: the settings of the networks that the claims are about, by population.
        recipes: the settings of each drawn recipe, by population.
        answers: files of external answers by population.
    """

    declared: Claims
    columns: Mapping[str, Mapping[str, Settings]]
    settings: Mapping[str, Settings]
    recipes: Mapping[str, tuple[Settings, ...]]
    answers: Mapping[str, Path]

    def experiment(self, population: str) -> Experiment:
        return self.declared.populations[population][0]


@dataclass(frozen=True, kw_only=True)
class ClaimSettings(StudySettings):
    """The settings that verdicts depend on, in addition to the claims.

    Attributes:
        only: ids of the claims to judge; empty for all.
        answers: populations with external answers, and the SHA-256 of each file.
        flags: flags that all networks are trained with, in addition to those that the claims declare.
    """

    study: ClassVar[str] = "lstm_toys.studies.claims.study:ClaimStudy"
    about = "claims", "CLAIMS", Claims

    claims: Annotated[str, parsers.name] = field(default=POST, compare=False)
    """Module that declares CLAIMS: {}, or your own module."""
    only: Annotated[tuple[str, ...], ids, "all claims"] = ()
    """Claims to test; only the networks that they need are trained."""
    answers: Annotated[tuple[tuple[str, str], ...], answers_of] = ()
    """File of answers of any model, made by lt.claims.labeled, in place of networks; one per population."""
    variants: bool = False
    """Also test networks of other shapes and budgets, if the claims declare them; slow."""
    seeds: Annotated[int, range(1, 10**7 + 1)] = 64
    """Number of networks of each population; seed i gives the same network, however many there are."""
    base_seed: Annotated[int, range(2**32)] = 0
    """Other values give other networks with the same seed numbers."""
    recipes: Annotated[int, range(10**6 + 1)] = 0
    """Number of recipes that the claims are also tested on, two networks each, if the claims declare recipes."""
    plan: bool = field(default=False, compare=False)
    """Only print what 16 to 128 networks can decide."""
    flags: tuple[str, ...] = ()

    @classmethod
    def flags_of(cls, _: Claims) -> FlagTable:
        return flags.of(Options) | {name: flag._replace(default=MISSING, words="") for name, flag in TRAINING.items()}

    @classmethod
    def parse(cls, subject: Claims, typed: Mapping[str, Any]) -> tuple[Question, ClaimSettings, Options]:
        name = run_name(typed["claims"])
        made, declared = cls(name, **{**flags.select(cls, typed), "answers": ()}), subject
        if made.plan:
            raise Power
        if made.recipes and not declared.recipes:
            raise UsageError(f"flag --recipes: {made.claims} declares no recipes")
        if made.variants and not declared.variants:
            raise UsageError(f"flag --variants: {made.claims} declares no variants")
        if unknown := [each for each in made.only if each not in declared.ids]:
            raise UsageError(f"flag --only: unknown claim {unknown[0]!r}; available: {', '.join(declared.ids)}")
        if twice := [each for each in made.only if made.only.count(each) > 1]:
            raise UsageError(f"flag --only: names the claim {twice[0]!r} twice")
        if made.only:
            declared = replace(declared, claims=tuple(each for each in declared.claims if each.id in made.only))
        others = given_by(typed, declared)
        declared = declared.given(*others) if others else declared
        settings, paths = usual(declared, made), dict(typed.get("answers", ()))
        if len(paths) < len(answered := [name for name, _ in typed.get("answers", ())]):
            twice = next(name for name in answered if answered.count(name) > 1)
            raise UsageError(f"flag --answers: names the population {twice!r} twice")
        trained = {name: settings[name] for name in settings if name not in paths}
        made = replace(
            made,
            only=() if declared.ids == subject.ids else declared.ids,
            answers=digests(paths, settings),
            flags=others,
        )
        options = Options(**flags.select(Options, typed))
        recipes = drawn(declared, trained, made) if made.recipes else {}
        return Question(declared, columns(declared, trained, made), settings, recipes, paths), made, options


def given_by(typed: Mapping[str, Any], declared: Claims) -> tuple[str, ...]:
    """Returns typed flags of `TRAINING`; raises UsageError if a population of the claims declares one."""
    given = {name: f"--{name}={parsers.stated(typed[name])}" for name in TRAINING if name in typed}
    for population in sorted(needed(declared)):
        own, _ = flags.split(TRAINING, declared.populations[population][1])
        if twice := [name for name in given if name in own]:
            reason = f"the population {population} is defined by --{twice[0]}={parsers.stated(own[twice[0]])}"
            raise UsageError(f"flag {given[twice[0]]}: {reason}; leave its claims out, as lt.claims.Claims.on does")
    return tuple(given.values())


def usual(declared: Claims, asked: ClaimSettings) -> dict[str, Settings]:
    """Returns the settings of every population that claims need; raises UsageError for invalid flags."""
    populations = needed(declared)
    size = [f"--{name}={getattr(asked, name)}" for name in ("seeds", "base_seed")]
    return {
        name: parsed(asked, f"population {name}", experiment, [*size, *changes])
        for name, (experiment, changes) in declared.populations.items()
        if name in populations
    }


def needed(declared: Claims) -> set[str]:
    """Returns the populations that claims are made of."""
    return set[str]().union(*(claim.made_of(declared.populations) for claim in declared.claims))


def parsed(asked: ClaimSettings, what: str, experiment: Experiment, arguments: Sequence[str]) -> Settings:
    """Parses the flags of a population of the claims; raises UsageError that says of which networks they are."""
    try:
        return parse(experiment, arguments)[0]
    except UsageError as error:
        raise UsageError(f"flag --claims={asked.claims}: {what}: {error}") from None


def columns(declared: Claims, trained: Mapping[str, Settings], asked: ClaimSettings) -> dict[str, dict[str, Settings]]:
    """Returns the runs that claims are tested on by column and population; raises UsageError if one is impossible.

    The columns are the networks themselves, during training, controls and variants.
    """
    every = {NETWORKS: {**trained}}
    for column, change in declared.columns.items():
        if not getattr(asked, column.role, True):  # Variants have a flag.
            continue
        held = {}
        for name, usual in trained.items():
            experiment = declared.populations[name][0]
            try:
                changed = change(name, usual)
                typed = None if changed is None else typed_as(experiment, changed)
            except Exception as error:  # A user's code may raise anything.
                reason = f"{column.name}: the change of {name} raises {described_error(error)}"
                raise UsageError(f"flag --claims={asked.claims}: {reason}") from None
            if typed is not None:
                held[name] = parsed(asked, column.name, experiment, typed)
        judged = set[str]().union(*(claim.made_of(held) for claim in filter(column.judges, declared.claims)))
        every[column.name] = {name: each for name, each in held.items() if name in judged}
    return every


def drawn(declared: Claims, trained: Mapping[str, Settings], asked: ClaimSettings) -> dict[str, tuple[Settings, ...]]:
    """Returns the settings of all recipes by population; raises UsageError for an invalid one."""
    used = set[str]().union(*map(declared.alike, declared.claims))
    every = {}
    for name in [name for name in declared.recipes if name in used and name in trained]:
        experiment, changes = declared.populations[name]
        recipes, own = declared.recipes[name], flags.split(TRAINING, asked.flags)[0]
        if both := [each for names in recipes.entries for each in names if each in own]:
            raise UsageError(f"flag --{both[0]}: the recipes of {name} draw it; leave one of the two out")
        size = ["--keep_steps=none", f"--seeds={OF_RECIPE}", f"--base_seed={asked.base_seed}"]
        every[name] = tuple(
            parsed(asked, f"recipe {number} of {name}", experiment, [*changes, *size, *typed])
            for number in range(asked.recipes)
            for typed in [recipes.flags(asked.base_seed, number)]
        )
    return every


def typed_as(experiment: Experiment, settings: Settings) -> list[str]:
    """Returns the flags of an experiment that stand for the settings of a control or variant."""
    own = {name: getattr(settings, name) for name in Settings.__dataclass_fields__ if name in FLAGS}
    own |= {f"{NUMBER}{name}": value for name, value in settings.numbers}
    stated = {name: value for name, value in own.items() if value is not None and name not in experiment.fixed}
    return [f"--{name}={parsers.stated(value)}" for name, value in stated.items()]


def digests(paths: Mapping[str, Path], settings: Mapping[str, Settings]) -> tuple[tuple[str, str], ...]:
    """Returns the SHA-256 of files of answers by population; raises UsageError for files that are unusable."""
    found = list[tuple[str, str]]()
    for name, path in paths.items():
        prefix = f"flag --answers={name}={path}"
        if name not in settings:
            raise UsageError(f"{prefix}: the claims use {', '.join(settings)}, and no population {name!r}")
        try:
            found.append((name, files.sha256(path)))
        except OSError as error:
            raise UsageError(f"{prefix}: {error.strerror}") from None
    return tuple(found)

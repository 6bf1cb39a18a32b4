"""Tests claims about networks: how many networks meet each claim?

Tests claims on many networks, by default the claims of the post. Reports one number per network, the share of networks
that meet the claim, and a verdict. For comparison, also reports published answers, trivial models, networks that are
untrained or were trained on something else, and, with --variants, networks of other shapes and budgets. Missing
networks are trained first. Flags of trainings, such as --cell, change all networks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lstm_toys import files
from lstm_toys.cli import command, flags, modules, parsers
from lstm_toys.cli.script import EXPERIMENTS, canonical
from lstm_toys.runs.ask import Ask
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.identity import Settings
from lstm_toys.studies.claims.ask import ClaimSettings, Question, report
from lstm_toys.studies.claims.choices import Change
from lstm_toys.studies.claims.declaration import DURING, NETWORKS, Claims
from lstm_toys.studies.training import ask as training
from lstm_toys.tasks.parameters import NUMBER


@parsers.taking("NAME=FILE, the name of a population and a netCDF file", many=True)
def answers(text: str) -> tuple[str, Path]:
    """Parses the name of a population and the file with its answers."""
    name, _, path = text.partition("=")
    if not name:
        raise ValueError
    return name, parsers.folder.convert(path)


ids = parsers.Parser(lambda text: tuple(text.split(",")), "names of claims, separated by commas")

POST = "post.claims"
"""The claims of the post."""

OWN: flags.FlagTable = {
    "claims": (parsers.name, "module that declares CLAIMS: {}, or your own module"),
    "only": (ids, "claims to test; only the networks that they need are trained"),
    "answers": (answers, "file of answers of any model, made by lt.labeled, in place of networks; one per population"),
}
OWN_DEFAULTS = {"claims": POST, "only": "all claims", "answers": "none"}

TRAINING: flags.FlagTable = {
    name: each
    for name, each in flags.FLAGS.items()
    if name in Settings.__dataclass_fields__ and name not in ("seeds", "base_seed", "keep_steps")
}
"""Flags that change the networks of all populations."""

FLAGS: flags.FlagTable = {
    "variants": (None, "also test networks of other shapes and budgets, if the claims declare them; slow"),
    "specifications": (None, "also test whether verdicts stay under other choices, such as optimizers and sizes; slow"),
    **{name: flags.FLAGS[name] for name in ("seeds", "base_seed", "checkpoint_every", "compile_cache")},
    **flags.ANALYSIS,
}
DEFAULTS = {**{name: flags.DEFAULTS[name] for name in FLAGS if name in flags.DEFAULTS}, "seeds": 64}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    if flags.asks_help(arguments):
        table = {**modules.offered(OWN, "claims", "CLAIMS"), **FLAGS, **TRAINING}
        raise flags.Help(__doc__, table, {**DEFAULTS, **OWN_DEFAULTS})
    own, rest = flags.split({**OWN, **TRAINING}, arguments)
    values = flags.read("claims", __doc__, FLAGS, DEFAULTS, rest)
    options, module = flags.options(values), own["claims"] or POST
    declared = modules.declared(module, "CLAIMS", Claims, "claims")
    called = canonical(modules.full_name(module, "CLAIMS"))
    if values["variants"] and not declared.variants:
        raise flags.UsageError(f"flag --variants: {module} declares no variants")
    if unknown := [each for each in own["only"] or () if each not in declared.ids]:
        raise flags.UsageError(f"flag --only: unknown claim {unknown[0]!r}; available: {', '.join(declared.ids)}")
    everything = declared.ids
    if own["only"]:
        declared = replace(declared, claims=tuple(each for each in declared.claims if each.id in own["only"]))
    others = typed(own, declared)
    declared = declared.given(*others) if others else declared
    settings = usual(declared, values, module)
    paths = dict(own["answers"] or [])
    every = columns(declared, {name: settings[name] for name in settings if name not in paths}, values, module)
    name = "claims" if called == f"{EXPERIMENTS}.{POST}" else f"claims_{called.replace('.', '_')}"
    name += "_specifications" if values["specifications"] else ""  # A set of its own, since it takes long.
    claim_settings = ClaimSettings(
        name,
        **{each: values[each] for each in ("seeds", "base_seed", "variants", "specifications")},
        only=() if declared.ids == everything else declared.ids,
        answers=digests(paths, settings),
        flags=others,
    )
    needs = {
        (column, population): training.ask(declared.populations[population][0], each, options.results_dir)
        for column, populations in every.items()
        for population, each in populations.items()
    }
    asked = Ask(
        "lstm_toys.studies.claims.study:ClaimStudy",
        claim_settings,
        options.results_dir,
        report,
        subject=Question(declared, called, settings, paths),
        needs=needs,
    )
    return command.Plan([asked], options)


def typed(values: Mapping[str, Any], declared: Claims) -> tuple[str, ...]:
    """Returns the flags of `TRAINING` among values; raises UsageError if a population of the claims declares one."""
    given = {name: f"--{name}={parsers.stated(values[name])}" for name in TRAINING if values[name] is not None}
    for population in sorted(set().union(*(claim.made_of(declared.populations) for claim in declared.claims))):
        own, _ = flags.split(TRAINING, declared.populations[population][1])
        if twice := [name for name in given if own[name] is not None]:
            reason = f"the population {population} is defined by --{twice[0]}={parsers.stated(own[twice[0]])}"
            raise flags.UsageError(f"flag {given[twice[0]]}: {reason}; leave its claims out, as lt.Claims.on does")
    return tuple(given.values())


def usual(declared: Claims, values: Mapping[str, Any], module: str) -> dict[str, Settings]:
    """Returns the settings of every population that claims need; raises UsageError for invalid flags."""
    needed = set().union(*(claim.made_of(declared.populations) for claim in declared.claims))
    size = [f"--{name}={values[name]}" for name in ("seeds", "base_seed")]
    settings = {}
    for name, (experiment, changes) in declared.populations.items():
        if name in needed:
            try:
                settings[name], _ = flags.parse(experiment, [*size, *changes])
            except flags.UsageError as error:
                raise flags.UsageError(f"flag --claims={module}: population {name}: {error}") from None
    return settings


def columns(
    declared: Claims, trained: Mapping[str, Settings], values: Mapping[str, Any], module: str
) -> dict[str, dict[str, Settings]]:
    """Returns the runs that claims are tested on by column and population; raises UsageError if one is impossible.

    The columns are the networks themselves, during training, controls, variants, and other choices.
    """
    every = {NETWORKS: {**trained}}
    others = {each.name: each.change for each in declared.specifications} if values["specifications"] else {}
    variants = {name: declared.variant(name).change for name in declared.variants} if values["variants"] else {}

    def during(name: str, usual: Settings) -> Settings | None:
        *earlier, last = declared.during.get(name, (usual.steps,))
        return replace(usual, steps=last, keep_steps=tuple(earlier)) if name in declared.during else None

    changes: dict[str, Change] = {DURING: during} if declared.during else {}
    for column, change in {**changes, **declared.controls, **variants, **others}.items():
        held = {}
        for name, usual in trained.items():
            if (changed := change(name, usual)) is not None:
                try:
                    held[name] = checked(declared.populations[name][0], changed)
                except flags.UsageError as error:
                    raise flags.UsageError(f"flag --claims={module}: {column}: {error}") from None
        tested = [claim for claim in declared.claims if not (claim.fails and column in declared.controls)]
        if column in others:  # Without what only baselines need.
            needed = {name for claim in tested if {*claim.populations} <= {*held} for name in claim.populations}
        else:
            needed = set().union(*(claim.made_of(held) for claim in tested))
        every[column] = {name: each for name, each in held.items() if name in needed}
    return every


def checked(experiment: Experiment, settings: Settings) -> Settings:
    """Checks the settings of a control or variant as flags of the experiment; raises UsageError."""
    own = {name: getattr(settings, name) for name in Settings.__dataclass_fields__ if name in flags.FLAGS}
    own |= {f"{NUMBER}{name}": value for name, value in settings.numbers}
    stated = {name: value for name, value in own.items() if value is not None and name not in experiment.fixed}
    return flags.parse(experiment, [f"--{name}={parsers.stated(value)}" for name, value in stated.items()])[0]


def digests(paths: Mapping[str, Path], settings: Mapping[str, Settings]) -> tuple[tuple[str, str], ...]:
    """Returns the SHA-256 of files of answers by population; raises UsageError for files that are unusable."""
    for name, path in paths.items():
        prefix = f"flag --answers={name}={path}"
        if name not in settings:
            raise flags.UsageError(f"{prefix}: the claims use {', '.join(settings)}, and no population {name!r}")
        if not path.is_file():
            raise flags.UsageError(f"{prefix}: is not a file")
    return tuple((name, files.sha256(path)) for name, path in paths.items())

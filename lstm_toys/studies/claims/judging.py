"""Judges claims by the numbers of networks, and makes the table of all claims and columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from lstm_toys.populations.trained import Networks
from lstm_toys.runs.study import Refused
from lstm_toys.statistics import comparisons, intervals, recipes
from lstm_toys.statistics.intervals import NOTHING, Estimate
from lstm_toys.statistics.similarity import intraclass
from lstm_toys.studies.claims import evidence
from lstm_toys.studies.claims.columns import DIVERGED, EXCLUDED, Numbers, measured
from lstm_toys.studies.claims.declaration import ANSWERS, CLIPPED, COPY, INPUT, Claim, Column, Verdict, verdict
from lstm_toys.studies.claims.recipes import OF_RECIPE
from lstm_toys.studies.claims.table import FIELDS, LABELS, Cell, Row, cell, changes, rows

Columns: TypeAlias = Iterable[tuple[Column, evidence.Evidence]]
"""Columns and their evidence, which may be loaded in turn, since the results of all would fill the memory."""

Values: TypeAlias = dict[str, Any]
"""The values of a claim and column, by the name of the variable; see `FIELDS`."""

UNSTABLE = 1 / 5
"""A larger share of networks that change sides on a second draw says more about the draws than about networks."""

ABOUT = ("statement", "origin", "statistic", "meets", "low", "high", "learned", "question")
"""What a table has of a claim's declaration."""


def judge(
    claim: Claim,
    populations: evidence.Evidence,
    *,
    networks: Mapping[str, Networks] | None = None,
    only_learned: bool = False,
) -> Cell | None:
    """Judges a claim by results of populations.

    Args:
        claim: the claim.
        populations: labeled results by population, such as `lt.claims.labeled` or ``lt.load(folder).results`` has.
        networks: the networks by population, for claims with the source ``"networks"``, or with examples that are
            drawn, from base seed 0; None: such claims have no judgment.
        only_learned: exclude networks whose variable ``learned`` is False.

    Returns:
        The ``number`` of each network; the ``share`` of the ``counted`` ones with a number that meets the claim, with
        its interval, and the ``verdict``; see `lt.claims.rows`. None if the results lack one of the claim's sources.

    Raises:
        Refused: the function of the claim or of a baseline raises, or does not return one real number per network.

    Example:
        >>> def largest(steeper):
        ...     return steeper.answer.values.max(axis=(1, 2))
        >>> sources = (lt.claims.Source("line", "steeper"),)
        >>> claim = lt.claims.Claim("low", "Answers are low", "largest answer", largest, sources, high=0.5)
        >>> answers = (("seed", "curve", "time"), [[[0.1, 0.4]], [[0.3, 0.8]]])
        >>> networks = xr.Dataset({"diverged": ("seed", [False, False])}, {"seed": [0, 1]})
        >>> results = lt.Results.from_dict({"/": networks, "steeper": xr.Dataset({"answer": answers})})
        >>> lt.claims.judge(claim, {"line": results}).share.value
        0.5
    """
    if networks is not None:
        populations = evidence.Answered(populations, networks)
    if (found := measured(claim, populations, only_learned=only_learned)) is None:
        return None
    values = judged(claim, found) | redrawn(claim, found, populations)
    return cell(values, values["baselines"], against=claim.against, learned=claim.learned)


def judged(claim: Claim, found: Numbers, *, of_recipes: bool = False) -> Values:
    """Judges a claim by numbers; networks ``of_recipes`` have no verdict, since somebody chose the recipes."""
    counted, median = shares(claim, found, of_recipes=of_recipes), _median(found.number)
    return {
        **{name: np.full([len(LABELS.get(axis, ())) for axis in axes], fill) for name, (axes, fill) in FIELDS.items()},
        **found._asdict(),
        **counted,
        "verdict": "" if of_recipes else decided(claim, [Estimate(*each) for each in counted["share"][:3].tolist()]),
        "median": median._replace(low=np.nan, high=np.nan) if of_recipes else median,
        "shift": comparisons.shift(found.number, found.other_number) if claim.against else NOTHING,
        "baselines": {what: _median(each) for what, each in found.baselines.items()},
    }


def redrawn(claim: Claim, found: Numbers, populations: evidence.Evidence) -> Values:
    """What changes on a second draw of a claim's examples; nothing if they are not drawn.

    Networks without a number on one of both draws, or with an infinite one, are left out.
    """
    if not (claim.drawn and isinstance(populations, evidence.Answered)):
        return {}
    again = measured(replace(claim, baselines=()), populations.again)
    assert again is not None
    numbers = np.stack([found.number, again.number], axis=1)
    known = np.isfinite(numbers).all(axis=1)
    changed = (_sides(claim, found) != _sides(claim, again))[known]
    share = changed.mean() if known.any() else np.nan
    return {"redrawn": np.array([share, known.sum(), intraclass(numbers[known])])}


def _sides(claim: Claim, found: Numbers) -> Bool[np.ndarray, " S"]:
    """Whether each network meets the claim or, of a comparison, is above the median of the other population."""
    if not claim.against:
        return claim.met(found.number)
    others = found.other_number[~np.isnan(found.other_number)]
    return np.asarray(found.number > (np.median(others) if len(others) else np.nan))


def shares(claim: Claim, found: Numbers, *, of_recipes: bool = False) -> Values:
    """The shares by all ways of counting networks without a number, see `LABELS`, and of how many networks they are.

    The bounds are as if all of these networks failed, and as if all met the claim; there are none if no network is so.
    """
    excluded, others_excluded = (each & EXCLUDED > 0 for each in (found.state, found.other_state))
    held = found.number if claim.against else np.where(np.isnan(found.number), np.nan, claim.met(found.number))
    held, others = np.where((found.state & DIVERGED > 0) & claim.learned, 0.0, held), found.other_number
    every = [_share(claim, held, others, of_recipes=of_recipes)]
    undefined = np.isnan(held) & ~excluded, np.isnan(others) & ~others_excluded
    for ours, theirs in (undefined, (excluded, others_excluded)):
        for end in (-np.inf, np.inf) if claim.against else (0.0, 1.0):
            bounded = np.where(ours, end, held), np.where(theirs, -end, others)
            lacking = ours.any() or theirs.any()
            every.append(_share(claim, *bounded, of_recipes=of_recipes) if lacking else (NOTHING, 0))
    agreement = {"agreement": recipes.agreement(_by_recipe(claim, held, others))} if of_recipes else {}
    share, known = zip(*every, strict=True)
    return {"share": np.array(share), "known": np.array(known), **agreement}


def decided(claim: Claim, shares: Sequence[Estimate]) -> Verdict:
    """The verdict of a share and of its bounds, if there are any; undecided where these differ."""
    verdicts = {verdict(each) for each in shares if not np.isnan(each.value)}
    single = verdicts.pop() if len(verdicts) == 1 else "undecided"
    return ANSWERS.get(single, single) if claim.question else single


def _share(
    claim: Claim, ours: Float[np.ndarray, " S"], theirs: Float[np.ndarray, " S2"], *, of_recipes: bool
) -> tuple[Estimate, int]:
    """The share of networks with 1 rather than 0, or of pairs in which ours is above theirs; and of how many it is.

    NaN is left out; of pairs, the number is that of the smaller population. Of recipes, ours are compared with theirs
    of the same recipe.
    """
    if of_recipes:
        met = _by_recipe(claim, ours, theirs)
        return recipes.share(met), int((~np.isnan(met)).sum())
    known, others = (int((~np.isnan(each)).sum()) for each in (ours, theirs))
    if claim.against:
        return comparisons.probability_above(ours, theirs), min(known, others)
    return intervals.wilson(int(np.nansum(ours)), known), known


def _by_recipe(
    claim: Claim, ours: Float[np.ndarray, " S"], theirs: Float[np.ndarray, " S2"]
) -> Float[np.ndarray, "R N"]:
    """What each network of a recipe meets; the share of the other population's of this recipe that it is above."""
    ours = ours.reshape(-1, OF_RECIPE)
    if not claim.against:
        return ours
    first, second = ours[:, :, None], theirs.reshape(-1, 1, OF_RECIPE)
    known = ~(np.isnan(first) | np.isnan(second))
    above = np.where(known, (first > second) + (first == second) / 2, 0.0).sum(axis=2)
    with np.errstate(invalid="ignore"):  # NaN without another one.
        return above / known.sum(axis=2)


def _median(numbers: Float[np.ndarray, " S"]) -> Estimate:
    return intervals.median_bootstrap(numbers[~np.isnan(numbers)])


def at_once(claim: Claim, values: Values, confidence: float) -> list[Estimate]:
    """The share and its bounds with intervals for several at once: exact ones, or bootstraps' widened like normal."""
    found = []
    for share, known in zip(values["share"][:3].tolist(), values["known"].tolist(), strict=False):
        value, low, _ = share
        if not claim.against:
            found.append(intervals.clopper_pearson(round(value * known) if known else 0, known, confidence))
        elif np.isfinite(low) and value in (0.0, 1.0):
            found.append(comparisons.separated(value, known, confidence))
        else:
            _, *ends = intervals.widened(Estimate(*share), confidence)
            found.append(Estimate(value, *np.clip(ends, 0.0, 1.0).tolist()))  # NaN stays NaN.
    return found


def numbers(claims: Sequence[Claim], column: Column, results: evidence.Evidence) -> Iterator[tuple[Claim, Numbers]]:
    """Yields the claims that a column judges and has all sources of, with the number of each network."""
    for claim in filter(column.judges, claims):
        if (found := measured(claim, results, only_learned=column.only_learned(claim))) is not None:
            yield claim, found


def make_table(claims: Sequence[Claim], columns: Columns, about: str) -> xr.Dataset:
    """Makes the table of claims; raises Refused if the networks lack a source, or a function fails.

    Args:
        claims: the claims.
        columns: the published answers, if any, then the networks that the claims are about, then all others.
        about: what the networks are called.
    """
    cells: dict[str, dict[Column, Values]] = {claim.id: {} for claim in claims}
    held, published = list[Column](), dict[str, xr.DataTree]()
    for column, results in columns:
        held.append(column)
        published = {**results} if column.role == "published" else published
        same = {name: evidence.alike(each, published[name]) for name, each in results.items() if name in published}
        for claim, found in numbers(claims, column, results):
            own, values = cells[claim.id], judged(claim, found, of_recipes=column.role == "recipes")
            own[column] = values | {"found": found}
            if column.role == "networks":
                own[column] |= redrawn(claim, found, results)
                own[column]["scope"] = evidence.scope(claim, results)
            elif column.role == "null":
                own[column]["answers"], own[column]["right"] = evidence.copied(claim, results)
            posts = [values["number"][0] for each, values in own.items() if each.role == "published"]
            if column.role in ("networks", "variants") and posts and (alike := measured(claim, same)):
                below, equal = alike.number < posts[0], alike.number == posts[0]
                own[column]["rank"] = [each.sum() for each in (below, equal, ~np.isnan(alike.number))]
    differences = intervals.simultaneous(sum(each.role == "variants" for own in cells.values() for each in own))
    for claim in claims:
        _compare(claim, cells[claim.id], len(claims), differences)
    table = _assembled(claims, held, cells)
    remarks = []
    for row in rows(table):
        known = cells[row.id].values()
        expected = row.learned and all(values.get("right", True) for values in known)
        remarks.append([each for values in known for each in values.get("scope", ())])
        remarks[-1] += _remarks(row, about, expected=expected)
    padded = [[*each, *[""] * (max(map(len, remarks)) - len(each))] for each in remarks]
    return table.assign(remarks=(("claim", "remark"), np.array(padded, str)))


def _compare(claim: Claim, own: Mapping[Column, Values], claims: int, differences: float) -> None:
    """Adds intervals for several shares at once, and differences of variants from the networks.

    A variant of which only networks that learned count is compared with such networks.
    """
    known = [values["found"] for column, values in own.items() if column.role == "networks"]
    if not known:
        lacking = " and ".join(f"{source.name} of {source.population}" for source in claim.sources)
        raise Refused(f"claim {claim.id}: the results lack {lacking}, or are not of as many networks each")
    many = {"networks": claims, "during": sum(column.role == "during" for column in own)}
    for column, values in own.items():
        if column.role in many:
            found = at_once(claim, values, intervals.simultaneous(many[column.role]))
            values |= {"at_once": found[0], "verdict_at_once": decided(claim, found)}
        elif column.role == "variants":
            learned = column.counts == "learned" and not claim.learned
            reference = shares(claim, known[0].learned() if learned else known[0])
            pair = (at_once(claim, each, differences)[0] for each in (values, reference))
            values["difference"] = intervals.difference(*pair)


def _assembled(
    claims: Sequence[Claim], columns: Sequence[Column], cells: Mapping[str, Mapping[Column, Values]]
) -> xr.Dataset:
    """The table of the values of all cells."""
    places = [
        (row, columns.index(each), cells[claim.id][each])
        for row, claim in enumerate(claims)
        for each in cells[claim.id]
    ]
    data = dict[str, Any]()
    for name, (axes, fill) in FIELDS.items():
        sizes = np.max([np.shape(values[name]) for *_, values in places], axis=0).astype(int)
        array = np.full((len(claims), len(columns), *sizes), fill, object if fill == "" else None)
        for row, column, values in places:
            where: Any = row, column, *map(slice, np.shape(values[name]))
            array[where] = values[name]
        data[name] = (("claim", "column", *axes), array.astype(str) if fill == "" else array)
    baselines = [(claim.id, each.what) for claim in claims for each in claim.baselines]
    medians = [
        [cells[of].get(column, {}).get("baselines", {}).get(what, NOTHING) for column in columns]
        for of, what in baselines
    ]
    data["baselines"] = (("baseline", "column", "end"), np.reshape(medians, (-1, len(columns), 3)))
    data["remarks"] = (("claim", "remark"), np.zeros((len(claims), 0), str))
    of, what = np.array(baselines, str).reshape(-1, 2).T
    coords: dict[str, Any] = {name: ("claim", [getattr(claim, name) for claim in claims]) for name in ABOUT}
    coords |= {"against": ("claim", [claim.against or "" for claim in claims])}
    coords |= {name: ("column", [getattr(column, name) for column in columns]) for name in ("role", "counts")}
    coords |= {"baseline": what, "baseline_of": ("baseline", of), **LABELS}
    names = {"claim": [claim.id for claim in claims], "column": [column.name for column in columns]}
    table = xr.Dataset(data, {**names, **coords})
    lacking = {"of_recipe": not any(column.role == "recipes" for column in columns)}
    lacking["of_redraw"] = not any(claim.drawn for claim in claims)
    return table.drop_dims([axis for axis, lacks in lacking.items() if lacks])


def _remarks(row: Row, about: str, *, expected: bool) -> Iterator[str]:
    """Yields caveats: a model without a network or a control meets the claim, or the verdict changes in training.

    ``expected``: a copy is what the claim states was learned, so that it says nothing that the copy meets the claim.
    """
    supported, refuted = row.verdict == "supported", row.verdict == "refuted"
    met = [name for name, single in row.null.items() if single.meets and not expected]
    for name in met[:1]:
        answers = row.null[name].answers
        copied = answers == INPUT
        if refuted:
            said = ", these networks do not"
        elif copied and name == COPY:
            said = f": {'says' if supported else 'if supported, it would say'} nothing about {about}"
        else:
            least = "right answers" if name == COPY else "answers within (-1, 1)"
            said = f": {'needs' if supported else 'if supported, it would need'} no more than {least}"
        model = f"a {name} of the input" if copied else f"the {answers}{' clipped to (-1, 1)' * (name == CLIPPED)}"
        yield f"{model} meets it{said}"
    too = {"supported": "meet it too", "refuted": "meet it, these networks do not", "undecided": "meet it"}
    for name, control in row.controls.items():
        if control.verdict == "supported":
            yield f"{name} {too[row.verdict]}"
    if row.redrawn:
        changed, networks, icc = row.redrawn
        said = f"on a second draw, {changed:.0%} of {networks} networks change sides"
        said += "" if np.isnan(icc) else f" (ICC of numbers {round(icc, 2) + 0.0:.2f})"
        if changed > UNSTABLE:
            said += ": for more certainty, draw more stimuli for each network, not more networks"
        yield said
    if changes(row):
        pairs = [(each.verdict_at_once, int(step)) for step, each in row.during.items()]
        spans = [(name, [step for _, step in group]) for name, group in groupby(pairs, key=itemgetter(0))]
        *earlier, (last, steps) = spans
        before = ", ".join(f"{name} to {span[-1]:,}" for name, span in earlier)
        yield f"during training, judged at all steps at once: {before}, {last} from {steps[0]:,} steps"

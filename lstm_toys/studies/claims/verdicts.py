"""Judges claims by columns of evidence, in one loop, and makes their entries."""

import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from lstm_toys.populations.trained import Networks
from lstm_toys.runs.context import Refused, described_error
from lstm_toys.statistics import comparisons, intervals
from lstm_toys.statistics.intervals import median_bootstrap, wilson
from lstm_toys.studies.claims import entries, evidence
from lstm_toys.studies.claims.declaration import CLIPPED, COPY, INPUT, NETWORKS, Claim, Column, Number, Source
from lstm_toys.studies.claims.entries import Entry, Judgment, interval

Columns: TypeAlias = Iterable[tuple[Column, evidence.Evidence]]
"""Columns and their evidence, which may be loaded in turn, since the results of all would fill the memory."""

Judgments: TypeAlias = Mapping[str, dict[str, Judgment]]
"""The judgments of a claim, by role and name of the column."""


def judgments(claims: Sequence[Claim], columns: Columns) -> Iterator[tuple[Claim, Column, evidence.Evidence, Judgment]]:
    """Yields each claim with each column that judges it, the column's evidence, and the judgment; raises as `judge`."""
    for column, results in columns:
        for claim in claims:
            if column.judges(claim) and (found := judge(claim, results, only_learned=column.only_learned(claim))):
                yield claim, column, results, found


def judge(
    claim: Claim,
    populations: evidence.Evidence,
    *,
    networks: Mapping[str, Networks] | None = None,
    only_learned: bool = False,
) -> Judgment | None:
    """Judges a claim by results of populations.

    Args:
        claim: the claim.
        populations: labeled results by population, such as `lt.claims.labeled` or ``lt.load(folder).results`` has.
        networks: the networks by population, for claims with the source ``"networks"``, or with examples that are
            drawn, from base seed 0; None: such claims have no judgment.
        only_learned: exclude networks whose variable ``learned`` is False.

    Returns:
        The number of each network, ``per_seed``; the ``share`` of the ``counted`` ones with a number that meets the
        claim, its ``interval``, and the ``verdict``; see `lstm_toys.studies.claims.entries.Judgment`. None if the
        results lack one of the claim's sources.

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
        >>> lt.claims.judge(claim, {"line": results}).share
        0.5
    """
    if networks is not None:
        populations = evidence.Answered(populations, {name: partial(itemgetter(name), networks) for name in networks})
    measure = partial(_measure, claim, populations, only_learned)
    if (ours := measure(claim.number, claim.sources)) is None:
        return None
    numbers, diverged, unlearned = ours
    theirs = None
    others = without = np.zeros(0, bool)
    if claim.against is not None:
        other = measure(claim.number, tuple(source._replace(population=claim.against) for source in claim.sources))
        if other is None:
            return None
        theirs, _, others = other
        without = np.isnan(theirs) & ~others
    held = numbers if claim.against else np.where(np.isnan(numbers), np.nan, claim.met(numbers))
    held = np.where(diverged & claim.learned, 0.0, held)
    lacking = np.isnan(held) & ~unlearned
    found = _share(held, theirs)
    bounds = _bounds(held, theirs, lacking, without)
    median = _median(numbers)
    baselines = {each.what: measure(each.number, each.sources) for each in claim.baselines}
    return Judgment(
        numbers,
        found.share,
        found.interval,
        median.median,
        median.median_interval,
        entries.decided([found, *(bounds or [])], question=claim.higher is None),
        seeds=len(numbers),
        counted=int((~np.isnan(held)).sum()),
        diverged=np.flatnonzero(diverged).tolist(),
        unlearned=np.flatnonzero(unlearned & ~diverged).tolist(),
        excluded=np.flatnonzero(diverged & np.isnan(held)).tolist(),
        meaningless=int((lacking & ~diverged).sum()),
        against_per_seed=theirs,
        baselines={what: _median(each[0]) for what, each in baselines.items() if each is not None},
        bounds=bounds,
        outside=_bounds(held, theirs, unlearned, others),
        shift=None if theirs is None else entries.Shift.of(comparisons.shift(numbers, theirs)),
    )


def _share(ours: Float[np.ndarray, " S"], theirs: Float[np.ndarray, " S2"] | None) -> entries.Share:
    """The share of networks with 1 rather than 0, or of pairs in which ours is above theirs; NaN is left out."""
    sizes = [int((~np.isnan(each)).sum()) for each in (ours, theirs) if each is not None]
    estimate = wilson(int(np.nansum(ours)), sizes[0]) if theirs is None else comparisons.probability_above(ours, theirs)
    return entries.Share(estimate.value, interval(estimate), min(sizes))


def _bounds(
    ours: Float[np.ndarray, " S"],
    theirs: Float[np.ndarray, " S2"] | None,
    our_lacking: Bool[np.ndarray, " S"],
    their_lacking: Bool[np.ndarray, " S2"],
) -> list[entries.Share] | None:
    """The shares if all networks without a number failed, and if all met the claim; None if every one has a number."""
    if not (our_lacking.any() or their_lacking.any()):
        return None
    if theirs is None:
        return [_share(np.where(our_lacking, end, ours), None) for end in (0.0, 1.0)]
    ends = (-np.inf, np.inf)
    return [_share(np.where(our_lacking, end, ours), np.where(their_lacking, -end, theirs)) for end in ends]


def _median(numbers: Float[np.ndarray, " S"]) -> entries.Median:
    estimate = median_bootstrap(_known(numbers))
    return entries.Median(estimate.value, interval(estimate))


def _known(numbers: Float[np.ndarray, " S"]) -> Float[np.ndarray, " N"]:
    return numbers[~np.isnan(numbers)]


def _measure(
    claim: Claim, populations: evidence.Evidence, only_learned: bool, number: Number, sources: Sequence[Source]
) -> tuple[Float[np.ndarray, " S"], Bool[np.ndarray, " S"], Bool[np.ndarray, " S"]] | None:
    """Computes the number of each network, NaN if it is excluded, and which networks diverged, and did not learn.

    None if a source is missing, or sources differ in size.
    """
    held = [populations[each.population] for each in sources if each.population in populations]
    known = [part for each in sources if (part := evidence.given(populations, each)) is not None]
    if len(known) < len(sources) or len({each.sizes["seed"] for each in held}) > 1:
        return None
    diverged = np.any([each.diverged.values for each in held], axis=0)
    unlearned = np.zeros(len(diverged), bool)
    for each in held:
        if only_learned and "learned" in each:
            unlearned |= ~each.learned.values
    sound, numbers = ~(diverged | unlearned), np.full(len(diverged), np.nan)

    def called() -> Float[np.ndarray, " S"]:
        return _called(claim, number, [_chosen(part, sound) for part in known], int(sound.sum()))

    if sound.any() and not all(isinstance(part, xr.Dataset) for part in known):
        assert isinstance(populations, evidence.Answered)
        of = ", ".join(dict.fromkeys(each.population for each in sources))
        words = f"{claim.id}: {getattr(number, '__name__', 'its number')} of {of}" + ", learned" * bool(unlearned.any())
        if drawn := ", ".join(dict.fromkeys(each.name for each in sources if callable(each.curves))):
            words += f", on draws of {drawn} from base seed {populations.base_seed}"
        numbers[sound] = populations.number(words, (number, *sources, sound.tobytes()), called)
    elif sound.any():
        numbers[sound] = called()
    return numbers, diverged, unlearned


def _chosen(part: xr.Dataset | evidence.OfNetworks, sound: Bool[np.ndarray, " S"]) -> xr.Dataset | Networks:
    """Some of the networks, or a copy of their results, since a function may change its own."""
    return part.isel(seed=sound).copy(deep=True) if isinstance(part, xr.Dataset) else part(sound)


def _called(
    claim: Claim, number: Number, parts: Sequence[xr.Dataset | Networks], count: int
) -> Float[np.ndarray, " S"]:
    """Calls a claim's function; raises Refused if it raises, or does not return one real number per network."""
    name = f"claim {claim.id}: {getattr(number, '__name__', repr(number))}"
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore", category=RuntimeWarning):
            array = np.ma.asarray(number(*parts))
    except (Exception, SystemExit) as error:  # A user's code may raise anything.
        raise Refused(f"{name} raises {described_error(error)}") from error
    if array.shape != (count,) or array.dtype.kind not in "biuf":
        found = f"numbers of type {array.dtype} and shape {array.shape}"
        raise Refused(f"{name} returns {found} for {count} networks; expected real ones of shape ({count},)")
    return np.ma.filled(array.astype(float), np.nan)


def make_entries(claims: Sequence[Claim], columns: Columns, about: str) -> list[Entry]:
    """Makes the entries of claims; raises Refused if the networks lack a source, or a function fails.

    Args:
        claims: the claims.
        columns: the published answers, if any, then the networks that the claims are about, then all others.
        about: what the networks are called.
    """
    found = {claim.id: defaultdict[str, dict[str, Judgment]](dict) for claim in claims}
    copied, scopes = dict.fromkeys(found, ("", True)), dict[str, list[str]]()
    for claim, column, results, judgment in judgments(claims, _compared(columns)):
        found[claim.id][column.role][column.name] = judgment
        if column.role == "networks":
            scopes[claim.id] = evidence.scope(claim, results)
        if column.role == "null":
            copied[claim.id] = evidence.copied(claim, results)
    differences = sum(len(found[claim.id]["variants"]) for claim in claims)
    confidences = [intervals.simultaneous(count) for count in (len(claims), differences)]
    made = [_entry(claim, found[claim.id], about, *copied[claim.id], *confidences) for claim in claims]
    return [replace(each, remarks=[*scopes[each.id], *each.remarks]) for each in made]


def _compared(columns: Columns) -> Iterator[tuple[Column, evidence.Evidence]]:
    """Yields columns, and those that they are compared with, which have the same names.

    The published answers are compared with networks on the same curves, and a variant of which only networks that
    learned count with such networks.
    """
    published: evidence.Evidence = {}
    networks: evidence.Evidence = {}
    for column, results in columns:
        yield column, results
        if column.role == "published":
            published = results
        elif column.role in ("networks", "variants"):
            networks = networks or results
            alike = {name: evidence.alike(each, published[name]) for name, each in results.items() if name in published}
            yield Column(column.name, "ranks"), alike
            if column.counts == "learned":
                yield replace(column, role="references"), networks


def _entry(
    claim: Claim, found: Judgments, about: str, answers: str, right: bool, of_claims: float, of_differences: float
) -> Entry:
    """The entry of a claim; ``answers`` is what models without a network answer, and ``right`` whether it is right."""
    if (ours := found["networks"].get(NETWORKS)) is None:
        lacking = " and ".join(f"{source.name} of {source.population}" for source in claim.sources)
        raise Refused(f"claim {claim.id}: the results lack {lacking}, or are not of as many networks each")
    variants = dict[str, entries.Comparison]()
    for name, theirs in found["variants"].items():
        pair = theirs, found["references"].get(name, ours)
        difference = intervals.difference(*(each.at(of_differences)[0].estimate for each in pair))
        variants[name] = entries.Comparison(
            **vars(theirs), difference=difference.value, difference_interval=interval(difference)
        )
    at_once = ours.at(of_claims)
    entry = Entry(
        id=claim.id,
        statement=claim.statement,
        origin=claim.origin,
        statistic=claim.statistic,
        threshold=entries.Threshold(
            entries.end(claim.low), entries.end(claim.high), claim.against, question=claim.higher is None
        ),
        meets=claim.meets,
        **vars(ours),
        simultaneous=entries.SimultaneousInterval(
            at_once[0].interval, entries.decided(at_once, question=claim.higher is None)
        ),
        published=_published(found),
        null={name: _single(each, answers=answers) for name, each in found["null"].items()},
        controls=found["controls"],
        variants=variants,
        during=_during(found["during"], question=claim.higher is None),
        remarks=[],
    )
    return replace(entry, remarks=[*_remarks(entry, about, expected=claim.learned and right)])


def _single(judgment: Judgment, **more: Any) -> entries.SingleJudgment:
    medians = {what: each.median for what, each in judgment.baselines.items()}
    return entries.SingleJudgment(judgment.per_seed[0], judgment.share > 0.5, medians, **more)


def _published(found: Judgments) -> entries.SingleJudgment | None:
    """The published network, and its rank among networks on the same curves; None if its number is undefined."""
    published = [*found["published"].values()]
    if not published or np.isnan(value := published[0].per_seed[0]):
        return None
    ranks = {}
    for name, each in found["ranks"].items():
        if name == NETWORKS or name in found["variants"]:
            counted = (each.per_seed < value, each.per_seed == value, ~np.isnan(each.per_seed))
            ranks[name] = [int(some.sum()) for some in counted]
    return _single(published[0], ranks=ranks)


def _during(judged: Mapping[str, Judgment], *, question: bool) -> entries.Moments | None:
    confidence = intervals.simultaneous(len(judged))
    moments = []
    for step, each in judged.items():
        shares = each.at(confidence)
        verdict = entries.decided(shares, question=question)
        moments.append((int(step), shares[0].share, shares[0].interval, verdict, each.median, each.median_interval))
    return entries.Moments(*map(list, zip(*moments, strict=True))) if judged else None


def _remarks(entry: Entry, about: str, *, expected: bool) -> Iterator[str]:
    """Yields caveats: a model without a network or a control meets the claim, or the verdict changes in training.

    ``expected``: a copy is what the claim states was learned, so that it says nothing that the copy meets the claim.
    """
    supported, refuted = entry.verdict == "supported", entry.verdict == "refuted"
    met = [name for name, single in entry.null.items() if single.meets and not expected]
    for name in met[:1]:
        answers = entry.null[name].answers
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
    for name, control in entry.controls.items():
        if control.verdict == "supported":
            yield f"{name} {too[entry.verdict]}"
    if entry.during and entry.during.changes:
        pairs = zip(entry.during.verdict, entry.during.steps, strict=True)
        spans = [(name, [step for _, step in group]) for name, group in groupby(pairs, key=lambda each: each[0])]
        *earlier, (last, steps) = spans
        before = ", ".join(f"{name} to {span[-1]:,}" for name, span in earlier)
        yield f"during training, judged at all steps at once: {before}, {last} from {steps[0]:,} steps"

"""The table of everything that is reported about claims: its layout, its file, and its rows as plain values.

The file ``claims.json`` is the dictionary of an `xarray.Dataset`, with null for NaN and texts for infinite numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeAlias, get_args

import numpy as np
import xarray as xr

from lstm_toys.files import read_json, telling_damage
from lstm_toys.output import html_table
from lstm_toys.runs.folder import verified
from lstm_toys.statistics.intervals import Estimate
from lstm_toys.statistics.recipes import Agreement
from lstm_toys.studies.claims.columns import DIVERGED, EXCLUDED, UNLEARNED
from lstm_toys.studies.claims.declaration import NETWORKS, Role
from lstm_toys.studies.claims.evidence import plain


class Redrawn(NamedTuple):
    """What changes on a second draw of the examples of a claim.

    Attributes:
        changed: the share of networks that meet the claim on one of two draws and not on the other; if it compares
            populations, that are above the median of the other one.
        networks: how many networks have a number on both draws.
        icc: the intraclass correlation of their numbers, ICC(1,1): the share of variance that is between networks.
    """

    changed: float
    networks: int
    icc: float


class Judged(SimpleNamespace):
    """A claim, or a claim judged by a column, as plain values; see `rows`."""

    def _repr_html_(self) -> str:
        share = f"{percent(self.share.value)} {percents(self.share)}".strip()
        about = {"verdict": self.verdict, "share that meets it": share, "networks": self.counted}
        return html_table(getattr(self, "statement", ""), about)


Cell: TypeAlias = Any
"""A claim judged by a column, as plain values; see `rows`."""

Row: TypeAlias = Any
"""A claim with all of its cells, as plain values; see `rows`."""

FIELDS: Mapping[str, tuple[tuple[str, ...], Any]] = {
    "number": (("seed",), np.nan),
    "state": (("seed",), np.uint8(0)),
    "other_number": (("other_seed",), np.nan),
    "other_state": (("other_seed",), np.uint8(0)),
    "share": (("counting", "end"), np.nan),
    "known": (("counting",), 0),
    "verdict": ((), ""),
    "median": (("end",), np.nan),
    "shift": (("end",), np.nan),
    "difference": (("end",), np.nan),
    "at_once": (("end",), np.nan),
    "verdict_at_once": ((), ""),
    "rank": (("place",), 0),
    "answers": ((), ""),
    "agreement": (("of_recipe",), np.nan),
    "redrawn": (("of_redraw",), np.nan),
}
"""The variables of each claim and column: further axes, and the value where there is none."""

LABELS = {
    "end": ["value", "low", "high"],
    "counting": ["defined", "failing", "meeting", "unlearned failing", "unlearned meeting"],
    "place": ["below", "equal", "known"],
    "of_recipe": ["all", "some", "none"],
    "of_redraw": ["changed", "networks", "icc"],
}
"""The labels of axes."""


def rows(table: xr.Dataset) -> list[Row]:
    """Returns the plain values of a table of claims, for texts and figures.

    Args:
        table: the table, as `lt.claims.read` returns it.

    Returns:
        For each claim a namespace with its ``id``, ``statement``, ``origin``, ``statistic``, what it ``meets``, its
        thresholds ``low`` and ``high`` (infinite without one), the population that it is held ``against``, or "",
        whether it is only a ``question`` which of the two is higher, and ``remarks``. By role it has cells by the name
        of the column: ``controls``, ``variants``, ``null``, ``during``, ``recipes``; ``published`` is one cell, or
        None. The row has the values of the cell of its networks, too.

        A cell has the ``number`` of each network, ``share`` and ``median`` with ``value``, ``low`` and ``high``, the
        ``verdict``, and how many networks are ``counted``. If some have no number, ``bounds`` are the shares if all of
        them failed, and if all met the claim. Networks of recipes have no verdict, but an ``agreement``, the shares of
        recipes of whose networks all, some and none meet the claim. If examples are drawn, ``redrawn`` is the share of
        networks that have ``changed`` sides on a second draw, of how many ``networks``, and the ``icc`` of numbers.

    Example:
        >>> table = lt.claims.read("results/claims/claims.json")  # doctest: +SKIP
        >>> lt.claims.rows(table)[0].share.value  # doctest: +SKIP
        1.0
    """
    every, columns = [], [*zip(table.column.values.tolist(), table.role.values.tolist(), strict=True)]
    known, baselines = {name: table[name].values for name in FIELDS if name in table}, table.baselines.values
    for place, claim in enumerate(table.claim.values.tolist()):
        about = {str(name): each.values[place].item() for name, each in table.coords.items() if each.dims == ("claim",)}
        remarks = [*filter(None, table.remarks.values[place].tolist())]
        roles: dict[str, dict[str, Cell]] = {role: {} for role in get_args(Role)}
        row = Judged(**roles, **{**about, "id": claim, "remarks": remarks})
        for column, (name, role) in enumerate(columns):
            if known["state"][place, column].any() or known["verdict"][place, column]:
                values = {field: each[place, column] for field, each in known.items()}
                own = {
                    str(table.baseline.values[at]): baselines[at, column]
                    for at in np.flatnonzero(table.baseline_of == claim)
                }
                roles[role][name] = cell(values, own, against=row.against, learned=row.learned)
        published = row.published.get("published")
        row.published = published if published and not np.isnan(published.value) else None
        vars(row).update({**vars(row.networks[NETWORKS]), **vars(row)})
        every.append(row)
    return every


def percent(share: float) -> str:
    """Formats a share as a percentage; a dash if there is none."""
    return "–" if np.isnan(share) else f"{share:.0%}"


def percents(interval: Estimate) -> str:
    """Formats both ends of an interval of shares as percentages, in parentheses; empty without one."""
    return "" if np.isnan(interval.low) else f"({100 * interval.low:.0f}–{interval.high:.0%})"


def changes(row: Row) -> bool:
    """Whether the verdict on a claim changes during training."""
    return len({each.verdict_at_once for each in row.during.values()}) > 1


def cell(
    values: Mapping[str, Any], baselines: Mapping[str, Any] = {}, *, against: str | None = None, learned: bool = False
) -> Cell:
    """The plain values of a claim and column; see `rows`."""
    present = values["state"] > 0
    number, state = values["number"][present], values["state"][present]
    undefined, diverged, excluded = np.isnan(number), state & DIVERGED > 0, state & EXCLUDED > 0
    shares = [Estimate(*each) for each in values["share"].tolist()]
    bounds, outside = (None if np.isnan(both[0].value) else both for both in (shares[1:3], shares[3:]))
    known = int(values["known"][0])
    return Judged(
        **{name: Estimate(*map(float, values[name])) for name in ("median", "shift", "difference", "at_once")},
        **{name: str(values[name]) for name in ("verdict", "verdict_at_once", "answers")},
        number=number,
        other_number=values["other_number"][values["other_state"] > 0] if against else None,
        share=shares[0],
        bounds=bounds,
        outside=outside,
        known=known,
        counted=int((~undefined).sum()) if against else known,
        met=0 if np.isnan(shares[0].value) else round(shares[0].value * known),
        seeds=len(number),
        diverged=np.flatnonzero(diverged).tolist(),
        unlearned=np.flatnonzero(excluded & ~diverged).tolist(),
        undefined=int((undefined & ~diverged & ~excluded).sum()),
        lacking=int((undefined & ~(diverged & learned) & ~(excluded & ~diverged)).sum()),
        agreement=Agreement(*values["agreement"].tolist()) if "agreement" in values else None,
        redrawn=_redrawn(values.get("redrawn", [np.nan])),
        learners=int((state & UNLEARNED == 0).sum()),
        rank=values["rank"].tolist() if values["rank"][-1] else None,
        value=float(number[0]) if len(number) else np.nan,
        meets=shares[0].value > 0.5,
        baselines={what: Estimate(*map(float, each)) for what, each in baselines.items() if not np.isnan(each[0])},
    )


def _redrawn(values: Any) -> Redrawn | None:
    return None if np.isnan(values[0]) else Redrawn(float(values[0]), int(values[1]), float(values[2]))


def as_text(table: xr.Dataset) -> str:
    """The text of ``claims.json``."""
    known = table.to_dict()
    for name, each in {**known["coords"], **known["data_vars"]}.items():
        each["dtype"] = str(table[name].dtype)
        if table[name].dtype.kind == "f":
            each["data"] = plain(table[name].values)
    return json.dumps(known, allow_nan=False) + "\n"


def read(path: Path | str) -> xr.Dataset:
    """Reads what a study of claims has found.

    Args:
        path: the file ``claims.json`` of a run, such as ``run.folder / "claims.json"``; or ``choices.json``, with a
            claim for every other threshold and number by which the networks were judged.

    Returns:
        A table with the axes ``claim`` and ``column``, whose ``role`` says what a column is for: ``"networks"`` are
        those that the claims are about. Its variables are the ``number`` of each network, also along ``seed``, the
        ``share`` and the ``median`` with their intervals, along ``end``, and the ``verdict``, "" if a column does not
        judge a claim. `lt.claims.rows` has them as plain values.

    Raises:
        OSError: the file does not exist.
        Damaged: the file is not such a table, or was changed after the run had written it.

    Example:
        >>> lt.claims.read("nowhere/claims.json")
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'nowhere/claims.json'
    """
    known = read_json(path := verified(Path(path)))
    with telling_damage(path):
        for each in (*known["coords"].values(), *known["data_vars"].values()):
            shape = [known["dims"][name] for name in each["dims"]]
            each["data"] = np.array(each["data"], each["dtype"]).reshape(shape)
        table = xr.Dataset.from_dict(known)
        rows(table)  # A table of something else lacks a variable.
        return table

"""Variants of networks that the claims of all papers share. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import lstm_toys as lt
from lstm_toys.studies.claims.choices import Change


def changed(**values: Any) -> Change:
    """Networks with other settings."""
    return lambda _, settings: replace(settings, **values)


def longer(_: str, settings: lt.Settings) -> lt.Settings:
    """Three times the steps."""
    return replace(settings, steps=3 * settings.steps)


def fewer(change: Change, share: float = 0.5) -> Change:
    """A variant with this share of the networks, because all of them would take too long."""

    def smaller(name: str, settings: lt.Settings) -> lt.Settings | None:
        made = change(name, settings)
        return made and replace(made, seeds=max(1, int(share * settings.seeds)))

    return smaller

"""Questions to Git about the clone."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


def git(*arguments: str) -> str:
    """The output of a Git command in the clone; empty where it fails."""
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def commit() -> str:
    """The short name of the newest commit; empty outside of a clone."""
    return git("rev-parse", "--short=8", "HEAD")


def edited(*apart: str) -> list[str]:
    """The files that differ from the newest commit, apart from some."""
    lines = git("diff", "--name-only", "HEAD", "--", ".", *(f":(exclude){path}" for path in apart))
    return lines.splitlines()


def last_change(paths: Sequence[str]) -> str:
    """The short name of the newest commit that changed files or folders; empty if none did."""
    return git("log", "-1", "--abbrev=8", "--format=%h", "--", *paths)


def is_before(earlier: str, later: str) -> bool:
    """Whether a commit is an ancestor of another one, or the same."""
    command = ["git", "-C", str(ROOT), "merge-base", "--is-ancestor", earlier, later]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0

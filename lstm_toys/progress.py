"""The progress of a training: a bar on a terminal, plain lines elsewhere."""

import time
from types import TracebackType
from typing import Self

import numpy as np
from jaxtyping import Float
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

LINE_SECONDS = 2.0
"""Time between two plain lines."""


class TrainingProgress:
    """Shows steps, member-steps a second, median loss, diverged seeds and the time left; a `population.Monitor`.

    Args:
        console: where to.
        seeds: number of networks.
        steps: updates of each.
    """

    def __init__(self, console: Console, seeds: int, steps: int) -> None:
        self._console = console
        self._seeds, self._steps = seeds, steps
        self._finished = 0
        self._diverged = 0
        self._first_losses: Float[np.ndarray, " M"] = np.empty(0)
        self._began = self._last_line = time.perf_counter()
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[state]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._row = self._bar.add_task("training", total=seeds * steps, state="compiling")

    def __enter__(self) -> Self:
        self._bar.start()
        if not self._console.is_terminal:
            self._console.print(f"training {self._seeds} networks for {self._steps:,} steps")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, step: int, losses: Float[np.ndarray, " M"]) -> None:
        """Shows where the training is; see `population.Monitor`."""
        now = time.perf_counter()
        if step == 0:
            self._first_losses = losses
            if self._finished == 0:
                self._began = now
            return
        astray = ~(losses <= self._first_losses)
        done = self._finished + step * len(losses)
        rate = done / max(now - self._began, 1e-9)
        fit = losses[~astray]
        state = (
            f"step {step:,}/{self._steps:,} | {rate:,.0f} member-steps/s | "
            f"median loss {np.median(fit) if fit.size else np.nan:.2e} | {self._diverged + astray.sum()} diverged"
        )
        self._bar.update(self._row, completed=done, state=state)
        if step == self._steps:
            self._finished = done
            self._diverged += int(astray.sum())
        total = self._seeds * self._steps
        if not self._console.is_terminal and (done == total or now - self._last_line >= LINE_SECONDS):
            left = f"{(total - done) / rate:,.0f} s left"
            self._console.print(f"{state} | {left}", highlight=False, soft_wrap=True)
            self._last_line = now

"""The progress of trainings: a bar on a terminal, plain lines elsewhere."""

import time
from types import TracebackType

import numpy as np
from jaxtyping import Float
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

LINE_SECONDS = 2.0
"""Time between two plain lines."""


class TrainingProgress:
    """Shows steps, member-steps a second, median loss, diverged seeds and the time left of one training after another.

    It is a `population.Monitor` of the training begun last.

    Args:
        console: where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[state]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )

    def __enter__(self) -> "TrainingProgress":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begin(self, name: str, seeds: int, steps: int) -> None:
        """Announces a training.

        Args:
            name: what is trained.
            seeds: number of networks.
            steps: updates of each.
        """
        self._name, self._steps, self._total = name, steps, seeds * steps
        self._finished = self._diverged = 0
        self._first_losses: Float[np.ndarray, " M"] = np.empty(0)
        self._began = self._last_line = time.perf_counter()
        for row in self._bar.task_ids:
            self._bar.remove_task(row)
        self._row = self._bar.add_task(name, total=self._total, state="compiling")
        self._line(f"{seeds} networks, {steps:,} steps")

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
        if done == self._total or now - self._last_line >= LINE_SECONDS:
            self._line(f"{state} | {(self._total - done) / rate:,.0f} s left")
            self._last_line = now

    def _line(self, text: str) -> None:
        if not self._console.is_terminal:
            self._console.print(f"{self._name}: {text}", highlight=False, soft_wrap=True)

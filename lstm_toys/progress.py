"""The progress of trainings: a bar on a terminal, plain lines elsewhere."""

import time
from types import TracebackType

import numpy as np
from jaxtyping import Bool, Float
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

LINE_SECONDS = 2.0
"""Time between two plain lines."""


class TrainingProgress:
    """Shows steps, member-steps a second, median loss, diverged seeds and the time left of one training after another.

    It is a `population.Monitor` of the training begun last.

    Args:
        console: where to.
        count: of trainings.
    """

    def __init__(self, console: Console, count: int = 1) -> None:
        self._console, self._count, self._begun = console, count, 0
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
        self._begun += 1
        name = name if self._count == 1 else f"{self._begun} of {self._count}: {name}"
        self._name, self._steps, self._total = name, steps, seeds * steps
        self._finished = self._diverged = 0
        self._began: tuple[float, int] | None = None
        self._last_line = time.perf_counter()
        for row in self._bar.task_ids:
            self._bar.remove_task(row)
        self._row = self._bar.add_task(name, total=self._total, state="compiling")
        self.tell(f"{name}: {seeds} networks, {steps:,} steps")

    def __call__(self, step: int, losses: Float[np.ndarray, " M"], sound: Bool[np.ndarray, " M"]) -> None:
        """Shows where the training is; see `population.Monitor`."""
        now = time.perf_counter()
        done = self._finished + step * len(losses)
        if self._began is None:
            self._began = now, done
        elif done > self._began[1]:
            self._show(now, step, done, losses, sound)
        if step == self._steps:
            self._finished = done
            self._diverged += int((~sound).sum())

    def _show(
        self, now: float, step: int, done: int, losses: Float[np.ndarray, " M"], sound: Bool[np.ndarray, " M"]
    ) -> None:
        began, before = self._began or (now, done)
        rate = (done - before) / max(now - began, 1e-9)
        median = f"{np.median(losses[sound]):.2e}" if sound.any() else "–"
        state = (
            f"step {step:,}/{self._steps:,} | {rate:,.0f} member-steps/s | "
            f"median loss {median} | {self._diverged + (~sound).sum()} diverged"
        )
        self._bar.update(self._row, completed=done, state=state)
        if done == self._total or now - self._last_line >= LINE_SECONDS:
            if not self._console.is_terminal:
                self.tell(f"{self._name}: {state} | {(self._total - done) / rate:,.0f} s left")
            self._last_line = now

    def tell(self, text: str) -> None:
        """Prints a line beside the bar."""
        self._console.print(text, highlight=False, soft_wrap=True, markup=False)

"""Command lines that no one should type, on machines that no one should have: what each prints, and how it ends.

Lines are of bash, in an empty folder; every command stands there under its own name, and ``$S`` makes it small.
"""

from typing import NamedTuple


class Row(NamedTuple):
    """A case.

    Attributes:
        line: what is typed.
        code: the exit code.
        says: what is printed, words that follow each other; on standard error, if the code is not 0.
        given: the prepared results that are there before, by name.
        always: it is typed in `make test`, too.
    """

    line: str
    code: int
    says: str = ""
    given: str = ""
    always: bool = False


FULL = "standard output cannot be written:"
NOBODY, TRAINED = "every seed diverged with --learning_rate=1e+30", "train MSE"

FILES = [
    Row("printf 'a\\n5\\n5\\n5\\n' > c.csv; own $O --train=c.csv", 0, "2 of 2 networks"),
    Row("mkdir x; ln -s x results; line $S", 0, TRAINED),
    Row("(ulimit -f 8; JAX_ENABLE_COMPILATION_CACHE=0 line $S)", 1, "File too large"),
]
"""Files and folders that are something else, and what no machine can hold."""

OUTPUT = [
    Row("PYTHONIOENCODING=latin-1 line $S", 0, "0.0261 \\u2026 0.0264", given="line"),
    Row("LC_ALL=C PYTHONUTF8=0 line $S", 0, "train MSE", always=True),
    Row("set -o pipefail; line $S | true; echo $?; ls results/runs/*/metrics.json", 0, "0 results/runs"),
    Row("set -o pipefail; line --help | true", 141, always=True),
    Row("toys help > /dev/full", 1, f"{FULL} No space left on device", always=True),
    Row("sine --help > /dev/full", 1, f"{FULL} No space left on device", always=True),
    Row("toys show > /dev/full", 2, "show: takes RUN; see lstm-toys show --help", always=True),
    Row("toys nowhere 2> /dev/full", 2, always=True),
    Row("line $S --results_dir='a[red]/[/b]/:smile:/$x$ %d {y}'", 0, "a[red]/[/b]/:smile:/$x$ %d {y}/runs/line"),
]
"""Terminals, files and pipes that take little of what is printed."""

ENVIRONMENT = [
    Row("JAX_PLATFORMS=cuda line $S", 2, "JAX does not start as requested by JAX_PLATFORMS=cuda", always=True),
    Row("JAX_ENABLE_X64=maybe line $S", 2, "JAX cannot be imported: invalid truth value 'maybe'", always=True),
    Row("printf 'a\\n1\\n2\\n3\\n2\\n1\\n' > c.csv; JAX_ENABLE_X64=1 own $O --train=c.csv", 0, TRAINED),
    Row("JAX_DISABLE_JIT=1 line $S", 2, "JAX_DISABLE_JIT prevents training; unset it"),
    Row("printf 'savefig.bbox: tight\\ntext.usetex: True' > matplotlibrc; line $S", 0, TRAINED),
    Row("unset JAX_COMPILATION_CACHE_DIR; XDG_CACHE_HOME=/proc/nowhere HOME=/proc/nowhere line $S", 0, TRAINED),
    Row("JAX_ENABLE_X64=1 line $S --no_training", 2, "would be trained", given="line"),
]
"""What the environment asks for and cannot have, or has no say in."""

RUNS = [
    Row(
        "truncate -s 50 results/runs/sine*/parameters.npz; generalization $S $G --restart",
        *(1, "move its folder elsewhere", "generalization"),
    )
]
"""Files of runs that are damaged, gone, or another's."""

MEMORY = [Row("(ulimit -v 300000; line $S)", 1, "out of memory", always=True)]
"""Memory that is not enough to load JAX."""

FEWEST = [
    Row("line $S --seeds=1", 0, "1 of 1 network"),
    Row("line $S --learning_rate=1e30 --on_divergence=stop", 1, "seeds 0, 1 diverged before step"),
    Row("line $S --learning_rate=1e30", 1, f"{NOBODY}; use a smaller one"),
    Row("sweep $S --task=line --grid='learning_rate=0.1 1e30'", 0, "diverged"),
    Row("generalization $S $G --learning_rate=1e30", 1, NOBODY),
    Row(
        "claims --only=line-one-layer --seeds=1",
        0,
        "1 network: with fewer than 6, intervals of medians do not reach 95 %",
    ),
]
"""Statistics of no network, or of so few that an interval says little."""

TYPED = [*FILES, *OUTPUT, *ENVIRONMENT, *RUNS, *MEMORY, *FEWEST]
"""Lines that are typed in a shell."""

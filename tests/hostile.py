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


MEMORY = "GiB of memory"
AGAIN, NOBODY, TRAINED = "--restart runs it again", "every seed diverged with --learning_rate=1e+30", "train MSE"
PLAIN = "PYTHONUTF8=0 LC_ALL=POSIX PYTHONCOERCECLOCALE=0"

FILES = [
    Row("mkfifo f; line $S --cluster=f", 2, "the scheduler file of a Dask scheduler"),
    Row("mkfifo f; claims --answers=sine=f", 2, "flag --answers=sine=f: is not a regular file"),
    Row('n=$(seq -s\' \' 1 200); sweep $S --grid="noise=$n" --grid="learning_rate=$n"', 2, "40,000 settings"),
    Row("printf '\\377\\376' > mine.py; sweep $S --task=mine", 2, "mine"),
    Row("(echo a; yes 0 | head -1000000) > c.csv; generalization $S --seeds=40000 --curve=c.csv", 2, MEMORY),
    Row("printf 'a\\n1\\n2\\n' > c.csv; own $O --train=c.csv --batch=3", 2, "flag --batch=3"),
    Row("printf 'a\\n5\\n5\\n5\\n' > c.csv; own $O --train=c.csv", 0, "2 of 2 networks"),
    Row("touch results; line $S", 1, "flag --results_dir=results: ", always=True),
    Row("mkdir x; ln -s x results; line $S", 0, TRAINED),
    Row("(ulimit -v 4000000; line $S --seeds=20000 --hidden=64 --timesteps=2000)", 2, MEMORY),
    Row("(ulimit -f 8; JAX_ENABLE_COMPILATION_CACHE=0 line $S)", 1, "File too large"),
]
"""Files and folders that are something else, and what no machine can hold."""

OUTPUT = [
    Row("set -o pipefail; line $S | true; echo $?; ls results/runs/*/metrics.json", 0, "0 results/runs"),
    Row("set -o pipefail; line --help | true", 141, always=True),
    Row("PYTHONIOENCODING=ascii line $S", 0, "0.0261 \\u2026 0.0264", given="line"),
    Row(f"{PLAIN} line $S", 0, TRAINED, given="line"),
    Row(f"{PLAIN} line $S --results_dir=übung", 2, "a folder with a valid name"),
    Row("PYTHONIOENCODING=ascii line $S --results_dir=/dev/null/übung", 1, "\\xfcbung"),
    Row("COLUMNS=0 line $S", 0, "0.0261 … 0.0264", given="line"),
    Row("COLUMNS=100000 line $S", 0, "0.0261 … 0.0264", given="line"),
    Row("line $S --results_dir='a[red]/[/b]/:smile:/$x$ %d {y}'", 0, "a[red]/[/b]/:smile:/$x$ %d {y}/runs/line"),
    Row("PYTHONIOENCODING=ascii claims $C --restart --results_dir=results/", 0, "line-one-layer", given="claims"),
    Row('script -qec "$PYTHON -m experiments.line --help" /dev/null > /dev/null', 0),
]
"""Terminals, files and pipes that take little of what is printed."""

ENVIRONMENT = [
    Row("JAX_PLATFORMS=cuda line $S", 2, "JAX does not start as requested by JAX_PLATFORMS=cuda", always=True),
    Row("JAX_PLATFORMS=cuda line $S", 0, "already finished", given="line"),
    Row("JAX_NUM_CPU_DEVICES=0 line $S", 2, "JAX_NUM_CPU_DEVICES=0"),
    Row("JAX_NUM_CPU_DEVICES=7 line $S", 0, "7 x cpu"),
    Row("JAX_DISABLE_JIT=1 line $S", 2, "JAX_DISABLE_JIT prevents training; unset it"),
    Row("JAX_TRANSFER_GUARD=disallow line $S", 2, "Disallowed host-to-device transfer"),
    Row("JAX_DEBUG_NANS=1 line $S", 0, TRAINED),
    Row("XLA_FLAGS=--xla_force_host_platform_device_count=0 line $S", 2, "JAX does not start"),
    Row("MPLBACKEND=nonsense line $S", 0, TRAINED),
    Row("printf 'savefig.bbox: tight\\ntext.usetex: True' > matplotlibrc; line $S", 0, TRAINED),
    Row("JAX_NUMPY_DTYPE_PROMOTION=strict JAX_NUMPY_RANK_PROMOTION=raise line $S --optimizer=adam", 0, TRAINED),
    Row("unset JAX_COMPILATION_CACHE_DIR; XDG_CACHE_HOME=/proc/nowhere HOME=/proc/nowhere line $S", 0, TRAINED),
    Row("env -u HOME MPLCONFIGDIR=\"$PWD\" bash -c 'line $S'", 0, TRAINED),
    Row("unset JAX_COMPILATION_CACHE_DIR; XDG_CACHE_HOME=$PWD/c line $S; ls c/lstm_toys/xla", 0, "jit"),
    Row("PYTHONOPTIMIZE=2 PYTHONWARNINGS=error PYTHONHASHSEED=5 TZ=nonsense LANG=xx line $S", 0, TRAINED),
    Row("JAX_DISABLE_MOST_OPTIMIZATIONS=1 line $S", 0, "in switches", given="line"),
    Row("FLAX_FIX_RNG_SEPARATOR=1 line $S", 0, "switches of JAX changed", given="line"),
    Row("JAX_ENABLE_X64=1 line $S --replot", 2, "there is no finished run to redraw", given="line"),
    Row("JAX_RANDOM_SEED_OFFSET=5 line $S", 0, "differs from run", given="line"),
]
"""What the environment asks for and cannot have, or has no say in."""

RUNS = [
    Row("cd results/runs/*; echo mine > .mine; cd -; line $S; cat results/runs/*/.mine", 0, "mine", given="line"),
    Row("truncate -s 50 results/runs/sweep*/results.nc; sweep $S --task=line --replot", 1, AGAIN, given="sweep"),
    Row(
        "truncate -s 50 results/runs/sine*/parameters.npz; generalization $S $G --restart",
        *(1, "remove its folder", "generalization"),
    ),
]
"""Files of runs that are damaged, gone, or another's."""

CURVE = "printf 'a\\n1\\n2\\n3\\n' > c.csv"
FEWEST = [
    Row("line $S --seeds=1", 0, "1 of 1 network"),
    Row("line $S --learning_rate=1e30 --on_divergence=stop", 1, "seeds 0, 1 diverged before step"),
    Row("line $S --learning_rate=1e30", 1, f"{NOBODY}; use a smaller one"),
    Row("sine $S --train_amplitude=1e-37 --learning_rate=1e-37", 0, "2 of 2 networks"),
    Row("sine $S --train_amplitude=1000000 --optimizer=sgd --learning_rate=1000", 1, "with --train_amplitude=1e+06"),
    Row("sweep $S --task=line --learning_rate=1e30", 1, "every seed of every setting diverged"),
    Row("sweep $S --task=line --grid='learning_rate=0.1 1e30'", 0, "diverged"),
    Row("generalization $S $G --learning_rate=1e30", 1, NOBODY),
    Row("generalization $S --task=slope_intercept --length=20:40:2 --learning_rate=1e30 --optimizer=sgd", 1, NOBODY),
    Row(f"{CURVE}; generalization $S --curve=c.csv --learning_rate=1e30", 1, NOBODY),
    Row(
        "claims --only=line-one-layer --seeds=1",
        0,
        "1 network: with fewer than 6, intervals of medians do not reach 95 %",
    ),
    Row("claims --only=lines-nonlinear,frequency-copied --seeds=1", 0, "lines-nonlinear"),
    Row(
        "(seq -s,y 0 299; seq -s, 300 -1 1 | sed 'p;p;p') | sed 1s/^/y/ > c.csv; generalization $S --curve=c.csv",
        0,
        "the first 6 of 300 curves",
    ),
]
"""Statistics of no network, or of so few that an interval says little."""

TYPED = [*FILES, *OUTPUT, *ENVIRONMENT, *RUNS, *FEWEST]
"""Lines that are typed in a shell."""

"""Command lines that no one should type, on machines that no one should have: what each prints, and how it ends.

Lines are of bash, in an empty folder; every command stands there under its own name, and ``$S`` makes it small.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A case.

    Attributes:
        line: what is typed.
        code: the exit code.
        says: what is printed, words that follow each other; on standard error, if the code is not 0.
        given: the prepared results that are there before, by name.
        changes: files of them that the line itself may change, patterns; all others are as they were.
        lines: on standard error, if not one for a code other than 0, and none for 0.
    """

    line: str
    code: int
    says: str = ""
    given: str = ""
    changes: tuple[str, ...] = ()
    lines: int | None = None


LINE, CLAIMS = ("results/runs/line*/*",), ("results/runs/claims*/*",)

NUMBERS = [
    Row("line $S --seeds=1_6", 2, "flag --seeds=1_6: takes a whole number"),
    Row("line $S --seeds=３", 2, "takes a whole number"),
    Row("line $S --seeds=' 4'", 2, "takes a whole number"),
    Row("line $S --seeds=4,5", 2, "takes a whole number"),
    Row("hill $S --learning_rate=1_0.5", 2, "takes a finite number above 0"),
    Row("sine $S --optimizer=momentum --momentum=0.99999999999", 2, "but not including 1 (in single precision)"),
    Row("sine $S --optimizer=rmsprop --decay=0.99999999999", 2, "flag --decay=0.99999999999"),
    Row("sine $S --train_amplitude=1e38", 2, "takes a number from -1,000,000 to 1,000,000"),
    Row("hill_y $S --hidden=1_0", 2, "whole numbers from 1"),
    Row("amplitude $S --keep_steps=5,3", 2, "ascending"),
    Row("amplitude $S --keep_steps=20", 2, "20 is not before the last step of --steps=20"),
    Row("recipe --seeds=1", 2, "takes a whole number from 2"),
    Row("timeline --seeds=15", 2, "takes a whole number from 16"),
    Row("generalization $S --amplitude=0.1:1:1_0", 2, "takes low:high:count"),
    Row("generalization $S --length=5", 2, "flag --length"),
    Row("dynamics $S --inputs=1:0:5", 2, "low:high:count"),
    Row("dynamics $S --inputs=0:1:1e5", 2, "at most 1,000"),
    Row("dynamics $S --starts=1", 2, "takes a whole number from 2"),
    Row("dynamics $S --weight_scale=-1", 2, "takes a finite number above 0"),
    Row("explained --seeds=5", 2, "takes a whole number from 6"),
]
"""Numbers that none are, or that mean something else in single precision."""

FLAGS = [
    Row("line $S --nonsense", 2, "Unknown command line flag 'nonsense'; --help lists the flags"),
    Row("hill $S 5", 2, "unexpected argument '5'"),
    Row("line $S --cell=json:dumps", 2, "json"),
    Row("line $S --figure_format=jpg", 2, "takes one of png, svg, pdf"),
    Row("line $S --cluster=local:0", 2, "takes local:N"),
    Row("sweep $S --task=line --cluster=local:1e4", 2, "takes local:N"),
    Row("claims $S --only=line-one-layer --cluster=tcp://", 2, "takes local:N"),
    Row("generalization $S --task=line --cluster=http://here:80", 2, "takes local:N"),
    Row("line $S --cluster=nowhere.json", 2, "the scheduler file of a Dask scheduler"),
    Row("echo '{}' > s.json; line $S --cluster=s.json", 2, "flag --cluster=s.json"),
    Row("line $S --cluster=tcp://127.0.0.1:1", 2, "no scheduler can be reached"),
    Row("mkfifo f; line $S --cluster=f", 2, "the scheduler file of a Dask scheduler"),
    Row("mkfifo f; claims --answers=sine=f", 2, "flag --answers=sine=f: is not a regular file"),
    Row("mkdir results; touch results/line; line $S --publish", 1, "Not a directory: results/line"),
    Row("head -c 300 /dev/urandom > bytes.flags; line --flagfile=bytes.flags", 2, "bytes.flags"),
    Row("echo --flagfile=a.flags > a.flags; line $S --flagfile=a.flags", 2, "a.flags: is read within itself"),
    Row("mkfifo f; line $S --flagfile=f", 2, "flag --flagfile=f: is not a regular file"),
    Row("line $S --flagfile=/dev/zero", 2, "flag --flagfile=/dev/zero: is not a regular file"),
    Row("all $S --train_amplitude=1", 2, "Unknown command line flag"),
    Row(
        "sweep $S --grid=\"noise=$(seq -s' ' 1 200)\" --grid=\"learning_rate=$(seq -s' ' 1 200)\"", 2, "40,000 settings"
    ),
    Row("toys nonsense", 2, "unknown command 'nonsense'"),
]
"""Flags that are none, contradict each other, or have no effect."""

MODULES = [
    Row("sweep $S --task=nowhere", 2, "no module named nowhere"),
    Row("generalization $S --task=json", 2, "json"),
    Row("printf '\\377\\376' > mine.py; sweep $S --task=mine", 2, "mine"),
    Row("echo 'raise SystemExit' > mine.py; claims --claims=mine", 2, "mine"),
    Row("echo 'CLAIMS = 3' > mine.py; claims --claims=mine", 2, "mine"),
]
"""Modules of one's own that cannot be had."""

CURVES = [
    Row("generalization $S --curve=nowhere.csv", 2, "No such file or directory"),
    Row("printf '1e30\\n1\\n2\\n' > c.csv; generalization $S --curve=c.csv", 2, "exceeds 1e+06 in size"),
    Row("generalization $S --curve=.", 2, "Is a directory"),
    Row("mkfifo c.csv; generalization $S --curve=c.csv", 2, "is not a regular file"),
    Row("generalization $S --curve=/dev/zero", 2, "is not a regular file"),
    Row("generalization $S --curve=/dev/stdin < /dev/null", 2, "is not a regular file"),
    Row(
        "printf 'x,y\\n0,1\\n2,1\\n3,1\\n' > c.csv; generalization $S --curve=c.csv",
        2,
        "time points must be evenly spaced",
    ),
    Row("printf 'x,y\\n0,1\\n1,1\\n2,1\\n' > c.csv; generalization $S --curve=c.csv", 2, "apart, and those"),
    Row("printf 'a\\0b\\n1\\n2\\n' > c.csv; generalization $S --curve=c.csv", 2, "NUL bytes"),
    Row("printf 'a;a\\n1;2\\n2;3\\n' > c.csv; generalization $S --curve=c.csv", 2, "c.csv"),
    Row("touch c.csv; chmod 0 c.csv; generalization $S --curve=c.csv", 2, "c.csv"),
    Row(
        "printf 'a\\n1\\n2\\n' > c.csv; generalization $S --curve=c.csv --amplitude=1", 2, "has no effect with --curve"
    ),
    Row("seq 1000000 | sed 's/.*/0/' > c.csv; generalization $S --seeds=40000 --curve=c.csv", 2, "GiB of memory"),
    Row("printf 'a\\n1\\n2\\n' > c.csv; own $O --train=c.csv --train=c.csv", 2, "two files have the same name"),
    Row("printf 'a\\n1\\n2\\n' > c.csv; own $O --train=c.csv --batch=3", 2, "flag --batch=3"),
    Row("printf 'a\\n1\\n2\\n' > c.csv; own $O --train=c.csv --targets=nowhere.csv", 2, "nowhere.csv"),
    Row("printf 'a\\n5\\n5\\n5\\n' > c.csv; own $O --train=c.csv", 0, "2 of 2 networks"),
]
"""Files of curves that there are none in."""

OUTPUT = [
    Row("line $S >&-", 0, given="line"),
    Row("line --help > /dev/full", 1, "standard output: No space left on device"),
    Row("line --nonsense 2> /dev/full", 2, lines=0),
    Row("line --nonsense 2>&-", 2, lines=0),
    Row("line --nonsense >&- 2>&-", 2, lines=0),
    Row("line $S > /dev/full", 1, "standard output: No space left on device", given="line"),
    Row("line $S --quiet > /dev/full", 1, "standard output: No space left on device", given="line"),
    Row("line $S --quiet >&-", 0, given="line"),
    Row("line --help >&-", 0),
    Row("line $S <&- >&- 2>&-", 0, lines=0),
    Row("set -o pipefail; line $S | true", 141, given="line", lines=0),
    Row("PYTHONIOENCODING=ascii line $S", 0, "0.0261 - 0.0264", given="line"),
    Row("PYTHONIOENCODING=latin-1 line $S", 0, "train MSE", given="line"),
    Row("PYTHONUTF8=0 LC_ALL=POSIX line $S", 0, "train MSE", given="line"),
    Row("PYTHONUTF8=0 LC_ALL=POSIX PYTHONCOERCECLOCALE=0 line $S", 0, "train MSE", given="line"),
    Row("PYTHONUTF8=0 LC_ALL=POSIX PYTHONCOERCECLOCALE=0 line $S --results_dir=übung", 2, "a folder with a valid name"),
    Row("PYTHONIOENCODING=ascii line $S --results_dir=/dev/null/übung", 1, "\\xfcbung"),
    Row("COLUMNS=0 line $S", 0, "0.0261 … 0.0264", given="line"),
    Row("COLUMNS=1 line $S", 0, "0.0261 … 0.0264", given="line"),
    Row("COLUMNS=-5 line $S", 0, "0.0261 … 0.0264", given="line"),
    Row("COLUMNS=100000 line $S", 0, "0.0261 … 0.0264", given="line"),
    Row("LINES=0 TERM=dumb line $S", 0, "0.0261 … 0.0264", given="line"),
    Row("FORCE_COLOR=1 line $S", 0, "train MSE", given="line"),
    Row("NO_COLOR=1 TERM=nonsense line $S", 0, "0.0261 … 0.0264", given="line"),
    Row("line $S --results_dir='x/a[/b]'", 0, "x/a[/b]/runs/line"),
    Row("line $S --results_dir='a[red]' --quiet", 0),
    Row("line $S --results_dir=':smile:'", 0, ":smile:/runs/line"),
    Row("line $S --results_dir='$x$ %d {y}'", 0, "$x$ %d {y}/runs/line"),
    Row("PYTHONIOENCODING=ascii claims $C", 0, "line-one-layer", given="claims"),
    Row("PYTHONIOENCODING=ascii claims $C --restart", 0, "line-one-layer", given="claims", changes=CLAIMS),
    Row("PYTHONIOENCODING=ascii sweep $S --task=line", 0, "1 setting,", given="sweep"),
    Row("sweep $S --task=line >&-", 0, given="sweep"),
    Row("COLUMNS=0 sweep $S --task=line", 0, "train MSE", given="sweep"),
    Row("PYTHONIOENCODING=ascii generalization $S $G", 0, "generalization of 2 of 2", given="generalization"),
    Row("generalization $S $G > /dev/full", 1, "No space left on device", given="generalization"),
    Row("PYTHONIOENCODING=ascii toys", 0, "usage: lstm-toys NAME"),
    Row("toys --help >&-", 0),
    Row("toys nonsense 2> /dev/full", 2, lines=0),
    Row('script -qec "$PYTHON -m experiments.line --help" /dev/null > /dev/null', 0),
]
"""Terminals, files and pipes that take little or nothing of what is printed."""

ENVIRONMENT = [
    Row("JAX_PLATFORMS=cuda line $S", 2, "JAX finds no device as requested by JAX_PLATFORMS=cuda"),
    Row("JAX_DISABLE_JIT=1 line $S", 2, "JAX_DISABLE_JIT=True prevents training"),
    Row("XLA_FLAGS=nonsense line $S", 2, "XLA_FLAGS=nonsense: give the flags themselves"),
    Row("JAX_PLATFORMS=nonsense line $S", 2, "JAX_PLATFORMS=nonsense"),
    Row("JAX_NUM_CPU_DEVICES=0 line $S", 2, "JAX_NUM_CPU_DEVICES=0"),
    Row("JAX_NUM_CPU_DEVICES=x line $S", 2, "JAX cannot be loaded"),
    Row("JAX_NUM_CPU_DEVICES=7 line $S", 0, "7 x cpu"),
    Row("JAX_ENABLE_X64=maybe line $S", 2, "JAX_ENABLE_X64"),
    Row("JAX_DEFAULT_MATMUL_PRECISION=nonsense line $S", 2, "JAX cannot be loaded"),
    Row("JAX_DEFAULT_DEVICE=gpu line $S", 2, "JAX_DEFAULT_DEVICE=gpu"),
    Row("JAX_TRANSFER_GUARD=disallow line $S", 2, "curves and answers must be transferred"),
    Row("JAX_TRANSFER_GUARD=log line $S --results_dir=/proc/x", 1, "flag --results_dir=/proc/x"),
    Row("JAX_TRANSFER_GUARD=nonsense line $S", 2, "JAX cannot be loaded"),
    Row("JAX_DEBUG_NANS=1 line $S", 2, "a diverging seed must not end the run"),
    Row("JAX_DEBUG_INFS=1 line $S", 2, "a diverging seed must not end the run"),
    Row("XLA_FLAGS=--xla_nonsense=1 line $S", 2, "Unknown flag in XLA_FLAGS: --xla_nonsense=1"),
    Row("XLA_FLAGS=--xla_cpu_enable_fast_math=maybe line $S", 2, "Couldn't interpret value maybe"),
    Row("XLA_FLAGS=--xla_force_host_platform_device_count=0 line $S", 2, "JAX finds no device"),
    Row("XLA_FLAGS=--xla_force_host_platform_device_count=3 line $S", 0, "3 x cpu"),
    Row("MPLBACKEND=nonsense line $S", 0, "train MSE"),
    Row("MPLBACKEND=TkAgg line $S --replot", 0, "redrawn", given="line", changes=LINE),
    Row("mkdir rc; echo 'savefig.bbox: tight' > rc/matplotlibrc; MATPLOTLIBRC=$PWD/rc line $S", 0, "train MSE"),
    Row("mkdir rc; echo 'text.usetex: True' > rc/matplotlibrc; MATPLOTLIBRC=$PWD/rc line $S", 0, "train MSE"),
    Row("JAX_NUMPY_DTYPE_PROMOTION=strict line $S --optimizer=adam --learning_rate=0.01", 0, "train MSE"),
    Row("JAX_NUMPY_RANK_PROMOTION=raise line $S", 0, "train MSE"),
    Row("JAX_ENABLE_COMPILATION_CACHE=0 line $S", 0, "train MSE"),
    Row("unset JAX_COMPILATION_CACHE_DIR; XDG_CACHE_HOME=/proc/nowhere line $S", 0, "train MSE"),
    Row("unset JAX_COMPILATION_CACHE_DIR; HOME=/proc/nowhere line $S", 0, "train MSE"),
    Row("env -u HOME MPLCONFIGDIR=\"$PWD\" bash -c 'line $S'", 0, "train MSE"),
    Row("unset JAX_COMPILATION_CACHE_DIR; XDG_CACHE_HOME=$PWD/c line $S; ls c/lstm_toys/xla", 0, "jit"),
    Row("PYTHONOPTIMIZE=2 line $S", 0, "train MSE"),
    Row("PYTHONWARNINGS=error line $S", 0, "train MSE"),
    Row("PYTHONHASHSEED=5 TZ=nonsense LANG=xx line $S", 0, "train MSE"),
    Row("JAX_PLATFORMS=cuda sweep $S --task=line", 2, "JAX finds no device"),
    Row("JAX_PLATFORMS=cuda generalization $S", 2, "JAX finds no device"),
    Row("JAX_PLATFORMS=cuda claims $C", 2, "JAX finds no device"),
    Row("JAX_PLATFORMS=cuda recipe --seeds=2", 2, "JAX finds no device"),
    Row("JAX_PLATFORMS=cuda all $S", 2, "JAX finds no device"),
    Row("JAX_PLATFORMS=cuda line $S", 0, "already finished", given="line"),
    Row("JAX_DEBUG_NANS=1 claims $C", 0, "line-one-layer", given="claims"),
    Row("JAX_DISABLE_MOST_OPTIMIZATIONS=1 line $S", 0, "in switches", given="line"),
    Row("FLAX_FIX_RNG_SEPARATOR=1 line $S", 0, "switches of JAX changed", given="line"),
    Row("JAX_VERSION=0 line $S", 0, "already finished", given="line"),
    Row("JAX_ENABLE_X64=1 line $S --replot", 2, "there is no finished run to redraw", given="line"),
    Row("JAX_RANDOM_SEED_OFFSET=5 line $S", 0, "differs from run", given="line"),
]
"""What the environment asks for and cannot have, or has no say in."""

FOLDERS = [
    Row("touch results; line $S", 1, "flag --results_dir=results: "),
    Row("line $S --results_dir=/proc/nowhere", 1, "flag --results_dir=/proc/nowhere"),
    Row("ln -s nowhere results; line $S", 1, "flag --results_dir=results"),
    Row("mkdir x; ln -s x results; line $S", 0, "train MSE"),
    Row("mkdir results; touch results/runs; line $S", 1, "flag --results_dir=results"),
    Row("touch results; sweep $S --task=line", 1, "flag --results_dir=results"),
    Row("touch results; generalization $S", 1, "flag --results_dir=results"),
    Row("touch results; claims $C", 1, "flag --results_dir=results"),
    Row("touch results; own $O --train=<(echo)", 2, "is not a regular file"),
    Row("touch results/line; line $S --publish", 1, "results/line", given="line"),
]
"""Folders that cannot hold results."""

RUNS = [
    Row("echo > results/runs/*/metrics.json; line $S", 1, "--restart runs it again", given="line"),
    Row("truncate -s 100 results/runs/*/results.nc; line $S --replot", 1, "--restart runs it again", given="line"),
    Row("rm results/runs/*/results.nc; line $S --replot", 2, "there is no finished run to redraw", given="line"),
    Row("rm results/runs/*/line.png; line $S", 0, "redrawn", given="line", changes=LINE),
    Row("rm results/runs/*/config.json; line $S", 0, "already finished", given="line"),
    Row("echo '{}' > results/runs/*/config.json; line $S", 0, "already finished", given="line"),
    Row("echo '[' > results/runs/*/config.json; line $S --restart", 0, "train MSE", given="line"),
    Row('echo \'{"seeds": "x"}\' > results/runs/*/metrics.json; line $S', 1, "--restart runs it again", given="line"),
    Row(
        "R=$(echo results/runs/*); rm $R/metrics.json; mkdir $R/metrics.json; line $S", 1, "metrics.json", given="line"
    ),
    Row(
        "echo mine > results/runs/$(ls results/runs)/.mynotes; line $S; cat results/runs/*/.mynotes",
        0,
        "mine",
        given="line",
    ),
    Row(
        "truncate -s 50 results/runs/sweep*/results.nc; sweep $S --task=line --replot",
        1,
        "--restart runs it again",
        given="sweep",
    ),
    Row("rm results/runs/sweep*/results.nc; sweep $S --task=line --replot", 2, "no finished run", given="sweep"),
    Row(
        "truncate -s 50 results/runs/generalization*/results.nc; generalization $S $G --replot",
        1,
        "--restart",
        given="generalization",
    ),
    Row(
        "truncate -s 50 results/runs/sine*/parameters.npz; generalization $S $G --restart",
        1,
        "remove its folder",
        given="generalization",
    ),
    Row("rm results/runs/claims*/claims.md; claims $C", 0, "is missing", given="claims", changes=CLAIMS),
    Row("echo x > results/runs/*/config.json; line $S --publish", 0, "published in results/line", given="line"),
    Row(
        "mkdir results/line; echo mine > results/line/loss.png; line $S --publish",
        1,
        "changed since they were published, or not published",
        given="line",
    ),
    Row("mkdir results/line; echo x > results/line/manifest.json; line $S --publish", 1, "manifest.json", given="line"),
    Row("line $S --publish; echo x >> results/line/loss.png; line $S --publish", 1, "changed since", given="line"),
]
"""Files of runs that are damaged, gone, or another's."""

EARLY = [
    Row("line $S --seeds=2000000000", 2, "GiB of memory"),
    Row("line $S --hidden=1000000", 2, "GiB of memory"),
    Row("all $S --seeds=1000000000", 2, "GiB of memory"),
    Row("sweep $S --grid='noise=0 0.1' --seeds=1000000000", 2, "GiB of memory"),
    Row("sweep --seeds=2 --steps=20 --timesteps=20 --grid='hidden=4 1000000'", 2, "GiB of memory"),
    Row("generalization $S --amplitude=0.1:1:100000 --frequency=1:64:100000", 2, "GiB"),
    Row("generalization $S --seeds=1000000000", 2, "GiB of memory"),
    Row("generalization $S --length=100:100000:1000 --seeds=100000", 2, "GiB"),
    Row("claims --seeds=1000000000 --only=line-one-layer", 2, "GiB of memory"),
    Row("recipe --seeds=1000000000", 2, "GiB of memory"),
    Row("(ulimit -v 4000000; line $S --seeds=20000 --hidden=64 --timesteps=2000)", 2, "GiB of memory"),
    Row("(ulimit -f 8; line $S)", 1, "File too large"),
]
"""What no machine can hold, told before anything is trained."""

NOBODY = [
    Row("line $S --seeds=1", 0, "1 of 1 network"),
    Row("line $S --learning_rate=1e30 --on_divergence=stop", 1, "seeds 0, 1 diverged before step"),
    Row("line $S --steps=0", 0, "2 of 2 networks after 0 steps"),
    Row("line $S --learning_rate=1e30", 1, "every seed diverged with --learning_rate=1e+30; use a smaller one"),
    Row("sine $S --learning_rate=1e30", 1, "every seed diverged"),
    Row("hill $S --learning_rate=1e30 --hidden=4,4", 1, "every seed diverged"),
    Row("hill_y $S --learning_rate=1e30", 1, "every seed diverged"),
    Row("amplitude $S --learning_rate=1e30 --optimizer=sgd", 1, "every seed diverged"),
    Row("slope_intercept $S --learning_rate=1e30 --optimizer=sgd", 1, "every seed diverged"),
    Row("line $S --seeds=3", 0, "3 networks: with fewer than 6, intervals of medians do not reach 95 %"),
    Row("all $S --seeds=1 --steps=2", 0, "every experiment, 1 seed"),
    Row("sine $S --noise=1e38", 0, "2 of 2 networks"),
    Row("line $S --learning_rate=1e-37", 0, "2 of 2 networks"),
    Row("sine $S --train_amplitude=1e-37", 0, "2 of 2 networks"),
    Row("sine $S --train_amplitude=0", 0, "2 of 2 networks"),
    Row("sine $S --train_amplitude=1000000 --optimizer=sgd --learning_rate=1000", 1, "with --train_amplitude=1e+06"),
    Row("sweep $S --task=line --seeds=1", 0, "1 network: with fewer than 6, intervals"),
    Row("sweep $S --task=line --learning_rate=1e30", 1, "every seed of every setting diverged"),
    Row("sweep $S --task=line --grid='learning_rate=0.1 1e30'", 0, "diverged"),
    Row("generalization $S $G --learning_rate=1e30", 1, "every seed diverged"),
    Row("generalization $S $G --seeds=1", 0, "1 network: with fewer than 6, intervals"),
    Row(
        "generalization --task=slope_intercept --seeds=2 --steps=4 --timesteps=12 --learning_rate=1e30 --slope=0:1:3 "
        "--intercept=0:1:3 --length=12:20:2 --spacing=0.05 --optimizer=sgd",
        1,
        "every seed diverged",
    ),
    Row(
        "printf 'a\\n1\\n2\\n3\\n' > c.csv; generalization $S --curve=c.csv --learning_rate=1e30",
        1,
        "every seed diverged",
    ),
    Row(
        "printf 'a\\n1\\n2\\n3\\n' > c.csv; generalization $S --curve=c.csv --seeds=1",
        0,
        "1 network: with fewer than 6",
    ),
    Row("claims --only=line-one-layer --seeds=1", 0, "1 network: with"),
    Row("claims $C", 0, "2 networks: with fewer than 6", given="claims"),
    Row("claims --only=hill-y-longer --seeds=3", 0, "3 networks: with fewer than 6"),
    Row("claims --only=lines-nonlinear,frequency-copied --seeds=1", 0, "lines-nonlinear"),
    Row("printf 'a\\n1\\n2\\n3\\n' > c.csv; own $O --train=c.csv --learning_rate=1e30", 1, "every seed diverged"),
    Row("printf 'a\\n1\\n2\\n3\\n' > c.csv; own $O --train=c.csv --seeds=1 --ask=next", 0, "1 of 1 network"),
    Row(
        '$PYTHON -c \'print(",".join(f"c{k}" for k in range(300)));[print(",".join([str(t / 30)] * 300)) for t in '
        "range(30)]' > c.csv; generalization $S --curve=c.csv",
        0,
        "the first 6 of 300 curves",
    ),
]
"""Statistics of no network, or of so few that an interval says little."""

KINDS = {
    "numbers": NUMBERS,
    "flags": FLAGS,
    "modules": MODULES,
    "curves": CURVES,
    "output": OUTPUT,
    "environment": ENVIRONMENT,
    "folders": FOLDERS,
    "runs": RUNS,
    "early": EARLY,
    "nobody": NOBODY,
}

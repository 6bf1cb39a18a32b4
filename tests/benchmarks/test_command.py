"""A wrong command line is told in one line."""

import pytest

from benchmarks import command


@pytest.mark.parametrize("flag", ["--peer", "--quick=maybe", "stray", "--output="])
def test_a_wrong_flag_is_named(flag, tmp_path, capsys):
    with pytest.raises(SystemExit, match=r"^2$"):
        command.read("Measures.", "benchmarks.some", "peers", "quick", arguments=[f"--output={tmp_path}", flag])
    (told,) = capsys.readouterr().err.splitlines()
    assert flag.strip("-").split("=")[0] in told

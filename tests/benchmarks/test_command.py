"""A wrong command line is told in one line."""

import pytest

from benchmarks import command


@pytest.mark.parametrize("flag", ["--peer", "--quick=maybe", "stray", "--output="])
def test_a_wrong_flag_is_named(flag, tmp_path):
    with pytest.raises(command.Bad) as error:
        command.parse([f"--output={tmp_path}", flag], "peers", "quick")
    assert "\n" not in str(error.value)
    assert flag.strip("-").split("=")[0] in str(error.value)

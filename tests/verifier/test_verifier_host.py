"""The Rust unit tests on this machine: comparing with a modulus, primality."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LEAST_TESTS = 3


def test_cargo_test_passes() -> None:
    cargo = shutil.which("cargo")
    if cargo is None:
        pytest.skip("cargo is not on PATH: run `make tools`")
    environment = {**os.environ, "CARGO_TARGET_DIR": str(REPOSITORY / "programs" / "build" / ".build" / "target-host")}
    command = [cargo, "test", "--quiet", "--locked", "--package", "verifier"]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = sum(int(count) for count in re.findall(r"test result: ok\. (\d+) passed", done.stdout))
    assert passed >= LEAST_TESTS

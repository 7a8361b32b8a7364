"""The package as people install it: no checkout around it."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out), str(REPOSITORY)]
    subprocess.run(command, check=True, capture_output=True)
    folder = out / "installed"
    with zipfile.ZipFile(next(out.glob("*.whl"))) as wheel:
        wheel.extractall(folder)
    return folder


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "import mai; print(mai.__file__); from mai.cli.main import main; main()"
    environment = {name: value for name, value in os.environ.items() if name != "MAI_PROGRAMS_OUT"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=installed.parent,
        env={**environment, "PYTHONPATH": str(installed)},
        timeout=300,
        check=False,
    )


def test_the_demo_runs_from_a_wheel(installed: Path) -> None:
    done = run(installed, "demo", "--output", "json")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.strip().splitlines()
    assert lines[0].startswith(str(installed))
    assert json.loads(lines[-1])["prediction"] == 7


def test_the_wheel_has_every_python_file_of_the_program(installed: Path) -> None:
    folders = REPOSITORY / "programs" / "mai", installed / "mai" / "program" / "source"
    sources, packed = ({p.relative_to(f): p.read_text() for p in f.rglob("*.py")} for f in folders)
    assert packed == sources
    assert Path("instructions/genesis.py") in sources


def test_the_wheel_has_the_signing_page(installed: Path) -> None:
    page = Path("mai") / "wallet" / "browser"
    for name in ("page.html", "page.css", "page.js", "wallets.js"):
        assert (installed / page / name).read_bytes() == (REPOSITORY / "client" / page / name).read_bytes()


def test_building_programs_asks_for_a_checkout(installed: Path) -> None:
    done = run(installed, "program", "build")
    assert done.returncode == 1
    assert "git checkout" in done.stderr
    assert "Traceback" not in done.stderr

"""A home of its own for every test: no wallet or setting of whoever runs the tests is ever touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mai.cli import settings
from mai.cli.main import app
from typer.testing import CliRunner

Run = Callable[..., Any]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home with neither settings nor wallets."""
    for name in ("URL", "KEYPAIR", "COMMITMENT", "CONFIG", "FEE_PAYER", "PRIORITY_FEE"):
        monkeypatch.delenv(f"MAI_{name}", raising=False)
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("MAI_CONFIG_DIR", str(folder / "mai"))
    solana = folder / ".config" / "solana"
    monkeypatch.setattr(settings, "CONFIG_FILE", solana / "cli" / "config.yml")
    monkeypatch.setitem(settings.DEFAULTS, "keypair", str(solana / "id.json"))
    monkeypatch.setattr("mai.cli.wallet.DEFAULT_KEYPAIR", solana / "id.json")
    return folder


@pytest.fixture
def run(home: Path) -> Run:
    """A command's output; its failure is raised as the command raises it."""

    def command(*words: object, stdin: str | None = None) -> str:
        result = CliRunner().invoke(app, [str(word) for word in words], input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return command

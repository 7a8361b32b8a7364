"""Opening a page whose address is a secret: a browser's command line can be read by every user of the machine."""

from __future__ import annotations

import contextlib
import html
import os
import tempfile
import webbrowser
from pathlib import Path

_PAGE = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={url}"><title>MAI</title>'


class Opened:
    """A page that was opened by way of a file that only its owner can read."""

    def __init__(self, url: str) -> None:
        """Nothing happens where there is no browser: the address was printed, too."""
        handle, name = tempfile.mkstemp(prefix="mai-", suffix=".html")  # 0600
        self._file = Path(name)
        with os.fdopen(handle, "w") as file:
            file.write(_PAGE.format(url=html.escape(url, quote=True)))
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(self._file.as_uri())

    def close(self) -> None:
        """Remove the file."""
        self._file.unlink(missing_ok=True)

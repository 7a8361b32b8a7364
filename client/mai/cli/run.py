"""How every command ends: a failure is one sentence on standard error and a non-zero exit."""

from __future__ import annotations

import sys
from collections.abc import Callable

from mai_build.errors import BuildError
from mai_zk.errors import ZkError

from mai.errors import MaiError

INTERRUPTED = 130


def run(command: Callable[[], object]) -> None:
    """Run a command line and leave with its exit code."""
    try:
        command()
    except (MaiError, ZkError, BuildError) as error:
        print(f"mai: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("mai: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)

"""The command `threekit`."""

from __future__ import annotations

import sys

__all__ = ("main",)


def main() -> None:
    """Run the command, or say what is missing."""
    try:
        from .commands import threekit

        threekit()
    except ModuleNotFoundError as error:
        if error.name not in {"click", "rich"}:
            raise
        sys.exit(
            f"threekit: the command line needs {error.name}. "
            "Install it with: pip install 'threekit-async[cli]'"
        )

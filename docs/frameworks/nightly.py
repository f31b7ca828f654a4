"""Fetch every published render into a folder: a script for cron, a timer or a queue's worker.

Run it with `python nightly.py renders`; `THREEKIT_TOKEN` and `THREEKIT_ORG_ID` are in the
environment. Run again, it asks only for what is new or was left unfinished.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from threekit_async import Threekit, ThreekitError

logger = logging.getLogger("nightly")


def fetch(folder: Path) -> None:
    with Threekit.from_env() as tk:
        published = tk.layers.list(branch="published")
        report = tk.layers.download_all(published, to=folder, name="{asset_id}/{id}.{ext}")
    logger.info("%s", report.table())
    report.raise_for_failures()


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when everything is there, 1 when the next run has something left to do."""
    parser = argparse.ArgumentParser(description="Fetch every published render.")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(arguments).folder
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        fetch(folder)
    except ThreekitError as error:
        logger.error("%s", error)  # noqa: TRY400  # the sentence says it all
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

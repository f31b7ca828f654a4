"""What a run printed: the files ``stdout`` and ``stderr`` before its results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.engine.results import LOGS, keep_file

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State


def log_files(state: State, task: Record, failure: str | None) -> list[Record]:
    """Store both logs of a run and return their records."""
    texts = (f"{task['type']}: {task['title']}\n", "" if failure is None else f"{failure}\n")
    return [
        keep_file(state, task, text.encode(), filename=name, mime_type="text/plain")
        for name, text in zip(LOGS, texts, strict=True)
    ]

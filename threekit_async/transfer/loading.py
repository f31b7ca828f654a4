"""From the lines of a manifest to what they say all together."""

from __future__ import annotations

from .entries import Entry, Gone, Header, Mark
from .index import Index, row
from .manifest import Manifest

__all__ = ("load",)


def load(manifest: Manifest, index: Index, *, template: str, sure: bool) -> None:
    """Bring the state that the lines of a manifest describe into the index; blocking.

    :param template: entries under it are this run's own.
    :param sure: of all entries, whether a mark covers them or not.
    :raises DownloadError: as `Manifest.lines` does.
    """
    mine, begin = False, 0
    for end, line in manifest.lines():
        if isinstance(line, Entry):
            index.put(row(line, at=end, mine=mine, sure=sure))
        elif isinstance(line, Header):
            mine = line.template == template
        elif line is not None:
            _apply(line, index, begin)
        begin = end


def _apply(line: Gone | Mark, index: Index, begin: int) -> None:
    if isinstance(line, Gone):
        index.drop(line.name)
    elif line.until <= begin:
        # What covers more than was there when it was written is no mark of ours.
        index.vouch(line.since, line.until)

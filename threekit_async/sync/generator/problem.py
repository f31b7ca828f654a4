"""What the generator cannot carry over, and where it stands."""

from __future__ import annotations

from attrs import evolve, frozen

__all__ = ("Place", "Problem")


class Problem(Exception):  # noqa: N818  # read by people at a terminal
    """A construct that cannot be carried over."""


@frozen
class Place:
    """A place in the sources: `services/layers.py: Layers.get`."""

    path: str
    owner: str = ""
    name: str = ""

    def of(self, name: str) -> Place:
        """Name a member of the class."""
        return evolve(self, name=name)

    def problem(self, says: str) -> Problem:
        """Make the problem: a sentence that begins with the place."""
        return Problem(f"{self} {says}")

    def __str__(self) -> str:
        inside = f"{self.owner}.{self.name}" if self.name else self.owner
        return f"{self.path}: {inside}" if inside else f"{self.path}:"

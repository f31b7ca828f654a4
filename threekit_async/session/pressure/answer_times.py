"""How long answers take, and how long is usual for their kind. Pure."""

from __future__ import annotations

from attrs import frozen

__all__ = ("AnswerTimes", "Comparison")

# So many answers tell how slow the server is; so many of a kind what is usual for it.
_ENOUGH, _ENOUGH_OF_A_KIND = 16, 4
# How fast the usual time follows answers that are slower, and those that are quicker.
_FORGET, _LEARN = 0.02, 0.5
_MOST_KINDS = 64


@frozen
class Comparison:
    """How long the answers of a round took on average, and how long is usual for such a mix."""

    mean: float
    usual: float

    @property
    def slowness(self) -> float:
        """How many times as long as usual it took."""
        return self.mean / max(self.usual, 1e-9)


class AnswerTimes:
    """What is usual for each kind: a minimum of the rounds' means, slowly forgotten."""

    __slots__ = ("_count", "_round", "_usual")

    def __init__(self) -> None:
        self._usual: dict[str, float] = {}
        #: For each kind, how many answers came, and how long they took together.
        self._round: dict[str, tuple[int, float]] = {}
        self._count = 0

    def forget_round(self) -> None:
        """Drop what came and was not learned."""
        self._round.clear()
        self._count = 0

    def note(self, kind: str, seconds: float) -> None:
        """Take in how long one answer took."""
        count, total = self._round.get(kind, (0, 0.0))
        count, total = count + 1, total + seconds
        self._round[kind] = count, total
        self._count += 1
        # The first answers of a kind are what it takes before a queue has formed.
        if count == _ENOUGH_OF_A_KIND and kind not in self._usual:
            self._set(kind, total / count)

    def compared(self) -> Comparison | None:
        """Compare what came with what is usual; None while it is too little."""
        if self._count < _ENOUGH:
            return None
        total = usual = 0.0
        known = 0
        for kind, (count, seconds) in self._round.items():
            if kind in self._usual:
                known += count
                total += seconds
                usual += count * self._usual[kind]
        return Comparison(total / known, usual / known) if known else Comparison(0.0, 0.0)

    def learn(self) -> None:
        """Follow what came: downwards at once, upwards slowly."""
        for kind, mean in self._means():
            usual = self._usual.get(kind, mean)
            self._set(kind, usual + (mean - usual) * (_LEARN if mean < usual else _FORGET))
        self.forget_round()

    def accept(self) -> None:
        """Take what came as usual."""
        for kind, mean in self._means():
            self._set(kind, mean)
        self.forget_round()

    def _means(self) -> list[tuple[str, float]]:
        rounds = self._round.items()
        return [(kind, s / n) for kind, (n, s) in rounds if n >= _ENOUGH_OF_A_KIND]

    def _set(self, kind: str, seconds: float) -> None:
        if kind not in self._usual and len(self._usual) >= _MOST_KINDS:
            del self._usual[next(iter(self._usual))]
        self._usual[kind] = seconds

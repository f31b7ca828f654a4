"""Translated texts, as the Assets API answers them. Pure."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from ..models.fields import FieldProblem, described
from ..session.decode import Object

# Texts is no service: what is named here is carried over to the synchronous client.
__all__ = ()


@frozen
class Texts:
    """An answer that names texts and what each becomes; a text without translation may be null."""

    kind: ClassVar[str] = "JSON"

    def read(self, body: bytes) -> dict[str, str]:
        """Read the texts, without those that are null."""
        texts = {
            text: translation
            for text, translation in Object().read(body).items()
            if translation is not None
        }
        for text, translation in texts.items():
            if not isinstance(translation, str):
                raise FieldProblem(f".{text}", f"is {described(translation)}, not a string")
        return texts

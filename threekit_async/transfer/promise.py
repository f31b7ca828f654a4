"""What a file's record promises, and whether bytes keep it. Pure."""

from __future__ import annotations

from ..errors import IntegrityError
from ..models.files import File

__all__ = ("check", "promised_digest", "stands")


def promised_digest(record: File | None) -> str | None:
    """Return the sha256 a file record promises, as 64 hexadecimal digits, or None.

    The record's `hash` is `sha256-<digits>`; any other form promises nothing we can check.
    """
    if record is None or record.hash is None:
        return None
    kind, _, digits = record.hash.partition("-")
    return digits.lower() if kind == "sha256" and len(digits) == 64 else None


def stands(*, size: int, digest: str | None, record: File | None) -> bool:
    """Tell whether a file on disk can be kept.

    A final name is only ever given to a complete file, so without a record it stands.

    :param digest: of the bytes on disk, when they were read; None trusts the size.
    """
    if record is None:
        return True
    if record.size is not None and record.size != size:
        return False
    promised = promised_digest(record)
    return digest is None or promised is None or digest == promised


def check(name: str, *, size: int, digest: str | None, record: File | None) -> None:
    """Compare what was received with the file record.

    :raises IntegrityError: when length or sha256 differ.
    """
    if record is None:
        return
    advice = "Nothing was written under its name. Try again; tell the vendor if it stays."
    if record.size is not None and record.size != size:
        raise IntegrityError(
            f"{name}: {size} bytes were received, and the file record says {record.size}. {advice}"
        )
    promised = promised_digest(record)
    if digest is not None and promised is not None and digest != promised:
        raise IntegrityError(
            f"{name}: the bytes received have sha256 {digest[:12]}..., "
            f"and the file record says {promised[:12]}.... {advice}"
        )

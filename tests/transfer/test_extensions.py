"""A file's extension: from what is told, its record, or its answer's content type."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threekit_async.models.files import File
from threekit_async.transfer.extensions import extension_of


def of(content_type: str | None = None, *, told: str | None = None, **record: Any) -> str:
    return extension_of(File(id="f", **record) if record else None, content_type, told=told)


@pytest.mark.parametrize(
    ("known", "extension"),
    [
        ({"told": "PNG", "extension": "jpg"}, "png"),
        ({"told": "image/webp"}, "webp"),
        ({"extension": ".GLB", "filename": "a.jpg"}, "glb"),
        ({"extension": "tar.gz"}, "gz"),
        ({"extension": "", "filename": "a.JPG", "mime_type": "image/png"}, "jpg"),
        ({"filename": "no suffix", "mime_type": "image/png"}, "png"),
        ({"filename": ".hidden", "mime_type": "image/png"}, "png"),
        ({"filename": "Chair v1.2 final", "mime_type": "image/png"}, "png"),
        ({"extension": "../../x/../", "mime_type": "image/png"}, "png"),
        ({"extension": "a" * 17, "mime_type": "image/png"}, "png"),
        ({"filename": "x", "mime_type": "what/ever"}, "gif"),
    ],
)
def test_the_first_that_fits_counts(known: dict[str, str], extension: str) -> None:
    assert of("image/gif", **known) == extension


@pytest.mark.parametrize(
    ("content_type", "extension"),
    [
        ("image/jpeg", "jpg"),
        ("image/webp", "webp"),
        ("model/gltf-binary", "glb"),
        ("model/vnd.usdz+zip", "usdz"),
        (" Image/PNG ; charset=binary", "png"),
        ("application/octet-stream", "bin"),
        ("", "bin"),
        (None, "bin"),
    ],
)
def test_a_media_type_has_its_usual_extension(content_type: str | None, extension: str) -> None:
    assert of(content_type) == extension
    assert of(mime_type=content_type) == extension


@given(st.text(), st.text(), st.text(), st.text(), st.text())
def test_an_extension_is_always_short_and_plain(
    told: str, extension: str, filename: str, mime_type: str, content_type: str
) -> None:
    found = of(content_type, told=told, extension=extension, filename=filename, mime_type=mime_type)
    assert re.fullmatch(r"[0-9a-z]{1,16}", found)

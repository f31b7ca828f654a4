"""What an answer tells of the length of a file."""

from __future__ import annotations

import pytest

from threekit_async.transfer.held import promised_length


@pytest.mark.parametrize(
    ("status", "headers", "length"),
    [
        (206, {"Content-Range": "bytes 0-0/7", "Content-Length": "1"}, 7),
        (206, {"Content-Range": "Bytes 0-0/7"}, 7),
        (200, {"Content-Length": "7"}, 7),
        (200, {"Content-Length": "7", "Content-Encoding": "identity"}, 7),
        # Nothing of this tells a length that could be believed.
        (206, {"Content-Range": "bytes 0-0/*", "Content-Length": "1"}, None),
        (206, {"Content-Range": "bytes 1-1/7"}, None),
        (206, {"Content-Length": "7"}, None),
        (200, {"Content-Length": "7", "Content-Encoding": "gzip"}, None),
        (200, {"Content-Length": "-7"}, None),
        (200, {}, None),
        (204, {"Content-Length": "7"}, None),
    ],
)
def test_only_a_plain_length_is_believed(
    status: int, headers: dict[str, str], length: int | None
) -> None:
    assert promised_length(status, headers) == length

"""A bucket of the S3 server of the tests, as seen from outside the package."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request

from attrs import frozen

# The server of the tests asks who it is, and does not look whether that is true.
HEADERS = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKIATHEKEY/20300101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0",
    # Otherwise bytes are taken for a form.
    "Content-Type": "application/octet-stream",
}


@frozen(kw_only=True)
class Bucket:
    endpoint: str
    name: str

    def make(self) -> None:
        self._asked("PUT", "")

    def put(self, key: str, data: bytes) -> None:
        self._asked("PUT", key, data)

    def get(self, key: str) -> bytes:
        return self._asked("GET", key)

    def kind(self, key: str) -> str:
        with urllib.request.urlopen(self._request("HEAD", key)) as answer:  # noqa: S310
            return str(answer.headers["Content-Type"])

    def keys(self) -> list[str]:
        return re.findall("<Key>(.*?)</Key>", self._asked("GET", "?list-type=2").decode())

    def uploads(self) -> list[str]:
        """Name the uploads that were neither completed nor aborted."""
        return re.findall("<Key>(.*?)</Key>", self._asked("GET", "?uploads").decode())

    def _asked(self, verb: str, key: str, data: bytes | None = None) -> bytes:
        with urllib.request.urlopen(self._request(verb, key, data)) as answer:  # noqa: S310
            return bytes(answer.read())

    def _request(self, verb: str, key: str, data: bytes | None = None) -> urllib.request.Request:
        quoted = key if key.startswith("?") else urllib.parse.quote(key)
        url = f"{self.endpoint}/{self.name}/{quoted}"
        return urllib.request.Request(url, data=data, method=verb, headers=HEADERS)  # noqa: S310

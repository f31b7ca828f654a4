"""A server that is never the slow side: answers made beforehand, written to the socket.

    python -m benchmarks.server --layers 20000 --files 2000 --size 20000 [--delay 0.05]

It prints its address and lives until its standard input ends. It speaks just enough HTTP for the
two benchmarks; behaviour is the emulator's business.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import sys
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

PER_PAGE = 100


def layer(number: int, dice: random.Random) -> dict[str, object]:
    """Make a layer record of the size real ones have."""

    def some_id() -> str:
        return str(uuid.UUID(int=dice.getrandbits(128), version=4))

    moment = datetime(2024, 5, 1, tzinfo=UTC) + timedelta(seconds=number)
    return {
        "id": some_id(),
        "assetId": some_id(),
        "assetLayer": some_id(),
        "assetVersion": "",
        "assetLayerConfiguration": {"Colour": "red", "Size": "large", "Fabric": f"Linen {number}"},
        "stageId": "",
        "stageConfiguration": {},
        "metadata": {},
        "orgId": "9e1d7c6b-5a49-4f38-8271-60f5e4d3c203",
        "jobId": some_id(),
        "taskId": some_id(),
        "fileId": str(number),
        "branch": "published",
        "createdAt": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "format": "png",
        "width": 2000,
        "height": 2000,
        "stageMetadata": None,
    }


def answer(body: bytes, content_type: str) -> bytes:
    """Put an HTTP head before a body."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Answers:
    """Every answer the server has, made once."""

    def __init__(self, *, layers: int, files: int, size: int) -> None:
        dice = random.Random(0)
        rows = [layer(number, dice) for number in range(layers)]
        pages = [rows[start : start + PER_PAGE] for start in range(0, layers, PER_PAGE)]
        self.pages = [
            answer(json.dumps({"layers": page}).encode(), "application/json")
            for page in [*pages, []]
        ]
        contents = [dice.randbytes(size) for _ in range(files)]
        self.contents = [answer(content, "image/png") for content in contents]
        self.records = [
            answer(
                json.dumps(
                    {
                        "id": str(number),
                        "size": size,
                        "hash": f"sha256-{hashlib.sha256(content).hexdigest()}",
                        "extension": "png",
                    }
                ).encode(),
                "application/json",
            )
            for number, content in enumerate(contents)
        ]

    def to(self, target: str) -> bytes:
        """Find the answer for a request target."""
        parts = urlsplit(target)
        match parts.path.split("/")[2:]:
            case ["layers"]:
                page = int(parse_qs(parts.query)["page"][0])
                return self.pages[min(page, len(self.pages)) - 1]
            case ["files", number, "content"]:
                return self.contents[int(number)]
            case ["files", number]:
                return self.records[int(number)]
            case _:
                raise ValueError(target)


class Connection(asyncio.Protocol):
    """One keep-alive connection; requests without a body."""

    def __init__(self, answers: Answers, delay: float) -> None:
        self._answers = answers
        self._delay = delay
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every complete request."""
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            found = self._answers.to(head.split(b" ", 2)[1].decode())
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._transport.write, found)
            else:
                self._transport.write(found)


async def serve(answers: Answers, delay: float) -> None:
    """Listen on a free loopback port until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answers, delay), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--layers", type=int, default=0)
    parser.add_argument("--files", type=int, default=0)
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--delay", type=float, default=0.0)
    given = parser.parse_args()
    answers = Answers(layers=given.layers, files=given.files, size=given.size)
    asyncio.run(serve(answers, given.delay))


if __name__ == "__main__":
    main()

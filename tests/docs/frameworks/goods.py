"""What the shop of the examples has: a chair with two pictures, and a lamp with none."""

from __future__ import annotations

import io

from PIL import Image

from threekit_async.emulator import EmulatorThread

CHAIR = "c6b8e4f0-94ab-4c26-a1d4-5d1f3ad4a001"
LAMP = "c6b8e4f0-94ab-4c26-a1d4-5d1f3ad4a002"
RED = "c6b8e4f0-94ab-4c26-a1d4-5d1f3ad4a003"
BLUE = "c6b8e4f0-94ab-4c26-a1d4-5d1f3ad4a004"


def picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(written, "png")
    return written.getvalue()


def put_into(shop: EmulatorThread) -> None:
    shop.seed(
        assets=[
            {"id": CHAIR, "type": "item", "name": "Chair"},
            {"id": LAMP, "type": "item", "name": "Lamp"},
        ],
        files=[{"id": RED, "filename": "red.png", "content": picture()}],
        layers=[
            {"id": layer_id, "assetId": CHAIR, "fileId": RED, "branch": "published"}
            for layer_id in (RED, BLUE)
        ],
    )

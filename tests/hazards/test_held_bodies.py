"""Bodies that stay in memory for as long as the connection they went over is open."""

from __future__ import annotations

import gc
import io
import weakref

from tests.conftest import Connect
from tests.gone import gone
from threekit_async import Upload
from threekit_async.emulator import EmulatorThread
from threekit_async.session.reply import Reply


async def test_an_open_connection_holds_nothing_of_what_went_up(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    file = io.BytesIO(b"x" * 1000)
    held = [weakref.ref(file)]
    await tk.files.upload(Upload(file, filename="x.bin"))
    del file
    assert await gone(held)


async def test_an_open_connection_holds_no_answer_that_was_shown_raw(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    body = (await tk.raw(tk.layers.list().first)).body
    gc.collect()
    holding = [one for one in gc.get_objects() if type(one) is Reply and one.body == body]
    assert holding == []

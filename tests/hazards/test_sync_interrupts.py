"""Ctrl-C while the synchronous client works: told once, at once, and the client goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time

import pytest

from tests.hazards.scripts import (
    FORGOTTEN,
    answering,
    ended,
    go_on,
    is_calm,
    is_left,
    ran,
    said,
    started,
)
from threekit_async.emulator import EmulatorThread

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")

WORK = """
import socket, tempfile
from contextlib import closing
from pathlib import Path

gc.disable()  # Python drops an interruption that comes inside a finalizer, whosever it is
top = tempfile.TemporaryDirectory()
folders = (Path(top.name, str(number)) for number in range(100_000))
source = next(folders)
source.mkdir()
for number in range(40):
    (source / f"{number}.bin").write_bytes(os.urandom(5_000))
ids = [layer.id for layer in tk.layers.list().first().items]
patient = tk.with_options(retry=Retry(attempts=9, base=30))
# Its queue is full: it takes no connection any more.
deaf = socket.create_server(("127.0.0.1", 0), backlog=0)
waiting = [socket.socket() for _ in range(3)]
for one in waiting:
    one.setblocking(False)
    one.connect_ex(deaf.getsockname())
elsewhere = client(host="http://127.0.0.1:%d" % deaf.getsockname()[1])

def calls():
    tk.layers.get(ids[0])

def listings():
    assert len(tk.layers.list(per_page=10).all()) == 250

def walks():
    assert sum(1 for _ in tk.layers.list(per_page=10)) == 250

def thorough_walks():
    with closing(tk.layers.list(per_page=50).thorough()) as walk:
        assert sum(1 for _ in walk) == 250

def downloads():
    tk.layers.download_all(tk.layers.list(), to=next(folders), name="{id}")

def downloads_one_by_one():
    with closing(tk.layers.iter_downloads(tk.layers.list(), to=next(folders))) as results:
        for result in results:
            pass

def downloads_of_what_is_looked_up():
    looked_up = (tk.layers.get(one) for one in ids)
    tk.layers.download_all(looked_up, to=next(folders))

def uploads():
    tk.files.upload(bytes(20_000_000), filename="a.bin")

def uploads_of_a_folder():
    tk.files.upload_folder(source, skip_held=False)

def rests():
    patient.assets.list().first()

def connecting():
    elsewhere.layers.list().first()

def beginnings_and_ends():
    with client() as one:
        one.layers.list(per_page=1).first()

WORK = [
    calls, listings, walks, thorough_walks, downloads, downloads_one_by_one,
    downloads_of_what_is_looked_up, uploads, uploads_of_a_folder, rests, connecting,
    beginnings_and_ends,
]

def interrupted(work):
    try:
        print(work.__name__, flush=True)
        while True:
            work()
    except KeyboardInterrupt:
        print(time.monotonic(), flush=True)
    sys.stdin.readline()
    while work is downloads_of_what_is_looked_up and "Gate 0 of" not in repr(tk):
        pass  # the caller's own iterable may still be inside a call, in its thread
    still = repr(tk)
    until = time.monotonic() + 1
    while threads() != ["threekit"] and time.monotonic() < until:
        pass  # that which writes files ends a moment later
    try:
        tk.layers.get("not-an-id")
    except UnprocessableError:
        print("goes on", threads(), still, flush=True)

def at_last():
    elsewhere.close()
    tk.close()
    for one in [deaf, *waiting]:
        one.close()
    whole = {file.stat().st_size for file in Path(top.name).rglob("*") if file.name in ids}
    print(whole, left(), flush=True)
    top.cleanup()

seconds_to_end(60)  # two dozen interruptions
times = int(sys.stdin.readline())
for _ in range(times):
    for work in WORK:
        interrupted(work)
print("enough", flush=True)
at_last()
"""


def told_of(process: subprocess.Popen[str], sent: float) -> float:
    """How long it took until the script caught what was sent to it."""
    return float(said(process)) - sent


def test_an_interruption_at_any_moment_is_told_once_and_the_client_goes_on(
    server: EmulatorThread,
) -> None:
    server.fill(layers=250, file_bytes=20_000)
    server.faults.add(effect="status", status=503, path="/api/assets")
    chance = random.Random(6)  # noqa: S311  # nothing is kept secret
    process = started(server, WORK)
    assert process.stdin is not None
    process.stdin.write("2\n")
    process.stdin.flush()
    moments = 0
    while (work := said(process)) != "enough":
        moment = chance.uniform(0, 0.25)
        time.sleep(moment)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        case = f"{work} after {moment:.3f} s"
        assert told_of(process, sent) < 1, case
        assert is_calm(server), case
        go_on(process)
        goes_on = said(process)
        assert goes_on.startswith("goes on ['threekit'] <Threekit "), case
        assert "<Gate 0 of 32 in flight>" in goes_on, case
        moments += 1
    status, out, err = ended(process)
    assert moments >= 20
    assert (status, out) == (0, "{20000} []\n")
    # An interruption may come between two lines of a caller's, where nobody has closed it yet.
    assert err.replace(FORGOTTEN, "") == ""


BLOCKED = """
def pieces():
    yield b"begun" * 20_000
    print("begun", flush=True)
    threading.Event().wait()
"""


def test_a_second_interruption_is_the_same_one(server: EmulatorThread) -> None:
    # What is sent comes from a thread that never ends: ending the call takes a while.
    script = """
try:
    tk.files.upload(pieces(), filename="a.bin")
except KeyboardInterrupt:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # should the second come only now
    print("once", flush=True)
print(len(tk.layers.list().all()), threads("threekit"))
tk.close()
"""
    process = started(server, BLOCKED + script)
    assert said(process) == "begun"
    process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert said(process) == "once"
    status, out, err = ended(process)
    assert (status, err) == (0, "")
    assert out.startswith("0 ['threekit'")
    assert is_calm(server)


@pytest.mark.parametrize(
    "work",
    ["tk.layers.list().first()", "tk.layers.list().all()", "list(tk.layers.list())"],
)
def test_the_server_is_left_when_its_answer_is_not_awaited_any_more(
    server: EmulatorThread, work: str
) -> None:
    server.faults.add(effect="delay", seconds=20, path="^/api/layers$", times=1)
    script = f"""
try:
    {work}
except KeyboardInterrupt:
    print(time.monotonic(), tk, flush=True)
print(len(tk.layers.list().all()))
tk.close()
"""
    process = started(server, script)
    while not answering(server):
        assert process.poll() is None
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    told, _, shown = said(process).partition(" ")
    assert float(told) - sent < 1
    assert "<Gate 0 of 32 in flight>" in shown
    assert ended(process) == (0, "0\n", "")
    assert is_calm(server)


def test_a_program_of_threads_ends_when_its_main_thread_is_interrupted(
    server: EmulatorThread,
) -> None:
    server.fill(layers=250)
    script = """
def work():
    try:
        while True:
            tk.layers.list(per_page=10).all()
    except UsageError as error:
        said.append(str(error).partition(".")[0])

said = []
workers = [threading.Thread(target=work) for _ in range(4)]
for one in workers:
    one.start()
try:
    print("begun", flush=True)
    for one in workers:
        one.join()
except KeyboardInterrupt:
    tk.close()
for one in workers:
    one.join()
print(len(said), all("closed" in one for one in said), left())
"""
    process = started(server, script)
    assert said(process) == "begun"
    process.send_signal(signal.SIGINT)
    assert ended(process) == (0, "4 True []\n", "")
    assert is_calm(server)


def test_a_program_that_does_not_catch_it_ends_as_interrupted_programs_do(
    server: EmulatorThread,
) -> None:
    server.faults.add(effect="delay", seconds=20)
    process = started(server, "with tk:\n    tk.layers.list().first()\n")
    while not answering(server):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    status, out, err = ended(process)
    assert (status, out) == (-signal.SIGINT, "")
    assert err.startswith("Traceback (most recent call last):\n")
    assert err.count("Traceback") == 1
    assert err.endswith("\nKeyboardInterrupt\n")
    assert is_calm(server)


EVERY_MOMENT = """
import contextlib, pathlib, threekit_async
ROOM = str(pathlib.Path(threekit_async.__file__).with_name("sync"))

class Interruption:
    # Comes at the n-th moment where Python looks for signals in the code of the client: at the
    # start of a function, and after a call of what is written in C.
    def __init__(self, moment):
        self.left, self.place = moment, None

    def __call__(self, frame, event, argument):
        if event in ("call", "c_return") and frame.f_code.co_filename.startswith(ROOM):
            self.left -= 1
            if self.left == 0:
                sys.setprofile(None)
                self.place = f"{frame.f_code.co_filename}:{frame.f_lineno} {event} {argument}"
                raise KeyboardInterrupt

def interrupted(work, moment):
    interruption, caught = Interruption(moment), False
    one = client()
    prepare[work](one)
    sys.setprofile(interruption)
    try:
        work(one)
    except KeyboardInterrupt:
        caught = True
    finally:
        sys.setprofile(None)
    place = interruption.place
    assert caught == bool(place), place
    if work is not closing:
        assert len(one.layers.list(per_page=3).all()) == 12, place
        assert "<Gate 0 of 32 in flight>" in repr(one), place
    one.close()
    assert not opened, place
    assert not left(), place
    return place

def calling(one):
    one.layers.list(per_page=5).first()

def walking(one):
    for _ in one.layers.list(per_page=12):
        pass

def left_early(one):
    with contextlib.closing(one.layers.list(per_page=5).pages()) as pages:
        next(pages)

def walking_thoroughly(one):
    with contextlib.closing(one.layers.list(per_page=12).thorough()) as walk:
        for _ in walk:
            pass

@contextlib.asynccontextmanager
async def manager():
    opened.append(1)
    try:
        yield
    finally:
        opened.pop()

def entering(one):
    with one._bridge.enter(manager):
        pass

def closing(one):
    one.close()

opened = []
prepare = {work: lambda one: None for work in (calling, walking, left_early, entering)}
prepare[walking_thoroughly] = prepare[calling]
prepare[closing] = calling
tk.close()
for work in prepare:
    moment = 1
    while interrupted(work, moment):
        faulthandler.dump_traceback_later(5, exit=True)  # for each of them
        moment += 1
    assert moment > 10
gc.collect()
print("all")
"""


def test_an_interruption_wherever_python_looks_for_one_loses_nothing(
    server: EmulatorThread,
) -> None:
    server.fill(layers=12)
    assert ran(server, EVERY_MOMENT) == (0, "all\n", "")
    assert is_left(server)

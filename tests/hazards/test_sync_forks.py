"""Forks around the synchronous client: told at once in the child, and the parent goes on."""

from __future__ import annotations

import os

import pytest

from tests.hazards.scripts import FORGOTTEN, each_ran, is_left, ran
from threekit_async.emulator import EmulatorThread

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no fork")

CLOSE_COPIES = """
def close_copies(how="close"):
    # As what holds them does, when it is collected.
    from asyncio import Transport
    copies = [one for one in gc.get_objects() if isinstance(one, Transport)]
    assert copies
    for one in copies:
        getattr(one, how)()
"""
USED = (
    CLOSE_COPIES
    + """
assert len(tk.layers.list().first().items) == 100
walk = iter(tk.layers.list(per_page=10))
next(walk)

def is_told(use):
    begun = time.monotonic()
    try:
        use()
    except UsageError as error:
        return "before the process forked" in str(error) and time.monotonic() - begun < 4
    return False
"""
)
ENDINGS = {
    "as scripts do": "",
    "by sys.exit": "sys.exit()",
    "by os._exit": "os._exit(0)",
    "with the copies collected": "del tk, walk; gc.collect(); sys.exit()",
    "with the copies closed": "tk.close(); walk.close(); sys.exit()",
    "with the copies of connections closed": "close_copies(); sys.exit()",
    "within the client's block": "with tk: sys.exit()",
    "with a client of its own": (
        "with client() as own:\n"
        "        assert len(own.layers.list().all()) == 250\n"
        "        assert threads() == ['threekit']"
    ),
    "with a client of its own and no ceremony": (
        "own = client(); own.layers.list().first(); os._exit(0)"
    ),
}
CHILD = """
child = fork()
if child:
    print(status(child), end=" ")
    begun = time.monotonic()
    assert len(tk.layers.list().all()) == 250
    assert len(list(walk)) == 249
    assert time.monotonic() - begun < 4
    tk.close()
    print("goes on")
else:
    assert is_told(lambda: tk.layers.list().first())
    assert is_told(lambda: tk.layers.list().all())
    assert is_told(lambda: list(tk.layers.list()))
    assert is_told(lambda: list(walk))
    {}
"""


def test_a_child_is_told_at_once_and_its_end_costs_the_parent_nothing(
    server: EmulatorThread,
) -> None:
    server.fill(layers=250)
    scripts = {name: USED + CHILD.format(ending) for name, ending in ENDINGS.items()}
    assert each_ran(server, scripts) == dict.fromkeys(scripts, (0, "0 goes on\n", ""))
    assert is_left(server)


def test_a_client_not_yet_used_can_be_used_in_both_processes(server: EmulatorThread) -> None:
    server.fill(layers=250)
    script = """
child = fork()
assert len(tk.layers.list().all()) == 250
assert threads() == ["threekit"]
tk.close()
if child:
    print(status(child))
"""
    assert ran(server, script) == (0, "0\n", "")


def test_a_child_warns_of_its_own_clients_only(server: EmulatorThread) -> None:
    script = """
tk.layers.list().first()
child = fork()
if not child:
    own = client()
    own.layers.list().first()
    sys.exit(3)
print(status(child))
tk.close()
"""
    assert ran(server, script) == (0, "3\n", FORGOTTEN)


def test_grandchildren_are_told_as_children_are(server: EmulatorThread) -> None:
    server.fill(layers=250)
    script = """
child = fork()
if not child:
    assert is_told(lambda: tk.layers.list().first())
    own = client()
    assert len(own.layers.list().all()) == 250
    grandchild = fork()
    if not grandchild:
        assert is_told(lambda: tk.layers.list().first())
        assert is_told(lambda: own.layers.list().first())
        with client() as third:
            assert len(third.layers.list().all()) == 250
        sys.exit(5)
    assert status(grandchild) == 5
    assert len(own.layers.list().all()) == 250
    own.close()
    sys.exit(4)
assert status(child) == 4
assert len(tk.layers.list().all()) == 250
tk.close()
"""
    assert ran(server, USED + script) == (0, "", "")


def test_children_made_while_a_thread_is_inside_calls_can_work(server: EmulatorThread) -> None:
    server.fill(layers=250)
    script = """
def work():
    while not enough.is_set():
        assert len(tk.layers.list(per_page=25).all()) == 250

enough = threading.Event()
worker = threading.Thread(target=work)
worker.start()
for number in range(8):
    child = fork()
    if not child:
        assert is_told(lambda: tk.layers.list().first())
        with client() as own:
            assert len(own.layers.list().all()) == 250
        if number % 2:
            os._exit(number)
        sys.exit(number)
    assert status(child) == number
enough.set()
worker.join()
tk.close()
"""
    assert ran(server, USED + script) == (0, "", "")


def test_a_first_call_imports_nothing_that_a_fork_could_leave_half_done(
    server: EmulatorThread,
) -> None:
    script = """
before = set(sys.modules)
tk.layers.list().all()
print(set(sys.modules) - before)
tk.close()
"""
    assert ran(server, script) == (0, "set()\n", "")


def test_children_made_while_a_thread_begins_can_work(server: EmulatorThread) -> None:
    script = """
for number in range(10):
    one = client()
    worker = threading.Thread(target=lambda: one.layers.list().first())
    worker.start()
    for _ in range(number * 100):
        pass
    child = fork()
    if not child:
        try:
            one.layers.list().first()
        except UsageError as error:
            assert "before the process forked" in str(error)
        one.close()
        with client() as own:
            own.layers.list().first()
        sys.exit()
    assert status(child) == 0
    worker.join()
    one.layers.list().first()
    one.close()
"""
    assert ran(server, script) == (0, "", "")


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param("sys.exit()", id="left"),
        pytest.param("close_copies('close'); sys.exit()", id="closed"),
        pytest.param("close_copies('abort'); sys.exit()", id="aborted"),
    ],
)
def test_a_child_does_not_disturb_what_the_parent_is_sending(
    server: EmulatorThread, ending: str
) -> None:
    # The server does not read yet: the connection waits to be written to as well as to be read.
    server.faults.add(effect="delay", seconds=4, method="POST", times=1)
    script = f"""
def upload():
    sent.append(tk.files.upload(bytes(20_000_000), filename="a.bin"))

sent = []
inside = threading.Event()
tk = client(hooks=Hooks(request_started=lambda _: inside.set()))
worker = threading.Thread(target=upload)
worker.start()
inside.wait()
time.sleep(0.3)
child = fork(30)
if not child:
    {ending}
print(status(child), len(sent))
worker.join(20)
print(len(sent), len(tk.layers.list().all()))
tk.close()
"""
    assert ran(server, CLOSE_COPIES + script) == (0, "0 0\n1 0\n", "")


@pytest.mark.parametrize("ending", ["sys.exit()", "bridge.close(); sys.exit()"])
def test_a_child_says_nothing_of_what_its_parent_holds_open(
    server: EmulatorThread, ending: str
) -> None:
    # What waits for the block's end is in the child as well, and is never done there.
    script = f"""
from contextlib import asynccontextmanager
from threekit_async.sync.bridge import Bridge

@asynccontextmanager
async def held():
    yield
    print("left", end=" ")

async def nothing():
    pass

bridge = Bridge(nothing)
with bridge.enter(held):
    child = fork()
    if not child:
        {ending}
    print(status(child), end=" ")
bridge.close()
print("goes on")
"""
    assert ran(server, script) == (0, "0 left goes on\n", "")


def test_an_emulator_says_in_a_forked_child_that_it_is_the_parents(server: EmulatorThread) -> None:
    script = """
from threekit_async.emulator import EmulatorThread
from threekit_async.emulator.errors import EmulatorError
tk.close()
with EmulatorThread() as own:
    child = fork()
    if not child:
        try:
            own.journal()
        except EmulatorError as error:
            own.close()
            os._exit(7 if "the process that was forked" in str(error) else 8)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), own.journal())
"""
    assert ran(server, script) == (0, "7 []\n", "")

"""The caller's own functions under the synchronous client: what they raise, and what they call."""

from __future__ import annotations

import os

import pytest

from tests.hazards.scripts import each_ran
from threekit_async.emulator import EmulatorThread

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the scripts are forked")

BEGIN = """
from pathlib import Path
seconds_to_end(10)
layers = tk.layers.list().all()

def raising(error):
    def called(*_):
        raise error
    return called

def some(error):
    yield from layers[:10]
    raise error

def pieces(error):
    yield b"begun" * 20_000
    raise error
"""
RAISED_IN = {
    "progress": "tk.layers.download_all(layers, to='{}', name='{{id}}', progress=raising(error))",
    "an iterable": "tk.layers.download_all(some(error), to='{}', name='{{id}}')",
    "an iterable that is stepped": (
        "list(tk.layers.iter_downloads(some(error), to='{}', name='{{id}}'))"
    ),
    "the source of an upload": "tk.files.upload(pieces(error), filename='a.bin')",
    "a token function": (
        "with client() as one: pass\n"
        "        with Threekit(token=raising(error), host=os.environ['HOST']) as one:\n"
        "            one.layers.list().first()"
    ),
    "a hook": (
        "with client(hooks=Hooks(request_ended=raising(error))) as one:\n"
        "            one.layers.list().first()"
    ),
    "a destination": "tk.layers.download_all(layers, to=Broken(error), name='{{id}}')",
}
RAISES = """
class Odd(BaseException):
    pass

class Broken:
    address = "nowhere://"

    def __init__(self, error):
        self.error = error

    async def prepare(self): pass
    async def size(self, name): return None
    async def digest(self, name): return None
    async def copy(self, source, name): return False
    async def aclose(self): pass

    async def store(self, name, chunks, *, replace):
        raise self.error

def others():
    while not enough.is_set():
        assert len(tk.layers.list(per_page=50).all()) == 250
        calls.append(1)

calls, enough = [], threading.Event()
beside = threading.Thread(target=others)
beside.start()
for number, error in enumerate([SystemExit(5), KeyboardInterrupt(), Odd("mine")]):
    try:
        {}
    except BaseException as caught:
        assert caught is error, repr(caught)
    else:
        raise AssertionError("not raised")
    assert len(tk.layers.list().all()) == 250
    before = len(calls)
    while len(calls) == before:
        pass  # the other thread's calls go on
enough.set()
beside.join()
tk.close()
whole = {{file.stat().st_size for file in Path(".").glob("*/????????-*") if len(file.name) == 36}}
print(whole or {{1_000}}, left())
"""


def test_what_a_callback_raises_comes_out_of_the_call_and_nothing_else_ends(
    server: EmulatorThread, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server.fill(layers=250, file_bytes=1_000)
    scripts = {
        name: BEGIN + RAISES.format(work.format(f"files{number}"))
        for number, (name, work) in enumerate(RAISED_IN.items())
    }
    ended = each_ran(server, scripts, folder=tmp_path_factory.mktemp("files"))
    assert ended == dict.fromkeys(scripts, (0, "{1000} []\n", ""))


CALLS = """
def calls(*_):
    begun = time.monotonic()
    for call in (
        lambda: used.layers.get(layers[0].id),
        lambda: used.layers.list().all(),
        lambda: next(iter(used.layers.list())),
        lambda: used.close(),
    ):
        try:
            call()
        except UsageError as error:
            refused.append("its own event loop" in str(error))
        else:
            refused.append(call)
    assert time.monotonic() - begun < 4

refused = []
"""
CALLED_FROM = {
    "progress": "tk.layers.download_all(layers, to='{}', progress=calls)",
    "a hook": ("with client(hooks=Hooks(request_ended=calls)) as one: one.layers.list().first()"),
}
END = """
assert len(refused) >= 4 and set(refused) == {True}, refused
assert len(tk.layers.list().all()) == 250
assert len(used.layers.list().all()) == 250
used.close()
tk.close()
print("goes on")
"""


def test_calls_on_the_loops_own_thread_are_refused(
    server: EmulatorThread, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server.fill(layers=250, file_bytes=10)
    scripts = {
        f"{used} from {name}": f"{BEGIN}{CALLS}used = {used}\n{work.format('files')}{END}"
        for name, work in CALLED_FROM.items()
        for used in ("tk", "tk.with_options(deadline=5)", "client()")
    }
    # The owner of what is derived closes it.
    scripts = {
        name: script.replace("lambda: used.close(),\n", "lambda: tk.close(),\n")
        if "with_options" in name
        else script
        for name, script in scripts.items()
    }
    ended = each_ran(server, scripts, folder=tmp_path_factory.mktemp("files"))
    assert ended == dict.fromkeys(scripts, (0, "goes on\n", ""))


MAY_CALL = """
def looked_up():
    for layer in layers:
        yield tk.layers.get(layer.id)

def looked_up_elsewhere():
    with client() as other:
        for layer in other.layers.list():
            yield other.layers.get(layer.id)

def token():
    with client() as other:
        other.layers.get(layers[0].id)
    return os.environ["TOKEN"]

def bytes_of_another():
    yield tk.layers.content(layers[0].id)
"""
WORKS = {
    "an iterable": "print(tk.layers.download_all(looked_up(), to='a', name='{id}').failed)",
    "an iterable of another client": (
        "print(tk.layers.download_all(looked_up_elsewhere(), to='b', name='{id}').failed)"
    ),
    "a token function": (
        "with Threekit(token=token, org_id=os.environ['ORG_ID'], host=os.environ['HOST']) as one:\n"
        "    print(len(one.layers.list().all()) - 250)"
    ),
    "the source of an upload": (
        "print(int(tk.files.upload(bytes_of_another(), filename='a.bin').size) - 10)"
    ),
}


def test_functions_that_may_block_may_call_the_client(
    server: EmulatorThread, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server.fill(layers=250, file_bytes=10)
    scripts = {
        name: f"{BEGIN}{MAY_CALL}{work}\ntk.close()\nprint(left())" for name, work in WORKS.items()
    }
    ended = each_ran(server, scripts, folder=tmp_path_factory.mktemp("files"))
    assert ended == dict.fromkeys(scripts, (0, "0\n[]\n", ""))

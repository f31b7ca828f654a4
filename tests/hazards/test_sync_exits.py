"""The interpreter's exit with a synchronous client in use: as the script means it, and at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.hazards.scripts import FORGOTTEN, each_ran, is_left, ran
from threekit_async.emulator import EmulatorThread

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")

DOWNLOAD = """
results = tk.layers.iter_downloads(tk.layers.list(), to="files", name="{id}")
"""
LEFT_OPEN = {
    "a client": "tk.layers.list().first()",
    "a derived client": "twin = tk.with_options(deadline=5); twin.layers.list().first(); del tk",
    "a client of a module": "import builtins; builtins.kept = tk; tk.layers.list().first()",
    "a client of a class": "class Shop: tk = tk\nShop.tk.layers.list().first(); del tk",
    "a client in a cycle": (
        "class Shop: pass\n"
        "shop = Shop(); shop.me, shop.tk = shop, tk; tk.layers.list().first(); del tk, shop"
    ),
    "only a service": "layers = tk.layers; del tk; layers.list().first()",
    "a walk": "walk = iter(tk.layers.list()); next(walk)",
    "a walk without its client": "walk = iter(tk.layers.list()); next(walk); del tk",
    "pages": "pages = tk.layers.list(per_page=5).pages(); next(pages)",
    "a thorough walk": "walk = tk.layers.list(per_page=5).thorough(); next(walk)",
    "a download": DOWNLOAD + "next(results)",
    "a download that was closed": DOWNLOAD + "next(results); results.close()",
    "a with block of a walk": (
        "from contextlib import closing\n"
        "with closing(tk.layers.list(per_page=5).pages()) as pages:\n"
        "    next(pages)\n"
        "    sys.exit()"
    ),
}


def test_a_process_ends_with_one_warning_whatever_it_left_open(
    server: EmulatorThread, tmp_path: Path
) -> None:
    server.fill(layers=250, file_bytes=100)
    ended = each_ran(server, LEFT_OPEN, folder=tmp_path)
    assert ended == dict.fromkeys(LEFT_OPEN, (0, "", FORGOTTEN))
    assert is_left(server)


ENDED = {
    "never used": "",
    "closed": "tk.layers.list().first(); tk.close()",
    "closed with an open walk": "walk = iter(tk.layers.list()); next(walk); tk.close()",
    "closed by a with block": "with tk: tk.layers.list().first()",
    "closed by a with block that is left by sys.exit": (
        "with tk:\n    walk = iter(tk.layers.list())\n    next(walk)\n    sys.exit()"
    ),
    "closed by a thread": (
        "tk.layers.list().first()\n"
        "thread = threading.Thread(target=tk.close); thread.start(); thread.join()"
    ),
    "closed by atexit": "import atexit; tk.layers.list().first(); atexit.register(tk.close)",
    "closed by atexit, registered before it was used": (
        "import atexit; atexit.register(tk.close); tk.layers.list().first()"
    ),
}


def test_a_process_ends_quietly_with_a_client_that_is_unused_or_closed(
    server: EmulatorThread,
) -> None:
    server.fill(layers=250)
    assert each_ran(server, ENDED) == dict.fromkeys(ENDED, (0, "", ""))


STATUS_3 = {
    "sys.exit": "tk.layers.list().first(); sys.exit(3)",
    "in a walk": "walk = iter(tk.layers.list()); next(walk); sys.exit(3)",
    "asked to terminate inside a call": (
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))\n"
        "tk = client(hooks=Hooks(request_started=lambda _: os.kill(os.getpid(), 15)))\n"
        "while True:\n    tk.layers.list().first()"
    ),
    "by a callback": (
        "tk.layers.download_all(\n"
        "    tk.layers.list().all(), to='files', progress=lambda _: sys.exit(3)\n"
        ")"
    ),
}


def test_the_exit_status_is_kept_with_everything_open(
    server: EmulatorThread, tmp_path: Path
) -> None:
    server.fill(layers=250, file_bytes=100)
    ended = each_ran(server, STATUS_3, folder=tmp_path)
    assert ended == dict.fromkeys(STATUS_3, (3, "", FORGOTTEN))


def test_a_process_ends_as_it_means_to_even_where_warnings_are_errors(
    server: EmulatorThread,
) -> None:
    script = "import warnings; warnings.simplefilter('error'); tk.layers.list().first()"
    status, out, err = ran(server, "seconds_to_end()\n" + script)
    assert (status, out) == (0, "")
    assert FORGOTTEN.partition(": ")[2] in err
    assert is_left(server)


INSIDE_A_CALL = {
    "a call": "slow.assets.list().first()",
    "a walk": "list(slow.assets.list())",
    "the next of many calls": "[slow.layers.list().first() for _ in range(1_000)]",
}
DAEMON = """
inside = threading.Event()
slow = client(hooks=Hooks(request_started=lambda _: inside.set()))
threading.Thread(target=lambda: {}, daemon=True).start()
inside.wait()
sys.exit(4)
"""


def test_a_daemon_thread_inside_a_call_holds_up_no_exit(server: EmulatorThread) -> None:
    server.faults.add(effect="delay", seconds=20, path="assets")
    scripts = {name: DAEMON.format(work) for name, work in INSIDE_A_CALL.items()}
    # A thread that the exit froze has nothing to say.
    assert each_ran(server, scripts) == dict.fromkeys(scripts, (4, "", FORGOTTEN))
    assert is_left(server)


def test_a_thread_that_exits_is_no_end_of_the_others(server: EmulatorThread) -> None:
    server.faults.add(effect="delay", seconds=0.3)
    script = """
inside = threading.Event()
slow = client(hooks=Hooks(request_started=lambda _: inside.set()))
def leave():
    inside.wait()
    sys.exit(5)
thread = threading.Thread(target=leave)
thread.start()
print(len(slow.layers.list().all()))
thread.join()
slow.close()
"""
    assert ran(server, script) == (0, "0\n", "")


AT_EXIT = """
import atexit
def last():
    print(len(tk.layers.list().all()))
    tk.close()
"""


def test_a_function_that_runs_at_exit_may_use_the_client(server: EmulatorThread) -> None:
    scripts = {
        "registered before": AT_EXIT + "atexit.register(last); tk.layers.list().first()",
        "registered after": AT_EXIT + "tk.layers.list().first(); atexit.register(last)",
    }
    assert each_ran(server, scripts) == dict.fromkeys(scripts, (0, "0\n", ""))


def test_many_open_clients_end_with_one_warning_each(server: EmulatorThread) -> None:
    script = """
kept = [client() for _ in range(20)]
for one in kept:
    one.layers.list().first()
seconds_to_end()
"""
    assert ran(server, script) == (0, "", FORGOTTEN * 20)
    assert is_left(server)


def test_a_thread_that_outlives_the_main_one_goes_on(server: EmulatorThread) -> None:
    server.fill(layers=20, file_bytes=100)
    script = """
import tempfile
tk.close()

def work():
    threading.main_thread().join()
    # A host that has to be looked up, and books to be flushed: both need threads.
    own = client(host=os.environ["HOST"].replace("127.0.0.1", "localhost"))
    with own, tempfile.TemporaryDirectory() as folder:
        print(own.layers.download_all(own.layers.list(), to=folder).downloaded, flush=True)

threading.Thread(target=work).start()
"""
    assert ran(server, script) == (0, "20\n", "")

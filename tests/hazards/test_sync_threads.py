"""Many threads and the synchronous client: one loop's thread for all, and every result right."""

from __future__ import annotations

from tests.hazards.scripts import is_left, ran
from threekit_async.emulator import EmulatorThread

TOGETHER = """
def together(work, count=50):
    def one(number):
        try:
            work(number)
        except BaseException as error:
            failed.append(repr(error))
    failed = []
    all_threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in all_threads:
        thread.start()
    seen.append(len(threads("threekit")))
    for thread in all_threads:
        thread.join()
    print(failed)

seen = []
ids = [layer.id for layer in tk.layers.list().all()]
"""


def test_fifty_threads_share_a_client(server: EmulatorThread) -> None:
    server.fill(layers=250)
    script = """
def work(number):
    for step in range(3):
        mine = ids[(number * 3 + step) % len(ids)]
        assert tk.layers.get(mine).id == mine
        if number % 5 == 0:
            assert [layer.id for layer in tk.layers.list(per_page=50)] == ids
        try:
            tk.layers.get("not-an-id")
        except UnprocessableError:
            pass
        else:
            raise AssertionError("not refused")

together(work)
print(seen, threads())
tk.close()
print(left())
"""
    out = "[]\n[1] ['threekit']\n[]\n"
    assert ran(server, TOGETHER + script) == (0, out, "")


def test_fifty_threads_with_a_client_each_share_its_loop(server: EmulatorThread) -> None:
    server.fill(layers=100)
    script = """
def work(number):
    with client() as own:
        assert own.layers.get(ids[number]).id == ids[number]
        everyone.wait(10)  # all of them are open now
        seen.append(len(threads()))
        assert len(own.layers.list().all()) == 100
tk.close()
everyone = threading.Barrier(50)
together(work)
print(set(seen[1:]), left())
"""
    out = "[]\n{1} []\n"
    assert ran(server, TOGETHER + script) == (0, out, "")
    assert is_left(server)


def test_clients_that_come_and_go_in_many_threads_leave_no_thread(server: EmulatorThread) -> None:
    server.fill(layers=10)
    script = """
tk.close()
def work(number):
    for _ in range(4):
        with client() as own:
            assert own.layers.get(ids[number % 10]).id == ids[number % 10]
together(work)
print(left())
"""
    assert ran(server, TOGETHER + script) == (0, "[]\n[]\n", "")


def test_a_client_that_is_closed_while_fifty_threads_call_tells_each_of_them(
    server: EmulatorThread,
) -> None:
    server.fill(layers=100)
    script = """
def work(number):
    call = [
        lambda: tk.layers.get(ids[number]),
        lambda: tk.layers.list(per_page=10).all(),
        lambda: list(tk.layers.list(per_page=10)),
    ][number % 3]
    try:
        while True:
            call()
            done.append(number)
            if len(done) >= 50:
                busy.set()
    except UsageError as error:
        told.append("closed" in str(error))

def close(number):
    busy.wait()
    tk.close()
    assert "threekit" not in threads()

told, done, busy = [], [], threading.Event()
together(lambda number: close(number) if number >= 47 else work(number))
print(len(told), all(told), left())
"""
    out = "[]\n47 True []\n"
    assert ran(server, TOGETHER + script) == (0, out, "")
    assert is_left(server)

"""Synchronous clients nobody holds any more: ended without waiting, wherever they are collected."""

from __future__ import annotations

import os

import pytest

from tests.hazards.scripts import FORGOTTEN, each_ran, is_left
from threekit_async.emulator import EmulatorThread

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the scripts are forked")

BEGIN = """
class Shop:
    def __init__(self, **settings):
        self.me = self  # a cycle: only the collector finds it
        self.tk = client(**settings)

def collected(here):
    begun = time.monotonic()
    here()
    assert time.monotonic() - begun < 4

gc.disable()
seconds_to_end(15)
"""
FORGOTTEN_CLIENTS = {
    "by the last reference": "tk.layers.list().first(); del tk",
    "by the last reference, a service": "layers = tk.layers; layers.list().first(); del tk, layers",
    "by the last reference, a twin": (
        "twin = tk.with_options(deadline=5); twin.layers.list().first(); del tk, twin"
    ),
    "in a thread": (
        "def work():\n"
        "    client().layers.list().first()\n"
        "thread = threading.Thread(target=work); thread.start(); thread.join()"
    ),
    "by the collector": (
        "shop = Shop(); shop.tk.layers.list().first(); del shop\ncollected(gc.collect)"
    ),
    "by the collector in a thread": (
        "shop = Shop(); shop.tk.layers.list().first(); del shop\n"
        "thread = threading.Thread(target=collected, args=(gc.collect,))\n"
        "thread.start(); thread.join()"
    ),
    "by the collector with an open walk": (
        "shop = Shop(); shop.walk = iter(shop.tk.layers.list(per_page=10)); next(shop.walk)\n"
        "del shop\n"
        "collected(gc.collect)"
    ),
    "by the collector with an open walk in a thread": (
        "shop = Shop(); shop.walk = iter(shop.tk.layers.list(per_page=10)); next(shop.walk)\n"
        "del shop\n"
        "thread = threading.Thread(target=collected, args=(gc.collect,))\n"
        "thread.start(); thread.join()"
    ),
    "by the collector with an open download": (
        "shop = Shop()\n"
        "shop.results = shop.tk.layers.iter_downloads(shop.tk.layers.list(), to='files')\n"
        "next(shop.results); del shop\n"
        "collected(gc.collect)"
    ),
    "on the loop's thread by its own hook": (
        "shop = Shop(hooks=Hooks(request_ended=lambda _: gc.collect()))\n"
        "shop.tk.layers.list().first(); del shop\n"
        "with client(hooks=Hooks(request_ended=lambda _: gc.collect())) as other:\n"
        "    assert len(other.layers.list().all()) == 250"
    ),
    "on the loop's thread by a progress callback": (
        "shop = Shop(); shop.walk = iter(shop.tk.layers.list(per_page=10)); next(shop.walk)\n"
        "del shop\n"
        "with client() as other:\n"
        "    report = other.layers.download_all(\n"
        "        other.layers.list(), to='more', name='{id}', progress=lambda _: gc.collect()\n"
        "    )\n"
        "    assert report.downloaded + report.copied == 250, report"
    ),
}


def test_a_client_nobody_holds_is_ended_and_told_of_once(
    server: EmulatorThread, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server.fill(layers=250, file_bytes=10)
    folder = tmp_path_factory.mktemp("files")
    scripts = {
        name: BEGIN + script + "\nprint(left())" for name, script in FORGOTTEN_CLIENTS.items()
    }
    expected = dict.fromkeys(scripts, (0, "[]\n", FORGOTTEN))
    assert each_ran(server, scripts, folder=folder) == expected
    assert is_left(server)


ITERATORS = {
    "by the last reference": "walk = iter(tk.layers.list(per_page=10)); next(walk); del walk",
    "by a thread": (
        "walk = [iter(tk.layers.list(per_page=10))]; next(walk[0])\n"
        "thread = threading.Thread(target=walk.clear); thread.start(); thread.join()"
    ),
    "by the collector": (
        "shop = Shop(); shop.tk = None; shop.walk = iter(tk.layers.list(per_page=10))\n"
        "next(shop.walk); del shop\n"
        "collected(gc.collect)"
    ),
    "on the loop's thread": (
        "shop = Shop(); shop.tk = None; shop.walk = iter(tk.layers.list(per_page=10))\n"
        "next(shop.walk); del shop\n"
        "tk.layers.download_all(\n"
        "    tk.layers.list(), to='more', name='{id}', progress=lambda _: gc.collect()\n"
        ")"
    ),
    "a download": (
        "results = tk.layers.iter_downloads(tk.layers.list(), to='files', name='{id}')\n"
        "next(results); del results"
    ),
    "pages of a thorough walk": (
        "walk = tk.layers.list(per_page=10).thorough(); next(walk); del walk"
    ),
}


def test_an_iterator_nobody_holds_is_closed_and_its_client_goes_on(
    server: EmulatorThread, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server.fill(layers=250, file_bytes=10)
    # What was asked for ahead would be waited for much longer than the test lasts.
    server.faults.add(effect="delay", seconds=20, query="perPage=10&page=([2-9]|1.)$")
    end = """
until = time.monotonic() + 10
while "Gate 0 of" not in repr(tk) and time.monotonic() < until:
    time.sleep(0.001)
print(tk)
assert len(tk.layers.list().all()) == 250
tk.close()
print(left())
"""
    scripts = {name: BEGIN + script + end for name, script in ITERATORS.items()}
    ended = each_ran(server, scripts, folder=tmp_path_factory.mktemp("files"))
    for name, (status, out, err) in ended.items():
        assert (status, err) == (0, ""), name
        assert "<Gate 0 of 32 in flight>" in out, name
        assert out.endswith("[]\n"), name
    assert is_left(server)


def test_other_clients_go_on_while_clients_are_collected(server: EmulatorThread) -> None:
    server.fill(layers=250)
    script = """
warnings.simplefilter("ignore", ResourceWarning)

def forget():
    while not enough.is_set():
        shop = Shop()
        shop.walk = iter(shop.tk.layers.list(per_page=10))
        next(shop.walk)
        del shop
        gc.collect()

enough = threading.Event()
workers = [threading.Thread(target=forget) for _ in range(4)]
for one in workers:
    one.start()
for _ in range(15):
    assert len(tk.layers.list(per_page=50).all()) == 250
enough.set()
for one in workers:
    one.join()
gc.collect()  # what one of them left while another collected
tk.close()
print(left())
"""
    scripts = {"all": BEGIN + script}
    assert each_ran(server, scripts) == {"all": (0, "[]\n", "")}

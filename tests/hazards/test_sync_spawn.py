"""The synchronous client and `multiprocessing`: what may cross to another process, and what not."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from tests.hazards.scripts import ran
from threekit_async.emulator import EmulatorThread

PROGRAM = """
import multiprocessing, os, sys, warnings
from concurrent.futures import ProcessPoolExecutor
from threekit_async import Threekit, UnprocessableError, UsageError

warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)

def client():
    return Threekit(
        token=os.environ["TOKEN"], org_id=os.environ["ORG_ID"], host=os.environ["HOST"]
    )

def read(layer_id):
    with client() as tk:
        return tk.layers.get(layer_id)

def use(tk):
    try:
        tk.layers.list().first()
    except UsageError as error:
        sys.exit(7 if "before the process forked" in str(error) else 8)

def refused(call):
    try:
        call()
    except TypeError as error:
        return "does not pickle" in str(error) and "Make a new client" in str(error)
    return False

def main(method):
    context = multiprocessing.get_context(method)
    tk = client()
    ids = [layer.id for layer in tk.layers.list(per_page=4).first().items]
    with context.Pool(2) as pool:
        assert pool.map(read, ids) == [tk.layers.get(one) for one in ids]
        try:
            pool.apply(read, ("not-an-id",))
        except UnprocessableError as error:
            print(error.status, error.code)
        for method_of_it in (tk.layers.get, tk.with_options(deadline=5).layers.get):
            assert refused(lambda: pool.map(method_of_it, ids))
        assert refused(lambda: pool.apply(use, (tk,)))
        assert refused(lambda: pool.apply(use, (tk.layers.list(),)))
        pool.close()
        pool.join()
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        assert refused(lambda: list(executor.map(tk.layers.get, ids)))
        assert executor.submit(read, ids[0]).result().id == ids[0]
    process = context.Process(target=use, args=(tk,))
    if method == "fork":
        process.start()
        process.join()
        assert process.exitcode == 7
    else:
        assert refused(process.start)
    assert [tk.layers.get(one).id for one in ids] == ids
    tk.close()
    print("done")

if __name__ == "__main__":
    main({!r})
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_clients_stay_in_their_process_and_what_they_give_crosses(
    server: EmulatorThread, tmp_path: Path, method: str
) -> None:
    server.fill(layers=4)
    program = PROGRAM.format(method)
    ended = ran(server, program, program=tmp_path / "shop.py")
    assert ended == (0, "422 find_layer_error\ndone\n", "")

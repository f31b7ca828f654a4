"""Records are planted into an emulator that runs, and seeds are kept for the next one."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from threekit_async import Layer, Threekit
from threekit_async.emulator import EmulatorSettings, EmulatorThread, extra
from threekit_async.emulator.data import kept, planting
from threekit_async.emulator.errors import EmulatorError

ID = "4b2f2a1e-6a0c-4a53-9d2c-7f6a4a0f8b11"
MOMENT = datetime(2025, 3, 1, 12, tzinfo=UTC)


def test_what_a_record_leaves_out_is_filled_in(
    threekit_emulator: EmulatorThread, threekit_client: Threekit
) -> None:
    planted = threekit_emulator.seed(
        assets=[{"id": ID, "name": "Chair", "tags": ["new"]}],
        layers=[{"assetId": ID, "metadata": {"SKU": "C-1"}}],
    )
    layer = threekit_client.layers.get(planted["layers"][0]["id"])
    assert (layer.asset_id, layer.asset_layer, layer.branch) == (ID, ID, "unpublished")
    assert (layer.org_id, layer.metadata) == (threekit_emulator.org_id, {"SKU": "C-1"})
    asset = threekit_client.assets.get(ID)
    assert (asset.name, asset.type, asset.tags) == ("Chair", "item", ["new"])
    assert asset.created_at is not None
    assert threekit_client.assets.list(name="Chair").all() == [asset]


def test_what_a_record_gives_stays(
    threekit_emulator: EmulatorThread, threekit_client: Threekit
) -> None:
    given = Layer(id=ID, asset_id="chair", branch="published", created_at=MOMENT, url="seen")
    threekit_emulator.seed(layers=[given])
    layer = threekit_client.layers.get(ID)
    assert (layer.id, layer.branch, layer.created_at) == (ID, "published", MOMENT)
    assert threekit_client.layers.list(branch="published").first().items[0].url == "seen"


def test_a_file_brings_its_bytes(
    threekit_emulator: EmulatorThread, threekit_client: Threekit, tmp_path: Path
) -> None:
    threekit_emulator.seed(
        layers=[{"assetId": "chair", "fileId": ID}],
        files=[{"id": ID, "filename": "chair.png", "content": b"picture"}],
    )
    (layer,) = threekit_client.layers.list()
    assert layer.format == "png"
    done = threekit_client.layers.download(layer, to=tmp_path, verify=True)
    assert Path(str(done.path)).read_bytes() == b"picture"
    assert threekit_client.files.get(ID).size == len(b"picture")


@pytest.mark.parametrize("table", list(planting.TABLES))
def test_any_table_can_be_planted_in(threekit_emulator: EmulatorThread, table: str) -> None:
    [record] = threekit_emulator.seed(**{table: [{"metadata": {"mine": 1}}]})[table]
    assert record["metadata"] == {"mine": 1}
    assert {"id", "createdAt"} <= record.keys()
    assert threekit_emulator.call(
        lambda emulator: emulator.state.store.get(planting.TABLES[table], record["id"]) == record
    )


def test_planting_is_no_request_and_a_reset_drops_it(
    threekit_emulator: EmulatorThread, threekit_client: Threekit
) -> None:
    threekit_emulator.seed(layers=[{"assetId": "chair"}])
    assert threekit_emulator.requests == ()
    threekit_emulator.reset()
    assert threekit_client.layers.list().all() == []


def test_an_unknown_table_is_refused(threekit_emulator: EmulatorThread) -> None:
    with pytest.raises(EmulatorError, match=r"no table 'tokens'.*choose among assets, "):
        threekit_emulator.seed(tokens=[{"id": "x"}])


def test_a_second_record_with_the_same_id_is_refused(threekit_emulator: EmulatorThread) -> None:
    with pytest.raises(EmulatorError, match="One of the layers is there already"):
        threekit_emulator.seed(layers=[{"id": ID}, {"id": ID}])


def test_what_is_no_json_is_refused(threekit_emulator: EmulatorThread) -> None:
    with pytest.raises(EmulatorError, match="One of the layers is no JSON"):
        threekit_emulator.seed(layers=[{"metadata": {"SKU": object()}}])


def test_the_demo_comes_beside_what_is_there(
    threekit_emulator: EmulatorThread, threekit_client: Threekit, tmp_path: Path
) -> None:
    threekit_emulator.seed(layers=[{"assetId": "chair"}])
    for _ in range(2):
        threekit_emulator.seed("demo")
    assert len(threekit_client.layers.list().all(limit=None)) == 1001
    oldest = threekit_client.layers.list().first().items[0]
    assert threekit_client.layers.download(oldest, to=tmp_path).path


def test_a_copy_of_a_kept_seed_is_a_data_folder(
    demo_server: EmulatorThread, threekit_seeds: Path, tmp_path: Path
) -> None:
    kept.copy_of_seed("demo", threekit_seeds, tmp_path / "home")
    with EmulatorThread(EmulatorSettings(seed="demo", data=tmp_path / "home")) as copy:
        facts = [
            server.call(lambda emulator: emulator.state.snapshot.rows("SELECT record FROM layers"))
            for server in (copy, demo_server)
        ]
    assert facts[0] == facts[1]
    assert len(facts[0]) == 1000


def test_the_faster_of_two_that_plant_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "kept" / "empty"
    kept._plant("empty", home)
    before = home.stat().st_ino
    kept._plant("empty", home)
    assert home.stat().st_ino == before
    assert list(home.parent.iterdir()) == [home]


def test_the_seeds_used_last_are_kept(tmp_path: Path) -> None:
    for age in range(5):
        old = tmp_path / "kept" / f"demo-0-{age}"
        old.mkdir(parents=True)
        os.utime(old, (1000 - age, 1000 - age))
    for home in ("one", "two"):
        kept.copy_of_seed("empty", tmp_path / "kept", tmp_path / home)
        [used] = (tmp_path / "kept").glob("empty-*")
        assert used.stat().st_mtime > 1000
        os.utime(used, (1, 1))
    names = sorted(home.name for home in (tmp_path / "kept").iterdir())
    assert names[0] == "demo-0-0"
    assert names[1].startswith("empty-")
    assert len(names) == 2


def test_copies_of_a_kept_seed_run_side_by_side(tmp_path: Path) -> None:
    homes = [tmp_path / name for name in ("one", "two")]
    for home in homes:
        kept.copy_of_seed("empty", tmp_path / "kept", home)
    one, two = (EmulatorThread(EmulatorSettings(data=home)) for home in homes)
    with one, two:
        assert one.journal() == two.journal() == []


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmulatorError, match=r"cannot be kept in .* choose another folder"):
        kept.copy_of_seed("empty", tmp_path / "file", tmp_path / "home")


def test_a_kept_demo_leaves_no_copy_behind(
    threekit_seeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    server = EmulatorThread(EmulatorSettings(seed="demo"), kept_seeds=threekit_seeds)
    for _ in range(2):
        with server:
            assert len(list(tmp_path.iterdir())) == 1
        assert list(tmp_path.iterdir()) == []


def test_without_the_extra_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "CHECKER", "no_such_module")
    with pytest.raises(EmulatorError, match=r"not installed: install threekit-async\[emulator\]"):
        EmulatorThread().start()

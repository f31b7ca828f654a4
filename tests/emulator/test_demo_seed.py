from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from PIL import Image

from threekit_async.emulator import EmulatorSettings, EmulatorThread
from threekit_async.emulator.control import describe
from threekit_async.emulator.data.blobs import Blobs
from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.store import Store
from threekit_async.emulator.data.tables import ALL
from threekit_async.emulator.seeds.catalogue import Choice, Product, catalogue, choices
from threekit_async.emulator.seeds.demo import plant_demo, renders
from threekit_async.emulator.seeds.drawing import Painter

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def every_layer(demo: Any) -> list[dict[str, Any]]:
    return [layer for page in range(1, 11) for layer in demo.layers(perPage=100, page=page)]


def test_it_has_a_thousand_layers_of_three_items_in_two_jobs_and_both_branches(demo: Any) -> None:
    layers = every_layer(demo)
    items = demo.get("/api/assets", orgId=demo.server.org_id, type="item").json["assets"]
    assert len({layer["id"] for layer in layers}) == 1000
    assert {layer["assetId"] for layer in layers} == {item["id"] for item in items}
    assert len(items) == 3
    assert {layer["branch"] for layer in layers} == {"published", "unpublished"}
    assert len({layer["jobId"] for layer in layers}) == 2
    assert len({layer["taskId"] for layer in layers}) == 20
    assert demo.get("/__emulator__/info").json["counts"]["jobs"] == 2


def test_every_configuration_is_unique_and_refers_to_assets_that_exist(demo: Any) -> None:
    layers = every_layer(demo)
    listed = demo.get("/api/assets", orgId=demo.server.org_id, all=True).json["assets"]
    ids = {asset["id"] for asset in listed}
    unique = {
        (layer["assetId"], layer["stageId"], json.dumps(layer["assetLayerConfiguration"]))
        for layer in layers
    }
    used = {
        value["assetId"]
        for layer in layers
        for value in layer["assetLayerConfiguration"].values()
        if isinstance(value, dict)
    }
    assert len(unique) == len({layer["metadata"]["SKU"] for layer in layers}) == 1000
    assert used <= ids
    assert {layer["stageId"] for layer in layers} <= ids
    assert len(listed) >= 12


def test_every_layer_has_its_own_picture(demo: Any) -> None:
    layers = every_layer(demo)
    assert len({layer["fileId"] for layer in layers}) == 1000
    assert demo.get("/__emulator__/info").json["blobs"] == 1000
    for layer in layers[::250]:
        file = demo.get(f"/api/files/{layer['fileId']}").json
        content = demo.get(f"/api/files/{layer['fileId']}/content").body
        assert file["hash"] == "sha256-" + hashlib.sha256(content).hexdigest()
        assert (file["filename"], file["size"]) == (
            layer["metadata"]["SKU"] + ".png",
            len(content),
        )
        with Image.open(io.BytesIO(content)) as picture:
            assert (picture.format, picture.size) == ("PNG", (layer["width"], layer["height"]))


def test_every_option_of_every_product_is_rendered() -> None:
    for product in catalogue():
        chosen = choices(product)
        assert len(set(chosen)) == product.layers
        assert {choice.colour for choice in chosen} == set(product.colours)
        assert {choice.surface for choice in chosen} == set(product.surfaces)
        assert {choice.size for choice in chosen} == set(product.sizes)
        assert {choice.finish for choice in chosen} == set(product.finishes)


def test_two_seedings_give_the_same_records(tmp_path: Any) -> None:
    def plain(product: Product, choice: Choice) -> bytes:
        return repr((product.key, choice)).encode()

    def planted(name: str) -> list[bytes]:
        store = Store(":memory:")
        plant_demo(store, Blobs(tmp_path / name), plain)
        texts = [text for table in ALL for text in store.texts(table, Filters(), order="seq")]
        store.close()
        return texts

    first = planted("one")
    assert len(first) > 2000
    assert planted("two") == first


def test_a_seeded_folder_is_used_again_without_drawing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def paint(_painter: Painter, product: Product, choice: Choice) -> bytes:
        drawn.append(product.key)
        return repr((product.key, choice)).encode()

    monkeypatch.setattr(Painter, "paint", paint)
    settings = EmulatorSettings(data=tmp_path, seed="demo")
    for _ in range(2):
        with EmulatorThread(settings) as server:
            server.reset()
            held = server.call(lambda emulator: describe(emulator.state))
        assert held["blobs"] == 1000
        assert len(drawn) == 1000


def test_without_pillow_one_sentence_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['PIL'] = None; "
        "from threekit_async.emulator.__main__ import main; "
        "sys.exit(main(['--seed', 'demo', '--port', '0']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.endswith("install threekit-async[emulator].\n")
    assert ended.stderr.count("\n") == 1


def test_two_painters_paint_the_same_bytes() -> None:
    one, two = Painter(), Painter()
    sample = list(renders())[::83]
    assert [one.paint(r.product, r.choice) for r in sample] == [
        two.paint(r.product, r.choice) for r in sample
    ]


def test_a_picture_shows_colour_size_surface_and_finish() -> None:
    painter = Painter()
    for product in catalogue():
        first, last = choices(product)[0], choices(product)[-1]
        plain = painter.paint(product, first)
        changed = (
            Choice(last.colour, first.surface, first.size, first.finish),
            Choice(first.colour, last.surface, first.size, first.finish),
            Choice(first.colour, first.surface, last.size, first.finish),
            Choice(first.colour, first.surface, first.size, last.finish),
        )
        for choice in changed:
            assert painting(painter.paint(product, choice)) != painting(plain)


def painting(content: bytes) -> bytes:
    """The picture above its caption."""
    with Image.open(io.BytesIO(content)) as picture:
        return picture.crop((0, 0, 400, 338)).tobytes()


def test_its_jobs_have_tasks_and_runs_that_name_the_files_of_their_layers(demo: Any) -> None:
    for job in demo.get("/api/jobs", sort="-createdAt").json["jobs"][-2:]:
        assert (job["status"], job["taskCount"], job["taskResultSuccesses"]) == ("stopped", 10, 10)
        tasks = demo.get("/api/jobs/tasks", jobId=job["id"]).json["tasks"]
        runs = demo.get("/api/jobs/runs", jobId=job["id"]).json["runs"]
        assert [task["id"] for task in tasks] == [run["taskId"] for run in runs]
        assert len(tasks) == 10
        layers = demo.layers(jobId=job["id"], perPage=100)
        files = {(run["taskId"], file["id"]) for run in runs for file in run["results"]["files"]}
        assert len(files) == 500
        assert {(layer["taskId"], layer["fileId"]) for layer in layers} <= files

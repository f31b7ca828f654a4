"""The configurations service against the emulator, in both worlds."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from tests.services.planted import chair
from threekit_async import (
    AssetReference,
    Colour,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    ServerError,
    UnprocessableError,
    Upload,
    UsageError,
)
from threekit_async.emulator import EmulatorThread

PNG = b"\x89PNG and so on"
VARIANT: dict[str, Any] = {
    "Colour": Colour(r=0.25, g=0.5, b=1),
    "Wood": AssetReference(
        asset_id="6c1f4f9f-2a1b-4e67-9e3f-4b2a7d8e9f08",
        configuration={"Grain": "fine", "Tint": Colour(r=1, g=0, b=0)},
        type="material",
    ),
    "Legs": [AssetReference(asset_id="a"), AssetReference(asset_id="b")],
    "Nothing": AssetReference(asset_id="", configuration=""),
    "Size": 2,
    "Depth": 0.5,
    "Engraved": True,
    "Text": 'Größe \u2028 "quoted" \\ 🪑',
    "Empty": None,
}


@pytest.mark.parametrize("with_a_file", [False, True])
async def test_typed_values_survive_being_saved_and_resumed_by_short_id(
    connect: Connect, server: EmulatorThread, with_a_file: bool
) -> None:
    tk, product_id = connect(server), chair(server)
    metadata = {"basket": {"id": 7, "lines": [1, 2]}, "note": "for the hall"}
    saved = await tk.configurations.create(
        product_id,
        product_version="v2",
        variant=VARIANT,
        metadata=metadata,
        scene_graph_state="3c4d5e6f-7a8b-4c9d-8e1f-2a3b4c5d6e06",
        customer_id="customer 1",
        session_id="session 1",
        creator="shop",
        files=[Upload(PNG, filename="front.png")] if with_a_file else [],
    )
    resumed = await tk.configurations.get(saved.short_id)
    assert resumed == saved == await tk.configurations.get(saved.id)
    assert resumed.variant == VARIANT
    assert type(resumed.variant["Wood"].configuration["Tint"]) is Colour
    assert [type(leg) for leg in resumed.variant["Legs"]] == [AssetReference] * 2
    assert type(resumed.variant["Engraved"]) is bool
    assert (resumed.product_id, resumed.product_version) == (product_id, "v2")
    assert (resumed.metadata, resumed.org_id) == (metadata, server.org_id)
    assert (resumed.scene_graph_state, resumed.customer_id, resumed.session_id) == (
        "3c4d5e6f-7a8b-4c9d-8e1f-2a3b4c5d6e06",
        "customer 1",
        "session 1",
    )
    assert resumed.creator == "shop"
    assert 7 <= len(resumed.short_id) <= 14


async def test_a_configuration_that_was_resumed_can_be_saved_again(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    first = await tk.configurations.create("p", variant=VARIANT)
    resumed = await tk.configurations.get(first.short_id)
    changed = {**resumed.variant, "Size": 3}
    second = await tk.configurations.create("p", variant=changed)
    assert (await tk.configurations.get(second.id)).variant == VARIANT | {"Size": 3}
    assert second.short_id != first.short_id


async def test_a_single_file_becomes_the_thumbnail(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    (tmp_path / "front.png").write_bytes(PNG)
    tk = connect(server)
    saved = await tk.configurations.create("p", files=[tmp_path / "front.png"])
    assert await tk.configurations.thumbnail(saved.short_id) == PNG
    assert await tk.files.by_hash(saved.thumbnail) == PNG
    assert saved.attachments == {}


async def test_several_files_are_attached_under_keys_of_the_callers_choice(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    (tmp_path / "front.png").write_bytes(PNG)

    def drawn() -> Iterator[bytes]:
        yield from (b"b", b"a", b"ck")

    tk = connect(server)
    saved = await tk.configurations.create(
        "p",
        variant=VARIANT,
        files=[
            tmp_path / "front.png",
            Upload(drawn(), filename="Rückseite.png"),
            Upload(io.BytesIO(b"pdf"), filename="offer.pdf"),
        ],
        attachments={"front": "front.png", "back/rear": "Rückseite.png", "offer": "offer.pdf"},
    )
    assert saved.variant == VARIANT
    assert set(saved.attachments) == {"front", "back/rear", "offer"}
    for name in (saved.id, saved.short_id):
        assert await tk.configurations.attachment(name, "front") == PNG
        assert await tk.configurations.attachment(name, "back/rear") == b"back"
        assert await tk.configurations.attachment(name, "offer") == b"pdf"
    file = await tk.files.get(saved.attachments["offer"])
    assert (file.filename, file.mime_type) == ("offer.pdf", "application/pdf")


async def test_one_file_with_a_key_is_an_attachment_and_no_thumbnail(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    saved = await tk.configurations.create(
        "p", files=[Upload(PNG, filename="a.png")], attachments={"front": "a.png"}
    )
    assert (saved.thumbnail, list(saved.attachments)) == (None, ["front"])
    with pytest.raises(NotFoundError, match=r"/thumbnail was answered 404"):
        await tk.configurations.thumbnail(saved.id)
    with pytest.raises(NotFoundError, match=r"/files/back was answered 404"):
        await tk.configurations.attachment(saved.id, "back")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"files": ["a", "b"], "attachments": {"one": "a"}}, "does not name 'b'"),
        ({"files": ["a", "b"]}, "of several files each one needs a key"),
        ({"files": ["a"], "attachments": {"one": "z"}}, "No file is called 'z'"),
        ({"attachments": {"one": "z"}}, "No file is called 'z'"),
        ({"files": ["a", "a"], "attachments": {"one": "a"}}, "Two files are called 'a'"),
    ],
)
async def test_files_and_keys_that_do_not_fit_are_refused_before_sending(
    connect: Connect, server: EmulatorThread, arguments: dict[str, Any], says: str
) -> None:
    files = [Upload(b"x", filename=name) for name in arguments.get("files", [])]
    with pytest.raises(UsageError, match=says):
        await connect(server).configurations.create("p", **{**arguments, "files": files})
    assert server.journal() == []


async def test_a_single_file_without_a_list_is_refused_before_sending(
    connect: Connect, server: EmulatorThread
) -> None:
    for files in ("front.png", PNG):
        with pytest.raises(UsageError, match="a list, even for a single one"):
            await connect(server).configurations.create("p", files=files)
    assert server.journal() == []


async def test_a_shop_s_page_may_save_and_read_but_not_change_or_delete(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server, token=server.public_token)
    saved = await tk.configurations.create("p", variant=VARIANT)
    assert (await tk.configurations.get(saved.short_id)).variant == VARIANT
    with pytest.raises(ForbiddenError, match=r"PUT /api/configurations/.* was answered 403"):
        await tk.configurations.update(saved.id, customer_id="x")
    with pytest.raises(ForbiddenError, match=r"DELETE /api/configurations/.* was answered 403"):
        await tk.configurations.delete(saved.id)


async def test_saved_configurations_are_listed_by_what_was_given(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    oak, other = chair(server, metadata={"SKU": "OAK-1"}), chair(server)
    first = await tk.configurations.create(oak, metadata={"user": "a"}, short_id="first-one")
    second = await tk.configurations.create(oak, metadata={"user": "b"}, product_version="v2")
    third = await tk.configurations.create(other, metadata={"user": "a"}, variant=VARIANT)

    async def listed(**filters: Any) -> list[str]:
        return [saved.id async for saved in tk.configurations.list(per_page=1, **filters)]

    assert await listed() == [first.id, second.id, third.id]
    assert await listed(sort="-created_at") == [third.id, second.id, first.id]
    assert await listed(product_id=oak) == await listed(sku="OAK-1") == [first.id, second.id]
    assert await listed(product_version="v2") == [second.id]
    assert await listed(short_id="first-one") == [first.id]
    assert await listed(metadata={"user": "a"}, full_configuration=True) == [first.id, third.id]
    assert any("fullConfiguration=true" in entry.query for entry in server.journal())
    (whole,) = await tk.configurations.list(product_id=other).all()
    assert whole == third
    with pytest.raises(UnprocessableError, match="GET /api/configurations was answered 422"):
        await tk.configurations.list(sort="colour").all()


async def test_a_short_id_is_given_once(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    saved = await tk.configurations.create("p", short_id="mine_0001")
    assert saved.short_id == "mine_0001"
    with pytest.raises(ConflictError, match="A configuration has this short id"):
        await tk.configurations.create("p", short_id="mine_0001")
    for wrong in ("short", "with space", "x" * 15):
        with pytest.raises(UnprocessableError, match="POST /api/configurations was answered 422"):
            await tk.configurations.create("p", short_id=wrong)


async def test_only_the_fields_that_are_given_are_replaced(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    saved = await tk.configurations.create("p", variant=VARIANT, metadata={"a": 1, "b": 2})
    changed = await tk.configurations.update(saved.id, metadata={"a": 3}, product_version="v9")
    assert (changed.metadata, changed.product_version) == ({"a": 3}, "v9")
    assert changed.variant == VARIANT
    assert changed.updated_at > saved.created_at
    again = await tk.configurations.update(
        saved.short_id, variant={"Colour": Colour(r=0, g=0, b=0)}, customer_id="c"
    )
    assert again.variant == {"Colour": Colour(r=0, g=0, b=0)}
    assert await tk.configurations.get(saved.id) == again
    assert (await tk.configurations.update(saved.id, customer_id=None)).customer_id is None
    with pytest.raises(UsageError, match="There is nothing to change"):
        await tk.configurations.update(saved.id)


async def test_a_deleted_configuration_is_neither_found_nor_listed(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    kept, gone = [await tk.configurations.create("p") for _ in range(2)]
    assert await tk.configurations.delete(gone.id) is None
    for name in (gone.id, gone.short_id):
        with pytest.raises(NotFoundError, match="was answered 404 configuration_not_found"):
            await tk.configurations.get(name)
    assert [saved.id for saved in await tk.configurations.list().all()] == [kept.id]
    with pytest.raises(NotFoundError, match="DELETE /api/configurations/"):
        await tk.configurations.delete(gone.id)


@pytest.mark.parametrize("name", ["nope", "a/b", "../orders", "%00", "'--", "ü" * 500])
async def test_what_was_never_saved_is_not_found_whatever_it_is_called(
    connect: Connect, server: EmulatorThread, name: str
) -> None:
    tk = connect(server)
    saved = await tk.configurations.create("p")
    with pytest.raises(NotFoundError, match="configuration_not_found"):
        await tk.configurations.get(name)
    with pytest.raises(NotFoundError):
        await tk.configurations.attachment(name, "front")
    with pytest.raises(NotFoundError):
        await tk.configurations.attachment(saved.id, name)


@pytest.mark.parametrize(
    "variant",
    [
        {"": ""},
        {"a\0b": "c\0d"},
        {"assetId": {"assetId": 3}},
        {"Colour": {"r": "red", "g": 0, "b": 0}},
        {"n": 10**15, "deep": [[[{"x": [None]}]]]},
    ],
)
async def test_odd_variants_come_back_as_they_were(
    connect: Connect, server: EmulatorThread, variant: Any
) -> None:
    tk = connect(server)
    for files in ([], [Upload(PNG, filename="a.png")]):
        saved = await tk.configurations.create("p", variant=variant, files=files)
        assert (await tk.configurations.get(saved.id)).variant == variant


async def test_a_configuration_needs_a_product(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    for files in ([], [Upload(PNG, filename="a.png")]):
        with pytest.raises(UnprocessableError, match="POST /api/configurations was answered 422"):
            await tk.configurations.create("", files=files)
    assert await tk.configurations.list().all() == []


async def test_the_service_says_whether_it_is_up(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    assert await tk.configurations.healthcheck() is None
    server.faults.add(effect="status", status=503, path="/api/configurations/healthcheck")
    with pytest.raises(ServerError, match="GET /api/configurations/healthcheck was answered 503"):
        await tk.configurations.healthcheck()

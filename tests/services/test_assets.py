"""The assets service against the emulator, in both worlds."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from tests.conftest import Connect
from threekit_async import (
    UNSET,
    AuthenticationError,
    BadRequestError,
    DeadlineError,
    ForbiddenError,
    ImportSettings,
    Job,
    JobFailedError,
    NotFoundError,
    PublicToken,
    ServerError,
    UnprocessableError,
    UsageError,
    evolve,
)
from threekit_async.emulator import EmulatorThread
from threekit_async.emulator.engine.failures import FailureRule

Call = Callable[..., Any]

NOBODY = "11111111-1111-4111-8111-111111111111"
LATER = "2024-07-01T00:00:00.000Z"
PNG = b"\x89PNG\r\n\x1a\n and so on"
CHAIR = {
    "name": "Oak chair",
    "type": "item",
    "customId": "OC",
    "description": "Of oak.",
    "branch": "published",
    "tags": ["oak", "chair"],
    "keywords": ["seat", "wood"],
    "metadata": {"SKU": "OC-1", "legs": 4},
    "proxyId": "proxy-1",
    "importedFileId": "file-1",
    "parentFolderId": "folder-1",
    "publicShare": True,
    "defaultStageId": "stage-1",
}
TABLE = {
    "name": "Ash table",
    "type": "model",
    "tags": ["table"],
    "keywords": ["work", "wood"],
    "metadata": {"SKU": "AT-1", "legs": 4},
}


async def test_all_assets_are_listed_with_their_total(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    assets = await tk.assets.list(per_page=5).all()
    page = await tk.assets.list(per_page=5).first()
    assert page.count == len(assets) == len({asset.id for asset in assets})
    assert page.per_page == 5


async def test_filters_reach_the_server(connect: Connect, demo_server: EmulatorThread) -> None:
    tk = connect(demo_server)
    items = await tk.assets.list(type="item").all()
    assert items
    assert {asset.type for asset in items} == {"item"}
    named = await tk.assets.list(name=items[0].name, type="item").all()
    assert [asset.id for asset in named] == [items[0].id]


async def test_sorting_takes_the_names_of_records(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    newest = [asset.created_at for asset in await tk.assets.list(sort="-created_at").all()]
    assert newest == sorted(newest, reverse=True)


async def test_one_asset_is_read_with_what_a_list_leaves_out(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    listed = (await tk.assets.list(type="item").first()).items[0]
    asset = await tk.assets.get(listed.id)
    assert (asset.id, asset.name, asset.org_id) == (listed.id, listed.name, demo_server.org_id)


@pytest.mark.parametrize("asset_id", ["11111111-1111-4111-8111-111111111111", "not-an-id"])
async def test_unknown_and_malformed_ids_are_not_found_alike(
    connect: Connect, demo_server: EmulatorThread, asset_id: str
) -> None:
    with pytest.raises(NotFoundError) as missing:
        await connect(demo_server).assets.get(asset_id)
    assert missing.value.code == "asset_not_found"


@pytest.mark.parametrize(
    "chosen",
    [
        {"name": "Oak chair"},
        {"name_like": "CHAIR"},
        {"type": "item"},
        {"branch": "published"},
        {"tags": "oak"},
        {"keywords": "seat"},
        {"metadata": {"SKU": "OC-1", "legs": 4}},
        {"proxy_id": "proxy-1"},
        {"imported_file_id": "file-1"},
        {"parent_folder_id": "folder-1"},
        {"public_share": True},
    ],
)
async def test_each_filter_finds_the_one_of_two_assets_it_means(
    connect: Connect, server: EmulatorThread, chosen: dict[str, Any]
) -> None:
    server.seed(assets=[CHAIR, TABLE])
    tk = connect(server)
    if "parent_folder_id" not in chosen:  # not documented for the listing
        assert [asset.name for asset in await tk.assets.list(**chosen).all()] == ["Oak chair"]
    if "tags" not in chosen:
        assert await tk.assets.tags(**chosen) == ["chair", "oak"]
    if "keywords" not in chosen:
        assert await tk.assets.keywords(**chosen) == ["seat", "wood"]


async def test_tags_and_keywords_come_once_each(connect: Connect, server: EmulatorThread) -> None:
    server.seed(assets=[CHAIR, CHAIR, TABLE, {**TABLE, "deletedAt": LATER, "tags": ["gone"]}])
    tk = connect(server)
    assert await tk.assets.tags() == ["chair", "oak", "table"]
    assert await tk.assets.keywords() == ["seat", "wood", "work"]
    assert await tk.assets.tags(name="no such asset") == []


async def test_a_created_asset_can_be_read_and_found(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    made = await tk.assets.create(
        name="Oak chair",
        type="item",
        description="Of oak.",
        tags=["chair", "oak"],
        keywords="seat,wood",
        metadata={"SKU": "OC-1", "legs": 4},
        branch="published",
        public_share=True,
        proxy_id="proxy-1",
        imported_file_id="file-1",
    )
    assert (made.tags, made.keywords) == (["chair", "oak"], ["seat", "wood"])
    assert (made.metadata, made.description) == ({"SKU": "OC-1", "legs": 4}, "Of oak.")
    assert (made.branch, made.public_share, made.proxy_id, made.imported_file_id) == (
        *("published", True),
        *("proxy-1", "file-1"),
    )
    assert made.org_id == server.org_id
    assert await tk.assets.get(made.id) == made
    assert await tk.assets.list(tags="oak").all() == [made]


async def test_an_asset_is_created_with_a_name_and_a_type_alone(
    connect: Connect, server: EmulatorThread
) -> None:
    made = await connect(server).assets.create(name="Oak", type="material")
    assert (made.name, made.type, made.parent_folder_id) == ("Oak", "material", "assets")
    assert (made.tags, made.keywords, made.metadata) == ([], [], {})


@pytest.mark.parametrize("deleted", [False, True])
async def test_an_update_and_a_restore_change_everything_that_is_given(
    connect: Connect, server: EmulatorThread, *, deleted: bool
) -> None:
    server.seed(assets=[CHAIR])
    tk = connect(server)
    if deleted:
        await tk.assets.delete("OC")
    change = tk.assets.restore if deleted else tk.assets.update
    changes: dict[str, Any] = {
        "name": "Ash chair",
        "description": "Of ash.",
        "tags": ["ash", "chair"],
        "keywords": ["white", "wood"],
        "branch": "draft",
        "public_share": False,
        "proxy_id": "proxy-2",
        "imported_file_id": "file-2",
        "parent_folder_id": "catalog",
        "published_at": datetime(2024, 5, 1, 12, tzinfo=timezone(timedelta(hours=2))),
        "default_stage_id": "stage-2",
        "default_composite_id": "composite-2",
    }
    changed = await change("OC", **changes)
    assert {name: getattr(changed, name) for name in changes} == changes
    assert await tk.assets.get("OC") == changed


async def test_an_update_keeps_what_is_not_given_and_empties_what_is_none(
    connect: Connect, server: EmulatorThread
) -> None:
    server.seed(assets=[CHAIR])
    tk = connect(server)
    before = await tk.assets.get("OC")
    renamed = await tk.assets.update(before.id, name="Ash chair", description=UNSET, tags=UNSET)
    assert evolve(renamed, name=before.name, updated_at=before.updated_at) == before
    emptied = await tk.assets.update(before.id, description=None, proxy_id=None)
    assert (emptied.description, emptied.proxy_id) == (None, None)
    assert evolve(
        emptied, description="Of oak.", proxy_id="proxy-1", updated_at=renamed.updated_at
    ) == (renamed)


async def test_an_update_of_nothing_is_refused(connect: Connect, server: EmulatorThread) -> None:
    with pytest.raises(UsageError, match=r"There is nothing to change: pass at least one of name="):
        await connect(server).assets.update("OC", name=UNSET)
    assert server.journal() == []


@pytest.mark.parametrize("names", [["ash", " ash ", "pale", ""], "ash,pale", ("ash", "pale")])
async def test_tags_and_keywords_are_replaced_by_a_list_or_a_text(
    connect: Connect, server: EmulatorThread, names: Any
) -> None:
    server.seed(assets=[CHAIR])
    changed = await connect(server).assets.update("OC", tags=names, keywords=names)
    assert changed.tags == changed.keywords == ["ash", "pale"]


async def test_an_empty_list_takes_all_tags_away(connect: Connect, server: EmulatorThread) -> None:
    server.seed(assets=[CHAIR])
    changed = await connect(server).assets.update("OC", tags=[])
    assert (changed.tags, changed.keywords) == ([], ["seat", "wood"])


@pytest.mark.parametrize(
    ("names", "says"),
    [(["oak, solid"], "'oak, solid' has a comma"), ([7], "must be text, not 7")],
)
async def test_a_tag_that_cannot_be_sent_is_refused_before_sending(
    connect: Connect, server: EmulatorThread, names: Any, says: str
) -> None:
    tk = connect(server)
    for call in (
        partial(tk.assets.update, "OC"),
        partial(tk.assets.restore, "OC"),
        partial(tk.assets.create, name="Oak", type="item"),
    ):
        with pytest.raises(UsageError, match=says):
            await call(tags=names)
        with pytest.raises(UsageError, match=says):
            await call(keywords=names)
    assert server.journal() == []


async def test_a_deleted_asset_leaves_the_lists_and_comes_back(
    connect: Connect, server: EmulatorThread
) -> None:
    server.seed(assets=[CHAIR, TABLE])
    tk = connect(server)
    before = await tk.assets.get("OC")
    await tk.assets.delete(before.id)
    await tk.assets.delete(before.id)
    assert [asset.name for asset in await tk.assets.list().all()] == ["Ash table"]
    assert await tk.assets.tags() == ["table"]
    gone = await tk.assets.get(before.id)
    assert gone.deleted_at > before.created_at
    assert gone.deleted_by == before.created_by
    back = await tk.assets.restore(before.id)
    assert evolve(back, updated_at=before.updated_at) == before
    assert len(await tk.assets.list().all()) == 2


async def test_a_restored_asset_is_changed_where_fields_are_given(
    connect: Connect, server: EmulatorThread
) -> None:
    server.seed(assets=[CHAIR])
    tk = connect(server)
    await tk.assets.delete("OC")
    back = await tk.assets.restore("OC", name="Ash chair", description=None, tags=["ash"])
    assert (back.name, back.description, back.tags) == ("Ash chair", None, ["ash"])
    assert (back.keywords, back.proxy_id, back.deleted_at) == (["seat", "wood"], "proxy-1", None)


async def test_an_asset_that_is_not_deleted_cannot_be_restored(
    connect: Connect, server: EmulatorThread
) -> None:
    server.seed(assets=[CHAIR])
    tk = connect(server)
    with pytest.raises(UnprocessableError, match="Cannot restore active asset") as refused:
        await tk.assets.restore("OC", name="Ash chair")
    assert refused.value.code == "restore_asset_error"
    assert (await tk.assets.get("OC")).name == "Oak chair"


@pytest.mark.threekit(seed="demo")
async def test_a_clone_has_all_of_the_original_and_lives_its_own_life(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    original = await tk.assets.get("ALD")
    copy = await tk.assets.clone("ALD")
    assert copy.id != original.id
    assert copy.created_at > original.created_at
    assert evolve(
        copy,
        id=original.id,
        custom_id=original.custom_id,
        created_at=original.created_at,
        updated_at=original.updated_at,
    ) == (original)
    [ours], [theirs] = await tk.assets.export(copy.id), await tk.assets.export(original.id)
    assert ours.product.attributes == theirs.product.attributes != []
    await tk.assets.update(copy.id, name="Alder armchair, second edition")
    await tk.assets.delete(original.id)
    assert (await tk.assets.get(copy.id)).deleted_at is None
    assert (await tk.assets.get(original.id)).name == original.name


async def test_one_exported_asset_is_as_in_the_export_of_all(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    [entry] = await tk.assets.export("FJO")
    assert entry.product.metadata_values == {"SKU": "FJO", "renders": 300}
    assert entry in await tk.products.export()


@pytest.mark.threekit(job_seconds=0)
async def test_an_imported_file_becomes_an_asset_and_once_more_changes_it(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    picture = tmp_path / "Oak veneer.png"
    picture.write_bytes(PNG)
    tk = connect(server)
    told: list[Job] = []
    [made] = await tk.assets.import_file(picture, interval=0.01, progress=told.append)
    assert (made.type, made.name) == ("texture", "Oak veneer")
    asset = await tk.assets.get(made.asset_id)
    assert (asset.type, asset.name) == ("texture", "Oak veneer")
    assert await tk.files.content(asset.imported_file_id) == PNG
    assert told[-1].stopped

    [again] = await tk.assets.import_file(PNG + b"more", filename=picture.name, interval=0.01)
    assert again.asset_id == made.asset_id
    changed = await tk.assets.get(made.asset_id)
    assert await tk.files.content(changed.imported_file_id) == PNG + b"more"
    assert len(await tk.assets.list().all()) == 1


@pytest.mark.threekit(job_seconds=0)
async def test_an_import_goes_where_it_is_told_to(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    folder = await tk.assets.create(name="Woods", type="folder")
    target = await tk.assets.create(name="Veneer", type="texture")
    [in_folder] = await tk.assets.import_file(
        io.BytesIO(PNG), filename="veneer.png", parent_folder_id=folder.id, interval=0.01
    )
    assert (await tk.assets.get(in_folder.asset_id)).parent_folder_id == folder.id
    [into_target] = await tk.assets.import_file(
        PNG, filename="x.png", target_asset_id=target.id, title="Mend the veneer", interval=0.01
    )
    assert into_target.asset_id == target.id
    [as_upload] = await tk.assets.import_file(
        [PNG[:4], PNG[4:]],
        filename="veneer.png",
        settings=ImportSettings(import_as="upload"),
        interval=0.01,
    )
    assert as_upload.type == "upload"
    titles = [job.title for job in await tk.jobs.list().all()]
    assert titles.count("Mend the veneer") == 1


@pytest.mark.threekit(job_seconds=0)
async def test_an_import_that_fails_says_which_job_and_why(
    connect: Connect, server: EmulatorThread
) -> None:
    rule = FailureRule(type="import", message="The mesh has a hole.")
    server.call(lambda emulator: emulator.state.engine.failures.add(rule))
    tk = connect(server)
    with pytest.raises(JobFailedError, match=r"The mesh has a hole\. Mend the cause") as failed:
        await tk.assets.import_file(b"solid", filename="chair.stl", interval=0.01)
    assert (await tk.jobs.get(failed.value.job.id)).task_result_failures == 1
    assert await tk.assets.list().all() == []


@pytest.mark.threekit(job_seconds=0)
async def test_an_import_into_an_unknown_asset_fails(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    with pytest.raises(JobFailedError, match=rf"There is no asset '{NOBODY}'"):
        await tk.assets.import_file(PNG, filename="a.png", target_asset_id=NOBODY, interval=0.01)
    assert await tk.assets.list().all() == []


@pytest.mark.threekit(job_seconds=30)
async def test_an_import_that_takes_too_long_goes_on_without_us(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    with pytest.raises(DeadlineError, match=r"has not ended within 0\.2 s.*It goes on") as late:
        await tk.assets.import_file(PNG, filename="a.png", timeout=0.2, interval=0.01)
    assert late.value.sent
    [job] = await tk.jobs.list().all()
    assert not job.stopped


async def test_texts_are_read_in_a_language_and_an_unknown_one_has_none(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    assert (await tk.assets.translations(locale="de"))["Size"] == "Größe"
    assert (await tk.assets.translations(locale="fr"))["Size"] == "Taille"
    assert await tk.assets.translations(locale="xx") == {}


async def test_variants_are_walked_once_each_and_share_what_they_say(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    asset = await tk.assets.get("HAR")
    variants = [variant async for variant in tk.assets.variants(asset.id, per_page=100)]
    assert len({variant.id for variant in variants}) == len(variants) == 250
    assert {variant.asset_id for variant in variants} == {asset.id}
    shared = await tk.assets.variant_data(asset.id)
    assert "perPage=1&page=1" in demo_server.journal()[-1].query  # no page of variants for it
    assert {variant.shared_data_id for variant in variants} == {shared.id}
    assert shared.ready
    assert set(variants[0].variant) == set(shared.variant_attributes)


async def test_a_thumbnail_is_a_picture_of_the_asset(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    chair = await tk.assets.thumbnail("ALD")
    assert chair.startswith(b"\x89PNG")
    assert chair != await tk.assets.thumbnail("FJO")
    small = await tk.assets.thumbnail("ALD", size=64)
    assert small.startswith(b"\x89PNG")
    assert int.from_bytes(small[16:20]) == 64  # its width


async def test_an_asset_without_a_picture_has_a_placeholder_only_when_asked_for(
    connect: Connect, server: EmulatorThread
) -> None:
    server.seed(assets=[CHAIR])
    tk = connect(server)
    with pytest.raises(NotFoundError, match="Asset has no thumbnail"):
        await tk.assets.thumbnail("OC")
    placeholder = await tk.assets.thumbnail("OC", fail_on_empty=False)
    assert placeholder.startswith(b"\x89PNG")
    assert await tk.assets.thumbnail("OC", size=8) != placeholder


async def test_the_healthcheck_returns_when_all_is_well_and_raises_otherwise(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    assert await tk.assets.healthcheck() is None
    server.faults.add(effect="status", status=503, path="/api/assets/healthcheck")
    with pytest.raises(ServerError):
        await tk.assets.healthcheck()


# What each does to the asset "OC"; the readings among them need no private token.
READINGS: list[Call] = [
    lambda tk: tk.assets.list().all(),
    lambda tk: tk.assets.tags(),
    lambda tk: tk.assets.keywords(),
    lambda tk: tk.assets.translations(locale="de"),
]
READINGS_OF_ONE: list[Call] = [
    lambda tk, asset_id="OC": tk.assets.get(asset_id),
    lambda tk, asset_id="OC": tk.assets.export(asset_id),
    lambda tk, asset_id="OC": tk.assets.variants(asset_id).all(),
    lambda tk, asset_id="OC": tk.assets.variant_data(asset_id),
]
UPDATE, DELETE, RESTORE, CLONE, CREATE = WRITINGS = cast(
    "list[Call]",
    [
        lambda tk, asset_id="OC": tk.assets.update(asset_id, name="New"),
        lambda tk, asset_id="OC": tk.assets.delete(asset_id),
        lambda tk, asset_id="OC": tk.assets.restore(asset_id),
        lambda tk, asset_id="OC": tk.assets.clone(asset_id),
        lambda tk: tk.assets.create(name="New", type="item"),
    ],
)
ALL_CALLS = [*READINGS, *READINGS_OF_ONE, *WRITINGS]
CALLS_OF_ONE = [*READINGS_OF_ONE, UPDATE, DELETE, RESTORE, CLONE]


async def test_without_its_organisation_a_client_is_told_to_name_it(
    connect: Connect, server: EmulatorThread
) -> None:
    server.seed(assets=[CHAIR])
    tk = connect(server, org_id=None)
    for call in ALL_CALLS:
        with pytest.raises(BadRequestError, match=r"Pass org_id= to the client") as refused:
            await call(tk)
        assert refused.value.code == "orgid_required"
    assert [asset.name for asset in await connect(server).assets.list().all()] == ["Oak chair"]


@pytest.mark.threekit(strict_org=False)
async def test_a_lenient_server_takes_the_organisation_of_the_token(
    connect: Connect, server: EmulatorThread
) -> None:
    server.seed(assets=[CHAIR])
    tk = connect(server, org_id=None)
    for call in (*READINGS, *READINGS_OF_ONE, UPDATE, DELETE, RESTORE, CLONE, CREATE):
        await call(tk)
    assert {entry.status for entry in server.journal()} == {200}
    assets = await connect(server).assets.list().all()
    assert [(asset.name, asset.org_id) for asset in assets] == [("New", server.org_id)] * 3


async def test_another_organisation_is_forbidden(connect: Connect, server: EmulatorThread) -> None:
    server.seed(assets=[CHAIR])
    tk = connect(server, org_id=NOBODY)
    for call in ALL_CALLS:
        with pytest.raises(ForbiddenError, match=r"the organisation must be the token's"):
            await call(tk)
    assert [asset.name for asset in await connect(server).assets.list().all()] == ["Oak chair"]


@pytest.mark.parametrize("call", WRITINGS)
async def test_a_public_token_may_not_write(
    connect: Connect, server: EmulatorThread, call: Call
) -> None:
    server.seed(assets=[CHAIR])
    with pytest.raises(ForbiddenError, match="writes need a private token"):
        await call(connect(server, token=PublicToken(server.public_token)))
    [asset] = await connect(server).assets.list().all()
    assert (asset.name, asset.deleted_at) == ("Oak chair", None)


async def test_a_public_token_may_read(connect: Connect, server: EmulatorThread) -> None:
    server.seed(assets=[CHAIR])
    private, public = connect(server), connect(server, token=PublicToken(server.public_token))
    for call in (*READINGS, *READINGS_OF_ONE):
        assert await call(public) == await call(private)


async def test_a_public_token_imports_no_file(connect: Connect, server: EmulatorThread) -> None:
    with pytest.raises(ForbiddenError, match=r"POST /api/files .*writes need a private token"):
        await connect(server, token=PublicToken(server.public_token)).assets.import_file(
            PNG, filename="a.png"
        )
    assert await connect(server).jobs.list().all() == []


async def test_an_unknown_token_is_told_apart_from_a_missing_right(
    connect: Connect, server: EmulatorThread
) -> None:
    with pytest.raises(AuthenticationError, match="unknown on this host or was revoked"):
        await connect(server, token="no-such-token").assets.list().all()


@pytest.mark.parametrize("call", CALLS_OF_ONE)
async def test_no_odd_id_reaches_another_asset(
    connect: Connect, server: EmulatorThread, call: Call
) -> None:
    server.seed(assets=[CHAIR])
    tk = connect(server)
    before = await tk.assets.get("OC")
    for odd in (NOBODY, "a/b?c=d#e", "%2e%2e", "Größe 🪑", "x\0y", "' OR 1=1", "oc", "OC/.."):
        with pytest.raises(NotFoundError, match="Check the id, the organisation") as missing:
            await call(tk, odd)
        assert missing.value.code == "asset_not_found"
    assert await tk.assets.list().all() == [before]


@pytest.mark.parametrize("call", CALLS_OF_ONE)
async def test_what_cannot_be_an_id_is_refused_before_sending(
    connect: Connect, server: EmulatorThread, call: Call
) -> None:
    tk = connect(server)
    for odd in ("", " ", ".", "..", None, 7, b"OC", "\ud800"):
        with pytest.raises(UsageError, match=r"nothing was"):
            await call(tk, odd)
    assert server.journal() == []


async def test_any_name_is_kept_and_found_as_it_is(
    connect: Connect, server: EmulatorThread
) -> None:
    server.seed(assets=[CHAIR])
    tk = connect(server)
    for name in ("Größe 🪑", "'; DROP TABLE assets; --", "%_", "+&=?#", "\u202eriahc", "a\0b"):
        made = await tk.assets.create(name=name, type="item", metadata={name: name})
        assert (made.name, made.metadata) == (name, {name: name})
        assert await tk.assets.list(name=name).all() == [made]
        assert await tk.assets.list(name_like=name[:3]).all() == [made]
    for name in ("Größe 🪑", "'; DROP TABLE assets; --", "%_", "+&=?#", "\u202eriahc"):
        [found] = await tk.assets.list(metadata={name: name}).all()
        assert found.name == name


async def test_a_name_may_be_long(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    made = await tk.assets.create(name="x" * 1_000_000, type="item")
    assert (await tk.assets.get(made.id)).name == "x" * 1_000_000


async def test_a_value_that_does_not_fit_is_refused_and_changes_nothing(
    connect: Connect, server: EmulatorThread
) -> None:
    server.seed(assets=[CHAIR])
    tk = connect(server)
    before = await tk.assets.get("OC")
    for changes in (
        {"name": ""},
        {"name": 7},
        {"public_share": "yes"},
        {"published_at": "soon"},
        {"parent_folder_id": {"id": "catalog"}},
    ):
        with pytest.raises(UnprocessableError, match="Check the values that were sent") as refused:
            await tk.assets.update("OC", description="New", **changes)
        assert refused.value.code == "update_asset_error"
    assert await tk.assets.get("OC") == before


async def test_a_value_that_json_does_not_have_is_refused_before_sending(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    for odd in ("\ud800", {1, 2}, float("nan"), b"bytes"):
        with pytest.raises(UsageError, match=r"^The body .*[Nn]othing was sent\.$"):
            await tk.assets.update("OC", name=odd)
    assert server.journal() == []


async def test_a_number_that_no_reader_could_take_back_is_refused(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    with pytest.raises(UnprocessableError):
        await tk.assets.create(name="Oak", type="item", metadata={"legs": 10**400})
    assert await tk.assets.list().all() == []


async def test_filters_that_make_no_sense_are_refused(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    with pytest.raises(UnprocessableError, match="invalid_query_fields"):
        await tk.assets.list(sort="colour").all()
    with pytest.raises(UsageError, match="per_page must be between 1 and 100"):
        await tk.assets.list(per_page=101).all()


@pytest.mark.parametrize(
    ("call", "statuses"),
    [(UPDATE, [503, 200]), (DELETE, [503, 200]), (RESTORE, [503]), (CLONE, [503]), (CREATE, [503])],
)
async def test_only_what_may_be_done_twice_is_repeated(
    connect: Connect, server: EmulatorThread, call: Call, statuses: list[int]
) -> None:
    server.seed(assets=[CHAIR])
    server.faults.add(effect="status", status=503, times=1)
    with suppress(ServerError):
        await call(connect(server))
    assert [entry.status for entry in server.journal()] == statuses

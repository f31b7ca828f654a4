"""The products service against the emulator, in both worlds: export, edit, import."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from threekit_async import (
    AuthenticationError,
    BadRequestError,
    DeadlineError,
    ForbiddenError,
    Job,
    JobFailedError,
    NumberAttribute,
    Product,
    ProductEntry,
    ProductQuery,
    PublicToken,
    Rule,
    RuleAction,
    RuleCondition,
    ServerError,
    StringAttribute,
    UnprocessableError,
    Upload,
    UsageError,
    evolve,
)
from threekit_async.emulator import EmulatorThread
from threekit_async.emulator.engine.failures import FailureRule

Call = Callable[[Any], Any]

STAIN = {
    "type": "String",
    "name": "Stain",
    "id": "stain-id",
    "values": ["Light", "Dark"],
    "blacklist": [],
    "defaultValue": "Light",
    "hidden": True,
}
ATTRIBUTES = [
    STAIN,
    {"type": "Number", "name": "Height", "min": 70, "max": 80.5, "defaultValue": 72, "unit": "cm"},
    {"type": "Boolean", "name": "Drawer", "defaultValue": False, "later": [1]},
    {"type": "Color", "name": "Paint", "defaultValue": {"r": 1, "g": 0.5, "b": 0, "a": 0.2}},
    {
        "type": "Asset",
        "name": "Fabric",
        "assetType": "material",
        "values": ["#fabric", {"assetId": "m-1", "type": "material"}, {"tagId": "t-1"}],
        "blacklist": [],
        "defaultValue": {"assetId": "", "configuration": ""},
    },
    {"type": "Array", "name": "Extras", "values": [1, "a"], "defaultValue": []},
    {
        "type": "Pricing",
        "name": "Pricing",
        "values": [{"pricebook": "p-1", "currencies": {"USD": 12.5}, "until": "2025"}],
        "defaultValue": {"pricebook": "p-1"},
    },
    {"type": "Hologram", "name": "Beam", "defaultValue": {"x": [1]}, "on": {"yes": True}},
]
RULE = {
    "name": "Dark has a drawer",
    "conditions": [
        {"attributeId": "stain-id", "operator": "equal", "value": "Dark", "negated": False}
    ],
    "actions": [{"type": "set-visibility", "attributeId": "x", "visible": False, "order": 3}],
    "priority": 5,
}
CHAIR = {
    "name": "Oak chair",
    "type": "item",
    "description": "Of oak.",
    "tags": ["chair"],
    "keywords": ["oak"],
    "metadata": [
        {**STAIN, "id": "sku-id", "name": "SKU", "values": [], "defaultValue": "OC-1"},
        {"type": "Number", "name": "Legs", "defaultValue": 4},
    ],
    "attributes": ATTRIBUTES,
    "rules": [RULE],
    "assetId": "model-1",
    "asset": {"assetId": "model-1", "configuration": {"Stain": "Light"}, "type": "model", "z": 1},
}


def entry(**product: Any) -> ProductEntry:
    return ProductEntry(product=Product(**product))


async def only_export(tk: Any) -> Any:
    [exported] = await tk.products.export()
    return exported


async def test_new_items_come_at_once_when_no_job_is_asked_for(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    metadata = [
        StringAttribute(name="SKU", default_value="OC-1"),
        NumberAttribute(name="Legs", default_value=4),
    ]
    oak = entry(name="Oak chair", tags=["chair"], keywords=["oak"], metadata=metadata)
    made = await tk.products.import_([oak, {"product": {"name": "Ash chair", "type": "item"}}])
    assert (made.job_id, made.job) == (None, None)
    assert [asset.name for asset in made.products] == ["Oak chair", "Ash chair"]
    first = await tk.assets.get(made.products[0].id)
    assert first == made.products[0]
    assert (first.metadata, first.tags) == ({"SKU": "OC-1", "Legs": 4}, ["chair"])


@pytest.mark.parametrize("send_as", ["file", "json"])
@pytest.mark.parametrize("sync", [None, True, False])
async def test_sync_chooses_between_the_items_and_a_job_however_they_are_sent(
    connect: Connect, server: EmulatorThread, send_as: str, sync: bool | None
) -> None:
    tk = connect(server)
    started = await tk.products.import_([entry(name="Oak chair")], sync=sync, send_as=send_as)
    if sync is False:
        assert started.products is None
        assert started.job.id == started.job_id
        await tk.jobs.wait(started.job_id, interval=0.01)
    else:
        assert started.job_id is None
        assert [asset.name for asset in started.products] == ["Oak chair"]
    assert [each.product.name for each in await tk.products.export()] == ["Oak chair"]


async def test_items_are_exported_by_tag_and_keyword(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    everything = await tk.products.export()
    assert len(everything) == 3
    [lamp] = await tk.products.export(tags="lamp")
    [cabinet] = await tk.products.export(keywords="cabinet")
    assert lamp.product.name == "Fjord floor lamp"
    assert cabinet.product.name == "Harbour cabinet"
    assert await tk.products.export(tags="lamp", keywords="cabinet") == []
    assert all(each in everything for each in (lamp, cabinet))


async def test_an_export_imported_again_changes_nothing(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    await tk.products.import_([{"product": CHAIR}])
    before = await tk.products.export()
    again = await tk.products.import_(before)
    assert [asset.id for asset in again.products] == [before[0].query.id]
    assert await tk.products.export() == before


async def test_an_item_is_exported_edited_and_imported_and_the_rest_of_it_survives(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    await tk.products.import_([{"product": CHAIR}, {"product": {"name": "Ash chair"}}])
    before, other = await tk.products.export()
    stain, height, *rest = before.product.attributes
    product = evolve(
        before.product,
        name="Oak chair, second edition",
        attributes=[evolve(stain, values=[*stain.values, "Black"]), evolve(height, max=90), *rest],
    )
    [changed] = (await tk.products.import_([evolve(before, product=product)])).products

    after, untouched = await tk.products.export()
    assert changed.id == before.query.id == after.query.id
    assert after == evolve(before, product=product)
    assert untouched == other
    assert after.product.attributes[0].extra == {"hidden": True, "id": "stain-id"}
    assert after.product.attributes[7].extra["on"] == {"yes": True}
    assert after.product.rules[0].extra == {"priority": 5}
    assert after.product.rules[0].conditions[0].extra == {"negated": False}
    assert after.product.asset.extra == {"z": 1}


async def test_what_this_package_does_not_know_is_sent_back_as_it_came(
    connect: Connect, server: EmulatorThread
) -> None:
    strange = {
        "query": {"id": "a-1", "metadata": [{"name": "SKU", "defaultValue": "1"}], "newer": {}},
        "product": {**CHAIR, "id": "a-1", "weight": {"kg": [4, 2.5]}, "later": [None, {"x": None}]},
        "revision": 12,
    }
    server.faults.add(effect="body", body=[strange], path="/api/products/export")
    tk = connect(server)
    started = await tk.products.import_(await tk.products.export(), sync=False)
    kept = await tk.files.content(started.job.parameters["fileId"])
    assert json.loads(kept) == [strange]


async def test_an_entry_changes_every_item_its_query_matches_and_makes_one_where_none_does(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    sku = StringAttribute(name="SKU", default_value="S-1")
    twins = [entry(name=name, metadata=[sku], description="Old.") for name in ("Oak", "Ash")]
    await tk.products.import_(twins)
    changes = Product(description="New.")
    both = ProductEntry(query=ProductQuery(metadata={"SKU": "S-1"}), product=changes)
    named = ProductEntry(query=ProductQuery(name="Elm"), product=changes)
    changed = await tk.products.import_([both, named])
    assert [asset.name for asset in changed.products] == ["Oak", "Ash", "Elm"]
    assert {asset.description for asset in changed.products} == {"New."}
    assert len(await tk.products.export()) == 3


async def test_rules_may_name_attributes_and_get_their_ids(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    rule = Rule(
        name="Dark has varnish",
        conditions=[RuleCondition(attribute="Stain", operator="equal", value="Dark")],
        actions=[RuleAction(type="set-visibility", attribute="Varnish", visible=True)],
    )
    stain = StringAttribute(name="Stain", values=["Light", "Dark"], default_value="Light")
    await tk.products.import_([entry(name="Oak chair", attributes=[stain], rules=[rule])])
    product = (await only_export(tk)).product
    ids = {attribute.name: attribute.extra["id"] for attribute in product.attributes}
    [kept] = product.rules
    assert kept.conditions[0].attribute_id == ids["Stain"]
    assert kept.actions[0].attribute_id == ids["Varnish"]


@pytest.mark.parametrize("kind", ["path", "text path", "bytes", "open file", "iterable", "upload"])
async def test_a_file_of_entries_is_imported_whatever_holds_it(
    connect: Connect, server: EmulatorThread, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "chairs.json"
    content = json.dumps([{"product": CHAIR}]).encode()
    path.write_bytes(content)
    sources = {
        "path": path,
        "text path": str(path),
        "bytes": content,
        "open file": io.BytesIO(content),
        "iterable": [content[:9], content[9:]],
        "upload": Upload(content, filename="x.json"),
    }
    made = await connect(server).products.import_(sources[kind])
    assert [asset.name for asset in made.products] == ["Oak chair"]


@pytest.mark.threekit(job_seconds=0)
@pytest.mark.parametrize("send_as", ["file", "json"])
async def test_an_import_is_waited_for_and_gives_the_assets_it_made_and_changed(
    connect: Connect, server: EmulatorThread, send_as: str
) -> None:
    tk = connect(server)
    [known] = (await tk.products.import_([entry(name="Oak chair")])).products
    change = ProductEntry(query=ProductQuery(id=known.id), product=Product(description="New."))
    told: list[Job] = []
    assets = await tk.products.import_and_wait(
        [change, entry(name="Ash chair")], send_as=send_as, interval=0.01, progress=told.append
    )
    assert [(asset.name, asset.description) for asset in assets] == [
        ("Oak chair", "New."),
        ("Ash chair", None),
    ]
    assert assets[0].id == known.id
    assert assets == [await tk.assets.get(asset.id) for asset in assets]
    assert told[-1].stopped


@pytest.mark.threekit(job_seconds=0)
async def test_a_large_import_arrives_whole(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    entries = [entry(name=f"Chair {number}", description="x" * 500) for number in range(1000)]
    assets = await tk.products.import_and_wait(entries, interval=0.01)
    assert [asset.name for asset in assets] == [f"Chair {number}" for number in range(1000)]
    assert len(await tk.products.export()) == 1000


@pytest.mark.threekit(job_seconds=0)
async def test_an_import_whose_job_fails_says_why_and_makes_nothing(
    connect: Connect, server: EmulatorThread
) -> None:
    rule = FailureRule(type="productImport", message="The price list is locked.")
    server.call(lambda emulator: emulator.state.engine.failures.add(rule))
    tk = connect(server)
    with pytest.raises(JobFailedError, match=r"The price list is locked\.") as failed:
        await tk.products.import_and_wait([entry(name="Oak chair")], interval=0.01)
    assert [run.result_message for run in failed.value.runs] == [rule.message]
    assert await tk.products.export() == []


@pytest.mark.threekit(job_seconds=30)
async def test_an_import_that_takes_too_long_goes_on_without_us(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    with pytest.raises(DeadlineError, match=r"It goes on: wait again with jobs\.wait"):
        await tk.products.import_and_wait([entry(name="Oak")], timeout=0.2, interval=0.01)
    assert len(await tk.jobs.list().all()) == 1


async def test_texts_are_written_as_a_table_and_read_in_each_language(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server)
    table = '"Canonical Name","de","fr"\n"Size ""L""","Größe, groß","Taille"\n"Oak","Eiche",""\n'
    path = tmp_path / "texts.csv"
    path.write_text(table, encoding="utf-8-sig")  # as spreadsheets save it
    assert await tk.products.translations() == '"Canonical Name"\n'
    assert await tk.products.import_translations(path) is None
    assert await tk.products.translations() == table
    assert await tk.assets.translations(locale="de") == {'Size "L"': "Größe, groß", "Oak": "Eiche"}
    await tk.products.import_translations(b'"Canonical Name","de"\n')
    assert await tk.assets.translations(locale="de") == {}


@pytest.mark.parametrize("table", [b"", b"a,b\nc\n", b"\xff\xfe\x00"])
async def test_what_is_no_table_of_texts_is_refused_and_changes_nothing(
    connect: Connect, server: EmulatorThread, table: bytes
) -> None:
    tk = connect(server)
    await tk.products.import_translations(b'"Canonical Name","de"\n"Oak","Eiche"\n')
    before = await tk.products.translations()
    with pytest.raises(UnprocessableError, match="The file is no table of texts"):
        await tk.products.import_translations(table)
    assert await tk.products.translations() == before


async def test_the_healthcheck_returns_when_all_is_well_and_raises_otherwise(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    assert await tk.products.healthcheck() is None
    server.faults.add(effect="status", status=503, path="/api/products/healthcheck")
    with pytest.raises(ServerError):
        await tk.products.healthcheck()


WRITINGS: list[Call] = [
    lambda tk: tk.products.import_([entry(name="New")]),
    lambda tk: tk.products.import_([entry(name="New")], send_as="json"),
    lambda tk: tk.products.import_and_wait([entry(name="New")]),
    lambda tk: tk.products.import_translations(b'"Canonical Name","de"\n'),
]


@pytest.mark.parametrize("call", WRITINGS)
async def test_a_public_token_reads_and_does_not_write(
    connect: Connect, server: EmulatorThread, call: Call
) -> None:
    private, public = connect(server), connect(server, token=PublicToken(server.public_token))
    await private.products.import_([entry(name="Oak chair")])
    before = await private.products.export()
    with pytest.raises(ForbiddenError, match="writes need a private token"):
        await call(public)
    assert await public.products.export() == before
    assert await public.products.translations() == '"Canonical Name"\n'


async def test_the_token_and_the_organisation_must_fit(
    connect: Connect, server: EmulatorThread
) -> None:
    calls: list[Call] = [*WRITINGS, lambda tk: tk.products.export()]
    for call in calls:
        with pytest.raises(AuthenticationError, match="unknown on this host"):
            await call(connect(server, token="no-such-token"))
        with pytest.raises(ForbiddenError, match="organisation must be the token's"):
            await call(connect(server, org_id="11111111-1111-4111-8111-111111111111"))
    assert await connect(server).products.export() == []


async def test_the_organisation_is_asked_for(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server, org_id=None)
    for call in (tk.products.import_([entry(name="Oak chair")]), tk.products.export()):
        with pytest.raises(BadRequestError, match="Pass org_id="):
            await call


@pytest.mark.threekit(strict_org=False)
async def test_a_lenient_server_goes_by_the_token(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server, org_id=None)
    [made] = (await tk.products.import_([entry(name="Oak chair")])).products
    assert made.org_id == server.org_id
    assert (await only_export(tk)).query.id == made.id


@pytest.mark.parametrize("call", [*WRITINGS[:3], lambda tk: tk.products.import_translations(b"a")])
async def test_an_import_is_not_repeated_by_itself(
    connect: Connect, server: EmulatorThread, call: Call
) -> None:
    server.faults.add(effect="status", status=503, times=1)
    with pytest.raises(ServerError):
        await call(connect(server))
    assert [each.status for each in server.journal()] == [503]


@pytest.mark.parametrize(
    ("products", "says"),
    [
        ([], "the list is empty"),
        ((), "the list is empty"),
        ({"product": CHAIR}, r"Pass a list of entries, also for one: \[entry\]"),
        (entry(name="Oak"), r"Pass a list of entries"),
        ([Product(name="Oak")], "An entry is a ProductEntry or a mapping .*, not Product"),
        (["products.json"], "not str"),
        ([entry(name="Oak"), None], "not NoneType"),
        (None, "Upload a path, bytes"),
        ("no-such-file.json", "no-such-file.json is not a file that can be read"),
        (json.dumps([{"product": CHAIR}] * 50), r"\[\{\"product.*\.\.\. is not a file"),
        ([entry(name="\ud800")], r"has '\\ud800', which cannot be sent"),
        ([{"product": {"name": {1}}}], "The body cannot be written as JSON"),
    ],
)
async def test_what_is_no_import_is_refused_before_sending(
    connect: Connect, server: EmulatorThread, products: Any, says: str
) -> None:
    tk = connect(server)
    for call in (tk.products.import_, tk.products.import_and_wait):
        with pytest.raises(UsageError, match=rf"{says}.*othing was sent") as refused:
            await call(products)
        assert len(str(refused.value)) < 600
    assert server.journal() == []


async def test_a_file_goes_up_as_a_file(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    with pytest.raises(UsageError, match="Only entries can be sent as 'json'"):
        await tk.products.import_(b"[]", send_as="json")
    with pytest.raises(UsageError, match="send_as must be 'file' or 'json', not 'xml'"):
        await tk.products.import_([entry(name="Oak")], send_as="xml")
    assert server.journal() == []


@pytest.mark.parametrize(
    "products",
    [
        b"",
        b"name;SKU",
        b"\xff",
        b"[" * 100_000,
        b"[NaN]",
        b'[{"product": {"name": 1}}]',
        [{}],
        [{"product": {"name": "Oak"}}, {"product": {"tags": [1]}}],
        [{"product": {"rules": [{"actions": [{"name": "without type"}]}]}}],
        [{"query": {"metadata": {"legs": 10**400}}, "product": {"name": "Oak"}}],
    ],
)
async def test_entries_that_cannot_be_read_are_refused_and_nothing_is_made(
    connect: Connect, server: EmulatorThread, products: Any
) -> None:
    tk = connect(server)
    for call in (tk.products.import_, tk.products.import_and_wait):
        with pytest.raises(UnprocessableError, match="in the imported file is not valid"):
            await call(products)
    assert await tk.products.export() == []
    assert await tk.jobs.list().all() == []


async def test_a_source_that_breaks_off_makes_nothing_and_its_own_error_is_raised(
    connect: Connect, server: EmulatorThread, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Iterator[bytes]:
        yield b'[{"product": {"name": "Oak chair"}}'
        raise FloodError

    class FloodError(Exception):
        pass

    tk = connect(server)
    with caplog.at_level(logging.ERROR), pytest.raises(FloodError):
        await tk.products.import_(broken())
    assert await tk.products.export() == []
    assert caplog.records == []  # a client that goes away is no trouble of the server's

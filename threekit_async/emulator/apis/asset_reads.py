"""What the Assets API answers to questions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aiohttp import web

from threekit_async.emulator.apis.assets import SORTABLE, find_asset, live_assets, names_in
from threekit_async.emulator.apis.products import exported
from threekit_async.emulator.apis.thumbnails import EDGE, newest_picture, placeholder, scaled
from threekit_async.emulator.apis.translations import kept_table, texts_in
from threekit_async.emulator.apis.variants import shared_data, variant_count, variants_of
from threekit_async.emulator.data.tables import ASSETS
from threekit_async.emulator.web.answers import json_answer, text_answer
from threekit_async.emulator.web.content import send_content
from threekit_async.emulator.web.contract import BAD_QUERY, Refusal
from threekit_async.emulator.web.query import Page, read_page, read_sort

if TYPE_CHECKING:
    from threekit_async.emulator.web.asking import Ask

# The code is an assumption.
NO_PICTURE = Refusal(status=404, code="thumbnail_not_found", message="Asset has no thumbnail")


async def list_assets(ask: Ask) -> web.Response:
    """Answer one page of live assets, or all of them with ``all=true``."""
    filters = live_assets(ask.org_id, ask.query)
    count = ask.store.count(ASSETS, filters)
    page = read_page(ask.query, BAD_QUERY)
    if ask.query.get("all"):
        page = Page(number=1, size=max(count, 1))
    sort = read_sort(ask.query, SORTABLE, BAD_QUERY)
    texts = ask.store.texts(ASSETS, filters, order=sort.order, limit=page.size, offset=page.offset)
    envelope = {"count": count, "perPage": page.size, "page": page.number, "sort": sort.text}
    head = json.dumps(envelope).encode()[:-1]
    return text_answer(head + b', "assets":[' + b",".join(texts) + b"]}")


async def list_tags(ask: Ask) -> web.Response:
    """Answer the tags of the live assets that match, each once."""
    names = names_in(ask.store, "tags", live_assets(ask.org_id, ask.query))
    return json_answer({"tags": names})


async def list_keywords(ask: Ask) -> web.Response:
    """Answer the keywords of the live assets that match, each once."""
    names = names_in(ask.store, "keywords", live_assets(ask.org_id, ask.query))
    return json_answer({"keywords": names})


async def translations(ask: Ask) -> web.Response:
    """Answer a language's texts by their canonical ones; ``{}`` for an unknown language."""
    return json_answer(texts_in(kept_table(ask.store, ask.org_id), ask.query.get("locale")))


async def export_asset(ask: Ask) -> web.Response:
    """Answer one asset in the form of the Products API, alone in an array (assumption)."""
    return json_answer([exported(ask.store, find_asset(ask, part="id", live=True))])


async def get_asset(ask: Ask) -> web.Response:
    """Answer one asset by its id or ``customId``; a malformed id is a 404, too.

    A deleted one can still be read (assumption: as the vendor's client sees it with tags).
    """
    return json_answer(find_asset(ask))


async def list_variants(ask: Ask) -> web.Response:
    """Answer one page of an asset's variants, and what they share."""
    asset, page = find_asset(ask), read_page(ask.query, BAD_QUERY)
    return json_answer(
        {
            "variants": variants_of(ask.store, asset, page),
            "shared_data": shared_data(ask.store, asset),
            "page": page.number,
            "perPage": page.size,
            "count": variant_count(ask.store, asset),
        }
    )


async def thumbnail(ask: Ask) -> web.StreamResponse:
    """Answer the latest picture of an asset, ``size`` pixels wide when that is given.

    Without one, a grey square, or 404 when ``failOnEmpty`` is true (assumptions).
    """
    size = ask.query.get("size")
    picture = newest_picture(ask.state, find_asset(ask, live=True))
    if picture is not None:
        sized = await scaled(ask.state, *picture, width=size) if size else picture
        return await send_content(ask.request, *sized)
    if ask.query.get("failOnEmpty"):
        raise NO_PICTURE.error()
    return web.Response(body=placeholder(size or EDGE), content_type="image/png")

"""The Layers API: stored renders and exports of assets in their configurations."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Mapping
from os import PathLike
from typing import Any, TypeVar

from ..errors import NotFoundError, UnprocessableError, UsageError
from ..models.layers import Layer, LayerGroup, LayerUrl
from ..options import Options
from ..paging.pager import AsyncPager
from ..session.decode import Answer, One, Render, Rows
from ..session.request import Json, Request
from ..session.session import Session
from ..transfer.bulk import reported
from ..transfer.progress import Progress
from ..transfer.results import FileResult, TransferReport
from .layer_files import layer_downloader, layer_run, wanted_file
from .wire import body_of, filters, sort_of

__all__ = ("Layers",)

T = TypeVar("T")


class Layers:
    """Find, list, register and download layers.

    A layer is one stored render or export of an asset in one configuration, so that it is produced
    once and then looked up. There is no call to change or delete one.
    Source: the vendor's Layers API page.

        async for layer in tk.layers.list(asset_id=asset_id, branch="published"):
            print(layer.id, layer.asset_layer_configuration)

        report = await tk.layers.download_all(tk.layers.list(job_id=job_id), to="renders")
        report.raise_for_failures()
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def list(
        self,
        *,
        id: str | None = None,  # noqa: A002  # the vendor's word
        asset_id: str | None = None,
        asset_layer: str | None = None,
        asset_layer_configuration: Mapping[str, Any] | None = None,
        stage_id: str | None = None,
        stage_configuration: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        job_id: str | None = None,
        branch: str | None = None,
        format: str | None = None,  # noqa: A002  # the vendor's word
        width: int | None = None,
        height: int | None = None,
        sort: str | None = None,
        per_page: int = 100,
        concurrency: int = 8,
        options: Options | None = None,
    ) -> AsyncPager[Layer]:
        """List layers; nothing is sent until the pager is used.

        The vendor documents no total for this listing, so pages ahead are asked for carefully: a
        few after the first full page, then more, until a short page ends the walk.

        :param asset_layer_configuration: the whole configuration to match. That the match is
            exact is our assumption; the vendor does not say.
        :param branch: `published` or `unpublished`.
        :param format: `png`, `glb` or `usdz`. With `width` and `height` seen in the vendor's
            client only.
        :param sort: a field with its direction, as `-created_at`; the vendor's default is
            `+created_at`.
        :param per_page: rows for each request, 1 to 100.
        :param concurrency: pages in flight at most.
        """
        query = filters(
            id=id,
            asset_id=asset_id,
            asset_layer=asset_layer,
            asset_layer_configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            metadata=metadata,
            job_id=job_id,
            branch=branch,
            format=format,
            width=width,
            height=height,
            sort=sort_of(sort),
        )
        request = Request(
            verb="GET", path="/api/layers", query=query, returns=Rows(Layer, "layers")
        )
        return AsyncPager(
            self._session, request, per_page=per_page, concurrency=concurrency, options=options
        )

    def groups(
        self,
        group_by: str,
        *,
        id: str | None = None,  # noqa: A002  # the vendor's word
        asset_id: str | None = None,
        asset_layer: str | None = None,
        asset_layer_configuration: Mapping[str, Any] | None = None,
        stage_id: str | None = None,
        stage_configuration: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        job_id: str | None = None,
        branch: str | None = None,
        sort: str | None = None,
        per_page: int = 100,
        concurrency: int = 8,
        options: Options | None = None,
    ) -> AsyncPager[LayerGroup]:
        """Count the layers that share a job, stage, asset, organisation or branch.

        :param group_by: `job_id`, `stage_id`, `asset_id`, `org_id` or `branch`; the wire's names
            (`jobId`) are taken too. The filters are those of `list`.
        :raises UsageError: for any other grouping.
        """
        key = _GROUPINGS.get(group_by)
        if key is None:
            raise UsageError(
                f"Layers cannot be grouped by {group_by!r}; there is "
                "job_id, stage_id, asset_id, org_id and branch. Nothing was sent."
            )
        wire, attribute = key
        query = filters(
            id=id,
            asset_id=asset_id,
            asset_layer=asset_layer,
            asset_layer_configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            metadata=metadata,
            job_id=job_id,
            branch=branch,
            sort=sort_of(sort),
        )
        request = Request(
            verb="POST",
            path="/api/layers/groups/{group_by}",
            params={"group_by": wire},
            query=query,
            returns=Rows(LayerGroup, "groups"),
        )
        return AsyncPager(
            self._session,
            request,
            per_page=per_page,
            concurrency=concurrency,
            options=options,
            identity=lambda group: getattr(group, attribute),
        )

    async def get(self, layer_id: str, *, options: Options | None = None) -> Layer:
        """Read one layer.

        :raises NotFoundError: when there is no such layer.
        :raises UnprocessableError: `find_layer_error`, when the id is not a UUID.
        """
        return await self._session.send(_single(layer_id, None, One(Layer)), options)

    async def url(self, layer_id: str, *, options: Options | None = None) -> LayerUrl:
        """Ask where a layer's file can be fetched; the layer's metadata comes with it."""
        return await self._session.send(_single(layer_id, "url", One(LayerUrl)), options)

    async def content(self, layer_id: str, *, options: Options | None = None) -> bytes:
        """Read the bytes of a layer's file into memory; use `download` for large ones.

        :raises StatusError: when the layer has no file (the vendor does not say with which status).
        """
        return await self._session.send(_single(layer_id, "file", Render()), options)

    async def find(
        self,
        *,
        asset_id: str | None = None,
        asset_layer: str | None = None,
        asset_layer_configuration: Mapping[str, Any] | None = None,
        stage_id: str | None = None,
        stage_configuration: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        format: str | None = None,  # noqa: A002  # the vendor's word
        options: Options | None = None,
    ) -> Layer | None:
        """Look one layer up by what it shows; the latest when several match, None when none does.

        The vendor answers 422 `find_layer_error` both for "nothing found" and for a query it
        cannot read, and both are None here.
        """
        query = filters(
            asset_id=asset_id,
            asset_layer=asset_layer,
            asset_layer_configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            metadata=metadata,
            format=format,
        )
        return await self._found(query, One(Layer), options)

    async def find_url(
        self,
        *,
        asset_id: str | None = None,
        asset_layer: str | None = None,
        asset_layer_configuration: Mapping[str, Any] | None = None,
        stage_id: str | None = None,
        stage_configuration: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        format: str | None = None,  # noqa: A002  # the vendor's word
        optimization: Mapping[str, Any] | None = None,
        options: Options | None = None,
    ) -> LayerUrl | None:
        """Look one layer up as `find` does and return where its file can be fetched.

        :param optimization: for images: `{"format": "webp", "quality": 0..100, "width": pixels,
            "height": pixels}`; width and height crop. It does not work on AR exports.
        """
        query = filters(
            asset_id=asset_id,
            asset_layer=asset_layer,
            asset_layer_configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            metadata=metadata,
            format=format,
            optimization=optimization,
            result_type="url",
        )
        return await self._found(query, One(LayerUrl), options)

    async def find_content(
        self,
        *,
        asset_id: str | None = None,
        asset_layer: str | None = None,
        asset_layer_configuration: Mapping[str, Any] | None = None,
        stage_id: str | None = None,
        stage_configuration: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        format: str | None = None,  # noqa: A002  # the vendor's word
        optimization: Mapping[str, Any] | None = None,
        options: Options | None = None,
    ) -> bytes | None:
        """Look one layer up as `find` does and read the bytes of its file into memory.

        :param optimization: as for `find_url`.
        """
        query = filters(
            asset_id=asset_id,
            asset_layer=asset_layer,
            asset_layer_configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            metadata=metadata,
            format=format,
            optimization=optimization,
            result_type="file",
        )
        return await self._found(query, Render(), options)

    async def create(
        self,
        *,
        asset_id: str,
        asset_layer_configuration: Mapping[str, Any] | None = None,
        stage_id: str | None = None,
        stage_configuration: Mapping[str, Any] | None = None,
        asset_version: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        job_id: str | None = None,
        task_id: str | None = None,
        file_id: str | None = None,
        options: Options | None = None,
    ) -> Layer:
        """Register a layer, for instance for an uploaded GLB or USDZ file. Use a private token.

        :param file_id: an uploaded file; see `files.upload`.
        :raises UnprocessableError: `create_layer_error`.
        """
        body = body_of(
            asset_id=asset_id,
            asset_layer_configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            asset_version=asset_version,
            metadata=metadata,
            job_id=job_id,
            task_id=task_id,
            file_id=file_id,
            org_id=self._session.settings.org_id,
        )
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/layers",
                body=Json(body),
                returns=One(Layer),
                safety="unsafe",
            ),
            options,
        )

    async def download(
        self,
        layer: Layer | str,
        *,
        to: str | PathLike[str],
        name: str = "{id}.{ext}",
        verify: bool = False,
        options: Options | None = None,
    ) -> FileResult:
        """Download the file of one layer into a folder.

        :param layer: a layer, or its id.
        :param to: the folder; made when it is missing.
        :param name: a template, see `download_all`.
        :param verify: compare length and sha256 with the file's record.
        :raises DownloadError: when there is no file, it cannot be written, or it is not what was
            promised. Nothing is left under the final name.
        """
        downloader = layer_downloader(
            self._session, to=to, name=name, verify=verify, options=options
        )
        if isinstance(layer, str):
            layer = await self.get(layer, options=options)
        return await downloader.fetch(wanted_file(layer, downloader.template.fields))

    async def download_all(
        self,
        layers: Iterable[Layer] | AsyncIterable[Layer],
        *,
        to: str | PathLike[str],
        name: str = "{id}.{ext}",
        concurrency: int = 32,
        verify: bool = False,
        progress: Callable[[Progress], object] | None = None,
        options: Options | None = None,
    ) -> TransferReport:
        """Download the files of many layers into a folder, and report.

        A file that fails is counted in the report and never stops the others. A file that is there
        already is kept, so running again fetches only what is missing. Bytes go to `<name>.part`
        first; a final name is only ever given to a complete file.

        :param layers: any iterable; a pager too, so that pages and files flow together.
        :param to: the folder; made when it is missing.
        :param name: a template of `id`, `asset_id`, `asset_layer`, `stage_id`, `org_id`,
            `job_id`, `task_id`, `file_id`, `branch`, `format`, `width`, `height` and `ext`.
            `/` makes folders. Unsafe characters in values are replaced.
        :param concurrency: files in flight at most.
        :param verify: read each file's record, and compare length and sha256 with it, of what
            is fetched and of what is there already. Costs one request more for each file.
        :param progress: called after each file. In the synchronous client it runs on the loop's
            thread: be quick, and do not call the client from it.
        :raises DownloadError: when the folder cannot be written; nothing was sent.
        :raises ThreekitError: when the layers themselves cannot be listed.
        """
        run = layer_run(
            self._session,
            layers,
            to=to,
            name=name,
            concurrency=concurrency,
            verify=verify,
            options=options,
        )
        return await reported(run, progress)

    async def iter_downloads(
        self,
        layers: Iterable[Layer] | AsyncIterable[Layer],
        *,
        to: str | PathLike[str],
        name: str = "{id}.{ext}",
        concurrency: int = 32,
        verify: bool = False,
        options: Options | None = None,
    ) -> AsyncGenerator[FileResult, None]:
        """Download like `download_all`, and yield the result of each file as it ends.

        Leaving the loop early ends the downloads that are under way; close the generator
        (`contextlib.aclosing`) to have that happen at once.
        """
        run = layer_run(
            self._session,
            layers,
            to=to,
            name=name,
            concurrency=concurrency,
            verify=verify,
            options=options,
        )
        try:
            while (result := await run.next()) is not None:
                yield result
        finally:
            await run.end()

    async def _found(
        self, query: Mapping[str, object], returns: Answer[T], options: Options | None
    ) -> T | None:
        request = Request(verb="GET", path="/api/layers/layer", query=query, returns=returns)
        try:
            return await self._session.send(request, options)
        except NotFoundError as error:
            # Without the vendor's code it is somebody else who does not know the path.
            if error.code is None:
                raise
            return None
        except UnprocessableError as error:
            if error.code != "find_layer_error":
                raise
            return None


_GROUPINGS: Mapping[str, tuple[str, str]] = {
    "jobId": ("jobId", "job_id"),
    "job_id": ("jobId", "job_id"),
    "stageId": ("stageId", "stage_id"),
    "stage_id": ("stageId", "stage_id"),
    "assetId": ("assetId", "asset_id"),
    "asset_id": ("assetId", "asset_id"),
    "orgId": ("orgId", "org_id"),
    "org_id": ("orgId", "org_id"),
    "branch": ("branch", "branch"),
}


def _single(layer_id: str, result_type: str | None, returns: Answer[T]) -> Request[T]:
    return Request(
        verb="GET",
        path="/api/layers/{layer_id}",
        params={"layer_id": layer_id},
        query=filters(result_type=result_type),
        returns=returns,
    )

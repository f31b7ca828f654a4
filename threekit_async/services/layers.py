"""The Layers API: stored renders and exports of assets in their configurations."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Literal

from ..models.jobs import Job
from ..models.layers import Layer, LayerGroup, LayerUrl
from ..options import Options
from ..paging.pager import AsyncPager
from ..session.decode import One, Render, Rows
from ..session.request import Json, Request
from ..session.session import Session
from ..transfer.bulk import reported
from ..transfer.progress import Progress
from ..transfer.results import FileResult, TransferReport
from .asset_jobs import AssetJobs
from .jobs import Jobs
from .jobs_waiting import result_file
from .layers_files import layer_downloader, layer_run, wanted_file
from .layers_lookup import found, grouping, single
from .layers_making import Wish
from .wire import body_of, filters, sort_of

__all__ = ("Layers",)

_MOST_RUNS = 100


class Layers:
    """Find, list, register and download layers.

    A layer is one stored render or export of an asset in one configuration, so that it is produced
    once and then looked up. There is no call to change or delete one.
    Source: the vendor's Layers API page.

        async for layer in tk.layers.list(asset_id=asset_id, branch="published"):
            print(layer.id, layer.asset_layer_configuration)

        report = await tk.layers.download_all(tk.layers.list(job_id=job_id), to="renders")
        report.raise_for_failures()

        layer = await tk.layers.find_or_render(
            asset_id=asset_id, asset_layer_configuration={"Colour": "red"}, width=1000, height=1000
        )
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
        wire, attribute = grouping(group_by)
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
        return await self._session.send(single(layer_id, None, One(Layer)), options)

    async def url(self, layer_id: str, *, options: Options | None = None) -> LayerUrl:
        """Ask where a layer's file can be fetched; the layer's metadata comes with it."""
        return await self._session.send(single(layer_id, "url", One(LayerUrl)), options)

    async def content(self, layer_id: str, *, options: Options | None = None) -> bytes:
        """Read the bytes of a layer's file into memory; use `download` for large ones.

        :raises StatusError: when the layer has no file (the vendor does not say with which status).
        """
        return await self._session.send(single(layer_id, "file", Render()), options)

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
        cache: bool | None = None,
        options: Options | None = None,
    ) -> Layer | None:
        """Look one layer up by what it shows; the latest when several match, None when none does.

        The vendor answers 422 `find_layer_error` both for "nothing found" and for a query it
        cannot read, and both are None here.

        :param asset_layer_configuration: the whole configuration to match; see `list`.
        :param cache: seen in public integrations only; its effect is not documented.
        """
        return await found(
            self._session,
            One(Layer),
            options,
            asset_id=asset_id,
            asset_layer=asset_layer,
            asset_layer_configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            metadata=metadata,
            format=format,
            cache=cache,
        )

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
        cache: bool | None = None,
        options: Options | None = None,
    ) -> LayerUrl | None:
        """Look one layer up as `find` does and return where its file can be fetched.

        :param optimization: for images: `{"format": "webp", "quality": 0..100, "width": pixels,
            "height": pixels}`; width and height crop. It does not work on AR exports.
        :param cache: as for `find`.
        """
        return await found(
            self._session,
            One(LayerUrl),
            options,
            asset_id=asset_id,
            asset_layer=asset_layer,
            asset_layer_configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            metadata=metadata,
            format=format,
            optimization=optimization,
            result_type="url",
            cache=cache,
        )

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
        cache: bool | None = None,
        options: Options | None = None,
    ) -> bytes | None:
        """Look one layer up as `find` does and read the bytes of its file into memory.

        :param optimization: as for `find_url`.
        :param cache: as for `find`.
        """
        return await found(
            self._session,
            Render(),
            options,
            asset_id=asset_id,
            asset_layer=asset_layer,
            asset_layer_configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            metadata=metadata,
            format=format,
            optimization=optimization,
            result_type="file",
            cache=cache,
        )

    async def find_or_render(
        self,
        *,
        asset_id: str,
        asset_layer_configuration: Mapping[str, Any],
        stage_id: str | None = None,
        stage_configuration: Mapping[str, Any] | None = None,
        width: int | None = None,
        height: int | None = None,
        renderer: Literal["webgl", "vray"] = "webgl",
        timeout: float | None = 300.0,  # noqa: ASYNC109  # of the job, not of this coroutine
        interval: float = 1.0,
        progress: Callable[[Job], object] | None = None,
        options: Options | None = None,
    ) -> Layer:
        """Look an image up, and render it when it is not there. Rendering needs a private token.

        A layer of another size than asked for, or with another stage, does not count as found; it
        is looked for among the latest 100 of the configuration.
        Two callers at the same time may both render: the vendor documents no lock.
        Source: how public integrations do it.

        :param asset_layer_configuration: the whole configuration; one that leaves attributes out
            may be rendered anew each time, as the match is assumed to be exact.
        :param stage_id: the stage to render in; none by default.
        :param width: pixels, as is `height`; the server chooses when they are not given.
        :param renderer: with `vray` the call is experimental; see `asset_jobs.render`.
        :param timeout: seconds to wait for the job at most, and `interval` between two looks at
            it; see `jobs.wait`.
        :param progress: is given the job after each look; see `jobs.wait`.
        :raises JobFailedError: when the render failed.
        :raises DeadlineError: when the job has not ended in time; it goes on.
        """
        wish = Wish(
            asset_id=asset_id,
            asset_layer_configuration=asset_layer_configuration,
            format="png",
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            width=width,
            height=height,
        )
        if (layer := await self._sought(wish, options)) is not None:
            return layer
        started = await AssetJobs(self._session).render(
            asset_id,
            renderer=renderer,
            configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            width=width,
            height=height,
            options=options,
        )
        await Jobs(self._session).wait(
            started.job_id, timeout=timeout, interval=interval, progress=progress, options=options
        )
        options = options.uncached() if options else None
        made = await self._made_by(started.job_id, options)
        # What the job has made counts even when the server chose another size.
        layer = wish.among(made) or next(iter(made), None) or await self._sought(wish, options)
        if layer is None:
            raise wish.lost(started.job_id)
        return layer

    async def find_or_export(
        self,
        *,
        asset_id: str,
        format: str = "glb",  # noqa: A002  # the vendor's word
        asset_layer_configuration: Mapping[str, Any],
        metadata: Mapping[str, Any] | None = None,
        ar_export: bool = True,
        timeout: float | None = 300.0,  # noqa: ASYNC109  # of the job, not of this coroutine
        interval: float = 1.0,
        progress: Callable[[Job], object] | None = None,
        options: Options | None = None,
    ) -> Layer:
        """Look a 3D file up, and export and register it when it is not there.

        Exporting and registering need a private token. Two callers at the same time may both
        export: the vendor documents no lock. Source: how public integrations do it.

        :param format: `glb` or `usdz`; see `asset_jobs.export` for others.
        :param asset_layer_configuration: the whole configuration; one that leaves attributes out
            may be exported anew each time, as the match is assumed to be exact.
        :param metadata: kept with the layer, and looked for: equality of each given key.
        :param ar_export: prepare the file for augmented reality.
        :param timeout: seconds to wait for the job at most, and `interval` between two looks at
            it; see `jobs.wait`.
        :param progress: is given the job after each look; see `jobs.wait`.
        :raises JobFailedError: when the export failed.
        :raises DeadlineError: when the job has not ended in time; it goes on.
        """
        wish = Wish(
            asset_id=asset_id,
            asset_layer_configuration=asset_layer_configuration,
            format=format,
            metadata=metadata or {},
        )
        if (layer := await self._sought(wish, options)) is not None:
            return layer
        started = await AssetJobs(self._session).export(
            asset_id,
            format,
            configuration=asset_layer_configuration,
            ar_export=ar_export,
            options=options,
        )
        await Jobs(self._session).wait(
            started.job_id, timeout=timeout, interval=interval, progress=progress, options=options
        )
        options = options.uncached() if options else None
        if (layer := wish.among(await self._made_by(started.job_id, options))) is not None:
            return layer
        file_id = started.file_id or await self._result_of(started.job_id, format, options)
        if file_id is None:
            raise wish.lost(started.job_id)
        return await self.create(
            asset_id=asset_id,
            asset_layer_configuration=asset_layer_configuration,
            metadata=metadata,
            job_id=started.job_id,
            file_id=file_id,
            options=options,
        )

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

    async def _sought(self, wish: Wish, options: Options | None) -> Layer | None:
        latest = await found(self._session, One(Layer), options, **wish.lookup())
        if latest is None or wish.fits(latest):
            return latest
        # The latest is of another size, or on another stage: an earlier one may do.
        pager = self.list(**wish.lookup(), sort="-created_at", options=options)
        return wish.among((await pager.first()).items)

    async def _made_by(self, job_id: str, options: Options | None) -> Sequence[Layer]:
        pager = self.list(job_id=job_id, sort="-created_at", options=options)
        return (await pager.first()).items

    async def _result_of(self, job_id: str, format: str, options: Options | None) -> str | None:  # noqa: A002
        runs = await Jobs(self._session).runs(job_id=job_id, options=options).all(limit=_MOST_RUNS)
        file = result_file(runs, format)
        return file.id if file is not None else None

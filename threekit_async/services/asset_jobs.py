"""The Asset Jobs API: imports, exports and renders, each a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ..errors import UsageError
from ..models.asset_jobs import AssetJob, ImportSettings, RenderSubject
from ..models.values import Configuration
from ..options import Options
from ..session.decode import Done, Object, One
from ..session.request import Json, Request
from .asset_jobs_bodies import image_settings, merged, with_files
from .service import Service
from .wire import body_of

__all__ = ("AssetJobs",)


class AssetJobs(Service):
    """Import files, export assets, render images.

    Each call starts a job and returns at once; `jobs.wait` waits for its end. With `sync=True`
    the server answers when the job has ended; 300 seconds of silence are waited for then, unless
    a timeout was given (`Options(timeout=Timeout(read=...))`). Use a private token.
    Source: the vendor's help centre and developer pages, its own client, public integrations.

        started = await tk.asset_jobs.render(asset_id, configuration={"Colour": "red"}, width=1000)
        job = await tk.jobs.wait(started.job_id)

        red = Subset(attributes={"Colour": SubsetFilter(values=["red"])})
        await tk.asset_jobs.renders([RenderSubject(asset_id=asset_id, subset=red)])
    """

    async def import_(
        self,
        file_id: str,
        *,
        title: str | None = None,
        parent_folder_id: str | None = None,
        target_asset_id: str | None = None,
        settings: ImportSettings | Mapping[str, Any] | None = None,
        sync: bool = False,
        options: Options | None = None,
    ) -> AssetJob:
        """Import an uploaded file as an asset, or as several. Needs a private token.

        3D: dxf, fbx, gltf, glb, iges, obj, stl, step, svg, usdz, usda, usdc, vrscene and zipped
        forms of some; images: exr, gif, hdr, jpg, png, svg; fonts: otf, ttf.
        `assets.import_file` uploads, imports, waits and returns the assets.
        Source: the vendor's developer pages.

        :param file_id: an uploaded file; see `files.upload`.
        :param title: of the job.
        :param parent_folder_id: the folder of the new asset. Without it an asset with the file's
            name is looked for in the whole organisation and updated; a new one is made when there
            is none.
        :param target_asset_id: the asset to update.
        :param settings: how it is imported; an `ImportSettings`, or a mapping of wire names.
        :param sync: have the server wait for the end; it is said not to when the file holds
            several assets.
        :raises JobFailedError: with `sync`, when the job failed.
        :raises UnprocessableError: when the job could not start.
        """
        body = body_of(
            file_id=file_id,
            org_id=self._session.settings.org_id,
            sync=sync,
            title=title,
            parent_folder_id=parent_folder_id,
            target_asset_id=target_asset_id,
            settings=settings,
        )
        started = await self._session.send(
            Request(
                verb="POST",
                path="/api/asset-jobs/import",
                body=Json(body),
                returns=One(AssetJob),
                safety="unsafe",
            ),
            self._session.patient(options) if sync else options,
        )
        return with_files(started, expected=False)

    async def import_clara(
        self, clara_url: str, *, sync: bool = False, options: Options | None = None
    ) -> AssetJob:
        """Import a scene from clara.io. Needs a private token.

        Source: the vendor's help centre.

        :param clara_url: where the scene is.
        :param sync: have the server wait for the end.
        :raises JobFailedError: with `sync`, when the job failed.
        :raises UnprocessableError: when the job could not start.
        """
        body = {"claraURL": clara_url, "sync": sync}
        started = await self._session.send(
            Request(
                verb="POST",
                path="/api/asset-jobs/clara",
                body=Json(body | body_of(org_id=self._session.settings.org_id)),
                returns=One(AssetJob),
                safety="unsafe",
            ),
            self._session.patient(options) if sync else options,
        )
        return with_files(started, expected=False)

    async def export(
        self,
        asset_id: str,
        format: str,  # noqa: A002  # the vendor's word
        *,
        configuration: Configuration | None = None,
        ar_export: bool | None = None,
        cache: bool = True,
        sync: bool = False,
        wait: bool | None = None,
        settings: Mapping[str, Any] | None = None,
        options: Options | None = None,
    ) -> AssetJob:
        """Export an asset in one configuration as a 3D file.

        Needs a private token; public ones are seen to work. `layers.find_or_export` exports once
        and finds the file the next time. Source: the vendor's own client.

        :param asset_id: the asset to export.
        :param format: `glb`, `usdz`, `step`, `stl` or `dxf`; any other is passed on as it is.
        :param configuration: values of attributes; those not given keep their defaults.
        :param ar_export: prepare the file for augmented reality.
        :param cache: take what was exported before from the same input.
        :param sync: have the server wait for the end; the file is in `.files` then.
        :param wait: passed on; its meaning beside `sync` is not documented.
        :param settings: further settings of the exporter, by their wire names.
        :raises JobFailedError: with `sync`, when there is no file; the server answers 200 then.
        :raises UnprocessableError: when the job could not start.
        """
        body = body_of(
            asset_id=asset_id,
            org_id=self._session.settings.org_id,
            configuration=configuration or {},
            # As text: so the vendor's own client sends it with exports.
            cache="true" if cache else "false",
            sync=sync,
            wait=wait,
            settings=merged(settings, arExport=ar_export) or None,
        )
        started = await self._session.send(
            Request(
                verb="POST",
                path="/api/asset-jobs/{asset_id}/export/{format}",
                params={"asset_id": asset_id, "format": format},
                body=Json(body),
                returns=One(AssetJob),
                safety="unsafe",
            ),
            self._session.patient(options) if sync else options,
        )
        return with_files(started, expected=True)

    async def render(
        self,
        asset_id: str,
        *,
        renderer: Literal["webgl", "vray"] = "webgl",
        configuration: Configuration | None = None,
        stage_id: str | None = None,
        stage_configuration: Configuration | None = None,
        width: int | None = None,
        height: int | None = None,
        cache: bool | None = None,
        sync: bool = False,
        wait: bool | None = None,
        settings: Mapping[str, Any] | None = None,
        options: Options | None = None,
    ) -> AssetJob:
        """Render one image of an asset in one configuration. Needs a private token.

        Experimental: with `renderer="vray"`. The path of that call is our assumption, by analogy;
        `webgl` is seen in public integrations, and `renders` with either.

        `layers.find_or_render` renders once and finds the image the next time.
        Source: public integrations.

        :param asset_id: the asset to render.
        :param renderer: `webgl` or `vray`.
        :param configuration: values of attributes; those not given keep their defaults.
        :param stage_id: the stage to render in; none by default.
        :param stage_configuration: values of the stage's attributes.
        :param width: pixels, as is `height`; the server chooses when they are not given.
        :param cache: take what was rendered before from the same input.
        :param sync: have the server wait for the end; the image is in `.files` then.
        :param wait: passed on; its meaning beside `sync` is not documented.
        :param settings: further settings by their wire names, beside `output.resolution`.
        :raises UsageError: when a size is no whole number of pixels, or the renderer is unknown.
        :raises JobFailedError: with `sync`, when there is no image; the server answers 200 then.
        :raises UnprocessableError: when the job could not start.
        """
        body = body_of(
            org_id=self._session.settings.org_id,
            configuration=configuration or {},
            stage_id=stage_id or "",
            stage_configuration=stage_configuration or {},
            cache=cache,
            sync=sync,
            wait=wait,
            settings=image_settings(settings, width, height) or None,
        )
        started = await self._session.send(
            _image(renderer, asset_id, body), self._session.patient(options) if sync else options
        )
        return with_files(started, expected=True)

    async def renders(
        self,
        assets: Sequence[RenderSubject],
        *,
        stages: Sequence[RenderSubject] = (),
        renderer: Literal["webgl", "vray"] = "vray",
        job_name: str | None = None,
        render_missing_layers: bool = False,
        width: int | None = None,
        height: int | None = None,
        settings: Mapping[str, Any] | None = None,
        options: Options | None = None,
    ) -> AssetJob:
        """Render many configurations of assets in one job. Needs a private token.

        One task renders one combination, and each result is registered as a layer: wait for the
        job, then `layers.list(job_id=...)`. Source: a public integration.

        :param assets: which assets, and which of their configurations.
        :param stages: which stages, and which of their configurations.
        :param renderer: `vray` or `webgl`.
        :param job_name: a name of yours; empty by default.
        :param render_missing_layers: only what has no layer yet, going by its name.
        :param width: pixels, as is `height`; the server chooses when they are not given.
        :param settings: further settings by their wire names, beside `output.resolution`.
        :raises UsageError: when there is no asset, or a size is no whole number of pixels.
        :raises UnprocessableError: when the job could not start.
        """
        if not assets:
            raise UsageError("Pass at least one asset to render; nothing was sent.")
        body = body_of(
            org_id=self._session.settings.org_id,
            type=renderer,
            job_name=job_name or "",
            render_missing_layers=render_missing_layers,
            settings=image_settings(settings, width, height),
            assets=list(assets),
            stages=list(stages),
        )
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/asset-jobs/renders",
                body=Json(body),
                returns=One(AssetJob),
                safety="unsafe",
            ),
            options,
        )

    async def download_results(
        self,
        job_id: str | None = None,
        *,
        type: Literal["jobResult", "texture"] = "jobResult",  # noqa: A002  # the vendor's word
        format: str | None = None,  # noqa: A002  # the vendor's word
        asset_ids: Sequence[str] | None = None,
        options: Options | None = None,
    ) -> dict[str, Any]:
        """Have the results of a job, or the source images of textures, packed as a zip.

        Experimental: the vendor's developer pages describe what is sent, but the path is our
        assumption, and so is that the answer is an object. It is returned as it came.

        Works with private tokens only. The same question is answered at once the second time.
        Source: the vendor's developer pages.

        :param job_id: the render or export job; not needed for textures.
        :param type: `jobResult`, or `texture` for the source images of `asset_ids`.
        :param format: for renders: `png` (the default) or `jpeg`.
        :param asset_ids: textures, with `type="texture"` only.
        :raises UsageError: without `job_id`, or without `asset_ids` when the type is `texture`.
        :raises ForbiddenError: with a public token, or where the organisation may not.
        """
        if type == "texture" and not asset_ids:
            raise UsageError("Pass asset_ids=, the textures to pack; nothing was sent.")
        if type != "texture" and job_id is None:
            raise UsageError("Pass the job whose results are packed; nothing was sent.")
        body = body_of(
            org_id=self._session.settings.org_id,
            job_id=job_id,
            type=type,
            format=format,
            asset_ids=asset_ids,
        )
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/asset-jobs/downloads",
                body=Json(body),
                returns=Object(),
                safety="idempotent",
            ),
            options,
        )

    async def healthcheck(self, *, options: Options | None = None) -> None:
        """Return when the service is up, and raise when it is not.

        Any token. Source: the vendor's own client.

        :raises StatusError: when it answers that it is not.
        """
        await self._session.send(
            Request(verb="GET", path="/api/asset-jobs/healthcheck", returns=Done()), options
        )


def _image(renderer: str, asset_id: str, body: Mapping[str, object]) -> Request[AssetJob]:
    if renderer == "webgl":
        return Request(
            verb="POST",
            path="/api/asset-jobs/{asset_id}/render/webgl/image",
            params={"asset_id": asset_id},
            body=Json(body),
            returns=One(AssetJob),
            safety="unsafe",
        )
    if renderer == "vray":
        return Request(
            verb="POST",
            path="/api/asset-jobs/{asset_id}/render/vray/image",
            params={"asset_id": asset_id},
            body=Json(body),
            returns=One(AssetJob),
            safety="unsafe",
        )
    raise UsageError(f"There is no renderer {renderer!r}: use webgl or vray. Nothing was sent.")

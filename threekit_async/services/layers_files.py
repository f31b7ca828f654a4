"""How layers become files to be fetched."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from os import PathLike

from attrs import field, frozen

from ..errors import UsageError
from ..models.layers import Layer
from ..options import Options, accepted
from ..paging.pager import AsyncPager
from ..session.session import Session
from ..transfer.bulk import Run
from ..transfer.destinations.base import Remote
from ..transfer.download import Downloader
from ..transfer.names import NameTemplate
from ..transfer.results import Duplicates, FileResult, OnError
from ..transfer.target import Target
from ..transfer.wanted import Wanted
from .checks import one_of
from .wire import content_request, file_request

# The facade is generated from the classes that modules export here: this one is no service.
__all__ = ("wanted_file",)

# What a name template may use of a layer, and `ext`, which may come from its file.
_FIELDS = (
    "id",
    "asset_id",
    "asset_layer",
    "stage_id",
    "org_id",
    "job_id",
    "task_id",
    "file_id",
    "branch",
    "format",
    "width",
    "height",
)
_ALLOWED = frozenset({*_FIELDS, "ext"})
# Where other names are looked up, in this order, and what that is called in a layer.
_PLACES = {
    "metadata": "metadata",
    "configuration": "asset_layer_configuration",
    "stage": "stage_configuration",
}


def wanted_file(layer: Layer, fields: frozenset[str]) -> Wanted:
    """Say what is known of a layer's file before it is fetched.

    :param fields: what its name will use.

    :raises UsageError: when it is not a layer.
    """
    if not isinstance(layer, Layer):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(f"Pass layers, for instance a pager of them, not {type(layer).__name__}.")
    values = {name: getattr(layer, _PLACES.get(name, name)) for name in fields if name != "ext"}
    return Wanted(id=layer.id, file_id=layer.file_id, fields=values, ext=layer.format)


@frozen(kw_only=True)
class LayerDownloads:
    """How the files of layers are fetched, as the caller has asked for it.

    :raises UsageError: when an argument is wrong.
    """

    to: str | PathLike[str] | Remote
    name: str
    verify: bool
    options: Options | None = field(validator=lambda _owner, _field, given: accepted(given))
    concurrency: int = 1
    on_error: OnError = field(default="continue", validator=one_of("continue", "stop"))
    duplicates: Duplicates = field(default="copy", validator=one_of("copy", "link"))
    manifest: bool | str | PathLike[str] = False
    confirm: bool = False

    async def run(
        self, session: Session, layers: Iterable[Layer] | AsyncIterable[Layer]
    ) -> Run[Layer]:
        """Prepare the download of many; nothing is asked of the API yet.

        :raises UsageError: when it is no iterable, or the name template is wrong.
        :raises DownloadError: when the destination or the manifest cannot be written.
        """
        if not isinstance(layers, (Iterable, AsyncIterable)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(
                "Pass many layers, as a list or a pager; use download() for a single one. "
                "Nothing was sent."
            )
        template = self._template()
        fields = template.fields
        if self.confirm and isinstance(layers, AsyncPager):
            layers = layers.thorough()
        target = await Target.opened(self.to, template=template.text, manifest=self.manifest)
        downloader = self._downloader(session, target, template)
        try:
            run = Run(
                session,
                layers,
                lambda layer: downloader.result(wanted_file(layer, fields)),
                concurrency=self.concurrency,
                on_error=self.on_error,
                close=target.aclose,
            )
        except BaseException:
            await target.aclose()
            raise
        downloader.fetching.moved = run.moved
        return run

    async def one(
        self, session: Session, layer: Callable[[], Awaitable[Layer]] | Layer
    ) -> FileResult:
        """Download the file of one layer.

        :param layer: or what asks for it, once the destination is known to be writable.
        :raises UsageError: when it is something else.
        :raises DownloadError: when it cannot be had.
        """
        if not (isinstance(layer, Layer) or callable(layer)):
            raise UsageError(
                f"Pass a layer, or its id, not {type(layer).__name__}; nothing was sent."
            )
        template = self._template()
        target = await Target.opened(self.to, template=template.text, manifest=False, durable=True)
        try:
            found = layer if isinstance(layer, Layer) else await layer()
            wanted = wanted_file(found, template.fields)
            return await self._downloader(session, target, template).fetch(wanted)
        finally:
            await target.aclose()

    def _template(self) -> NameTemplate:
        return NameTemplate.parse(self.name, allowed=_ALLOWED, places=tuple(_PLACES))

    def _downloader(self, session: Session, target: Target, template: NameTemplate) -> Downloader:
        return target.downloader(
            session,
            template=template,
            content=content_request,
            describe=file_request,
            verify=self.verify,
            link=self.duplicates == "link",
            options=self.options,
        )

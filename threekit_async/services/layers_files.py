"""How a layer becomes a file to be fetched."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from os import PathLike
from pathlib import Path

from ..errors import UsageError
from ..models.layers import Layer
from ..options import Options
from ..session.session import Session
from ..transfer.bulk import Run
from ..transfer.download import Downloader, Wanted
from ..transfer.names import NameTemplate
from ..transfer.partial import prepare_folder
from .wire import content_request, file_request

__all__ = ("layer_downloader", "layer_run", "wanted_file")

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


def wanted_file(layer: Layer, fields: frozenset[str]) -> Wanted:
    """Say what is known of a layer's file before it is fetched.

    :param fields: what its name will use.

    :raises UsageError: when it is not a layer.
    """
    if not isinstance(layer, Layer):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(f"Pass layers, for instance a pager of them, not {type(layer).__name__}.")
    values = {name: getattr(layer, name) for name in fields if name != "ext"}
    return Wanted(id=layer.id, file_id=layer.file_id, fields=values, ext=layer.format)


def layer_downloader(
    session: Session,
    *,
    to: str | PathLike[str],
    name: str,
    verify: bool,
    options: Options | None,
) -> Downloader:
    """Check template and folder, before anything is sent.

    :raises UsageError: when the template is wrong.
    :raises DownloadError: when the folder cannot be written.
    """
    template = NameTemplate.parse(name, allowed=_ALLOWED)
    folder = Path(to)
    prepare_folder(folder)
    return Downloader(
        session=session,
        folder=str(folder),
        template=template,
        content=content_request,
        describe=file_request,
        verify=verify,
        options=options,
    )


def layer_run(
    session: Session,
    layers: Iterable[Layer] | AsyncIterable[Layer],
    *,
    to: str | PathLike[str],
    name: str,
    concurrency: int,
    verify: bool,
    options: Options | None,
) -> Run[Layer]:
    """Prepare the download of many layers' files; nothing is sent yet."""
    if isinstance(layers, Layer):
        raise UsageError("Pass many layers, as a list or a pager; use download() for a single one.")
    downloader = layer_downloader(session, to=to, name=name, verify=verify, options=options)
    fields = downloader.template.fields
    return Run(
        session,
        layers,
        lambda layer: downloader.result(wanted_file(layer, fields)),
        concurrency=concurrency,
    )

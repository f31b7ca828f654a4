"""Which tables there are. A column bears the wire's name of the field it was taken from."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Table:
    """Describe one table: every row keeps its whole record as JSON, and some fields apart.

    :param columns: fields of the record that filters and sorting may use; ``id`` is unique.
    :param indexes: column lists, each the beginning of a question that is asked often.
    """

    name: str
    columns: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()


TOKENS = Table(name="tokens", columns=("id", "orgId"))
ASSETS = Table(
    name="assets",
    columns=(
        "id",
        "customId",
        "orgId",
        "name",
        "type",
        "branch",
        "proxyId",
        "importedFileId",
        "publicShare",
        "tags",
        "keywords",
        "metadata",
        "createdAt",
        "updatedAt",
        "deletedAt",
    ),
    indexes=(("orgId", "createdAt"), ("orgId", "customId")),
)
LAYERS = Table(
    name="layers",
    columns=(
        "id",
        "orgId",
        "assetId",
        "assetLayer",
        "assetLayerConfiguration",
        "stageId",
        "stageConfiguration",
        "metadata",
        "jobId",
        "taskId",
        "branch",
        "format",
        "width",
        "height",
        "fileId",
        "createdAt",
    ),
    indexes=(
        ("orgId", "createdAt"),
        ("orgId", "assetId", "createdAt"),
        ("orgId", "jobId", "createdAt"),
        ("orgId", "assetLayerConfiguration"),
    ),
)
FILES = Table(name="files", columns=("id", "hash", "size"), indexes=(("hash",),))
JOBS = Table(name="jobs", columns=("id", "orgId", "type", "createdAt"))
ALL = (TOKENS, ASSETS, LAYERS, FILES, JOBS)

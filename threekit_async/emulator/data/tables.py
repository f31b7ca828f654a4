"""Which tables there are. A column bears the wire's name of the field it was taken from."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Table:
    """Describe one table: every row keeps its whole record as JSON, and some fields apart.

    :param columns: fields of the record that filters and sorting may use; ``id`` is unique.
    :param indexes: column lists, each the beginning of a question that is asked often.
    :param apart: columns that the JSON leaves out: the API never answers them.
    """

    name: str
    columns: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    apart: tuple[str, ...] = ()


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
        "parentFolderId",
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
FILES = Table(
    name="files", columns=("id", "orgId", "hash", "size"), indexes=(("hash",),), apart=("orgId",)
)
JOBS = Table(
    name="jobs",
    columns=(
        "id",
        "orgId",
        "type",
        "status",
        "schedulerState",
        "priority",
        "createdAt",
        "updatedAt",
    ),
    indexes=(("orgId", "createdAt"),),
)
TASKS = Table(
    name="tasks",
    columns=(
        "id",
        "orgId",
        "jobId",
        "type",
        "parameters",
        "status",
        "runStatus",
        "runResult",
        "createdAt",
        "updatedAt",
    ),
    indexes=(("jobId", "status", "runResult"), ("status",), ("orgId", "type", "parameters")),
)
RUNS = Table(
    name="runs",
    columns=(
        "id",
        "orgId",
        "jobId",
        "taskId",
        "resultCode",
        "progress",
        "stoppedAt",
        "createdAt",
        "updatedAt",
    ),
    indexes=(("jobId", "createdAt"), ("taskId",)),
)
OUTPUTS = Table(name="outputs", columns=("id", "jobId", "createdAt"), indexes=(("jobId",),))
"""Which assets an import has made or changed."""
WEBHOOKS = Table(
    name="webhooks",
    columns=("id", "orgId", "topic", "address", "createdAt", "updatedAt", "deletedAt"),
    indexes=(("orgId", "createdAt"),),
)
PRODUCTS = Table(name="products", columns=("id", "orgId"))
"""What an item is beyond its asset: attributes, rules, typed metadata; under the asset's id."""
TRANSLATIONS = Table(name="translations", columns=("id", "orgId"))
"""The table of texts of one organisation, under its id."""
CUSTOMERS = Table(
    name="customers",
    columns=("id", "orgId", "platform", "createdAt"),
    indexes=(("orgId", "createdAt"),),
)
CONFIGURATIONS = Table(
    name="configurations",
    columns=(
        "id",
        "shortId",
        "orgId",
        "productId",
        "productVersion",
        "metadata",
        "createdAt",
        "updatedAt",
        "deletedAt",
    ),
    indexes=(("orgId", "createdAt"), ("shortId",)),
)
ORDERS = Table(
    name="orders",
    columns=(
        "id",
        "shortId",
        "orgId",
        "originOrgId",
        "name",
        "status",
        "platform",
        "createdAt",
        "updatedAt",
    ),
    indexes=(("orgId", "createdAt"), ("shortId",)),
)
EVENTS = Table(
    name="events",
    columns=("id", "orgId", "eventType", "eventMetadata", "device", "referer", "createdAt"),
    indexes=(("orgId", "createdAt"),),
)
ALL = (
    TOKENS,
    ASSETS,
    LAYERS,
    FILES,
    JOBS,
    TASKS,
    RUNS,
    OUTPUTS,
    WEBHOOKS,
    PRODUCTS,
    TRANSLATIONS,
    CUSTOMERS,
    CONFIGURATIONS,
    ORDERS,
    EVENTS,
)

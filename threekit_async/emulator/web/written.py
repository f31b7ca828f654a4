"""Which fields of a record the emulator always writes, though a client may not count on them.

The client's records read most fields as optional, since nobody promises them. An answer of the
emulator without one of these is a mistake of the emulator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from threekit_async.models.analytics import AnalyticsEvent
from threekit_async.models.assets import Asset, AssetVariant, SharedVariantData
from threekit_async.models.catalog import CatalogJob, CatalogProduct, CatalogUpload, ImportedAsset
from threekit_async.models.configurations import SavedConfiguration
from threekit_async.models.customers import Customer
from threekit_async.models.files import File
from threekit_async.models.jobs import Job, Run, Task
from threekit_async.models.layers import Layer, LayerGroup, LayerUrl
from threekit_async.models.orders import Order
from threekit_async.models.webhooks import Webhook

if TYPE_CHECKING:
    from collections.abc import Mapping

_ASSET = (
    "id name type as createdAt updatedAt deletedAt createdBy deletedBy orgId branch description "
    "metadata tags keywords publicShare importedFileId proxyId parentFolderId publishedAt "
    "defaultStageId defaultCompositeId nodetags customId"
)
_CONFIGURATION = (
    "id shortId orgId productId productVersion variant metadata sceneGraphState customerId "
    "sessionId creator identifier scope thumbnail attachments publishFileId createdAt updatedAt "
    "deletedAt"
)
_CUSTOMER = (
    "id orgId name position company email phone address city country ip metadata platform createdAt"
)
_EVENT = (
    "id eventType eventMetadata orgId assetId userId sessionId configId configuration device "
    "metric requestUrl requestOrigin referer createdAt"
)
_FILE = (
    "id userId filename extension mimeType size hash encodings createdAt createdBy updatedAt "
    "deletedAt"
)
_JOB = (
    "id orgId createdBy title type schedulerState status priority parameters taskCount "
    "taskStatusPending taskStatusRunning taskStatusStopped taskProgress taskResultFailures "
    "taskResultSuccesses createdAt updatedAt"
)
_LAYER = (
    "id assetId assetLayer assetVersion assetLayerConfiguration stageId stageConfiguration "
    "stageVersion metadata orgId jobId taskId fileId branch createdAt format width height "
    "stageMetadata"
)
_ORDER = (
    "id shortId orgId originOrgId customerId name status platform metadata cart items derivative "
    "createdAt updatedAt"
)
_RUN = (
    "id orgId jobId taskId createdBy createdAt updatedAt startedAt stoppedAt results resultCode "
    "resultMessage reportProgress progress"
)
_TASK = (
    "id orgId jobId branch createdBy createdAt updatedAt type title parameters status runStatus "
    "runResult reportProgress"
)
_VARIANT = "id assetId orgId jobId taskId variantId sharedDataId metadata variant updatedAt"
_WEBHOOK = "id orgId topic address filter createdBy createdAt updatedAt deletedAt"

ALWAYS: Mapping[type[Any], tuple[str, ...]] = {
    record: tuple(names.split())
    for record, names in {
        AnalyticsEvent: _EVENT,
        Asset: _ASSET,
        AssetVariant: _VARIANT,
        CatalogJob: "job",
        CatalogProduct: "id name description orgId proxyId tags keywords metadata",
        CatalogUpload: "jobId job msg",
        Customer: _CUSTOMER,
        File: _FILE,
        ImportedAsset: "name assetId",
        Job: _JOB,
        Layer: _LAYER,
        LayerGroup: "count createdAt fileId assetId assetIds stageIds",
        LayerUrl: "url metadata",
        Order: _ORDER,
        Run: _RUN,
        SavedConfiguration: _CONFIGURATION,
        SharedVariantData: "id assetId orgId jobId taskId ready visualAttributes variantAttributes",
        Task: _TASK,
        Webhook: _WEBHOOK,
    }.items()
}
"""Wire names. No record of these is part of a request, where every field may be missing."""

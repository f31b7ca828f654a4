"""An asyncio client SDK for Threekit's REST API, with a generated synchronous facade.

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__ as __version__

if TYPE_CHECKING:
    from .client import AsyncThreekit as AsyncThreekit
    from .config import ConfigWarning as ConfigWarning
    from .config import Setting as Setting
    from .config import Settings as Settings
    from .errors import AuthenticationError as AuthenticationError
    from .errors import BadRequestError as BadRequestError
    from .errors import BulkError as BulkError
    from .errors import ConfigError as ConfigError
    from .errors import ConflictError as ConflictError
    from .errors import ConnectError as ConnectError
    from .errors import DeadlineError as DeadlineError
    from .errors import DecodeError as DecodeError
    from .errors import DiskFullError as DiskFullError
    from .errors import DownloadError as DownloadError
    from .errors import ForbiddenError as ForbiddenError
    from .errors import IntegrityError as IntegrityError
    from .errors import JobFailedError as JobFailedError
    from .errors import NotFoundError as NotFoundError
    from .errors import RateLimitError as RateLimitError
    from .errors import RedirectError as RedirectError
    from .errors import RequestTimeoutError as RequestTimeoutError
    from .errors import ServerError as ServerError
    from .errors import StatusError as StatusError
    from .errors import ThreekitError as ThreekitError
    from .errors import TransportError as TransportError
    from .errors import UnprocessableError as UnprocessableError
    from .errors import UnsafeNameError as UnsafeNameError
    from .errors import UsageError as UsageError
    from .events import AttemptEnded as AttemptEnded
    from .events import CacheAnswered as CacheAnswered
    from .events import FileEnded as FileEnded
    from .events import PageRead as PageRead
    from .events import RequestEnded as RequestEnded
    from .events import RequestStarted as RequestStarted
    from .events import RetryPlanned as RetryPlanned
    from .events import Stats as Stats
    from .events import TokenRenewed as TokenRenewed
    from .events import Waited as Waited
    from .hooks import Hooks as Hooks
    from .models.analytics import AnalyticsEvent as AnalyticsEvent
    from .models.analytics import AnalyticsViews as AnalyticsViews
    from .models.analytics import EventType as EventType
    from .models.analytics import ViewRange as ViewRange
    from .models.asset_jobs import AssetJob as AssetJob
    from .models.asset_jobs import ImportSettings as ImportSettings
    from .models.asset_jobs import RenderSubject as RenderSubject
    from .models.asset_jobs import Subset as Subset
    from .models.asset_jobs import SubsetFilter as SubsetFilter
    from .models.assets import Asset as Asset
    from .models.assets import AssetVariant as AssetVariant
    from .models.assets import SharedVariantData as SharedVariantData
    from .models.attributes import ArrayAttribute as ArrayAttribute
    from .models.attributes import AssetAttribute as AssetAttribute
    from .models.attributes import BooleanAttribute as BooleanAttribute
    from .models.attributes import ColourAttribute as ColourAttribute
    from .models.attributes import NumberAttribute as NumberAttribute
    from .models.attributes import OtherAttribute as OtherAttribute
    from .models.attributes import Price as Price
    from .models.attributes import PricingAttribute as PricingAttribute
    from .models.attributes import ProductAttribute as ProductAttribute
    from .models.attributes import StringAttribute as StringAttribute
    from .models.base import UNSET as UNSET
    from .models.base import Maybe as Maybe
    from .models.base import evolve as evolve
    from .models.catalog import CatalogJob as CatalogJob
    from .models.catalog import CatalogProduct as CatalogProduct
    from .models.catalog import CatalogUpload as CatalogUpload
    from .models.catalog import ImportedAsset as ImportedAsset
    from .models.configurations import SavedConfiguration as SavedConfiguration
    from .models.customers import Customer as Customer
    from .models.files import File as File
    from .models.jobs import Job as Job
    from .models.jobs import Run as Run
    from .models.jobs import RunResults as RunResults
    from .models.jobs import Task as Task
    from .models.layers import Grouping as Grouping
    from .models.layers import Layer as Layer
    from .models.layers import LayerGroup as LayerGroup
    from .models.layers import LayerUrl as LayerUrl
    from .models.layers import Optimization as Optimization
    from .models.orders import CartItem as CartItem
    from .models.orders import Order as Order
    from .models.orders import OrderStatus as OrderStatus
    from .models.orders import Platform as Platform
    from .models.page import Page as Page
    from .models.products import Product as Product
    from .models.products import ProductEntries as ProductEntries
    from .models.products import ProductEntry as ProductEntry
    from .models.products import ProductImport as ProductImport
    from .models.products import ProductQuery as ProductQuery
    from .models.products import Rule as Rule
    from .models.products import RuleAction as RuleAction
    from .models.products import RuleCondition as RuleCondition
    from .models.values import AssetReference as AssetReference
    from .models.values import Colour as Colour
    from .models.values import Configuration as Configuration
    from .models.values import ConfigurationValue as ConfigurationValue
    from .models.values import read_configuration as read_configuration
    from .models.webhooks import Webhook as Webhook
    from .models.webhooks import WebhookEvent as WebhookEvent
    from .models.webhooks import WebhookFilter as WebhookFilter
    from .models.webhooks import parse_webhook as parse_webhook
    from .network import Network as Network
    from .options import Limits as Limits
    from .options import Options as Options
    from .options import Retry as Retry
    from .options import Timeout as Timeout
    from .paging.pager import AsyncPager as AsyncPager
    from .paging.thorough import AsyncThorough as AsyncThorough
    from .paging.walked import Walked as Walked
    from .raw import Raw as Raw
    from .session.auth import CookieAuth as CookieAuth
    from .session.auth import PrivateToken as PrivateToken
    from .session.auth import PublicToken as PublicToken
    from .session.auth import Secret as Secret
    from .sync.blocking import BlockingCallWarning as BlockingCallWarning
    from .sync.client import Threekit as Threekit
    from .sync.pager import Pager as Pager
    from .sync.pager import Thorough as Thorough
    from .transfer.destinations.base import Remote as Remote
    from .transfer.progress import Progress as Progress
    from .transfer.report import TransferReport as TransferReport
    from .transfer.results import Duplicates as Duplicates
    from .transfer.results import FileResult as FileResult
    from .transfer.results import FileStatus as FileStatus
    from .transfer.results import OnError as OnError
    from .transfer.upload import Upload as Upload
    from .transfer.upload import UploadSource as UploadSource

# The same table again for run time; a test compares the two.
_HOMES = {
    "client": ("AsyncThreekit",),
    "config": (
        "ConfigWarning",
        "Setting",
        "Settings",
    ),
    "errors": (
        "AuthenticationError",
        "BadRequestError",
        "BulkError",
        "ConfigError",
        "ConflictError",
        "ConnectError",
        "DeadlineError",
        "DecodeError",
        "DiskFullError",
        "DownloadError",
        "ForbiddenError",
        "IntegrityError",
        "JobFailedError",
        "NotFoundError",
        "RateLimitError",
        "RedirectError",
        "RequestTimeoutError",
        "ServerError",
        "StatusError",
        "ThreekitError",
        "TransportError",
        "UnprocessableError",
        "UnsafeNameError",
        "UsageError",
    ),
    "events": (
        "AttemptEnded",
        "CacheAnswered",
        "FileEnded",
        "PageRead",
        "RequestEnded",
        "RequestStarted",
        "RetryPlanned",
        "Stats",
        "TokenRenewed",
        "Waited",
    ),
    "hooks": ("Hooks",),
    "models.analytics": (
        "AnalyticsEvent",
        "AnalyticsViews",
        "EventType",
        "ViewRange",
    ),
    "models.asset_jobs": (
        "AssetJob",
        "ImportSettings",
        "RenderSubject",
        "Subset",
        "SubsetFilter",
    ),
    "models.assets": (
        "Asset",
        "AssetVariant",
        "SharedVariantData",
    ),
    "models.attributes": (
        "ArrayAttribute",
        "AssetAttribute",
        "BooleanAttribute",
        "ColourAttribute",
        "NumberAttribute",
        "OtherAttribute",
        "Price",
        "PricingAttribute",
        "ProductAttribute",
        "StringAttribute",
    ),
    "models.base": (
        "Maybe",
        "UNSET",
        "evolve",
    ),
    "models.catalog": (
        "CatalogJob",
        "CatalogProduct",
        "CatalogUpload",
        "ImportedAsset",
    ),
    "models.configurations": ("SavedConfiguration",),
    "models.customers": ("Customer",),
    "models.files": ("File",),
    "models.jobs": (
        "Job",
        "Run",
        "RunResults",
        "Task",
    ),
    "models.layers": (
        "Grouping",
        "Layer",
        "LayerGroup",
        "LayerUrl",
        "Optimization",
    ),
    "models.orders": (
        "CartItem",
        "Order",
        "OrderStatus",
        "Platform",
    ),
    "models.page": ("Page",),
    "models.products": (
        "Product",
        "ProductEntries",
        "ProductEntry",
        "ProductImport",
        "ProductQuery",
        "Rule",
        "RuleAction",
        "RuleCondition",
    ),
    "models.values": (
        "AssetReference",
        "Colour",
        "Configuration",
        "ConfigurationValue",
        "read_configuration",
    ),
    "models.webhooks": (
        "Webhook",
        "WebhookEvent",
        "WebhookFilter",
        "parse_webhook",
    ),
    "network": ("Network",),
    "options": (
        "Limits",
        "Options",
        "Retry",
        "Timeout",
    ),
    "paging.pager": ("AsyncPager",),
    "paging.thorough": ("AsyncThorough",),
    "paging.walked": ("Walked",),
    "raw": ("Raw",),
    "session.auth": (
        "CookieAuth",
        "PrivateToken",
        "PublicToken",
        "Secret",
    ),
    "sync.blocking": ("BlockingCallWarning",),
    "sync.client": ("Threekit",),
    "sync.pager": (
        "Pager",
        "Thorough",
    ),
    "transfer.destinations.base": ("Remote",),
    "transfer.progress": ("Progress",),
    "transfer.report": ("TransferReport",),
    "transfer.results": (
        "Duplicates",
        "FileResult",
        "FileStatus",
        "OnError",
    ),
    "transfer.upload": (
        "Upload",
        "UploadSource",
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [  # names loaded on first use
    "UNSET",
    "AnalyticsEvent",
    "AnalyticsViews",
    "ArrayAttribute",
    "Asset",
    "AssetAttribute",
    "AssetJob",
    "AssetReference",
    "AssetVariant",
    "AsyncPager",
    "AsyncThorough",
    "AsyncThreekit",
    "AttemptEnded",
    "AuthenticationError",
    "BadRequestError",
    "BlockingCallWarning",
    "BooleanAttribute",
    "BulkError",
    "CacheAnswered",
    "CartItem",
    "CatalogJob",
    "CatalogProduct",
    "CatalogUpload",
    "Colour",
    "ColourAttribute",
    "ConfigError",
    "ConfigWarning",
    "Configuration",
    "ConfigurationValue",
    "ConflictError",
    "ConnectError",
    "CookieAuth",
    "Customer",
    "DeadlineError",
    "DecodeError",
    "DiskFullError",
    "DownloadError",
    "Duplicates",
    "EventType",
    "File",
    "FileEnded",
    "FileResult",
    "FileStatus",
    "ForbiddenError",
    "Grouping",
    "Hooks",
    "ImportSettings",
    "ImportedAsset",
    "IntegrityError",
    "Job",
    "JobFailedError",
    "Layer",
    "LayerGroup",
    "LayerUrl",
    "Limits",
    "Maybe",
    "Network",
    "NotFoundError",
    "NumberAttribute",
    "OnError",
    "Optimization",
    "Options",
    "Order",
    "OrderStatus",
    "OtherAttribute",
    "Page",
    "PageRead",
    "Pager",
    "Platform",
    "Price",
    "PricingAttribute",
    "PrivateToken",
    "Product",
    "ProductAttribute",
    "ProductEntries",
    "ProductEntry",
    "ProductImport",
    "ProductQuery",
    "Progress",
    "PublicToken",
    "RateLimitError",
    "Raw",
    "RedirectError",
    "Remote",
    "RenderSubject",
    "RequestEnded",
    "RequestStarted",
    "RequestTimeoutError",
    "Retry",
    "RetryPlanned",
    "Rule",
    "RuleAction",
    "RuleCondition",
    "Run",
    "RunResults",
    "SavedConfiguration",
    "Secret",
    "ServerError",
    "Setting",
    "Settings",
    "SharedVariantData",
    "Stats",
    "StatusError",
    "StringAttribute",
    "Subset",
    "SubsetFilter",
    "Task",
    "Thorough",
    "Threekit",
    "ThreekitError",
    "Timeout",
    "TokenRenewed",
    "TransferReport",
    "TransportError",
    "UnprocessableError",
    "UnsafeNameError",
    "Upload",
    "UploadSource",
    "UsageError",
    "ViewRange",
    "Waited",
    "Walked",
    "Webhook",
    "WebhookEvent",
    "WebhookFilter",
    "__version__",
    "evolve",
    "parse_webhook",
    "read_configuration",
]


def __getattr__(name: str) -> Any:  # PEP 562
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))

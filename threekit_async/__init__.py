"""An asyncio client SDK for Threekit's REST API, with a generated synchronous facade.

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__ as __version__

if TYPE_CHECKING:
    from .client import AsyncThreekit as AsyncThreekit
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
    from .errors import NotFoundError as NotFoundError
    from .errors import RateLimitError as RateLimitError
    from .errors import RequestTimeoutError as RequestTimeoutError
    from .errors import ServerError as ServerError
    from .errors import StatusError as StatusError
    from .errors import ThreekitError as ThreekitError
    from .errors import TransportError as TransportError
    from .errors import UnprocessableError as UnprocessableError
    from .errors import UnsafeNameError as UnsafeNameError
    from .errors import UsageError as UsageError
    from .models.assets import Asset as Asset
    from .models.base import UNSET as UNSET
    from .models.files import File as File
    from .models.layers import Layer as Layer
    from .models.layers import LayerGroup as LayerGroup
    from .models.layers import LayerUrl as LayerUrl
    from .models.page import Page as Page
    from .options import Limits as Limits
    from .options import Options as Options
    from .options import Retry as Retry
    from .options import Timeout as Timeout
    from .paging.pager import AsyncPager as AsyncPager
    from .session.auth import PrivateToken as PrivateToken
    from .session.auth import PublicToken as PublicToken
    from .session.auth import Secret as Secret
    from .sync.client import Threekit as Threekit
    from .sync.pager import Pager as Pager
    from .transfer.progress import Progress as Progress
    from .transfer.results import FileResult as FileResult
    from .transfer.results import TransferReport as TransferReport

# The same table again for run time; a test compares the two.
_HOMES = {
    "client": ("AsyncThreekit",),
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
        "NotFoundError",
        "RateLimitError",
        "RequestTimeoutError",
        "ServerError",
        "StatusError",
        "ThreekitError",
        "TransportError",
        "UnprocessableError",
        "UnsafeNameError",
        "UsageError",
    ),
    "models.assets": ("Asset",),
    "models.base": ("UNSET",),
    "models.files": ("File",),
    "models.layers": ("Layer", "LayerGroup", "LayerUrl"),
    "models.page": ("Page",),
    "options": ("Limits", "Options", "Retry", "Timeout"),
    "paging.pager": ("AsyncPager",),
    "session.auth": ("PrivateToken", "PublicToken", "Secret"),
    "sync.client": ("Threekit",),
    "sync.pager": ("Pager",),
    "transfer.progress": ("Progress",),
    "transfer.results": ("FileResult", "TransferReport"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [  # names loaded on first use
    "UNSET",
    "Asset",
    "AsyncPager",
    "AsyncThreekit",
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
    "File",
    "FileResult",
    "ForbiddenError",
    "IntegrityError",
    "Layer",
    "LayerGroup",
    "LayerUrl",
    "Limits",
    "NotFoundError",
    "Options",
    "Page",
    "Pager",
    "PrivateToken",
    "Progress",
    "PublicToken",
    "RateLimitError",
    "RequestTimeoutError",
    "Retry",
    "Secret",
    "ServerError",
    "StatusError",
    "Threekit",
    "ThreekitError",
    "Timeout",
    "TransferReport",
    "TransportError",
    "UnprocessableError",
    "UnsafeNameError",
    "UsageError",
    "__version__",
]


def __getattr__(name: str) -> Any:  # PEP 562
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))

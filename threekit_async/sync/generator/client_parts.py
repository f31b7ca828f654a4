"""What the generated client is made of besides calls: the same text whatever the source does."""

from __future__ import annotations

__all__ = ("METHODS", "client_initializer", "service_initializer")

# By the name in the source: the name there, the parameters it must have, and the body.
METHODS: dict[str, tuple[str, tuple[str, ...], list[str]]] = {
    "aclose": (
        "close",
        ("self",),
        ["        if self._owns_bridge:", "            self._bridge.close()"],
    ),
    "__aenter__": ("__enter__", ("self",), ["        return self"]),
    "__aexit__": (
        "__exit__",
        ("self", "exc_type", "exc", "traceback"),
        ["        self.close()"],
    ),
    "raw": (
        "raw",
        ("self", "method", "args", "kwargs"),
        [
            "        with recording() as replies:",
            "            return raw_of(method(*args, **kwargs), replies)",
        ],
    ),
    "__repr__": (
        "__repr__",
        ("self",),
        [
            "        # A traceback may show one that is not made yet.",
            "        made = getattr(self, '_async', None)",
            "        shown = repr(made) if made else '<AsyncThreekit not made yet>'",
            "        return shown.replace('<Async', '<', 1)",
        ],
    ),
}


def service_initializer(original: str) -> list[str]:
    """Write how a service is made: around the asynchronous one, over the client's bridge."""
    return [
        f"    def __init__(self, bridge: Bridge, service: {original}) -> None:",
        "        self._bridge = bridge",
        "        self._async = service",
    ]


def client_initializer(original: str, passed: str) -> list[str]:
    """Write the rest of the client's `__init__`, and how one is made around another client."""
    return [
        f"        self._async = {original}({passed})",
        "        self._bridge = Bridge(self._async.aclose)",
        "        self._owns_bridge = True",
        "    @classmethod",
        f"    def _around(cls, client: {original}, *, bridge: Bridge | None = None) -> Self:",
        "        made = object.__new__(cls)",
        "        made._async = client",
        "        made._bridge = bridge or Bridge(client.aclose)",
        "        made._owns_bridge = bridge is None",
        "        return made",
    ]

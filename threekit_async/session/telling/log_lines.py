"""What `THREEKIT_LOG` asks for: the package's log on standard error, a line for each event."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping

from ...events import logger

__all__ = ("EventLine", "log_as_asked")

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}
_PREFIX = "threekit_"


class EventLine(logging.Formatter):
    """Write a record as one line: the moment, what happened, and the facts.

    `12:00:01.123 threekit attempt ended GET /api/layers/{layer_id} attempt=1 status=200`
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03d threekit %(message)s", datefmt="%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's own name
        """Return the line, without a traceback that may follow it."""
        facts = {
            name.removeprefix(_PREFIX): _shown(value)
            for name, value in vars(record).items()
            if name.startswith(_PREFIX) and value is not None
        }
        place = [facts.pop(name) for name in ("verb", "path") if name in facts]
        named = [f"{name}={value}" for name, value in facts.items()]
        return " ".join([super().formatMessage(record), *place, *named])


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    text = str(value)
    # A line stays one line, and its words stay apart.
    return text if text.isprintable() and " " not in text else repr(text)


class _StandardError(logging.Handler):
    """Write to what is standard error at that moment: it may be replaced while the process runs."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(f"{self.format(record)}\n")
        except Exception:  # noqa: BLE001  # as every handler of the standard library
            self.handleError(record)


# One for the process: a handler that is there is not added again.
_HANDLER = _StandardError()


def log_as_asked(environment: Mapping[str, str]) -> None:
    """Do what `THREEKIT_LOG` asks for: `debug`, `info` or `warning`, in any case.

    Records of that level and above go to standard error, in addition to where the application
    sends them. What was asked once holds for the process; a level the application chose is never
    made quieter. Any other text counts as `warning`, and is the first one.

    :param environment: the variables to look in.
    """
    asked = environment.get("THREEKIT_LOG", "").strip()
    if not asked or _HANDLER in logger.handlers:
        return
    level = _LEVELS.get(asked.lower(), logging.WARNING)
    _HANDLER.setFormatter(EventLine())
    _HANDLER.setLevel(level)
    logger.addHandler(_HANDLER)
    if not logger.isEnabledFor(level):
        logger.setLevel(level)
    if asked.lower() not in _LEVELS:
        logger.warning("THREEKIT_LOG is %r; it can be debug, info or warning.", asked)

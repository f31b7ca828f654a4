"""What the emulator needs beyond the package's own requirements: the extra ``emulator``."""

from __future__ import annotations

from importlib.util import find_spec

from threekit_async.emulator.errors import EmulatorError

# Bodies are checked with it, and it is first imported inside an answer: too late to say so.
CHECKER = "jsonschema"


def require_checker() -> None:
    """Refuse to start where requests could not be checked.

    :raises EmulatorError: when jsonschema is not installed.
    """
    if find_spec(CHECKER) is None:
        raise EmulatorError(
            f"The emulator checks requests with {CHECKER}, which is not installed: "
            "install threekit-async[emulator]."
        )

"""The commands, with what is heavy imported inside them: `--help` must feel instant."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .._version import __version__

__all__ = ("threekit",)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="threekit-async")
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="Write every request, attempt and file to standard error, as THREEKIT_LOG=debug does. "
    "No token is shown.",
)
def threekit(*, verbose: bool) -> None:
    """Work with Threekit from the command line."""
    if verbose:
        from ..session.telling.log_lines import log_as_asked

        log_as_asked({"THREEKIT_LOG": "debug"})


@threekit.command()
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    default=Path("demo-renders"),
    show_default=True,
    help="Folder the renders go to. What is there already is kept.",
)
@click.option("--concurrency", type=click.IntRange(1, 256), default=32, show_default=True)
def demo(*, to: Path, concurrency: int) -> None:
    """Download 1,000 renders from a local emulator, async and sync, and compare.

    No account is needed, and nothing leaves this computer: the emulator is started on a free
    loopback port and ends with the command.
    """
    from ..errors import ThreekitError
    from .demo import run

    try:
        status = run(to=to, concurrency=concurrency)
    except ThreekitError as error:
        click.echo(f"threekit demo: {error}", err=True)
        status = 1
    sys.exit(status)


@threekit.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def emulator(*, arguments: tuple[str, ...]) -> None:
    """Run a local server that speaks Threekit's API; --help lists its options."""
    from ..emulator.__main__ import main

    sys.exit(main(list(arguments)))

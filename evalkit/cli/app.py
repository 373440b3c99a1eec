"""The door: `app` collects the commands, `run` turns whatever happens into an exit status and one line.

Exit 0 = done, 1 = problems in the data, 2 = wrong usage. Errors go to stderr, one line each, without a traceback
unless --debug.
"""

import errno
import sys
from pathlib import Path
from typing import Annotated

import typer

from evalkit.errors import EvalkitError

__all__ = ["app", "run"]

app = typer.Typer(
    name="evalkit",
    help="From a folder of interview transcripts, meeting notes and registers to a defensible evaluation report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_shown_debug = False


@app.callback()
def _common(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version and stop.")] = False,
) -> None:
    global _shown_debug
    _shown_debug = debug
    if version:
        from evalkit import __version__

        typer.echo(f"evalkit {__version__}")
        raise typer.Exit


def run(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        What stands behind `evalkit`; default the process's own.

    Returns
    -------
    int
        Exit status: 0 done, 1 problems in the data, 2 wrong usage.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    try:
        status = app(args=arguments, standalone_mode=False)
    except EvalkitError as error:
        return _say_error(error)
    except typer.Abort:
        return 1
    except OSError as error:
        return _say_disk_error(error)
    except Exception as error:
        if type(error).__module__.startswith(("click", "typer")) and hasattr(error, "format_message"):
            typer.echo(f"UsageError: {error.format_message().rstrip('.')}. See: evalkit --help", err=True)
            return 2
        if _shown_debug:
            raise
        typer.echo(
            f"{type(error).__name__}: this should not happen. Run again with evalkit --debug and report it.", err=True
        )
        return 1
    return status if isinstance(status, int) else 0


def _say_disk_error(error: OSError) -> int:
    """Say what the disk refused; files are written whole or not at all, so the old ones still stand."""
    if _shown_debug:
        raise error
    advice = {
        errno.ENOSPC: "Free some space and run again",
        errno.EDQUOT: "Free some space and run again",
        errno.EFBIG: "Free some space and run again",
        errno.EACCES: "Give yourself the right to write there",
        errno.EPERM: "Give yourself the right to write there",
        errno.EROFS: "Write to another folder",
    }.get(error.errno or 0, "Run again with evalkit --debug to see more")
    file = Path(str(error.filename)).name if error.filename else "a file"
    typer.echo(f"OSError: {file}: {error.strerror or type(error).__name__}. {advice}", err=True)
    return 1


def _say_error(error: EvalkitError) -> int:
    if _shown_debug:
        import traceback

        traceback.print_exception(error)
    for problem in getattr(error, "problems", []):
        typer.echo(f"problem  {problem}", err=True)
    typer.echo(str(error), err=True)
    return error.exit_code

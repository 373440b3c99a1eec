"""What every command shows: progress, counts, findings; and the study it works on."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evalkit.errors import Finding, UsageError

if TYPE_CHECKING:
    from evalkit.pipeline.engine import Progress
    from evalkit.study import Study

__all__ = ["Lang", "Quiet", "StudyFolder", "count", "load", "relative", "say_findings", "show_progress"]

StudyFolder = Annotated[Path, typer.Argument(help="The study's folder.", metavar="[STUDY]", show_default="this folder")]
Lang = Annotated[str | None, typer.Option("--lang", help="sv or en.", show_default="the study's own")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def say_findings(findings: Sequence[Finding], *, quiet: bool) -> None:
    """Say what was left out, and how much there is to notice.

    Parameters
    ----------
    findings : sequence of Finding
        Problems and notices.
    quiet : bool
        Problems only.
    """
    problems = [finding for finding in findings if finding.severity == "problem"]
    for finding in problems:
        typer.echo(f"left out  {finding}", err=True)
    notices = len(findings) - len(problems)
    if notices and not quiet:
        typer.echo(f"{count(notices, 'notice')}; see: evalkit check")


def load(folder: Path, lang: str | None) -> "Study":
    """Load the study that a command works on.

    Parameters
    ----------
    folder : pathlib.Path
        The study's folder.
    lang : str or None
        Language asked for.

    Returns
    -------
    Study
        The study.

    Raises
    ------
    UsageError
        If there is no such folder or language.
    """
    from evalkit.study import load_study

    if lang not in (None, "sv", "en"):
        raise UsageError(f"--lang {lang} is not known; use sv or en")
    if not folder.is_dir():
        raise UsageError(f"'{folder}' is no folder; give the study's folder")
    return load_study(folder, lang=lang)  # type: ignore[arg-type]


def count(number: int, noun: str) -> str:
    """Write a number with its noun.

    Parameters
    ----------
    number : int
        How many.
    noun : str
        One of them.

    Returns
    -------
    str
        Such as "3 steps".
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def relative(path: Path) -> str:
    """Write a path as short as it can be said from here.

    Parameters
    ----------
    path : pathlib.Path
        Any.

    Returns
    -------
    str
        Relative to the current folder where it lies in it.
    """
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


@contextmanager
def show_progress(quiet: bool) -> Iterator["Progress | None"]:
    """Show a bar per run of steps on a terminal, nothing elsewhere.

    Parameters
    ----------
    quiet : bool
        Show nothing at all.

    Yields
    ------
    callable or None
        To be told about every step.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<28.28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(step: str, done: int, total: int) -> None:
            bar.update(task, description=step, completed=done, total=total)

        yield show

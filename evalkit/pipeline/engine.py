"""doit as a library: run tasks whose inputs changed, report progress, and let our own errors through."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from doit.control import TaskControl
from doit.dependency import Dependency, JsonDB, MD5Checker
from doit.exceptions import BaseFail, TaskFailed
from doit.runner import MThreadRunner, Runner
from doit.task import Stream, Task
from doit.tools import config_changed

__all__ = ["FOUNDATION", "REPORTING", "Progress", "Step", "code_hash", "run_steps"]

Progress = Callable[[str, int, int], None]
"""Called with the name of the step, how many are done and how many there are."""

_PACKAGE = Path(__file__).parents[1]
FOUNDATION = ("errors", "study", "tables", "wording")
"""Rooms that every step stands on."""
REPORTING = ("report", "figures", "calibrate", "models", "measures", "coding", "corpus", "inference", *FOUNDATION)
"""Rooms that shape what the notebooks and the report say."""
_CODE = (".py", ".csv", ".css", ".json")  # what a room consists of, tables and style sheets that ship included


@dataclass(frozen=True)
class Step:
    """A piece of work with the files it reads and writes.

    Parameters
    ----------
    name : str
        Unique; what progress shows.
    action : callable
        Does the work.
    reads : sequence of path
        Files; a change of content runs the step again. A file that does not exist counts by its absence.
    writes : sequence of path
        Files that must exist afterwards.
    after : sequence of str
        Steps that come first.
    state : str
        Anything else the result depends on: parameters, a hash of code.
    """

    name: str
    action: Callable[[], None]
    reads: Sequence[Path] = ()
    writes: Sequence[Path] = ()
    after: Sequence[str] = ()
    state: str = ""


@dataclass
class _Reporter:
    """Counts the steps for the progress display; doit asks for these methods."""

    total: int
    progress: Progress | None
    done: int = 0
    ran: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def initialize(self, tasks: Any, selected_tasks: Any) -> None:
        """Do nothing: the total is known."""

    def get_status(self, task: Task) -> None:
        """Do nothing: checking is quick."""

    def execute_task(self, task: Task) -> None:
        self._show(task)

    def add_success(self, task: Task) -> None:
        self.ran.append(task.name)
        self._count(task)

    def skip_uptodate(self, task: Task) -> None:
        self._count(task)

    def skip_ignore(self, task: Task) -> None:
        self._count(task)

    def add_failure(self, task: Task, fail: BaseFail) -> None:
        self.errors.append(f"{task.name}: {fail.get_msg()}")

    def cleanup_error(self, exception: BaseFail) -> None:
        self.errors.append(exception.get_msg())

    def runtime_error(self, msg: str) -> None:
        self.errors.append(msg)

    def teardown_task(self, task: Task) -> None:
        """Do nothing: no step has a teardown."""

    def complete_run(self) -> None:
        """Do nothing: errors are raised by `run_steps`."""

    def _count(self, task: Task) -> None:
        self.done += 1
        self._show(task)

    def _show(self, task: Task) -> None:
        if self.progress:
            self.progress(task.name, self.done, self.total)


def run_steps(
    steps: Sequence[Step], *, database: Path, jobs: int = 1, force: bool = False, progress: Progress | None = None
) -> list[str]:
    """Run the steps whose inputs, outputs or state changed, in order of their dependencies.

    Parameters
    ----------
    steps : sequence of Step
        All of them.
    database : pathlib.Path
        Where doit remembers what it saw.
    jobs : int, default 1
        How many run side by side, as threads.
    force : bool, default False
        Run everything.
    progress : callable, optional
        Told about every step.

    Returns
    -------
    list of str
        Names of the steps that ran; the others were up to date.

    Raises
    ------
    EvalkitError
        The first error that a step raised, as it was raised.
    RuntimeError
        If doit itself fails.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    raised: list[Exception] = []
    # A file that an earlier step of the same run will write is an input even if it does not exist yet.
    written = {path for step in steps for path in step.writes}
    tasks = [_as_task(step, raised, written) for step in steps]
    control = TaskControl(tasks)
    control.process(None)
    reporter = _Reporter(total=len(steps), progress=progress)
    manager = Dependency(JsonDB, str(database), checker_cls=MD5Checker)
    options = {"always_execute": force, "stream": Stream(0)}
    if jobs > 1:
        runner = MThreadRunner(manager, reporter, num_process=jobs, **options)
    else:
        runner = Runner(manager, reporter, **options)
    runner.run_all(control.task_dispatcher())
    if raised:
        raise raised[0]
    if reporter.errors:
        raise RuntimeError(reporter.errors[0])
    return reporter.ran


def _as_task(step: Step, raised: list[Exception], written: set[Path]) -> Task:
    present = [str(path) for path in step.reads if path.is_file() or path in written]
    absent = [str(path) for path in step.reads if str(path) not in present]

    def act() -> TaskFailed | None:
        for path in step.writes:
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            step.action()
        except Exception as error:  # kept as it is and raised again by run_steps
            raised.append(error)
            return TaskFailed(type(error).__name__)
        return None

    return Task(
        step.name,
        actions=[act],
        file_dep=present,
        targets=[str(path) for path in step.writes],
        task_dep=list(step.after),
        uptodate=[config_changed({"state": step.state, "absent": absent})],
        io={"capture": False},
    )


@cache
def code_hash(*rooms: str) -> str:
    """Hash the code, and the data that ship with it, of some rooms, so that a change of code runs again what it made.

    Parameters
    ----------
    *rooms : str
        Modules or packages of evalkit, such as "coding" or "study".

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for room in sorted(rooms):
        folder = _PACKAGE / room
        files = sorted(folder.rglob("*")) if folder.is_dir() else [folder.with_suffix(".py")]
        for file in files:
            if file.suffix not in _CODE:
                continue
            digest.update(file.relative_to(_PACKAGE).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]

"""Run a parser in a child process with a limit on time and memory, so that a hostile file costs one finding.

On Linux the child is a fork (about 20 ms); elsewhere a fresh interpreter. Question and answer are JSON: nothing is
pickled.
"""

import contextlib
import importlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any, NoReturn

from evalkit.errors import SourceError

__all__ = ["run_guarded"]

SECONDS = 60.0
MEGABYTES = 1024


def run_guarded(target: str, path: Path, *, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> Any:
    """Call a parser on a file in a child process.

    Parameters
    ----------
    target : str
        The parser as ``"package.module:function"``; it takes a path and returns what JSON can hold.
    path : pathlib.Path
        The file.
    seconds : float, default 60
        Time it may take.
    megabytes : int, default 1024
        Memory it may take beyond what this process already has, where the platform can limit it.

    Returns
    -------
    object
        What the parser returned.

    Raises
    ------
    SourceError
        If the parser refuses the file, fails on it, or reaches a limit.
    """
    if sys.platform == "linux":
        answer = _ask_fork(target, path, seconds, megabytes)
    else:
        answer = _ask_interpreter(target, path, seconds, megabytes)
    if answer is None:
        raise SourceError(f"takes more than {seconds:g} seconds to read; split it or save it anew")
    try:
        result = json.loads(answer)
    except ValueError:
        raise SourceError("makes its reader fail; save it anew, or in another format") from None
    if "refused" in result:
        raise SourceError(result["refused"])
    return result["value"]


def _ask_fork(target: str, path: Path, seconds: float, megabytes: int) -> bytes | None:
    importlib.import_module(target.partition(":")[0])  # once here, so that no child has to
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns about threads; the child only parses one file and leaves with _exit.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(reading)
        _answer_and_exit(writing, target, path, megabytes)
    os.close(writing)
    try:
        return _read_until(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _read_until(descriptor: int, deadline: float) -> bytes | None:
    """Read to the end, or return None when the deadline passes first."""
    parts: list[bytes] = []
    # poll, not select: it takes descriptors above 1023 too.
    poller = select.poll()
    poller.register(descriptor, select.POLLIN | select.POLLHUP)
    while (left := deadline - time.monotonic()) > 0:
        if not poller.poll(left * 1000):
            break
        part = os.read(descriptor, 1 << 20)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return None


def _answer_and_exit(descriptor: int, target: str, path: Path, megabytes: int) -> NoReturn:
    """Be the child: whatever happens, end here and run none of the parent's clean-up."""
    try:
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _write_all(descriptor, _answer(target, path, megabytes))
    finally:
        os._exit(0)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _answer(target: str, path: Path, megabytes: int) -> bytes:
    """Call the parser; library messages may quote the file, so only their type is told."""
    _limit_memory(megabytes)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    module, _, name = target.partition(":")
    try:
        return json.dumps({"value": getattr(importlib.import_module(module), name)(path)}).encode()
    except SourceError as error:
        refused = str(error.args[0])
    except MemoryError:
        refused = f"takes more than {megabytes} MB of memory to read; split it or save it anew"
    except RecursionError:
        refused = "is nested too deeply to be read; save it anew"
    except Exception as error:
        refused = f"is damaged or not what its extension says ({type(error).__name__}); save it anew"
    return json.dumps({"refused": refused}).encode()


def _limit_memory(megabytes: int) -> None:
    try:
        import resource

        # What is mapped already is shared with the parent and must not count.
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        limit = mapped + megabytes * 1024 * 1024
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard < 0 else min(limit, hard), hard))
    except (ImportError, OSError, ValueError):
        return  # Windows and macOS cannot: the time limit and the size checks remain


# The room stands in by an empty module, as its own would import pandas and more that a parser never needs.
_CHILD = """
import sys, types
room = types.ModuleType("evalkit.sources")
room.__path__ = [sys.argv[1]]
sys.modules["evalkit.sources"] = room
from evalkit.sources.guarded import _main
_main()
"""


def _ask_interpreter(target: str, path: Path, seconds: float, megabytes: int) -> bytes | None:
    question = json.dumps({"target": target, "path": str(path.resolve()), "megabytes": megabytes})
    package = str(Path(__file__).resolve().parents[2])
    searched = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, str(Path(__file__).resolve().parent)],
            input=question.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds + 15,  # a fresh interpreter has to import first
            check=False,
            env=os.environ | {"PYTHONPATH": searched},
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout


def _main() -> None:
    question = json.loads(sys.stdin.buffer.read())
    answer = _answer(question["target"], Path(question["path"]), question["megabytes"])
    sys.stdout.buffer.write(answer)

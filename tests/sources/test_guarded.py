import os
import sys
import time
from pathlib import Path

import pytest

from evalkit.errors import SourceError
from evalkit.sources import guarded
from evalkit.sources.guarded import run_guarded

NAME = Path(__file__).stem


def shout(path):
    return {"name": path.name, "text": "å" * 300_000}


def sleep(path):
    time.sleep(30)


def swell(path):
    return len(bytearray(600 * 1024 * 1024))


def crash(path):
    os._exit(3)


def fail(path):
    raise ValueError("hennes egna ord")


def refuse(path):
    raise SourceError("is not for me; go away")


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    folder = str(Path(__file__).parent)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", folder)


@pytest.fixture(params=["fork", "interpreter"])
def way(request, monkeypatch):
    if request.param == "fork" and sys.platform != "linux":
        pytest.skip("forks are for Linux")
    if request.param == "interpreter":
        monkeypatch.setattr(guarded, "_ask_fork", guarded._ask_interpreter)
    return request.param


def test_the_answer_comes_back_whole(way):
    answer = run_guarded(f"{NAME}:shout", Path("a.txt"))
    assert answer == {"name": "a.txt", "text": "å" * 300_000}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_too_much_memory_is_a_refusal(way):
    with pytest.raises(SourceError, match="memory"):
        run_guarded(f"{NAME}:swell", Path("a"), megabytes=300)


def test_a_crash_is_a_refusal_and_words_stay_inside(way):
    with pytest.raises(SourceError, match="makes its reader fail"):
        run_guarded(f"{NAME}:crash", Path("a"))
    with pytest.raises(SourceError, match="ValueError") as caught:
        run_guarded(f"{NAME}:fail", Path("a"))
    assert "ord" not in str(caught.value)
    with pytest.raises(SourceError, match="is not for me; go away"):
        run_guarded(f"{NAME}:refuse", Path("a"))


@pytest.mark.skipif(sys.platform != "linux", reason="the fork's own limit")
def test_too_much_time_is_a_refusal_and_the_child_is_gone(monkeypatch):
    children = []
    fork = os.fork
    monkeypatch.setattr(os, "fork", lambda: children.append(fork()) or children[-1])
    begun = time.monotonic()
    with pytest.raises(SourceError, match="seconds"):
        run_guarded(f"{NAME}:sleep", Path("a"), seconds=0.3)
    assert time.monotonic() - begun < 5
    assert len(children) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(children[0], 0)

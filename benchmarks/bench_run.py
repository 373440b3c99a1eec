"""How long `evalkit run` takes on the example study: cold, unchanged, and with one transcript changed.

Prints one JSON line per case: wall seconds, which steps ran, and the ratio to the cold run of the same call. The
example is copied, so the checkout is left alone.
"""

import json
import shutil
import tempfile
import time
from pathlib import Path

from evalkit.pipeline import run_study
from evalkit.study import load_study

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "study"
        shutil.copytree(ROOT / "data" / "raw", copy / "data" / "raw")
        shutil.copytree(ROOT / "notebooks", copy / "notebooks", ignore=shutil.ignore_patterns(".*"))
        cold = report("cold", copy)
        report("unchanged", copy, cold)
        transcript = sorted((copy / "data" / "raw" / "transcripts").glob("*.txt"))[0]
        transcript.write_bytes(transcript.read_bytes() + b"\n\nR: Det var allt.\n")
        report("one transcript changed", copy, cold)


def report(case: str, folder: Path, cold: float | None = None) -> float:
    begun = time.perf_counter()
    ran = run_study(load_study(folder)).ran
    seconds = time.perf_counter() - begun
    documents = sum(step.startswith("document:") for step in ran)
    others = [step for step in ran if not step.startswith("document:")]
    line = {"case": case, "seconds": round(seconds, 2), "documents_read": documents, "other_steps": others}
    if cold:
        line["ratio_to_cold"] = round(seconds / cold, 3)
    print(json.dumps(line))
    return seconds


if __name__ == "__main__":
    main()

"""The study's steps as file-tracked tasks: only what hangs on a change runs again.

`ingest` turns raw files into pseudonymised tables, `run` declares and runs the steps, `engine` runs them with doit,
`notebooks` executes the notebooks, `check` says what the data hold, `code` makes rule codings on their own, `new`
makes a fresh study.
"""

from evalkit.pipeline.check import Check
from evalkit.pipeline.code import code_segments_file, code_study, write_codings
from evalkit.pipeline.new import new_study, simulate_study
from evalkit.pipeline.run import check_study, ingest_study, pseudonymise_study, run_study

__all__ = [
    "Check",
    "check_study",
    "code_segments_file",
    "code_study",
    "ingest_study",
    "new_study",
    "pseudonymise_study",
    "run_study",
    "simulate_study",
    "write_codings",
]

"""The command line: arguments → exit status. It parses, shows progress and calls; the thinking is in the library.

`app` is the door, `programme` has the commands on a study as a whole, `coding` and `codebook` those on codes and
rules, `store` those on what people judged, `sample` those on audit samples, and `show` what all of them show.
"""

from evalkit.cli import codebook, coding, programme, sample, store  # each adds its commands to the app
from evalkit.cli.app import app, run

__all__ = ["app", "codebook", "coding", "programme", "run", "sample", "store"]

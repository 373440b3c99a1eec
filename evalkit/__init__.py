"""From a folder of Swedish transcripts, notes and registers to a defensible evaluation report.

The tree reads as that journey: `sources` → `privacy` → `corpus` → `coding` → `measures` → `models` → `figures` →
`report`; `pipeline` runs it and `cli` is its door. Import from the module that names the stage you are in, e.g.
``from evalkit.study import load_study``; importing the package itself loads nothing heavy.
"""

__version__ = "0.1.0"

# Two commands matter: `make report` (the main job) and `make test`. Each sets up what it needs in .venv.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

.PHONY: setup report test test-all lint bench baseline notebooks calibration clean

setup: $(VENV)/.ready

# The stamp comes last, so that an interrupted installation is taken up again.
$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("evalkit needs Python 3.11 or later; run: make PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

report: setup
	$(BIN)/evalkit run .

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m numpydoc.hooks.validate_docstrings $$(git ls-files 'evalkit/*.py')

# The tables come first: the notebooks read only what the pipeline built. What they save goes to build/, so that a test
# never rewrites reports/.
NBVAL := MPLBACKEND=module://matplotlib_inline.backend_inline EVALKIT_REPORTS=$(CURDIR)/build/reports $(BIN)/python -m pytest -n 2 --dist loadscope -o filterwarnings= \
	--nbval --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg notebooks

test: lint
	$(BIN)/evalkit run . --until tables --quiet
	$(NBVAL)
	$(BIN)/python -m pytest -n 2 --dist loadscope -m 'not slow'

test-all: lint
	$(BIN)/evalkit run . --until tables --quiet
	$(NBVAL)
	$(BIN)/python -m pytest -n 2 --dist loadscope

# After a deliberate change: run the notebooks in place, draw the pictures that the tests compare with, look at both.
notebooks: setup
	$(BIN)/evalkit run . --until tables --quiet
	$(BIN)/python -c 'from evalkit.pipeline.notebooks import refresh; refresh(".")'

baseline: setup
	$(BIN)/python -m pytest tests/figures -o addopts= -o filterwarnings= --mpl-generate-path=tests/figures/baseline

# The committed table: every estimator on simulated programmes, about 45 minutes on two cores; interrupted, it goes on where it was.
calibration: setup
	$(BIN)/evalkit calibrate --out evalkit/calibrate/calibration.csv

bench: setup
	for script in benchmarks/bench_*.py; do $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) data/processed/* reports/notebooks build dist

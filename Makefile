# Two commands for a fresh machine with Python 3.11 or newer: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DATA ?=
# Small steps on a busy machine are faster with threads that sleep while they wait.
export OMP_WAIT_POLICY := PASSIVE

.PHONY: demo test test-slow check types lint imports wheel docs benchmark clean

# torch comes first and pinned: a looser request would fetch a CUDA build and its companions.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -c constraints.txt torch==2.13.0
	$(BIN)/pip install --quiet -c constraints.txt -e ".[dev]"
	touch $@

# DATA=path to hydraulic_1hz.npz trains on that recording; without it, on simulated bearings.
demo: $(STAMP)
ifneq ($(DATA),)
	$(BIN)/polyhead train examples/hydraulic.yaml data.path=$(abspath $(DATA))
else
	$(BIN)/polyhead study bearings
endif

test: $(STAMP)
	$(BIN)/pytest -n 2

test-slow: $(STAMP)
	$(BIN)/pytest -n 2 -m slow

check: lint types imports wheel

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

# A wheel, installed where nothing else is, must answer.
wheel: $(STAMP)
	rm -rf dist build/wheel
	PIP_CONSTRAINT=$(abspath constraints.txt) $(BIN)/python -m build --wheel --outdir dist
	$(PYTHON) -m venv build/wheel
	build/wheel/bin/pip install --quiet -c constraints.txt torch==2.13.0
	build/wheel/bin/pip install --quiet -c constraints.txt dist/*.whl
	cd build && wheel/bin/polyhead --version

# The site, build/docs/index.html; a warning is an error.
docs: $(STAMP)
	$(BIN)/sphinx-build -W --keep-going -q docs build/docs
	@echo build/docs/index.html

benchmark: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/step.py

clean:
	rm -rf $(VENV) build dist runs

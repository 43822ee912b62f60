# Everything runs in .venv and node_modules, which these targets make; a second call installs nothing again.
PYTHON ?= python3
BIN := .venv/bin
APP := .venv/.app-installed
DEV := .venv/.dev-installed
LOCAL := .venv/.local-installed
CDK := node_modules/.package-lock.json

# The node, npm and python of .venv come first.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export CDK_DISABLE_CLI_TELEMETRY := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help up down synth shop bench test test-lowest checkov broker lint format snapshots clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: $(LOCAL) $(CDK) ## Bring the dev environment up on this machine: no AWS account, no Docker
	@ecs-workloads local up -c environments=dev

down: $(LOCAL) ## Remove what "make up" brought up
	@ecs-workloads local down

synth: $(APP) $(CDK) ## Synthesise all environments (ENVIRONMENTS=dev,prod for some) and show what they hold
	node_modules/.bin/cdk synth '**' --quiet --no-notices --no-version-reporting $(if $(ENVIRONMENTS),-c environments=$(ENVIRONMENTS))
	@ecs-workloads summary cdk.out

shop: $(DEV) ## Run the whole sample shop on this machine, until Ctrl-C
	@$(BIN)/python -m tests.shop

test: $(DEV) $(CDK) ## Run all tests
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-lowest: .venv-lowest/.installed ## Run the tests of library and stacks on the lowest supported versions
	PATH="$(CURDIR)/.venv-lowest/bin:$$PATH" .venv-lowest/bin/python -m pytest tests/unit tests/stacks/test_deployment.py

broker: $(DEV) ## Make the roots with a real RabbitMQ, so that the tests run it: as root, on Linux, with mmdebstrap
	@$(BIN)/python -m tests.broker.root

lint: $(DEV) ## Check format, rules, types and the order of imports
	ruff format --check .
	ruff check .
	lint-imports
	pyright
	mypy

bench: $(DEV) $(CDK) ## Measure beside aws_ecs_patterns, and write docs/benchmarks.md; about fifteen minutes, in which nothing else should run
	$(BIN)/python -m benchmarks

format: $(DEV) ## Format the code and mend what can be mended
	ruff format .
	ruff check --fix .

snapshots: $(DEV) $(CDK) ## Write the templates of snapshots and docs anew; review the difference before you commit it
	$(BIN)/python -m pytest tests/stacks/test_snapshots.py --snapshot-update
	$(BIN)/python -m tests.docs

clean: ## Remove what the other targets made
	rm -rf .venv .venv-lowest .venv-checkov node_modules cdk.out dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "ecs-workloads needs Python 3.11 or later, $(PYTHON) is " + sys.version.split()[0] + "; say make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

$(APP): .venv/bin/python requirements.txt pyproject.toml
	$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

$(LOCAL): .venv/bin/python requirements.txt requirements-local.txt pyproject.toml
	$(BIN)/python -m pip install --quiet -r requirements-local.txt
	@touch $(APP) $@

$(DEV): .venv/bin/python requirements.txt requirements-local.txt requirements-dev.txt pyproject.toml runtime/pyproject.toml
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $(APP) $(LOCAL) $@

checkov: .venv-checkov/.installed ## Install checkov, so that the tests hold the templates against it

.venv-checkov/.installed: requirements-checkov.txt
	$(PYTHON) -m venv .venv-checkov
	.venv-checkov/bin/python -m pip install --quiet -r requirements-checkov.txt
	@touch $@

.venv-lowest/.installed: requirements-lowest.txt pyproject.toml
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet -r requirements-lowest.txt
	@touch $@

$(CDK): package.json package-lock.json | .venv/bin/python
	@test -x $(BIN)/npm || $(MAKE) --no-print-directory $(APP)
	$(BIN)/npm ci --no-audit --no-fund --loglevel=error
	@touch $@

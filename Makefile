# Each target runs on a fresh clone; the first one sets up .venv from the lock files.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check
SHELL := bash

.PHONY: run test check bench torture quality docs lock clean

run: $(VENV)/done ## the demo: claims from 40 articles, matched and searchable
	$(BIN)/claimwire demo --once

test: $(VENV)/done check ## all tests with their coverage, or those that PYTEST="-m ..." chooses; those on real servers where Java and Maven are there
	$(BIN)/python -m pytest $(or $(PYTEST),--cov)

check: $(VENV)/done ## ruff and mypy strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/done ## JSON lines {name, value, unit, baseline, ratio}
	$(BIN)/python -m tests.bench

quality: $(VENV)/done ## write the score tables anew
	$(BIN)/python -m tests.quality.scores --write

torture: $(VENV)/done ## kill -9, full disks, cut connections, restarted servers: KILLS=200 SEED=n
	$(BIN)/python -m tests.e2e.torture --kills $(or $(KILLS),200) $(if $(SEED),--seed $(SEED))

docs: $(VENV)/done ## write docs/schemas and docs/reference.md anew
	$(BIN)/python -m docs.build

lock: $(VENV)/done ## resolve the lock files anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --group dev pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra alerts --extra parquet pyproject.toml -c requirements.lock -o deploy/requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --group build -c requirements.lock -o deploy/build.lock

clean:
	rm -rf $(VENV) data deploy/teststack/.servers

$(VENV)/done: requirements.lock deploy/build.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else "claimwire needs Python 3.11 to 3.13; name one with PYTHON=")'
	@echo "Setting up $(VENV), once; it takes a minute or two."
	@echo "1/4 an environment of $$($(PYTHON) --version), and what builds"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) -q --require-hashes -r deploy/build.lock
	@echo "2/4 packages of requirements.lock"
	@set -o pipefail; $(PIP) --require-hashes -r requirements.lock | $(BIN)/python deploy/progress.py requirements.lock
	@echo "3/4 claimwire"
	@$(PIP) -q --no-build-isolation --no-deps -e .
	@echo "4/4 the table of places"
	@$(BIN)/python -m processors.claims.build
	@touch $@

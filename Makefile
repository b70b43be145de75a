# `make help` lists what there is. Nothing but Python 3.11 or newer is needed to begin.
PYTHON ?= python3
BIN := .venv/bin
# Tests write small databases by the hundred: in memory where the system has such a folder.
SCRATCH := $(shell [ -w /dev/shm ] && echo /dev/shm || echo $${TMPDIR:-/tmp})
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

# Clients that send traces, each in an environment of its own; senders-ci holds two of them.
SENDERS := genai openinference openllmetry langfuse langsmith
# What does not fit beside Gradio's pins, or is too large for everybody.
APART := inspect senders-ci $(SENDERS:%=senders-%) phoenix mlflow

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo serve test test-fast check simulate soak bench senders platforms exports presidio lock migration clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | \
		awk -F'|' '{printf "  make %-11s %s\n", $$1, $$2}'

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Goldloop needs Python 3.11 or newer; say PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/run-installed: .venv/bin/python requirements/run.txt pyproject.toml
	@echo "Installing Goldloop into .venv (about a minute the first time) ..."
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev-installed: .venv/run-installed requirements/dev.txt
	@echo "Installing what the tests need into .venv ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

$(APART:%=.venv-%/installed) .venv-presidio/installed: .venv-%/installed: requirements/%.txt
	@echo "Installing $* into .venv-$* ..."
	@$(PYTHON) -m venv .venv-$*
	@.venv-$*/bin/python -m pip --quiet --disable-pip-version-check install --no-compile --no-deps --require-hashes \
		-r $<
	@touch $@

setup: .venv/run-installed ## Create .venv with all that Goldloop needs to run

setup-dev: .venv/dev-installed .venv-inspect/installed .venv-senders-ci/installed ## The same plus what tests and checks need
	@sh tests/install-chromium.sh

demo: setup ## Example data, people and a running app (PORT=8123 picks the port)
	@$(BIN)/goldloop demo $(if $(PORT),--port $(PORT)) $(DEMO)

serve: setup ## Run the app on your own data (PORT=8123 picks the port)
	@$(BIN)/goldloop serve $(if $(PORT),--port $(PORT))

test: setup-dev ## Every test, on SQLite and PostgreSQL, in a real browser
	@TMPDIR=$(SCRATCH) $(BIN)/python -m pytest -n auto --dist worksteal $(TEST)

test-fast: .venv/dev-installed ## The tests that need no browser and no PostgreSQL, stop at the first failure
	@TMPDIR=$(SCRATCH) $(BIN)/python -m pytest -x -q -m "not browser" -k "not postgres" $(TEST)

check: .venv/dev-installed ## Lint, format, types, who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

simulate: .venv/dev-installed ## Coverage of every interval, and further labels, by simulation (an hour; GOLDLOOP_DATA adds real populations)
	@$(BIN)/python bench/simulate.py
	@$(BIN)/python bench/overlap.py
	@$(BIN)/python bench/marks.py

soak: .venv/dev-installed ## Fifty people claiming at once, and a server killed in the middle (minutes)
	@$(BIN)/python bench/soak.py

bench: .venv/dev-installed ## Speed and memory, each with its baseline beside it (minutes)
	@for script in start ingest redact otlp draw labels kappa agreement annotators consensus failures duplicates export page; do \
		echo "== $$script"; $(BIN)/python bench/$$script.py || exit 1; done

senders: .venv/dev-installed $(SENDERS:%=.venv-senders-%/installed) ## Five official clients of other tools against a live server (minutes)
	@$(BIN)/python -m tests.senders.run \
		$(foreach name,$(SENDERS),$(name)=.venv-senders-$(name)/bin/python)

platforms: .venv/dev-installed .venv-phoenix/installed .venv-mlflow/installed ## Pull from a real Phoenix and a real MLflow, and send back (minutes)
	@PYTHONPATH=. $(BIN)/python tests/platforms/check.py

exports: .venv/dev-installed ## Every export in the real tool, one environment each (minutes, 8 GB for a while; ONLY="ragas trl")
	@$(BIN)/python bench/exports.py $(ONLY)

presidio: .venv-presidio/installed ## Names and other ids by the extra presidio, in an environment of its own
	@PYTHONPATH=. .venv-presidio/bin/python bench/presidio.py

lock: ## Pin all requirements anew (needs uv)
	$(COMPILE) --extra dev pyproject.toml -o requirements/dev.txt
	echo 'hatchling>=1.27' | $(COMPILE) -c requirements/dev.txt pyproject.toml - -o requirements/run.txt
	$(COMPILE) -c requirements/run.txt --extra presidio pyproject.toml -o requirements/presidio.txt
	for name in $(APART); do \
		$(COMPILE) requirements/$$name.in -o requirements/$$name.txt || exit 1; done

migration: .venv/dev-installed ## Write the next migration from the tables (m="what changes")
	@$(BIN)/python -m storage.migrations.write "$(m)"

clean: ## Forget environments and caches
	rm -rf .venv .venv-* .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

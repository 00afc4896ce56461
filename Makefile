# Two commands: `make demo` shows it, `make test` proves it. Each sets itself up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.8
READY := $(VENV)/.ready

.PHONY: demo test lint types contracts tests bench faults goldens fix migration clean

demo: $(READY)
	$(BIN)/digest demo $(if $(ONCE),--no-serve)

test: lint types contracts tests

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

tests: $(READY)
	$(BIN)/python -m pytest -n auto -rs $(PYTEST)

bench: $(READY)
	$(BIN)/python -m bench $(if $(FULL),--full)

faults: $(READY)
	$(BIN)/python -m tests.faults

goldens: $(READY)
	$(BIN)/python -m tests.goldens

fix: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

migration: $(READY)
	@test -n "$(MSG)" || { echo 'say what changes: make migration MSG="keep votes"'; exit 2; }
	$(BIN)/python -c 'import sys; from digest.migrate import draft; draft(sys.argv[1])' "$(MSG)"
	$(BIN)/ruff check --fix --quiet digest/migrations
	$(BIN)/ruff format --quiet digest/migrations

clean:
	rm -rf $(VENV) var dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(READY): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "digest needs Python 3.11 or newer; set PYTHON=…"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv sync --frozen --inexact --compile-bytecode --quiet
	@touch $@

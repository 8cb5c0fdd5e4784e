# Everything that is done with this repository. A fresh machine needs python3 (3.11 or newer) and make.

PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
ARGS ?=
PROOFS := $(sort $(patsubst prove/%.py,prove-%,$(filter-out prove/_%,$(wildcard prove/*.py))))
BENCHES := $(sort $(patsubst bench/%.py,bench-%,$(filter-out bench/_%,$(wildcard bench/*.py))))

ifneq ($(origin N),undefined)
export N
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo up test test-all check docs lock format prove bench $(PROOFS) $(BENCHES)

help:          ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  one of a kind: $(PROOFS) $(BENCHES)"

setup:         ## .venv from the hashed lock; done once for each lock
	@$(PYTHON) scripts/bootstrap.py

demo: setup    ## a sample company, the four playbooks, their reports
	@$(BIN)/opsbook demo $(ARGS)

up: setup      ## the server: doors, schedules and worker, on PORT
	@$(BIN)/opsbook up --port $(PORT) $(ARGS)

test: setup    ## every test but the long proofs
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow" $(ARGS)

test-all: setup ## every test, long proofs included
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: setup   ## lint, format, types, import contract, architecture
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest tests/architecture -q $(ARGS)

format: setup  ## let ruff write
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

docs: setup    ## write docs/reference from the code
	@$(BIN)/python -m opsbook.cli.reference docs/reference

lock: setup    ## resolve requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --group dev --all-extras --generate-hashes --universal --python-version 3.11 \
		--no-annotate --no-header --quiet --output-file requirements.lock

prove: setup   ## every claim that carries a figure, one JSON line each; N= scales
	@$(BIN)/python -m prove $(ARGS)

$(PROOFS): prove-%: setup
	@$(BIN)/python -m prove $* $(ARGS)

bench: $(BENCHES) ## every benchmark, side by side with its rivals; N= scales

$(BENCHES): bench-%: setup
	@$(BIN)/python -m bench.$* $(ARGS)

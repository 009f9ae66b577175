# Two commands do all the set-up they need:   make demo   make test
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
DEMO ?= demo
WORKERS ?= 2

.PHONY: help demo serve test proof soak bench lint wheel publish-example setup setup-tests setup-peers lock clean
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

demo: setup ## draw, ask, weigh, estimate and print the example study into ./demo
	$(BIN)/uptake demo $(DEMO) --replace

serve: setup ## open the example study's form in the browser (after make demo)
	$(BIN)/uptake serve $(DEMO)

test: setup-tests lint ## every test, a fixed-seed slice of the long ones
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup tests

proof: setup-tests setup-peers ## the full rounds of the long tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m proof --timeout 7200 tests

soak: setup-tests ## kills and long loads
	$(BIN)/python -m pytest -m soak --timeout 7200 tests

bench: setup-tests ## what is timed, as ratios in one run
	$(BIN)/python -m benchmarks

lint: setup-tests ## style, types and the walls between the packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

wheel: setup-tests ## build the wheel, install it in an empty environment, run the example study from another folder
	tools/check-wheel $(PYTHON)

setup: $(STAMPS)/base
	@tools/system-packages report

setup-peers: $(STAMPS)/dev # an engine of other hands to hold ours against; without it that one proof says so and is skipped
	@test -e $(STAMPS)/peers || { $(PIP) install --require-hashes -r requirements/peers.txt && touch $(STAMPS)/peers; } \
	  || echo "requirements/peers.txt could not be installed: the comparison with svy will be skipped." >&2

setup-tests: $(STAMPS)/dev
	@tools/system-packages test

$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { echo "Uptake needs Python 3.11 or newer with venv: install python3 and python3-venv." >&2; exit 8; }
	$(PYTHON) -m venv $(VENV)

$(STAMPS)/base: requirements/base.txt requirements/build.txt pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/base.txt -r requirements/build.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/base
	$(PIP) install --require-hashes -r requirements/dev.txt
	@mkdir -p $(STAMPS) && touch $@

publish-example: setup-tests ## write the records of the example's questionnaires anew (before a release only)
	$(BIN)/python tools/publish_example.py

lock: ## pin what pyproject.toml asks for (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements/base.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -c requirements/base.txt -o requirements/dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra peers pyproject.toml -c requirements/base.txt -c requirements/dev.txt -o requirements/peers.txt

clean: ## remove what was made
	rm -rf $(VENV) $(DEMO) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

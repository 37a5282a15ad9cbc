# Needs Python 3.11 or newer, git and make; all else is installed into .venv from requirements/.

.PHONY: help demo test coverage lint types layers docs site bench mutation requirements clean
.DEFAULT_GOAL := help

VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check --no-input --quiet install
PINNED := $(PIP) --require-hashes --no-build-isolation --requirement
WORKERS ?= 2

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-14s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.demo ## install, run the example on real flights, show the table and the report's path
	@$(VENV)/bin/headwater demo examples/flights

test: $(VENV)/.test ## run every test of this machine (HEADWATER_NO_SKIPS=1: a skip is a failure)
	@$(RUN) -m pytest -n $(WORKERS) -q $(ARGS)

coverage: $(VENV)/.test ## the same, traced: all branches of plan, spec and kernel, 90 % elsewhere
	@WORKERS=$(WORKERS) .ci/coverage

lint: $(VENV)/.test ## ruff: rules and format
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .

types: $(VENV)/.test ## mypy --strict on src and tests
	@$(RUN) -m mypy

layers: $(VENV)/.test ## which package may import which
	@$(VENV)/bin/lint-imports

docs: $(VENV)/.test site ## the site, and the tables of the README from the last run (ARGS=--check: compare)
	@$(RUN) docs/readme_tables.py $(ARGS)

site: $(VENV)/.test ## the documentation in build/site; a warning is an error
	@$(RUN) -m sphinx -W --keep-going -q -b html -d build/doctrees docs build/site
	@echo build/site/index.html

mutation: $(VENV)/.test ## break each law once: a named test must notice (ARGS="part of a name")
	@$(RUN) tests/mutation/mutate.py $(ARGS)

bench: $(VENV)/.test ## side-by-side benchmarks (ARGS=--large: ten million events)
	@$(RUN) -m bench $(ARGS)

LOCK := $(VENV)/bin/uv pip compile --quiet --universal --fork-strategy fewest --generate-hashes \
	--no-header --python-version 3.11 $(UPGRADE)

requirements: $(VENV)/.build ## pin again from pyproject.toml (UPGRADE=--upgrade: to the newest)
	@test -x $(VENV)/bin/uv || $(PIP) uv
	@$(LOCK) --group build --output-file requirements/build.txt
	@$(LOCK) pyproject.toml --all-extras --group dev --group docs --constraint requirements/build.txt \
		--output-file requirements/test.txt
	@$(LOCK) pyproject.toml --extra learn --extra report --extra flights \
		--constraint requirements/test.txt --output-file requirements/demo.txt

clean: ## remove what was made, except .venv
	@rm -rf build dist .coverage .coverage.* .hypothesis .import_linter_cache examples/*/data
	@find . -path ./$(VENV) -prune -o -type d \( -name '.*_cache' -o -name __pycache__ \
		-o -name .headwater \) -prune -exec rm -rf {} +

# What is installed is remembered by empty files in .venv, so that a second run starts at once.

$(VENV)/.made:
	@test -d $(VENV) && $(RUN) -c 'import pip' 2>/dev/null || PYTHON="$(PYTHON)" sh requirements/make_venv.sh $(VENV)
	@touch $@

$(VENV)/.build: requirements/build.txt $(VENV)/.made
	@$(call say,requirements/build.txt)
	@$(PINNED) requirements/build.txt
	@touch $@

$(VENV)/.demo: requirements/demo.txt pyproject.toml $(VENV)/.build
	@$(call say,requirements/demo.txt)
	@$(PINNED) requirements/demo.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: requirements/test.txt pyproject.toml $(VENV)/.build
	@$(call say,requirements/test.txt)
	@$(PINNED) requirements/test.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.demo

say = printf 'installing %s pinned packages from %s (once)\n' \
	"$$(grep '^[a-z].*==' $(1) | grep -vc win32)" $(1) >&2

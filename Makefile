# `make` lists the commands. Each installs what it needs, from the lock files in requirements/, into .venvs/.

# A Python 3.11 or newer. Where a virtual environment is active, the Python that it was made from is used.
PYTHON ?= python3
# Where the services of `make local` listen: on Linux a container reaches them only with 0.0.0.0.
BIND ?= 127.0.0.1
# How long `make soak` runs the generated tests, and the seed that it starts with.
SECONDS ?= 3600
SEED ?= $(shell date +%s)

ENVIRONMENTS := dev sam ministack
RUN := PYTHONPATH=src:. .venvs/dev/bin/python
# SAM builds with the Python that comes first on the path: its own, which has pip. It leaves empty temporary folders.
WITH_SAM := SAM_CLI_TELEMETRY=0 TMPDIR="$(CURDIR)/.venvs/tmp" PATH="$(CURDIR)/.venvs/sam/bin:$$PATH"

.PHONY: help run local check test soak bench pictures build deploy lock clean environments FORCE
.DEFAULT_GOAL := help

help:
	@echo "make run      see it work on this machine, without an AWS account (about four minutes)"
	@echo "make local    run the stack on this machine, to try the command line and 'sam local invoke'"
	@echo "make check    the quick checks: style, types, unit tests (under a minute)"
	@echo "make test     all checks and tests"
	@echo "make soak     run the generated tests for an hour, from other seeds (SECONDS=600 SEED=1)"
	@echo "make pictures draw docs/pictures/ again, from what the product sends and from the template"
	@echo "make bench    measure time, memory, calls and costs, and write docs/benchmarks.md (ten minutes; ARGS=--help)"
	@echo "make build    build the functions' packages"
	@echo "make deploy   deploy into your AWS account; asks what it needs the first time (SET=\"Name=value\" sets a parameter)"
	@echo "make lock     write the lock files again from pyproject.toml (ARGS=--upgrade for newer versions)"
	@echo "make clean    delete what the commands above made"

run: environments
	@$(RUN) -m local.demo

local: environments
	@$(RUN) -m local.serve --bind $(BIND)

check: environments
	@$(RUN) -m local.check --quick

test: environments
	@$(RUN) -m local.check

pictures: environments
	@$(RUN) -m local.pictures

build: .venvs/sam/.made
	@rm -rf .venvs/tmp && mkdir .venvs/tmp
	@$(WITH_SAM) sam build --parallel

# The template's parameters are kept by CloudFormation and nowhere else: whoever deploys next, from whatever clone, changes
# only those that SET names.
deploy: build
	@$(WITH_SAM) python -m local.deploy $(SET)

# A failure prints the seed that finds it again; SECONDS=1 then tries just that one.
soak: environments
	@$(RUN) -m local.soak --seconds $(SECONDS) --seed $(SEED)

bench: environments
	@$(RUN) -m benchmarks $(ARGS)

# ---- Environments: uv makes them, and its own environment brings the pinned uv. The file .made is written last, so an
# environment whose installation was interrupted is made again.

environments: $(ENVIRONMENTS:%=.venvs/%/.made)
	@:

# Settings that would send packages elsewhere. Those that say where packages come from stay as the user made them.
unexport PIP_TARGET PIP_PREFIX PIP_ROOT PIP_USER PIP_PYTHON PIP_REQUIREMENT PYTHONHOME PYTHONPATH

# What an interrupted installation leaves is not left in the system's temporary directory.
INSTALL := TMPDIR="$(CURDIR)/.venvs/tmp"
UV := $(INSTALL) .venvs/uv/bin/python local/uv.py

# FORCE: also where the Python that it was made with is gone.
.venvs/uv/.made: requirements/uv.txt $(if $(wildcard .venvs/uv/bin/python),,FORCE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "This project needs Python 3.11 or newer, and \
	$(PYTHON) is older. Name a newer one: make PYTHON=python3.13")'
	@echo "Installing uv into .venvs/uv ..."
	@rm -rf .venvs/uv .venvs/tmp && mkdir -p .venvs/tmp
	@$(INSTALL) $(PYTHON) -m venv .venvs/uv
	@$(INSTALL) .venvs/uv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
	  --require-hashes --no-deps --only-binary=:all: --requirement $<
	@touch $@

.venvs/%/.made: requirements/%.txt .venvs/uv/.made
	@echo "Installing $$(grep -c == $<) packages into .venvs/$* ..."
	@rm -f $@ && mkdir -p .venvs/tmp
	@$(UV) venv --quiet --clear --relocatable --python .venvs/uv/bin/python .venvs/$*
	@$(UV) pip sync --quiet --require-hashes --python .venvs/$*/bin/python $<
	@touch $@

COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS)
lock: .venvs/uv/.made
	@$(COMPILE) -o src/requirements.txt pyproject.toml
	@$(COMPILE) --group dev -c src/requirements.txt -o requirements/dev.txt pyproject.toml
	@for group in sam ministack uv; do $(COMPILE) --group $$group -o requirements/$$group.txt || exit; done

clean:
	rm -rf .venvs .aws-sam .local .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache build src/*.egg-info
	find local src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

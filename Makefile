# `make` says what there is. Each command installs what it needs, from the lock files, into .venvs/.

# A Python 3.11 or newer; where an active virtual environment stands on the path, the one below it is used.
PYTHON ?= python3
DEV := .venvs/dev/bin
SAM := .venvs/sam/bin

# SAM builds with the Python that comes first on the path: its own, which is sure to have pip.
SAM_RUN := SAM_CLI_TELEMETRY=0 PATH="$(CURDIR)/$(SAM):$$PATH" sam

# Where the services of `make local` listen.
BIND ?= 127.0.0.1

.PHONY: help run local test build deploy lock clean environments
.DEFAULT_GOAL := help

help: ## say what there is
	@echo "make run      see it work on this machine, without an AWS account (about four minutes)"
	@echo "make local    run what 'sam local invoke' needs around the function, and say what to type next"
	@echo "make test     run every check: style, types, template, tests"
	@echo "make build    build the function's package"
	@echo "make deploy   deploy into your AWS account, asking for the settings (sam deploy --guided)"
	@echo "make lock     write the lock files anew from pyproject.toml (needs uv)"
	@echo "make clean    delete what the commands above made"

run: environments
	@PYTHONPATH=src $(DEV)/python -m local.demo

local: environments
	@PYTHONPATH=src $(DEV)/python -m local.serve --bind $(BIND)

test: environments
	@$(DEV)/python -m local.check

build:
	@$(PYTHON) -m local.environments sam
	@$(SAM_RUN) build

deploy: build
	@$(SAM_RUN) deploy --guided

environments:
	@$(PYTHON) -m local.environments dev sam ministack

# MiniStack and SAM each pin a botocore of their own, so they are locked without the function's dependencies.
lock:
	@command -v uv >/dev/null || { echo "This needs uv: https://docs.astral.sh/uv/"; exit 1; }
	uv pip compile -q pyproject.toml --universal --generate-hashes --no-header -o src/requirements.txt
	uv pip compile -q --group dev --universal --generate-hashes --no-header \
	  -c src/requirements.txt -o requirements/dev.txt pyproject.toml
	uv pip compile -q --group sam --universal --generate-hashes --no-header -o requirements/sam.txt
	uv pip compile -q --group ministack --universal --generate-hashes --no-header -o requirements/ministack.txt

clean:
	rm -rf .venvs .aws-sam .local .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find local src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# One word each. Set-up happens when it is needed, and then not again: the stamps in .venv say so.
# ARGS="..." is handed on: make run ARGS="--preset voice", make test ARGS="-k ring".

.DEFAULT_GOAL := help
.PHONY: help install run test lint bench soak

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

install: .venv/.run-ready ## set-up alone; .venv/bin/livespec works after it

run: .venv/.run-ready ## the monitor
	@.venv/bin/livespec $(ARGS)

test: .venv/.test-ready ## all tests; needs no sound card and no screen
	@.venv/bin/python -m pytest $(ARGS)

lint: .venv/.lint-ready ## format, rules, types, and which module may import which
	@.venv/bin/ruff format --check
	@.venv/bin/ruff check
	@.venv/bin/mypy
	@.venv/bin/lint-imports

bench: .venv/.bench-ready ## speed, beside its peers
	@.venv/bin/python -m benchmarks $(ARGS)

soak: .venv/.test-ready ## the tests that run for hours
	@.venv/bin/python -m pytest -m soak $(ARGS)

.venv/.%-ready: pyproject.toml scripts/setup.sh
	@scripts/setup.sh $*

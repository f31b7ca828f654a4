# One place for every command. `make help` lists them.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# uv is used for speed when it is on the PATH; pip alone is enough.
UV := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench soak generate format lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: $(STAMP) ## make .venv and install the locked packages and this one

$(STAMP): requirements.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
ifdef UV
	uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.txt
	uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch $@

demo: $(STAMP) ## start the emulator, download 1,000 renders, async and sync, and compare
	$(BIN)/threekit demo --to demo-renders

test: $(STAMP) ## run the whole test suite
	$(BIN)/python -m pytest -n auto

check: $(STAMP) ## lint, format, types, generated code, registry hosts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/python -m threekit_async.sync.generate --check
	$(BIN)/python -m tests.docs.coverage --check
	$(BIN)/python -m pytest -q -p no:randomly tests/test_repository.py

bench: $(STAMP) ## compare with hand-written aiohttp, side by side, and print the ratios
	$(BIN)/python -m benchmarks.decoding
	$(BIN)/python -m benchmarks.listing
	$(BIN)/python -m benchmarks.files
	$(BIN)/python -m benchmarks.sync_overhead

soak: $(STAMP) ## 50,000 calls, then 100,000 layers and 20,000 files, against a server that often fails
	$(BIN)/python -m benchmarks.soak
	$(BIN)/python -m benchmarks.bulk_soak

generate: $(STAMP) ## write threekit_async/sync/ and docs/reference/coverage.md again from the sources
	$(BIN)/python -m threekit_async.sync.generate
	$(BIN)/python -m tests.docs.coverage

format: $(STAMP) ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## resolve requirements.txt again (hashes, no addresses); needs uv
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --upgrade --quiet --output-file requirements.txt

clean: ## remove what make and the tools wrote
	rm -rf $(VENV) demo-renders dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# make demo   triage of the example archive; prints where the report is
# make test   everything that CI checks
# make lint   style, types, architecture
# make docs   the documentation as a site: site/index.html, works offline
# make sbom   what it is built from; make audit asks whether any of that has a known weakness
# make model  the shipped models again, from nothing; says whether the bits are the same
# On Windows, or without make: see README.md for the same in plain pip.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TEST_READY := $(VENV)/.ready-for-tests
OUT ?= demo-output
JOBS ?= 2

.PHONY: demo test lint docs model examples kernels lock sbom audit clean

demo: $(READY)
	$(BIN)/softbreak demo --out $(OUT)

test: lint docs
	$(BIN)/python -m pytest -n $(JOBS)

lint: $(TEST_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(TEST_READY)
	$(BIN)/python docs_site/build.py

model: $(TEST_READY)
	SOFTBREAK_AUTHOR='the softbreak developers' $(BIN)/softbreak train --default --out model --workers $(JOBS)

examples: $(READY)
	$(BIN)/python examples/make_archive.py

# What a first run compiles, for several processes at once to do it ahead
kernels: $(READY)
	$(BIN)/python benchmarks/kernel_list.py --write

# Written by uv (not needed for anything else): every package at one version, for use and for tests,
# on Linux, macOS and Windows, each file with its hash: pip takes no other.
# torch stands apart: which of its builds fits (CPU, CUDA) is the machine's affair.
COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 --quiet \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links --generate-hashes
EXTRAS := lab learn tsfresh cluster redis postgresql
lock:
	$(COMPILE) --group dev --group docs $(EXTRAS:%=--extra %) -o requirements-test.lock
	$(COMPILE) --extra lab -c requirements-test.lock -o requirements.lock

# What it is built from (CycloneDX), and whether any of it has a known weakness: both ask the network.
# --strict: an audit that could ask nobody about a package fails, instead of finding nothing.
AUDIT := .venv-audit/bin
$(AUDIT)/pip-audit:
	$(PYTHON) -m venv .venv-audit
	$(AUDIT)/python -m pip install --quiet 'pip-audit>=2.9' 'cyclonedx-bom>=7'

sbom: $(AUDIT)/pip-audit
	$(AUDIT)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml -o sbom.json

audit: $(AUDIT)/pip-audit
	$(AUDIT)/pip-audit --strict --require-hashes --disable-pip -r requirements.lock
	$(AUDIT)/pip-audit --strict --require-hashes --disable-pip -r requirements-test.lock

clean:
	rm -rf $(VENV) .venv-audit $(OUT) build dist site sbom.json docs/gallery

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "softbreak needs Python 3.11 or later; say which with make PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements.lock
	$(PIP) --no-deps --editable .
	touch $@

$(TEST_READY): $(READY) requirements-test.lock
	$(PIP) torch==2.13.0
	$(PIP) -r requirements-test.lock
	touch $@

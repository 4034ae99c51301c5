# make demo   triage of the example archive; prints where the report is
# make test   everything that CI checks
# make lint   style, types, architecture
# On Windows, or without make: see README.md for the same in plain pip.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT ?= demo-output
JOBS ?= 2

.PHONY: demo test lint examples lock clean

demo: $(READY)
	$(BIN)/softbreak demo --out $(OUT)

test: lint
	$(BIN)/python -m pytest -n $(JOBS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

examples: $(READY)
	$(BIN)/python examples/make_archive.py

# Written by uv (not needed for anything else): every package, for use and for tests, at one version.
lock:
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--no-annotate --no-header --no-emit-index-url --no-emit-find-links -o requirements.lock

clean:
	rm -rf $(VENV) $(OUT) build dist

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "softbreak needs Python 3.11 or later; say which with make PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

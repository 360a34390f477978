# Everything starts here. Each target sets itself up in .venv first; nothing needs root.
# Needs: make, sh and Python 3.11 or newer.

.DEFAULT_GOAL := help
SHELL = /bin/sh
BIN = .venv/bin
PY = $(BIN)/python
READY = .venv/.ready
DESIGN = data/designs/ecommerce
JOBS = 2
LAB_ARGS =
TEST_ARGS =
BROWSER_ARGS =
BENCH_ARGS =
# A .venv whose Python is gone, or that was made when the folder stood elsewhere, is made anew.
STALE := $(shell [ -x $(PY) ] && [ "$$(cat $(READY) 2>/dev/null)" = "$$(pwd -P)" ] || echo stale)

help:  ## this list
	@sed -n 's/^\([a-z][a-z]*\):[^#]*##  *\(.*\)/  make \1@\2/p' Makefile | awk -F@ '{printf "%-16s %s\n", $$1, $$2}'

setup: $(READY)  ## prepare .venv, and nothing else
	@echo "Ready. make lab opens the workbook; make help lists the rest."

lab: $(READY)  ## open the workbook in JupyterLab (LAB_ARGS="--no-browser --port 8899")
	@$(PY) -m archbook lab $(DESIGN) $(LAB_ARGS)

test: $(READY)  ## all tests but those that need a browser (TEST_ARGS="-k capacity")
	@$(PY) -m pytest -n $(JOBS) --ignore=tests/browser $(TEST_ARGS)

browser: $(READY)  ## the tests that drive Chromium
	@$(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder tests/browser $(BROWSER_ARGS)

check: $(READY)  ## style, types, import order, notebooks stripped, reference current
	@$(PY) tools/check.py

bench: $(READY)  ## measure speed and memory; writes .bench/ (BENCH_ARGS="compare A B")
	@$(PY) -m bench $(BENCH_ARGS)

doc: $(READY)  ## export the e-commerce design document into build/doc
	@$(PY) -m archbook export $(DESIGN) -o build/doc

strip: $(READY)  ## take the outputs out of the notebooks
	@$(PY) tools/notebooks.py strip

reference: $(READY)  ## write docs/reference.md and docs/schema-rules.md from the code
	@$(PY) tools/reference.py write

lock: $(READY)  ## resolve pyproject.toml again into requirements.lock
	@$(PY) tools/lock.py

clean:  ## remove what was built, and .venv
	rm -rf .venv build dist .bench .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf '{}' +

$(READY): requirements.lock pyproject.toml $(STALE)
	@sh tools/setup.sh

stale:

.PHONY: help setup lab test browser check bench doc strip reference lock clean stale

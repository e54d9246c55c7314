# Two commands are all there is to set up: `make demo` and `make test`.
SHELL := /bin/sh
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.14 python3,$(shell command -v $(name) 2>/dev/null)))
VENV := .venv
RUN := $(VENV)/bin/python
export PYTHONPATH := operator:simulator:tools:tests
# Each test process and each operator that a test starts would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
# PowerShells that live for a second need no measuring of what to make faster later.
export DOTNET_TieredPGO := 0

.PHONY: help demo test fast bench mutants image release release-test lint docs lock clean

help:
	@echo 'make demo          watch Exchange, Lync and SharePoint come to trust each other (KEEP=1: stay up while they do)'
	@echo 'make test          everything that CI checks; what this machine cannot try is left out aloud'
	@echo 'make fast          pure tests only, in a minute and a half'
	@echo 'make bench         count and measure, by itself and beside Ansible; grown counts fail (TAKE=1 keeps new ones)'
	@echo 'make mutants       break the lines that no-harm rests on, one by one, and see each break caught'
	@echo 'make image         build the container image with docker or buildah'
	@echo 'make release       build image, wheel, chart and list of contents into dist/'
	@echo 'make release-test  by hand and before a release: the image, the wheel, the chart'

# Two first runs at once: the second waits, and finds what the first installed.
ALONE := $(if $(shell command -v flock),flock build/install.lock)
$(VENV)/.installed: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=/path/to/python3")'
	@mkdir -p build
	@$(ALONE) sh -ec 'if [ $@ -nt $< ]; then exit; fi; \
	  echo "Installing the locked dependencies into $(VENV) ..."; \
	  $(PYTHON) -m venv $(VENV); \
	  $(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<; \
	  touch $@'

demo: $(VENV)/.installed
	@$(RUN) -m partner_demo $(if $(KEEP),--keep,)

lint: $(VENV)/.installed
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/hadolint Dockerfile
	$(VENV)/bin/zizmor --quiet --offline --pedantic --strict-collection .github
	$(RUN) tools/write_docs.py --check

fast: $(VENV)/.installed
	$(RUN) -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder tests/oauth tests/trust tests/engine

test: lint
	$(RUN) -m partner_testbed prepare
	$(RUN) -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder

bench: $(VENV)/.installed
	$(RUN) -m partner_testbed build
	$(RUN) -m partner_bench $(if $(TAKE),--take-counts,)

mutants: $(VENV)/.installed
	$(RUN) -m partner_testbed build
	$(RUN) tools/mutants.py

BASE ?= debian:trixie-slim
image release: $(VENV)/.installed
	@$(RUN) -m partner_release $@ --base $(BASE)

# Hours are not what a release needs to save: one process, so that what a test builds has both cores.
release-test: $(VENV)/.installed
	$(RUN) -m partner_testbed build
	$(RUN) -m pytest -q -m release tests/release

docs: $(VENV)/.installed
	$(RUN) tools/write_docs.py

COMPILE := build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
CLIENTS := tests/clients/locks
lock:
	$(PYTHON) -m venv build/lock && build/lock/bin/pip install --quiet uv
	for name in operator dev go build kerberos kerberos-build; do \
	  $(COMPILE) requirements/$$name.in -o requirements/$$name.txt; done
	for name in pypsrp pywinrm ansible; do $(COMPILE) $(CLIENTS)/$$name.in -o $(CLIENTS)/$$name.txt; done
	$(COMPILE) --no-deps $(CLIENTS)/ansible-collections.in -o $(CLIENTS)/ansible-collections.txt
	cd $(CLIENTS)/winrm-client && npm install --package-lock-only --ignore-scripts --no-audit --no-fund

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis

# ConvScope: everything a person types. `make` by itself lists the commands.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.SUFFIXES:
.PHONY: help run test bench lint lint-components format picture clean

# Some shells export HOST with the computer's name. Only `make run HOST=...` is meant: it opens the app to others.
HOST_IGNORED := $(if $(filter environment,$(origin HOST)),$(HOST))
HOST = 127.0.0.1
PORT ?= 8501
PYTHON ?=
PIP_ARGS ?=
PYTEST_ARGS ?=
ONLY ?=

VENV := .venv
PY := $(VENV)/bin/python
PIP_VERSION := 26.3
COMPONENTS := pages/components/canvas
DENO := DENO_NO_UPDATE_CHECK=1 NO_COLOR=1 '$(CURDIR)/$(VENV)/bin/deno'

# A stamp says what of the environment is complete. Stamps of an environment whose Python is gone are worth nothing.
CREATED := $(VENV)/.created
FOR_RUN := $(VENV)/.ready-to-run
FOR_TEST := $(VENV)/.ready-to-test
FOR_BENCH := $(VENV)/.ready-to-bench
ifneq ($(shell $(PY) -c "print(1)" 2>/dev/null),1)
$(shell rm -f $(CREATED) $(FOR_RUN) $(FOR_TEST) $(FOR_BENCH))
endif

help:  ## list the commands
	@echo "ConvScope: see what each layer of a convolutional network sees."; echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo; echo "Settings, written after the command:"
	@awk -F '## ' '/^## / { print "  " $$2 }' Makefile

## HOST=0.0.0.0                  run: let the other computers of the classroom in (default 127.0.0.1, this one only)
## PORT=8502                     run: another port (default 8501)
## ONLY=main_job                 bench: one topic, or one part of it: main_job.capture
## PYTEST_ARGS="tests/core -x"   test: a part of the tests, or options of pytest
## CHROMIUM=/path/to/chromium    test, bench: the browser to use
## PYTHON=/path/to/python3       first setup: the Python to use, 3.11 or newer (default: found by itself)
## PIP_ARGS="--find-links DIR"   setup: options of pip; here, a folder with the CPU-only build of torch for machines
##                               without a GPU, which saves several GB

run: $(FOR_RUN)  ## start the app and print its address; the first time, set everything up
	@$(if $(HOST_IGNORED),echo 'HOST in the environment is not used; to open the app to others: make run HOST=0.0.0.0')
	@exec $(PY) -m convscope serve --host '$(HOST)' --port '$(PORT)'

test: $(FOR_TEST) lint  ## check style and types, then run all tests, in a real browser too
	@$(PY) -m tests.browser.chromium
	@$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

bench: $(FOR_BENCH)  ## measure what ConvScope promises, beside its peers
	@$(PY) -m tests.browser.chromium
	@$(PY) -m tests.benchmarks $(ONLY)

lint: $(FOR_TEST)  ## check style and types only
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(PY) -m mypy
	@$(MAKE) --no-print-directory lint-components

lint-components: $(FOR_TEST)
	@cd $(COMPONENTS) && $(DENO) check --quiet && $(DENO) lint --quiet && $(DENO) fmt --check --quiet

format: $(FOR_TEST)  ## put the code in its standard form
	@$(PY) -m ruff check --fix --quiet || true
	@$(PY) -m ruff format
	@cd $(COMPONENTS) && $(DENO) fmt --quiet

picture: $(FOR_TEST)  ## take the README's picture from the running app, and renew its table
	@$(PY) -m tests.browser.chromium
	@$(PY) -m tests.browser.picture
	@$(PY) -m tests.contracts.readme

clean:  ## remove the environment, caches and results that the commands made
	@rm -rf $(VENV) .bench .pytest_cache .mypy_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(FOR_RUN): requirements.txt $(CREATED)
	$(call install,requirements.txt)
	@touch $@

$(FOR_TEST): requirements-dev.txt requirements.txt $(CREATED)
	$(call install,requirements-dev.txt)
	@touch $(FOR_RUN) $@

$(FOR_BENCH): requirements-bench.txt requirements-dev.txt requirements.txt $(CREATED)
	$(call install,requirements-bench.txt)
	@touch $(FOR_RUN) $(FOR_TEST) $@

# Removed first: packages without a RECORD, which pip writes last, and `~` folders, which it moves an old version to.
# Both are left by an interrupted installation, and pip would take such a package for an installed one. Then pip is asked,
# without the network, whether anything is missing at all, because it would say of each package that it is there.
define install
	@for package in $(VENV)/lib*/python3*/site-packages/*.dist-info; do \
		[ -e "$$package/RECORD" ] || rm -rf "$$package"; \
	done
	@rm -rf $(VENV)/lib*/python3*/site-packages/~*
	@$(PY) -m pip install --quiet --no-index --no-deps -r $(1) >/dev/null 2>&1 || { \
		echo "Installing what $(1) lists: some minutes the first time ..."; \
		$(PY) -m pip install --disable-pip-version-check $(PIP_ARGS) -r $(1); \
	} || { $(say) \
		"" \
		"The installation did not finish; pip's last lines say why. What is already downloaded is kept: run" \
		"    make $(MAKECMDGOALS)" \
		"again once it is remedied. Often it is the network, a full disk, or a Python that is newer than the packages:" \
		"then remove $(VENV) and name an older one with PYTHON=/path/to/python3.13."; exit 1; }
endef

say = printf '%s\n' >&2

$(CREATED):
	@python=; \
	for candidate in $(if $(PYTHON),'$(PYTHON)',python3 python3.14 python3.13 python3.12 python3.11); do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			python=$$candidate; break; \
		fi; \
	done; \
	if [ -z "$$python" ]; then $(say) \
		"$(if $(PYTHON),$(PYTHON) is not,ConvScope found no) Python 3.11 or newer. Install one (Debian: apt-get install python3 python3-venv)," \
		"or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
		package=$$("$$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing Debian's $$package, which $$python lacks ..."; \
			export DEBIAN_FRONTEND=noninteractive; \
			said=$$(apt-get update -qq 2>&1 && apt-get install -y -qq --no-install-recommends "$$package" 2>&1) || \
				$(say) "$$said"; \
		fi; \
		if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then $(say) \
			"$$python cannot make virtual environments: Debian keeps that in a package of its own. Run" \
			"    sudo apt-get install $$package" \
			"and then again" \
			"    make $(MAKECMDGOALS)"; exit 1; \
		fi; \
	fi; \
	if ! $(PY) -m pip --version >/dev/null 2>&1; then \
		"$$python" -c 'import sys; print("Creating $(VENV) with Python", sys.version.split()[0], "...")'; \
		"$$python" -m venv --clear $(VENV) || exit 1; \
	fi
	@$(PY) -m pip install --disable-pip-version-check --quiet $(PIP_ARGS) pip==$(PIP_VERSION) || { $(say) \
		"pip could not be fetched from the package index. Is this computer connected to the network?"; exit 1; }
	@touch $@

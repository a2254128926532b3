# make run     installs into .venv, migrates, serves; prints the address and which model answers
# make test    formatting, lint, types, and the whole test suite
# make test-faults   processes killed at random, every promise checked
# make fuzz    hostile inputs by chance, for whatever reads text from outside
# Python 3.11 or newer and make are all that a machine needs. Nothing outside this folder is written.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

HOST ?= 127.0.0.1
PORT ?= 8000
DATA_DIR ?= var
CHAT_ALLOW_GUESTS ?= on
export HOST PORT DATA_DIR CHAT_ALLOW_GUESTS

# Everything that would otherwise land in the home directory, in /tmp or beside an installed Python.
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/pycache
export XDG_CACHE_HOME := $(CURDIR)/.venv/cache
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

VENV := .venv
PYTHON := $(VENV)/bin/python
LOCKS := requirements/base.txt requirements/model.txt
TEST_LOCKS := requirements/dev.txt requirements/standard.txt
PIP := TMPDIR="$(CURDIR)/$(VENV)/tmp" $(PYTHON) -m pip install --quiet --quiet --no-deps --require-hashes \
	$(if $(PIP_CACHE_DIR),,--no-cache-dir)

# The first of these names that is a Python of 3.11 or newer. PYTHON3=/path/to/python chooses another one.
PYTHON3 ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo "$$name"; break; fi; done)

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '%-14s %s\n' "$$name" "$$text"; done

.PHONY: run
run: install ## install what is missing, migrate, serve (HOST, PORT and DATA_DIR may be set)
	@echo 'Preparing the database and the static files in $(DATA_DIR) ...'
	@$(PYTHON) -m chatsite.boot prepare
	@exec $(PYTHON) -m gunicorn --config chatsite/gunicorn_conf.py chatsite.wsgi

.PHONY: install
install: venv $(VENV)/installed ## install what the site needs into .venv

.PHONY: test
test: install $(VENV)/installed-dev ## check formatting, lint and types, then run all tests
	@$(MAKE) lint
	@$(PYTHON) -m pytest --numprocesses auto --dist loadgroup --no-loadscope-reorder $(PYTEST_ARGS)

.PHONY: test-faults
test-faults: install $(VENV)/installed-dev ## kill processes at random under load, and check every promise (SEED and FAULTS may be set)
	@$(PYTHON) -m tests.faults $(if $(SEED),--seed $(SEED)) $(if $(FAULTS),--faults $(FAULTS))

.PHONY: fuzz
fuzz: install $(VENV)/installed-dev ## feed hostile text to whatever reads text from outside (SEED and MINUTES may be set)
	@$(PYTHON) -m tests.fuzz $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))

.PHONY: bench
bench: install $(VENV)/installed-dev $(VENV)/bench/installed ## measure speed beside the peers (BENCH_ARGS='--servers ... --streams ...')
	@$(PYTHON) -m tests.benchmarks $(BENCH_ARGS)

.PHONY: lint
lint: install $(VENV)/installed-dev ## check formatting, lint and types
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy
	@$(MAKE) lint-scripts

# The only thing that wants Node, and does without it. With TYPES_OF_SCRIPTS=required that is an error.
.PHONY: lint-scripts
lint-scripts:
	@if command -v npm >/dev/null && $(MAKE) node_modules/installed; then node_modules/.bin/tsc; \
	else echo 'The types of the scripts were not checked: npm, or what it has to install, is missing.'; \
		[ '$(TYPES_OF_SCRIPTS)' != required ]; fi

node_modules/installed: package-lock.json .npmrc
	@npm_config_cache="$(CURDIR)/$(VENV)/cache/npm" npm ci --silent
	@touch $@

.PHONY: lock
lock: install $(VENV)/installed-dev ## pin the newest allowed versions of everything, with hashes
	@$(LOCK) --upgrade --extra openai --extra site pyproject.toml --output-file requirements/base.txt
	@$(LOCK) --upgrade --group dev --constraints requirements/base.txt --output-file requirements/dev.txt
	@$(LOCK) --upgrade --group standard --no-deps --output-file requirements/standard.txt
	@$(LOCK) --upgrade --group bench --constraints requirements/base.txt --output-file requirements/bench.txt
	@$(LOCK) --upgrade --group model --no-deps --output-file requirements/model.txt

LOCK = $(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --cache-dir $(VENV)/cache/uv

.PHONY: clean
clean: ## remove the installation and all caches (the data in DATA_DIR stays)
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis node_modules build *.egg-info
	@find chatsite streaming tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A folder whose Python has gone (upgraded, moved, removed) is made anew.
.PHONY: venv
venv:
	@if [ -e $(VENV) ] && ! $(PYTHON) -c '' 2>/dev/null; then rm -rf $(VENV); fi
	@if [ ! -e $(PYTHON) ]; then $(MAKE) create; fi

.PHONY: create
create:
	@if ! "$(or $(PYTHON3),false)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		found=$$("$(or $(PYTHON3),python3)" --version 2>/dev/null || echo none); \
		echo "This needs Python 3.11 or newer, and found: $$found." >&2; \
		echo "Install one, or say where it is: make run PYTHON3=/path/to/python3" >&2; exit 1; fi
	@if ! "$(PYTHON3)" -c 'import venv, ensurepip' 2>/dev/null; then \
		echo "$(PYTHON3) lacks its venv module. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; fi
	@echo 'Making $(VENV) with $(PYTHON3) ...'
	@mkdir -p $(VENV)/tmp
	@"$(PYTHON3)" -m venv --without-pip $(VENV)
	@TMPDIR="$(CURDIR)/$(VENV)/tmp" $(PYTHON) -m ensurepip --default-pip >$(VENV)/ensurepip.log 2>&1 \
		|| { cat $(VENV)/ensurepip.log >&2; rm -rf $(VENV); exit 1; }

# $(call install_locks,files,what): quiet but for errors, and one line that says what takes the time.
define install_locks
	@mkdir -p $(VENV)/tmp
	@printf 'Installing %s into $(VENV) (%s packages) ... ' "$(2)" "$$(cat $(1) | grep -c '^[a-z].*==')"; \
	start=$$(date +%s); \
	for lock in $(1); do $(PIP) --requirement $$lock || { echo 'The installation failed: see above.' >&2; exit 1; }; done; \
	echo "done in $$(( $$(date +%s) - start )) s"
	@rm -rf $(VENV)/tmp && mkdir $(VENV)/tmp
	@touch $@
endef

$(VENV)/installed: $(LOCKS)
	$(call install_locks,$(LOCKS),the site and its model)

$(VENV)/installed-dev: $(TEST_LOCKS)
	$(call install_locks,$(TEST_LOCKS),the tools for tests)

$(VENV)/bench/installed: requirements/bench.txt
	@echo 'Installing the peers of the benchmark into $(VENV)/bench ...'
	@mkdir -p $(VENV)/tmp && rm -rf $(VENV)/bench
	@$(PIP) --target $(VENV)/bench --requirement requirements/bench.txt
	@touch $@

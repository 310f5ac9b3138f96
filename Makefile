# What can be done here; `make help` lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv)

.DEFAULT_GOAL := help
.PHONY: help install install-production lock release-note run nodes test test-all test-rest coverage check audit fuzz bench format schema pictures chaos citus

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s  %s\n", $$1, $$2}'

install: $(VENV)/installed .env ## make .venv, install the pinned requirements, write a .env

install-production: $(VENV)/installed-production ## make .venv with what a server needs, without tests and .env

run: install ## install, migrate, load the demo into an empty database, serve on 127.0.0.1:$PORT (8000)
	@$(BIN)/python -m cinema.server

nodes: install ## two nodes and databases behind HAProxy and pgbouncer, here, until Ctrl-C: see deploy/README.md
	@$(BIN)/python -m deploy.nodes.run

# One process for each core, but no more than four: each of them starts servers of its own.
PARALLEL = -n auto --maxprocesses 4 --dist loadgroup

test: install ## run the tests that need no browser, npm or proxy and are not slow: under 3 minutes on two cores
	@$(BIN)/python -m pytest $(PARALLEL)

test-all: $(VENV)/installed-dev .env ## run all tests: about 13 minutes on two cores
	@$(BIN)/python -m pytest --all $(PARALLEL)

test-rest: $(VENV)/installed-dev .env ## run the tests that `make test` leaves out
	@$(BIN)/python -m pytest --rest $(PARALLEL)

coverage: $(VENV)/installed-dev .env ## run all tests, print which lines and branches they run, write the badge
	@$(BIN)/python -m pytest --all $(PARALLEL) --cov
	@$(BIN)/coverage report --format=total | .ci/badge

check: $(VENV)/installed-dev ## lint, format, types, migrations, deployment, schema
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy cinema
	@SECRET_KEY=$(KEY) HTTPS=on DEBUG=off $(BIN)/python -W ignore::UserWarning manage.py makemigrations --check --dry-run
	@SECRET_KEY=$(KEY) HTTPS=on DEBUG=off $(BIN)/python manage.py check --deploy --fail-level WARNING
	@SECRET_KEY=$(KEY) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file $(VENV)/openapi.yaml
	@diff -u openapi.yaml $(VENV)/openapi.yaml || { echo "openapi.yaml is behind the code: run 'make schema'."; exit 1; }

audit: $(VENV)/installed-dev ## ask PyPI for known vulnerabilities of the pinned packages
	@# pip-audit passes if its index knows no vulnerabilities of a package. The last line says how many those are.
	@output=$$($(BIN)/pip-audit --no-deps --disable-pip --progress-spinner off -r requirements/dev.txt 2>&1); \
	status=$$?; echo "$$output" | grep -v "could not be audited"; \
	unchecked=$$(echo "$$output" | grep -c "could not be audited"); \
	if [ $$unchecked -gt 0 ]; then \
		echo "WARNING: $$unchecked packages were NOT checked. Run make audit again where pypi.org answers."; \
	fi; exit $$status

CASES ?= 200

fuzz: $(VENV)/installed-dev ## ask each call of the API whatever its schema allows and does not (CASES=1000: longer)
	@LEFT_OUT=nothing CASES=$(CASES) $(BIN)/python -m pytest -q tests/fuzz

# A key for commands that need one and keep nothing that it signs.
KEY = $(shell $(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))')

bench: $(VENV)/installed-dev ## how fast it is, beside what is possible (QUICK=1: whether all of it works)
	@$(BIN)/python -m bench

format: $(VENV)/installed-dev ## format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

schema: install ## write openapi.yaml from the code
	@$(BIN)/python manage.py spectacular --validate --fail-on-warn --file openapi.yaml
	@[ ! -d clients/typescript/node_modules ] || npm --prefix clients/typescript run --silent generate

chaos: install ## break server, network, database, disk and clocks while people book (QUICK=1: the worst)
	@$(BIN)/python -m tests.chaos

citus: install ## try the service on the Citus cluster that COORDINATOR=postgres://… names: docs/scaling.md
	@$(BIN)/python -m tests.citus

release-note: ## print the changes of the newest version, for its tag
	@awk '/^## / { section++ } section == 2' CHANGELOG.md | sed '1s/^## /Cinema /'

pictures: $(VENV)/installed-dev ## take the screenshots in docs/pictures/
	@LEFT_OUT=nothing $(BIN)/python -m pytest -q tests/browser/pictures.py

# Runs a command while no other make does so in this folder: two installations at once would break each other.
ALONE = $(PYTHON) -c 'import fcntl, subprocess, sys; lock = open("Makefile"); fcntl.flock(lock, fcntl.LOCK_EX); sys.exit(subprocess.call(sys.argv[1:]))'

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@$(ALONE) sh -c '[ -x $@ ] || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }'

# Installs the lock file of a target. Both programs verify its hashes and show their progress.
define install_lock
	@echo "Installing $< into $(VENV) by $(if $(UV),uv,pip) …"
	@$(ALONE) $(if $(UV),$(UV) pip install --python $(BIN)/python,$(BIN)/python -m pip install --disable-pip-version-check) --require-hashes -r $<
	@touch $@
endef

$(VENV)/installed: requirements.txt | $(BIN)/pip
	$(install_lock)

$(VENV)/installed-production: requirements/production.txt | $(BIN)/pip
	$(install_lock)

$(VENV)/installed-dev: requirements/dev.txt $(VENV)/installed | $(BIN)/pip
	$(install_lock)

# Keeps the versions of the packages that others bring along. To renew them, run `make lock LOCK=--upgrade`.
lock: ## write requirements.txt and requirements/ from pyproject.toml; needs uv
	@[ -n "$(UV)" ] || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	@$(call compile,requirements/dev.txt,--group dev $(LOCK))
	@$(call compile,requirements.txt,--group test --constraint requirements/dev.txt)
	@$(call compile,requirements/production.txt,--constraint requirements/dev.txt)
	@$(call compile,requirements/telemetry.txt,--group telemetry --constraint requirements/dev.txt)

compile = $(UV) pip compile pyproject.toml --quiet --universal --generate-hashes --annotation-style line \
	--custom-compile-command 'make lock' --output-file $(1) $(2)

.env:  # `ln` never replaces the key of another make.
	@umask 077 && $(PYTHON) -c 'import secrets; print("SECRET_KEY=" + secrets.token_urlsafe(50)); print("# Plain HTTP, for `make run` and manage.py. Other servers do not read this file.\nHTTPS=off")' > .env.$$$$ && { ln .env.$$$$ .env 2>/dev/null || [ -e .env ] || cp .env.$$$$ .env; }; status=$$?; rm -f .env.$$$$; exit $$status

# Two commands to know: make demo, make test. Bare make lists the others. Needs git, make and Python 3.11 or later.

PORT ?= 8000
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
unexport PYTHONDONTWRITEBYTECODE
ROOMS := quadline bench tests/architecture tests/api tests/abuse
# The marks of tests/marks.py and pyproject.toml.
SLOW_TO_RAISE := browser or house or simulator or processes or commits or slow or long
# What raises processes of its own and mostly waits for them; all other faults share one house.
ON_THEIR_OWN := $(addprefix tests/faults/test_,short_run.py told_to_stop.py database_dies.py)

.DEFAULT_GOAL := help
.PHONY: help demo dev run test test-fast test-slow-list test-rooms test-faults test-short-run test-journeys faults check bench pages screenshots try-docs train-opt-out chromium faketime xmlsec1 deploy-tools clean

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMP)  ## the whole house on this machine with a sample college; PORT=8123, FRESH=1
	@$(BIN)/quadline demo --port $(PORT) $(if $(FRESH),--fresh)

dev: $(STAMP)  ## the same for changing the code: Python and templates reload, errors are readable; PORT=8123, FRESH=1
	@$(BIN)/quadline dev --port $(PORT) $(if $(FRESH),--fresh)

run: $(STAMP)  ## web, worker and (unless DATABASE_URL is set) a database, with the settings in .env
	@$(BIN)/quadline run --port $(PORT)

# What mostly waits runs beside what mostly computes.
LANES := test-rooms test-faults test-short-run test-journeys
ifdef ROOM
test: $(STAMP)
	$(BIN)/pytest -q quadline/$(ROOM)
else
test: $(STAMP) chromium faketime xmlsec1 deploy-tools  ## everything, browser tests too; ROOM=consent: one room's tests only
	@$(MAKE) --no-print-directory -j4 --output-sync=line $(LANES)
endif

test-fast: $(STAMP)  ## what needs no browser, no process and no thousands of rows, side by side
	$(BIN)/pytest -q -n auto --dist loadscope -m "not ($(SLOW_TO_RAISE))" $(ROOMS)

test-slow-list: $(STAMP)  ## name the tests that take over five seconds
	@$(BIN)/pytest -q --collect-only -m "slow or long"

test-rooms: $(STAMP)
	$(BIN)/pytest -q -n 2 --dist loadscope $(ROOMS)

# Its plugin takes a second to load, in each process, and is the API's tests' alone.
NO_API := -p no:schemathesis

test-faults: $(STAMP)
	$(BIN)/pytest -q $(NO_API) -n 2 --dist loadfile tests/faults $(ON_THEIR_OWN:%=--ignore=%)

test-short-run: $(STAMP)
	$(BIN)/pytest -q $(NO_API) -n 2 --dist loadfile $(ON_THEIR_OWN) tests/model tests/year tests/deploy

test-journeys: $(STAMP)
	$(BIN)/pytest -q $(NO_API) tests/journeys

faults: $(STAMP) faketime  ## kill, pause and cut everything for a while, then hold what is left against the promises: MINUTES=10 SEED="7 8 9" WRITE=1; LONG=1: the named cases that take long
	$(if $(LONG),$(BIN)/pytest -q -m long tests,$(BIN)/python -m tests.faults.harness.run --minutes $(or $(MINUTES),10) $(foreach seed,$(SEED),--seed $(seed)) $(if $(WRITE),--write docs/reliability.md))

check: $(STAMP)  ## style and its figures, types, import contracts, missing migrations, vendored files, tables of the pages
	$(BIN)/python scripts/measure_style.py --check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python scripts/with_test_settings.py $(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/with_test_settings.py $(BIN)/quadline makemigrations --check --dry-run
	$(BIN)/python scripts/vendor.py --check
	$(BIN)/python scripts/make_sample_college.py --check
	$(BIN)/python scripts/with_test_settings.py $(BIN)/python scripts/write_pages.py --check

bench: $(STAMP)  ## every figure of speed beside its limit; QUICK=1 within two minutes, ONLY=hand-over
	$(BIN)/python -m bench $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY))

pages: $(STAMP)  ## the tables of the pages, and the comments of .env.example, as the code says them
	$(BIN)/python scripts/with_test_settings.py $(BIN)/python scripts/write_pages.py

screenshots: $(STAMP) chromium  ## every page at 1280 and 390 px, light and dark, into docs/screenshots
	$(BIN)/python scripts/make_screenshots.py

try-docs: $(STAMP) chromium  ## follow docs/first-hour.md: run what it shows, compare what it says one will see
	$(BIN)/python scripts/try_the_docs.py

train-opt-out: $(STAMP)  ## teach the classifier of replies that may mean stop, and write its weights and its report
	$(BIN)/python scripts/train_opt_out.py

chromium: $(STAMP)
	@$(BIN)/python scripts/ensure_chromium.py

faketime: $(STAMP)
	@$(BIN)/python scripts/ensure_faketime.py

deploy-tools: $(STAMP)
	@$(BIN)/python scripts/ensure_deploy_tools.py

# uv is used from PATH, or installed into the environment it then fills. What is compiled once starts in half the time.
$(STAMP): pyproject.toml uv.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@if command -v uv >/dev/null 2>&1; then uv sync --locked --quiet --compile-bytecode; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check uv && \
	  $(BIN)/uv sync --locked --quiet --inexact --compile-bytecode; fi
	@touch $(STAMP)

xmlsec1: $(STAMP)
	@$(BIN)/python scripts/ensure_xmlsec1.py

clean:  ## forget the environment; data is kept
	rm -rf $(VENV)

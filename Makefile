# `make demo` and `make test` work on a fresh machine that has Python 3.11-3.13 and make.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.set-up
# every file is the one whose hash is locked, whatever an index offers
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MPLBACKEND=Agg

.PHONY: setup demo test lint verify bench docs lock package clean

setup: $(STAMP)

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "Hetevo needs Python 3.11, 3.12 or 3.13, but $(PYTHON) is %d.%d. Name another one: make PYTHON=python3.12" % v)'
	$(PYTHON) -m venv .venv
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --no-index -e .
	@touch $(STAMP)

# repeated, it goes on where it was interrupted, and keeps runs that are done
demo: setup
	@$(BIN)/hetevo sweep plastic-and-fixed
	@$(BIN)/hetevo plot runs/plastic-and-fixed --kind alignment

# three at once, each with one thread, since some wait for others; plain `pytest` runs them one after the other
test: setup
	$(ONE_THREAD) $(BIN)/python -m pytest -q -n 3 --dist worksteal

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# all of it takes hours: make verify PART=1/4, PART=2/4, ... does it in parts, on one machine after another or side by side.
# Afresh: runs that older code left there would be read instead of repeated. PORTABLE=1 lets all runs be portable.
PART ?= 1/1
verify: setup
	rm -rf runs/verification/part-$(subst /,-of-,$(PART))
	$(ONE_THREAD) $(BIN)/python -m pytest -q -m verification --part $(PART) --timeout 3600 --durations 10 tests

bench: setup
	$(INSTALL) --require-hashes -r requirements-bench.lock
	@$(BIN)/python -c 'import subprocess as s, timeit as t; \
	call = lambda: s.run(["$(BIN)/hetevo", "--help"], check=True, stdout=s.DEVNULL); \
	print("hetevo --help: %.2f s (best of 5)" % min(t.repeat(call, number=1, repeat=5)))'
	$(BIN)/python -m benchmarks evaluator
	$(BIN)/hetevo bench experiment
	$(BIN)/hetevo bench generation
	$(BIN)/hetevo bench search
	$(BIN)/hetevo bench ray

# figures of the gallery are drawn, and tutorials run; links are checked inside, not to other sites: there may be no network
docs: setup
	$(INSTALL) --require-hashes -r requirements-docs.lock
	$(INSTALL) --require-hashes -r requirements-qd.lock
	rm -rf docs/generated docs/_build
	$(BIN)/hetevo claims all --recorded docs/claims --pages docs/claims
	mkdir -p docs/generated/pages
	sed 's#](\([a-z-]*\.md\))#](claims/\1)#' docs/claims/table.md > docs/generated/claims-table.md
	$(BIN)/hetevo sweep docs/example-report.toml -o docs/generated/example-report
	$(BIN)/hetevo report docs/generated/example-report -o docs/generated/pages/example-report.html
	$(BIN)/hetevo init docs/generated/configuration.toml
	$(BIN)/python docs/builders/commands.py > docs/generated/commands.md
	$(ONE_THREAD) $(BIN)/python docs/builders/gallery.py
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	$(BIN)/python docs/builders/check_html.py docs/_build/html
	@echo "docs/_build/html/index.html"

# needs uv; the extras' own files hold what they need, in the versions of requirements.lock
lock:
	$(LOCK) --extra data --extra dev --extra graphs --extra stats pyproject.toml -o requirements.lock
	for extra in bench docs qd; do \
	$(PYTHON) -c 'import sys, tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"][sys.argv[1]], sep="\n")' $$extra \
	| $(LOCK) -c requirements.lock - -o requirements-$$extra.lock || exit 1; done

# wheel and source distribution in dist/, checked, and tried in a fresh environment of every Python 3.11-3.13 at hand
package:
	PYTHON="$(PYTHON)" .ci/package

clean:
	rm -rf .venv docs/_build docs/generated dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis

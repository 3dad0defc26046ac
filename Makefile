# make run    set up what running needs, then run the agent with the shipped rules until Ctrl-C; ARGS="…" adds arguments
# make setup  set up everything, tests included; the console script is then .venv/bin/auditfalco
# make test   set up everything, then every check and every test; live tests run where the machine allows
# make bench  measure; prints tables, passes or fails nothing
# make check  the static checks alone
# make tables write the generated tables of the README anew
# make evasions  try the tricks of tests/live/evasions, note the outcomes, and write their table
# make unit   the tests without the live ones
# make clean  remove what make has made
#
# Made for Debian 12 and root. Every target may be repeated: what is done is not done again.

PYTHON := /usr/bin/python3
VENV := .venv
ARGS :=
PYTEST_ARGS :=

# The virtual environment is made by the system's own interpreter, since the audit binding lives in its dist-packages.
RUN_PACKAGES := python3-audit python3-venv python3-dev gcc libc6-dev ca-certificates
# auditd has auditctl, which cross-checks our audit rules; gcc-multilib makes the 32-bit programs.
LIVE_TEST_PACKAGES := auditd docker.io podman busybox-static gcc-multilib

.PHONY: run setup test bench check unit tables evasions clean
.DEFAULT_GOAL := setup

run: $(VENV)/.ready-to-run
	$(VENV)/bin/auditfalco run -r rules $(ARGS)

setup: $(VENV)/.ready-to-test
	@packaging/install-packages --optional $(LIVE_TEST_PACKAGES)

test: check
	$(VENV)/bin/python -m pytest $(PYTEST_ARGS)

check: setup
	$(VENV)/bin/ruff check
	$(VENV)/bin/mypy
	$(VENV)/bin/auditfalco test --complete rules/tests

unit: setup
	$(VENV)/bin/python -m pytest -m "not live" $(PYTEST_ARGS)

tables: setup
	$(VENV)/bin/python contrib/generate_readme_tables.py

evasions: setup
	rm -f tests/live/evasions/outcomes.jsonl
	AUDITFALCO_EVASIONS=tests/live/evasions/outcomes.jsonl $(VENV)/bin/python -m pytest tests/live/test_evasions.py -k "host or container"
	$(VENV)/bin/python contrib/generate_readme_tables.py

bench: setup
	$(VENV)/bin/python tests/bench/rule_loading.py
	$(VENV)/bin/python tests/bench/flat_tables.py
	$(VENV)/bin/python tests/bench/overload.py
	$(VENV)/bin/python tests/bench/gates.py

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.ready-to-run: pyproject.toml
	packaging/install-packages $(RUN_PACKAGES)
	$(PYTHON) -m venv --system-site-packages $(VENV)
	$(VENV)/bin/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.ready-to-test: $(VENV)/.ready-to-run
	$(VENV)/bin/python -m pip install --quiet --editable '.[test]'
	touch $@

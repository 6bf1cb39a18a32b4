VENV ?= .venv
PYTHON ?= python3
RUN = $(VENV)/bin/python
DOCS = build/docs-env
WORKERS ?= --numprocesses=auto --maxprocesses=8 --dist=worksteal

.PHONY: env tools sine test test-long verify processors mutations check docs numbers results lock browser emulator

env: $(VENV)/installed

# What running needs, and the package as it lies here, so that scripts anywhere can import it.
$(VENV)/installed: requirements-run.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --require-hashes -r requirements-run.lock
	$(RUN) -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# What tests and checks need in addition, in the same versions.
tools: $(VENV)/installed-tools

$(VENV)/installed-tools: requirements.lock $(VENV)/installed
	$(RUN) -m pip install --require-hashes -r requirements.lock
	touch $@

# The post's sine, and whether its networks are those that are published.
sine: env
	$(RUN) -m experiments.sine --seeds 16
	@$(RUN) -m lstm_toys compare sine results/sine | tail -n 1

# A worker for each core: most of the time goes into compilation, which leaves the others idle. With PART=3/8 only
# the fourth eighth of them.
test: tools
	$(RUN) -m pytest $(WORKERS) $(PART:%=--part=%)

# All tests, with annotations checked and programs compiled as for users: also runs killed at random moments, hostile
# command lines, and rarer cases; with PART=3/8 only the fourth eighth of them.
test-long: tools
	$(RUN) -m pytest $(WORKERS) -m "long or not long" --thorough $(PART:%=--part=%)

# A tenth of what is published, another one at each commit: whether today's code trains the same networks, with the same
# numbers. With SETS="sine claims" only these sets, and with SHARE=1 all of their populations.
SHARE ?= 0.1
verify: tools
	$(RUN) -m docs.maintenance.verify --share $(SHARE) $(SETS)

# Whether networks have the same bits on emulated processors, which takes hours; needs qemu-x86_64.
processors: tools emulator
	$(RUN) -m pytest $(WORKERS) -m long tests/golden

# What emulates processors, where it is missing.
emulator:
	command -v qemu-x86_64 || { apt-get update --quiet --quiet && \
		apt-get install --quiet --quiet --yes --no-install-recommends qemu-user; }

# Whether tests find each of the faults in tests/mutations.toml.
mutations: tools
	$(RUN) tests/mutate.py

# A browser for the tests of the page, where none is installed: the system's, else Playwright's own, in the environment.
browser: tools
	command -v chromium || command -v chromium-browser || command -v google-chrome || \
		{ apt-get update --quiet --quiet && apt-get install --quiet --quiet --yes --no-install-recommends chromium; } || \
		PLAYWRIGHT_BROWSERS_PATH=0 $(RUN) -m playwright install --with-deps chromium

# Style, spelling, types, and which folder may import which.
check: tools
	$(VENV)/bin/codespell
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo

# The site in build/docs, in an environment of its own; warnings are errors, and the tutorials are carried out.
docs: $(DOCS)/installed
	PATH="$(abspath $(DOCS))/bin:$$PATH" $(DOCS)/bin/python -m sphinx --fail-on-warning --keep-going --quiet \
		--doctree-dir build/doctrees docs build/docs
	$(DOCS)/bin/python -m docs.maintenance.words

$(DOCS)/installed: docs/requirements.lock pyproject.toml
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/python -m pip install --require-hashes -r docs/requirements.lock
	$(DOCS)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# Fills numbers of published results into README, docs and the list of results, and first lines of docstrings into the API reference.
numbers: env
	$(RUN) -m docs.maintenance.numbers
	$(RUN) -m docs.maintenance.api
	$(RUN) -m docs.maintenance.index

# Everything in results/ anew, after saying what that takes; continues after an interruption. With GROUPS="post recipe"
# only these steps. Needs the extra `peers`.
results: env
	$(RUN) -m docs.maintenance.results $(GROUPS)

# Resolves the dependencies anew; needs uv.
RESOLVE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	--no-emit-find-links --no-annotate pyproject.toml
lock:
	$(RESOLVE) --extra test --output-file requirements.lock
	$(RESOLVE) --group editable --constraint requirements.lock --output-file requirements-run.lock
	$(RESOLVE) --extra docs --constraint requirements.lock --output-file docs/requirements.lock

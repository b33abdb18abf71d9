# make demo   set up, then paint a sample photograph
# make test   set up, then run the tests
# make test-browser   the studio's page in a real Chromium (Debian's package chromium)
# make lint   set up, then check the code's form
# make fuzz   try damaged and hostile inputs for ten minutes (MINUTES=1 SEED=3, or CASE=7 of a seed)
# make lock   write requirements-ci.lock anew: what CI installs, with hashes
# make audit  ask PyPI whether something in it is known to be vulnerable
# make bench  time one loss and its gradient, and whole runs, against the plain way
# make score-compact   paint through our own network and through VGG19, and compare
# make speed-compact   time the two
# make large   paint 7680 x 4320 pixels in tiles, and tell the peak of memory and the pace
PYTHON ?= python3
BIN := .venv/bin

MINUTES ?= 10
SEED ?= 0

.PHONY: demo test test-slow test-browser lint fuzz lock audit bench score-compact speed-compact large clean

demo: .venv/installed
	$(BIN)/neural_style -content_img lake.jpg -style_imgs strokes.jpg -img_name demo \
	    -max_size 384 -device /cpu:0 -overwrite

test: .venv/installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow and not browser"

test-slow: .venv/installed-dev
	$(BIN)/python -m pytest -m "slow and not browser"

test-browser: .venv/installed-dev .venv/axe/node_modules
	AXE=.venv/axe/node_modules/axe-core/axe.min.js $(BIN)/python -m pytest -m browser tests/browser

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fuzz: .venv/installed-dev
	$(BIN)/python tests/fuzz/fuzz.py --seed $(SEED) --minutes $(MINUTES) $(if $(CASE),--case $(CASE))

lock: .venv/bin/python
	$(BIN)/python .ci/lock.py

audit: .venv/installed-dev
	@$(BIN)/pip-audit --strict --requirement requirements-ci.lock --require-hashes --disable-pip || { echo \
	"make audit: something is known to be vulnerable, or PyPI could not be asked: see above"; exit 1; }

bench: .venv/installed-dev
	$(BIN)/python benchmarks/bench.py

score-compact: .venv/installed
	$(BIN)/python benchmarks/score_compact.py

speed-compact: .venv/installed
	$(BIN)/python benchmarks/speed_compact.py

large: .venv/installed
	$(BIN)/python benchmarks/large.py

clean:
	rm -rf .venv build *.egg-info

.venv/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v < (3, 10) and sys.exit("neural_style \
	needs Python 3.10 or newer, this is %d.%d: make PYTHON=python3.12 ..." % v[:2])'
	$(PYTHON) -m venv .venv

# What looks for controls without names, and words too pale to read.
.venv/axe/node_modules:
	npm install --silent --no-audit --no-fund --prefix .venv/axe axe-core

.venv/installed: .venv/bin/python setup.cfg pyproject.toml
	@echo "Installing TensorFlow and the rest into .venv; this takes a minute or two, once."
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# With LOCKED=1, as in CI, exactly what the lock names, and nothing whose hash differs.
ifdef LOCKED
.venv/installed-dev: .venv/bin/python setup.cfg pyproject.toml requirements-ci.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
	    --requirement requirements-ci.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch .venv/installed $@
else
.venv/installed-dev: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
endif

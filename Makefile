# make demo    Gaussian mixture, NIST regression     make test    all tests
# make check   what CI runs                          make clean   remove what these made
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check clean

demo: .venv/ready
	$(BIN)/python examples/gmm/demo.py
	$(BIN)/python examples/nist/demo.py

test: .venv/ready
	$(BIN)/pytest -n 2

check:
	.ci/run

.venv/ready: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

clean:
	rm -rf .venv .typecheck build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

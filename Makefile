# make demo      Gaussian mixture, NIST regression     make test    all tests
# make examples  all demos in examples/                 make check   what CI runs
# make clean     remove what these made
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo examples test check clean

demo: .venv/ready
	$(BIN)/python examples/gmm/demo.py
	$(BIN)/python examples/nist/demo.py

examples: .venv/ready
	for demo in examples/*/demo.py; do $(BIN)/python $$demo || exit 1; done

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

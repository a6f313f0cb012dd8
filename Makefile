# `make` or `make help` lists the targets. The first use of any of them sets the project up.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUN    := $(VENV)/.installed-run
DEV    := $(VENV)/.installed-dev
PIP    := $(BIN)/python -m pip --disable-pip-version-check install

.DEFAULT_GOAL := help
.PHONY: help setup engine demo test unit integration chaos soak test-versions test-docker test-files bench bench-check bench-peers bench-engine bench-failover bench-symbols \
  bench-inprocess bench-backtest bench-models calibration profiles parity oracles differential lint types imports check lock reference clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-15s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is older than Python 3.11. Fix: make PYTHON=python3.12 (or newer) $(MAKECMDGOALS)"; exit 78; }
	@echo "creating the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "error: no virtual environment can be made. Fix: install the venv module (Debian: python3-venv)"; exit 73; }

$(RUN): requirements.lock pyproject.toml | $(BIN)/python
	@echo "installing the locked dependencies (about a minute, 350 MB)"
	@$(PIP) --progress-bar on --quiet --require-hashes -r requirements.lock
	@$(PIP) --quiet --no-deps --editable .
	@touch $@

$(DEV): requirements-dev.lock $(RUN)
	@echo "installing the locked test tools"
	@$(PIP) --quiet --require-hashes -r requirements-dev.lock
	@touch $@

setup: engine ## Install the locked dependencies and compile the engine
	@echo "ready: '. $(BIN)/activate' once in each shell, then 'alphapulse --help'; or '$(BIN)/alphapulse --help'"

engine: $(RUN)
	@$(BIN)/alphapulse warmup

demo: engine ## Run the whole thing on a local real Kafka: three workers, one killed, proof at the end
	@$(BIN)/alphapulse demo

test: $(DEV) engine ## Run the unit and integration tests (starts a local real Kafka)
	@$(BIN)/python -m pytest tests/unit tests/contract -n 2
	@$(BIN)/python -m pytest tests/integration -m "not alone" -n 2 --dist loadfile
	@$(BIN)/python -m pytest tests/integration -m alone
	@$(BIN)/python -m pytest tests/chaos -m quick -n 2

unit: $(DEV) engine ## Run the tests that need no broker
	@$(BIN)/python -m pytest tests/unit tests/contract -n 2

integration: $(DEV) engine ## Run the tests that need a broker
	@$(BIN)/python -m pytest tests/integration -m "not alone" -n 2 --dist loadfile
	@$(BIN)/python -m pytest tests/integration -m alone

MIN ?= 10
BROKERS ?= 1
GUARANTEE ?= exactly_once
JOBS ?= 2
chaos: $(DEV) engine ## Prove the whole catalogue of faults (docs/guarantees.md); writes results/chaos.json
	@$(BIN)/python -m pytest tests/chaos tests/integration tests/contract -m "fault or mutation" -n $(JOBS) --dist loadgroup -p tests.chaos.report

soak: $(DEV) engine ## Two workers under random faults for MIN minutes (BROKERS=3 GUARANTEE=at_least_once; SEED=n repeats a run); writes results/soak.json
	@$(BIN)/python -m tests.chaos.soak --minutes $(MIN) --brokers $(BROKERS) --guarantee $(GUARANTEE) $(if $(SEED),--seed $(SEED))

test-versions: $(DEV) engine ## Prove the promise on Kafka 3.3 to 4.3, and while it is upgraded; writes results/test-versions.json
	@$(BIN)/python -m pytest tests/versions -p tests.versions.report

test-docker: $(DEV) engine ## Build the image and test it on a container engine (starts one if there is none)
	@$(BIN)/python -m pytest tests/docker -m docker

bench: $(DEV) engine ## Measure workers: records per CPU-second, memory, latency; writes results/bench.json, docs/performance.md
	@$(BIN)/python -m tests.bench.worker_rate --docs $(ARGS)

bench-check: $(DEV) engine ## Fail when CPU time a record grew by 15 % against tests/bench/baseline.json (ARGS=--update renews it)
	@$(BIN)/python -m tests.bench.gate $(ARGS)

bench-peers: $(DEV) engine ## Compare with Kafka Streams, Quix, Faust and others (ARGS="--runs 1 ..."); writes results/bench-peers.json, docs/performance.md
	@$(BIN)/python -m tests.bench.peers --docs $(ARGS)

bench-backtest: $(DEV) engine ## Measure bars per CPU-second of a backtest from Parquet to disk; writes results/bench-backtest.json
	@$(BIN)/python -m tests.bench.backtest_rate

parity: $(DEV) engine ## Prove that live is backtest: real and simulated ticks, a kill -9, every byte; writes results/parity.json
	@$(BIN)/python -m tests.bench.parity

test-files: $(DEV) engine ## Prove that live is backtest for 500 dirty files, and that 500 mutated inputs end in a sentence; writes results/test-files.json
	@$(BIN)/python -m tests.files $(ARGS)

bench-engine: $(DEV) engine ## Measure bars per CPU-second of the engine and ns of each stage; writes results/bench-engine.json
	@$(BIN)/python -m tests.bench.engine_rate

bench-failover: $(DEV) engine ## Measure take-over, restore and snapshots; writes results/bench-failover.json
	@$(BIN)/python -m tests.bench.failover

bench-symbols: $(DEV) engine ## Measure memory and restore with 100,000 symbols, spilled and not; writes results/bench-symbols.json
	@$(BIN)/python -m tests.bench.many_symbols

bench-inprocess: $(DEV) engine ## Measure points per second of the in-process pipeline; writes results/bench-inprocess.json
	@$(BIN)/python -m tests.bench.inprocess_rate

bench-models: $(DEV) engine ## Measure what scoring a bar by the example model costs; writes results/bench-models.json
	@$(BIN)/python -m tests.bench.model_rate

calibration: $(DEV) engine ## Score stated probabilities side by side; writes results/calibration.json (ARGS=--docs: the table and picture of docs/models.md)
	@$(BIN)/python -m tests.bench.reliability $(ARGS)

profiles: $(DEV) engine ## Measure how often each regime opens under its profile, and what blocks; writes results/profiles.json
	@$(BIN)/python -m tests.bench.profiles

oracles: $(DEV) engine ## Compare with TA-Lib, pandas, scipy and others, name by name; writes results/oracles.json
	@$(BIN)/python -m tests.bench.oracles

differential: $(DEV) engine ## Compare compiled ingestion with the exact decoder on a million records; writes results/differential.json
	@$(BIN)/python -m tests.bench.differential

lint: $(DEV) ## Check style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(DEV) ## Check types strictly
	@$(BIN)/mypy

imports: $(DEV) ## Check that arrows between packages point one way
	@$(BIN)/lint-imports

check: lint types imports ## All static checks

lock: $(DEV) ## Renew the locks from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --all-extras --group dev --generate-hashes --no-header --no-annotate -q -o requirements-dev.lock
	uv pip compile pyproject.toml --universal --extra embedded --extra parquet --extra datasets --extra docker --extra models --generate-hashes --no-header --no-annotate -q -c requirements-dev.lock -o requirements.lock
	uv pip compile pyproject.toml --universal --generate-hashes --no-header --no-annotate -q -c requirements-dev.lock -o requirements-worker.lock
	uv pip compile pyproject.toml --universal --extra models --generate-hashes --no-header --no-annotate -q -c requirements-dev.lock -o requirements-worker-models.lock

reference: $(DEV) ## Write the generated schemas and reference tables anew
	@$(BIN)/python -m schemas.generate
	@$(BIN)/python -m worker.reference

clean: ## Remove the virtual environment and caches of this folder
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache results build dist *.egg-info

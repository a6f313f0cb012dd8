# `make` or `make help` lists the targets. The first use of any of them sets the project up.
# Targets without `##` are names that documents, CI and habits use; they stay out of the list.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUN    := $(VENV)/.installed-run
DEV    := $(VENV)/.installed-dev
START  := $(VENV)/broker-start.aot
# Python compiles a module when it is first imported: most of what is installed never is.
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --no-compile

# `make bench WHAT=name` runs BENCH_name.
BENCH_workers     := tests.bench.worker_rate --docs
BENCH_check       := tests.bench.gate
BENCH_peers       := tests.bench.peers --docs
BENCH_engine      := tests.bench.engine_rate
BENCH_backtest    := tests.bench.backtest_rate
BENCH_failover    := tests.bench.failover
BENCH_symbols     := tests.bench.many_symbols
BENCH_partitions  := tests.bench.many_partitions
BENCH_inprocess   := tests.bench.inprocess_rate
BENCH_models      := tests.bench.model_rate
BENCH_calibration := tests.bench.reliability
BENCH_profiles    := tests.bench.profiles
BENCH_examples    := tests.bench.earned --docs
BENCHES := workers check peers engine backtest failover symbols partitions inprocess models calibration profiles
PROOFS  := parity differential oracles strategies risk gateway archive alerts test-files test-versions
CHOSEN  := $(or $(WHAT),workers)

MIN       ?= 10
BROKERS   ?= 1
GUARANTEE ?= exactly_once
JOBS      ?= 2

# Brokers of tests and of the demo start in half the time where a start was recorded.
export ALPHAPULSE_BROKER_ARCHIVE := $(abspath $(START))

.DEFAULT_GOAL := help
unexport PYTHONDONTWRITEBYTECODE # where it is set, every process would compile our modules anew
.NOTPARALLEL: # tests that promise a time have the machine to themselves
.PHONY: help setup engine pages demo check lint types imports unit integration test test-docker chaos soak $(PROOFS) \
  pictures bench $(BENCHES:%=bench-%) unknown-bench calibration profiles reference lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^##@ / {print "\n" substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nWHAT is one of: %s\nAlso, as CONTRIBUTING.md says: %s\n' '$(BENCHES)' '$(PROOFS)'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is older than Python 3.11. Fix: make PYTHON=python3.12 (or newer) $(MAKECMDGOALS)"; exit 78; }
	@echo "creating the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "error: no virtual environment can be made. Fix: install the venv module (Debian: python3-venv)"; exit 73; }

# The engine needs few packages: it is compiled on one core while the other one unpacks the rest.
$(RUN): requirements-worker.lock requirements.lock pyproject.toml | $(BIN)/python
	@echo "installing the locked dependencies (350 MB) and compiling the engine (a minute and a half)"
	@$(PIP) --quiet --require-hashes -r requirements-worker.lock
	@$(PIP) --quiet --no-deps --editable .
	@$(BIN)/alphapulse warmup & engine=$$!; trap 'kill $$engine 2>/dev/null' EXIT; \
	  $(PIP) --quiet --require-hashes -r requirements.lock && wait $$engine
	@touch $@

$(DEV): requirements-dev.lock $(RUN)
	@echo "installing the locked test tools"
	@$(PIP) --quiet --require-hashes -r requirements-dev.lock
	@touch $@

$(START): $(RUN)
	@echo "recording a start of the local broker"
	@$(BIN)/python -m worker.broker.record $@

# What npm brings for the gateway's pages; where it is there and whole, this takes no time and no network.
pages: $(RUN)
	@$(BIN)/python -m worker.gateway.scripts

##@ Start

setup: engine pages ## Install the locked dependencies and compile the engine
	@echo "ready: '. $(BIN)/activate' once in each shell, then 'alphapulse --help'; or '$(BIN)/alphapulse --help'"

engine: $(RUN)
	@$(BIN)/alphapulse warmup

demo: pages ## Run it all on a local real Kafka: workers, a kill, a market crash, proof (ARGS=--keep: a market to look at)
	@$(BIN)/alphapulse demo $(ARGS)

##@ Check

check: lint types imports ## Check style, types and import contracts

lint: $(DEV)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(DEV)
	@$(BIN)/mypy

imports: $(DEV)
	@$(BIN)/lint-imports

# Contract tests mostly wait: three processes keep two cores busy.
unit: export ALPHAPULSE_TEST_EXAMPLES := $(EXAMPLES)
unit: $(DEV) engine pages ## Run the tests that need no broker (EXAMPLES=long draws more at random)
	@$(BIN)/python -m pytest tests/unit tests/contract -n 3 --dist worksteal

# These wait for sessions and restarts: three processes keep two cores busy.
BESIDE = $(BIN)/python -m pytest -m "not alone and not variant and not catalogue" -n 3 --dist worksteal
ALONE  = $(BIN)/python -m pytest tests/integration -m alone
BROWSER = $(BIN)/python -m pytest tests/browser
integration: $(DEV) engine pages $(START)
	@$(BESIDE) tests/integration
	@$(ALONE)
	@$(BROWSER)

test: unit $(START) ## Run all tests that need no container engine (starts a local real Kafka)
	@$(BESIDE) tests/chaos tests/integration
	@$(ALONE)
	@$(BROWSER)

test-docker: $(DEV) engine pages ## Build the image and test it on a container engine (starts one if there is none)
	@$(BIN)/python -m pytest tests/docker -m docker

##@ Prove

chaos: $(DEV) engine $(START) ## Prove every fault of docs/guarantees.md; writes results/chaos.json
	@$(BIN)/python -m pytest tests/chaos tests/integration tests/contract -m "fault or mutation or variant" -n $(JOBS) --dist loadgroup -p tests.chaos.report

soak: $(DEV) engine $(START) ## Run random faults for MIN=10 minutes (BROKERS=3 GUARANTEE=at_least_once SEED=n); writes results/soak.json
	@$(BIN)/python -m tests.chaos.soak --minutes $(MIN) --brokers $(BROKERS) --guarantee $(GUARANTEE) $(if $(SEED),--seed $(SEED))

parity: $(DEV) engine
	@$(BIN)/python -m tests.bench.parity

differential: $(DEV) engine
	@$(BIN)/python -m tests.bench.differential

oracles: $(DEV) engine
	@$(BIN)/python -m tests.bench.oracles

strategies: $(DEV) engine
	@$(BIN)/python -m tests.bench.strategies $(ARGS)

risk: $(DEV) engine $(START)
	@$(BIN)/python -m tests.bench.risk $(ARGS)

alerts: $(DEV) engine $(START)
	@$(BIN)/python -m tests.bench.alerts $(ARGS)

archive: $(DEV) engine $(START)
	@$(BIN)/python -m tests.bench.archive $(ARGS)

gateway: $(DEV) engine pages $(START)
	@$(BIN)/python -m tests.bench.gateway $(ARGS)

pictures: $(DEV) engine pages $(START)
	@$(BIN)/python -m tests.browser.pictures

test-files: $(DEV) engine
	@$(BIN)/python -m tests.files $(ARGS)

test-versions: $(DEV) engine
	@$(BIN)/python -m pytest tests/versions -p tests.versions.report

##@ Measure

bench: $(if $(filter-out $(BENCHES),$(CHOSEN)),unknown-bench,$(CHOSEN:%=bench-%)) ## Measure WHAT=workers or others, below (ARGS=options); writes results/ and the marked parts of docs/

$(BENCHES:%=bench-%): bench-%: $(DEV) engine
	@$(BIN)/python -m $(BENCH_$*) $(ARGS)

calibration profiles: %: bench-%

unknown-bench:
	@echo "error: there is no benchmark '$(CHOSEN)'. Fix: WHAT is one of $(BENCHES)"; exit 2

##@ Maintain

reference: $(DEV) ## Regenerate the schemas and reference tables
	@$(BIN)/python -m schemas.generate
	@$(BIN)/python -m worker.reference

lock: $(DEV) ## Renew the locks from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --all-extras --group dev --group pages --generate-hashes --no-header --no-annotate -q -o requirements-dev.lock
	uv pip compile pyproject.toml --universal --extra embedded --extra parquet --extra datasets --extra docker --extra models --extra gateway --extra alerts --extra archive --extra postgres --group pages --generate-hashes --no-header --no-annotate -q -c requirements-dev.lock -o requirements.lock
	uv pip compile pyproject.toml --universal --extra gateway --extra alerts --generate-hashes --no-header --no-annotate -q -c requirements-dev.lock -o requirements-worker.lock
	uv pip compile pyproject.toml --universal --extra models --extra gateway --extra alerts --generate-hashes --no-header --no-annotate -q -c requirements-dev.lock -o requirements-worker-models.lock
	uv pip compile pyproject.toml --universal --extra archive --extra postgres --extra gateway --extra alerts --generate-hashes --no-header --no-annotate -q -c requirements-dev.lock -o requirements-worker-archive.lock

clean: ## Remove the virtual environment and caches of this folder
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache results build dist *.egg-info

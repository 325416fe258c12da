# `make demo` and `make test` do everything. They set up two environments from the locks in envs/: .venv is
# a user's, .venv-dev has the tools of tests and lint besides. `make help` lists all targets.

PYTHON ?= python3
CORES ?= all
BIN := .venv/bin
DEV := .venv-dev/bin
RUN = PATH="$(CURDIR)/$(BIN):$$PATH"
SYNC = $(BIN)/uv pip sync -q --require-hashes
INSTALL = VIRTUAL_ENV=.venv $(BIN)/uv pip install -q --require-hashes

.PHONY: help demo attacks planted-faults reviewers baselines gpu-day why progress tables report bundle test test-fast results-test \
	portable-test slurm-test browser-test latex-test lint format bench slurm schema lock clean

help: ## this list; times on 2 CPU cores, after the environment is set up (2 minutes, once)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

demo: .venv/runtime ## trainings, attacks, tables, figures and a report on embedded data: 5 min
	@$(RUN) snakemake --cores $(CORES) -- demo figures
	@$(BIN)/python -m workflow.commands.report

attacks: .venv/runtime ## ten attacks and eleven gates on one of the demo's classes: 3 min after the demo
	@$(RUN) snakemake --cores $(CORES) --configfile config/experiments/attacks.yaml
	@cat results/tables/attacks.md results/tables/gates.md

planted-faults: .venv/runtime ## planted faults that the gates must find: 2 min after the demo
	@$(RUN) snakemake --cores $(CORES) --configfile config/experiments/planted_faults.yaml
	@cat results/planted_faults/tables/planted_faults.md results/planted_faults/tables/gates.md

# An item each: docs/reviewers.md.
reviewers: .venv/runtime ## what the paper's reviewers asked: 20 min
	@$(RUN) snakemake --cores $(CORES) --configfile config/experiments/reviewers.yaml
	@cat results/reviewers/tables/components.md results/reviewers/tables/attacks.md

# docs/configuration.md. On one category of MVTec AD, placed by hand:
# make baselines CONFIG=config/experiments/baselines_mvtec.yaml
baselines: CONFIG = config/experiments/baselines.yaml
baselines: .venv/runtime ## other detectors beside ours: 5 min
	@$(RUN) snakemake --cores $(CORES) --configfile $(CONFIG)
	@cd results/$(basename $(notdir $(CONFIG)))/tables && cat baselines.md && if [ -f gates.md ]; then cat gates.md; fi

# docs/running.md#the-ladder. What it will take here, first.
gpu-day: .venv/runtime ## the paper's main tables on GPUs, real data: a day of one H100 (assumed)
	@$(BIN)/python -m workflow.commands.why --configfile config/gpu_day.yaml
	@$(RUN) snakemake --cores $(CORES) --configfile config/gpu_day.yaml
	@cd results/gpu-day/tables && cat losses.md pgd.md mvtec.md datasets.md

CONFIG ?= config/config.yaml
BUNDLE ?= results/bundle.tar.gz
REPORT ?= results/report.html

# make why CONFIG=config/paper.yaml TARGETS=table_losses
why: .venv/runtime ## what would run, because of what, and for how long: seconds, or minutes for large networks (CONFIG=, TARGETS=, ASSUME=)
	@$(BIN)/python -m workflow.commands.why --configfile $(CONFIG) $(if $(ASSUME),--assume $(ASSUME)) $(TARGETS)

progress: .venv/runtime ## a line for a run that is going on: jobs done and left, until when, the next table: seconds (CONFIG=, TARGETS=)
	@$(BIN)/python -m workflow.commands.progress --configfile $(CONFIG) $(TARGETS)

tables: .venv/runtime ## tables of what is there so far, into results/so-far; what is not says why: seconds (CONFIG=)
	@$(RUN) $(BIN)/python -m workflow.commands.partial_tables --configfile $(CONFIG)

# make report CONFIG=config/experiments/attacks.yaml REPORT=results/attacks.html
report: .venv/runtime ## finished results as one page for a browser: 10 s (CONFIG=, REPORT=)
	@$(BIN)/python -m workflow.commands.report --configfile $(CONFIG) --output $(REPORT) $(TARGETS)

# docs/sharing.md.
bundle: .venv/runtime ## finished results in one archive, without data and checkpoints: 20 s (CONFIG=, BUNDLE=)
	@$(BIN)/python -m workflow.commands.bundle --configfile $(CONFIG) --output $(BUNDLE)
	@PYTHONPATH=. $(BIN)/cobra verify $(BUNDLE)

# Four files of tests run at once, in the order of collection: two leave a quarter of two cores idle.
PYTEST = $(DEV)/python -m pytest
PARALLEL = $(PYTEST) -n 4 --dist loadfile --no-loadscope-reorder
test: .venv/runtime .venv-dev/ready ## unit tests, comparisons with other libraries, the real workflow: 12 min
	$(PARALLEL) tests/unit tests/oracles
	$(PARALLEL) tests/workflow

test-fast: .venv-dev/ready ## unit tests alone: 5 min
	$(PARALLEL) tests/unit

results-test: .venv/runtime .venv-dev/ready ## the claims, on the tables that demo, attacks and planted-faults made: 20 s
	$(PYTEST) tests/workflow/test_demo.py tests/workflow/test_attack_suite.py

portable-test: .venv/runtime .venv-dev/ready ## the same bytes on an emulated processor, where Debian's packages can be installed: 3 min
	$(PYTEST) tests/portable

slurm-test: .venv/runtime .venv-dev/slurm ## the workflow on a real SLURM, where Debian's packages can be installed: 3 min
	PYTHONPATH="$(CURDIR)/.venv-dev/slurm-plugin" $(PYTEST) tests/slurm

browser-test: .venv/runtime .venv-dev/ready ## the report in headless Chromium, likewise: 2 min
	$(PYTEST) tests/browser

latex-test: .venv-dev/ready ## the tables in a real LaTeX, likewise: 10 s
	$(PYTEST) tests/latex

lint: .venv/runtime .venv-dev/ready ## ruff, snakefmt, mypy, snakemake --lint: 1 min
	$(DEV)/ruff check .
	$(DEV)/ruff format --check .
	$(DEV)/snakefmt --check Snakefile workflow
	$(DEV)/mypy
	$(RUN) snakemake --lint --sdm conda

format: .venv-dev/ready ## code in the project's form
	$(DEV)/ruff check --fix .
	$(DEV)/ruff format .
	$(DEV)/snakefmt Snakefile workflow

# docs/performance.md: make bench BENCH="--rounds 3" DEVICE=cuda
BENCH ?=
DEVICE ?= auto
MEASURE = PYTHONPATH=".:.venv/bench-peers" $(BIN)/python -m benchmarks
bench: .venv/bench ## speed and memory, ours beside other libraries' (BENCH=, DEVICE=)
	$(MEASURE).attack_step --device $(DEVICE) --output results/benchmarks/attack-step.json $(BENCH)
	$(MEASURE).training_step --device $(DEVICE) --output results/benchmarks/training-step.json
	$(MEASURE).scoring --device $(DEVICE) --output results/benchmarks/scoring.json
	$(MEASURE).memory --device $(DEVICE) --output results/benchmarks/memory.json
	$(MEASURE).preparation --output results/benchmarks/preparation.json

# docs/running.md.
slurm: .venv/runtime ## Snakemake's SLURM plugin into .venv, for a cluster
	$(INSTALL) --no-deps -r envs/slurm.txt

schema: .venv/runtime ## the JSON schemas of configuration and leaderboard record, after a change of either
	$(BIN)/python -m workflow.commands.schema --output workflow/schemas/config.schema.json
	$(BIN)/python -m workflow.commands.schema --of record --output workflow/schemas/record.schema.json

# --- environment ---

.venv/uv: envs/uv.txt
	@$(PYTHON) -c 'import sys, tarfile; sys.exit(0 if hasattr(tarfile, "data_filter") else "error: Python 3.11.4 or newer is needed; name one with make PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r envs/uv.txt
	@touch $@

# `sync` removes what is not in the lock; it leaves pip and uv, which are there before.
.venv/runtime: envs/requirements.txt pyproject.toml .venv/uv
	VIRTUAL_ENV=.venv $(SYNC) --compile-bytecode envs/requirements.txt
	VIRTUAL_ENV=.venv $(BIN)/uv pip install -q --no-build-isolation --no-deps -e .
	@touch $@

# Apart: what users lack must be lacking in .venv while tests run. Linked from uv's cache, it takes little room.
# torchattacks pins old versions of what it does not need; its lock has it alone.
DEV_LOCKS = envs/dev.txt envs/oracles.txt envs/browser.txt envs/torchattacks.txt
.venv-dev/ready: $(DEV_LOCKS) pyproject.toml .venv/uv
	$(BIN)/uv venv -q --clear --python $(BIN)/python .venv-dev
	VIRTUAL_ENV=.venv-dev $(SYNC) $(DEV_LOCKS)
	VIRTUAL_ENV=.venv-dev $(BIN)/uv pip install -q --no-build-isolation --no-deps -e .
	@touch $@

# Apart: every start of Snakemake loads the plugins that it sees.
.venv-dev/slurm: envs/slurm.txt .venv-dev/ready
	$(INSTALL) --no-deps --target .venv-dev/slurm-plugin -r envs/slurm.txt
	@touch $@

# Apart: the users' environment stays as it is. What these need beside each other is in its lock.
.venv/bench: envs/bench.txt envs/torchattacks.txt .venv/runtime
	$(INSTALL) --no-deps --target .venv/bench-peers -r envs/bench.txt
	$(INSTALL) --no-deps --target .venv/bench-peers -r envs/torchattacks.txt
	@touch $@

COMPILE = $(BIN)/uv pip compile -q --universal --no-emit-index-url --no-emit-find-links --no-annotate \
	--no-header --generate-hashes --python-version 3.11.4

lock: .venv/uv ## the locks in envs/ after a change of pyproject.toml or envs/*.in; versions stay as they are
	$(COMPILE) pyproject.toml -o envs/requirements.txt
	$(COMPILE) pyproject.toml --extra dev -c envs/requirements.txt -o envs/dev.txt
	$(COMPILE) pyproject.toml --extra oracles -c envs/dev.txt -o envs/oracles.txt
	$(COMPILE) pyproject.toml --extra browser -c envs/dev.txt -o envs/browser.txt
	$(COMPILE) --no-deps -c envs/requirements.txt envs/bench.in -o envs/bench.txt
	$(COMPILE) envs/uv.in -o envs/uv.txt
	$(COMPILE) --no-deps envs/torchattacks.in -o envs/torchattacks.txt
	$(COMPILE) --no-deps -c envs/requirements.txt envs/slurm.in -o envs/slurm.txt

clean: ## removes results/ and .scratch/
	rm -rf results .scratch

# Two commands do everything: `make demo` and `make test`. Both set up .venv from the locks in envs/.

PYTHON ?= python3
CORES ?= all
BIN := .venv/bin
INSTALL = VIRTUAL_ENV=.venv $(BIN)/uv pip install -q --require-hashes

.PHONY: demo attacks maskers reviewers baselines why tables report bundle test test-fast bench slurm slurm-test \
	browser-test latex-test lint format lock schema clean

demo: .venv/runtime
	@PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --cores $(CORES) -- demo figures
	@PYTHONPATH=. $(BIN)/python workflow/make_report.py

attacks: .venv/runtime
	@PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --cores $(CORES) --configfile config/attacks.yaml
	@cat results/tables/attacks.md results/tables/gates.md

maskers: .venv/runtime
	@PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --cores $(CORES) --configfile config/maskers.yaml
	@cat results/maskers/tables/maskers.md results/maskers/tables/gates.md

# What the paper's reviewers asked, an item each: docs/reviewers.md.
reviewers: .venv/runtime
	@PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --cores $(CORES) --configfile config/reviewers.yaml
	@cat results/reviewers/tables/components.md results/reviewers/tables/attacks.md

# Other detectors beside ours: docs/baselines.md. On one category of MVTec AD, placed by hand:
# make baselines CONFIG=config/baselines_mvtec.yaml
baselines: CONFIG = config/baselines.yaml
baselines: .venv/runtime
	@PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --cores $(CORES) --configfile $(CONFIG)
	@cd results/$(basename $(notdir $(CONFIG)))/tables && cat baselines.md gates.md

CONFIG ?= config/config.yaml
BUNDLE ?= results/bundle.tar.gz
REPORT ?= results/report.html

# What would run, because of what, and for how long: make why CONFIG=config/paper.yaml TARGETS=table_losses
why: .venv/runtime
	@PYTHONPATH=. $(BIN)/python workflow/explain.py --configfile $(CONFIG) $(TARGETS)

# Tables of what is there so far, into results/so-far: what is not says why.
tables: .venv/runtime
	@PYTHONPATH=. PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python workflow/tables_so_far.py --configfile $(CONFIG)

# Finished results as one page for a browser: make report CONFIG=config/attacks.yaml REPORT=results/attacks.html
report: .venv/runtime
	@PYTHONPATH=. $(BIN)/python workflow/make_report.py --configfile $(CONFIG) --output $(REPORT) $(TARGETS)

# Finished results in one archive, without data and checkpoints (docs/sharing.md).
bundle: .venv/runtime
	@PYTHONPATH=. $(BIN)/python workflow/pack_bundle.py --configfile $(CONFIG) --output $(BUNDLE)
	@PYTHONPATH=. $(BIN)/cobra verify $(BUNDLE)

# Unit tests share out the cores; tests of the workflow share one machine's and take turns.
UNIT = $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile
test: .venv/dev .venv/oracles
	$(UNIT) tests/unit tests/oracles
	$(BIN)/python -m pytest tests/workflow

test-fast: .venv/dev
	$(UNIT) tests/unit

# Speed and memory, ours beside other libraries' (docs/performance.md): make bench BENCH="--rounds 3" DEVICE=cuda
BENCH ?=
DEVICE ?= auto
MEASURE = PYTHONPATH=".:.venv/bench-peers" $(BIN)/python benchmarks/
bench: .venv/bench
	$(MEASURE)attack_step.py --device $(DEVICE) --output results/benchmarks/attack-step.json $(BENCH)
	$(MEASURE)training_step.py --device $(DEVICE) --output results/benchmarks/training-step.json
	$(MEASURE)scoring.py --device $(DEVICE) --output results/benchmarks/scoring.json
	$(MEASURE)memory.py --device $(DEVICE) --output results/benchmarks/memory.json
	$(MEASURE)preparation.py --output results/benchmarks/preparation.json

# The workflow's environment with Snakemake's SLURM plugin, for a cluster: docs/slurm.md.
slurm: .venv/runtime
	$(INSTALL) --no-deps -r envs/slurm.txt

slurm-test: .venv/dev .venv/slurm
	PYTHONPATH="$(CURDIR)/.venv/slurm-plugin" $(BIN)/python -m pytest tests/slurm

# The report in headless Chromium; skipped where Debian's packages are not there and cannot be installed.
browser-test: .venv/dev .venv/browser
	$(BIN)/python -m pytest tests/browser

latex-test: .venv/dev
	$(BIN)/python -m pytest tests/latex

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --lint --sdm conda

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

schema: .venv/runtime
	$(BIN)/python scripts/write_schema.py --output workflow/schemas/config.schema.json
	$(BIN)/python scripts/write_schema.py --of record --output workflow/schemas/record.schema.json

# --- environment ---

.venv/uv: envs/uv.txt
	@$(PYTHON) -c 'import sys, tarfile; sys.exit(0 if hasattr(tarfile, "data_filter") else "error: Python 3.11.4 or newer is needed; name one with make PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r envs/uv.txt
	@touch $@

.venv/runtime: envs/requirements.txt pyproject.toml .venv/uv
	$(INSTALL) --compile-bytecode -r envs/requirements.txt
	VIRTUAL_ENV=.venv $(BIN)/uv pip install -q --no-build-isolation --no-deps -e .
	@touch $@

.venv/dev: envs/dev.txt .venv/runtime
	$(INSTALL) -r envs/dev.txt
	@touch $@

# Peers that tests compare with; torchattacks pins old versions of what it does not need.
.venv/oracles: envs/oracles.txt envs/torchattacks.txt .venv/dev
	$(INSTALL) -r envs/oracles.txt
	$(INSTALL) --no-deps -r envs/torchattacks.txt
	@touch $@

# Apart: the users' environment stays as it is. What these need beside each other is in its lock.
.venv/bench: envs/bench.txt envs/torchattacks.txt .venv/runtime
	$(INSTALL) --no-deps --target .venv/bench-peers -r envs/bench.txt
	$(INSTALL) --no-deps --target .venv/bench-peers -r envs/torchattacks.txt
	@touch $@

.venv/browser: envs/browser.txt .venv/dev
	$(INSTALL) -r envs/browser.txt
	@touch $@

# Apart: every start of Snakemake loads the plugins that it sees.
.venv/slurm: envs/slurm.txt .venv/runtime
	$(INSTALL) --no-deps --target .venv/slurm-plugin -r envs/slurm.txt
	@touch $@

COMPILE = $(BIN)/uv pip compile -q --universal --no-emit-index-url --no-emit-find-links --no-annotate \
	--no-header --generate-hashes --python-version 3.11.4

lock: .venv/uv
	$(COMPILE) pyproject.toml -o envs/requirements.txt
	$(COMPILE) pyproject.toml --extra dev -c envs/requirements.txt -o envs/dev.txt
	$(COMPILE) pyproject.toml --extra oracles -c envs/requirements.txt -o envs/oracles.txt
	$(COMPILE) pyproject.toml --extra browser -c envs/requirements.txt -o envs/browser.txt
	$(COMPILE) --no-deps -c envs/requirements.txt envs/bench.in -o envs/bench.txt
	$(COMPILE) envs/uv.in -o envs/uv.txt
	$(COMPILE) --no-deps envs/torchattacks.in -o envs/torchattacks.txt
	$(COMPILE) --no-deps -c envs/requirements.txt envs/slurm.in -o envs/slurm.txt

clean:
	rm -rf results .scratch

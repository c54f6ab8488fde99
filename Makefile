# Needs Python 3.11 or later, make and git. Everything else is fetched once, at pinned versions, into
# .venv-tools (uv), .venv (the project), .venv-sam (the SAM CLI) and .venv-checkov; later runs work
# offline.

PYTHON ?= python3
ARCH ?= arm64
FILM ?=

UV_VERSION := 0.13.9
UV := .venv-tools/bin/uv
BIN := .venv/bin
SAM := .venv-sam/bin/sam
CHECKOV := .ci/checkov

# The Python that is there, or a clear message.
export UV_PYTHON := $(PYTHON)
export UV_PYTHON_DOWNLOADS := never
export SAM_CLI_TELEMETRY := 0
# NumPy and OpenCV start a thread a core, which spin until there is work: twice the CPU of an import.
export OPENBLAS_NUM_THREADS := 1
unexport VIRTUAL_ENV
# Hundreds of processes import the same modules: none but the first compiles them.
unexport PYTHONDONTWRITEBYTECODE

BUILD_DIR := $(if $(filter arm64,$(ARCH)),.aws-sam/build,build/$(ARCH))

.DEFAULT_GOAL := help
.PHONY: help setup demo bench bench-cuts bench-characters bench-duplicates bench-judging bench-cold-start bench-scale test cases test-fuzz test-runtime trainer-environment test-trainer test-loaders test-faults seed sam-local lint types format check-template check-security audit build check-build lock ci clean

help: ## show this
	@echo "make demo                a real film through the whole pipeline, on this machine alone"
	@echo "make test                set up and run all tests"
	@echo
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18 | sort

# ── Tools ────────────────────────────────────────────────────────────────────────────────────────

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than 3.11: make … PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -m venv .venv-tools || { rm -rf .venv-tools; \
	  echo "$(PYTHON) has no venv module: on Debian and Ubuntu, apt install python3-venv" >&2; exit 1; }
	.venv-tools/bin/python -m pip install --quiet uv==$(UV_VERSION)

.venv/.synced: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --quiet
	@touch $@

.venv-sam/.synced: pyproject.toml uv.lock | $(UV)
	UV_PROJECT_ENVIRONMENT=.venv-sam $(UV) sync --frozen --quiet --only-group sam --no-install-project
	@touch $@

# Python 3.13 as Lambda has it: the layers are built for no other. pyenv's is found unasked.
RUNTIME_PYTHON ?= $(shell for python in python3.13 $(HOME)/.pyenv/versions/3.13.*/bin/python; do \
	  "$$python" -c '' 2>/dev/null && command -v "$$python" && break; done)
IS_RUNTIME = "$(RUNTIME_PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' || \
	  { echo "no Python 3.13: make … RUNTIME_PYTHON=/path/to/python3.13" >&2; exit 1; }

.venv-runtime/.synced: tests/runtime/requirements.txt | $(UV)
	@$(IS_RUNTIME)
	$(UV) venv --quiet --clear --python "$(RUNTIME_PYTHON)" .venv-runtime
	$(UV) pip install --quiet --python .venv-runtime/bin/python --require-hashes -r $<
	@touch $@

# By pip, which takes a CPU wheel of torch where one is offered; from PyPI it is 3 GB on Linux.
TRAINER_REQUIREMENTS := trainer/requirements.txt trainer/requirements-test.txt
.venv-trainer/.synced: $(TRAINER_REQUIREMENTS)
	$(PYTHON) -m venv .venv-trainer
	.venv-trainer/bin/python -m pip install --quiet -r trainer/requirements-test.txt
	@touch $@

.venv-loaders/.synced: tests/loaders/requirements.txt
	$(PYTHON) -m venv .venv-loaders
	.venv-loaders/bin/python -m pip install --quiet -r $<
	@touch $@

.venv-checkov/.synced: $(CHECKOV)/pyproject.toml $(CHECKOV)/uv.lock | $(UV)
	UV_PROJECT_ENVIRONMENT=$(abspath .venv-checkov) $(UV) sync --project $(CHECKOV) --frozen --quiet
	@touch $@

setup: .venv/.synced ## fetch what the project needs

# ── Work ─────────────────────────────────────────────────────────────────────────────────────────

demo: setup $(if $(filter sagemaker,$(TRAINER)),.venv-trainer/.synced) ## the whole pipeline on a real film; FILM=my.mp4 for one of yours, TRAINER=sagemaker runs its programs
	$(BIN)/onmodel demo $(if $(FILM),--film "$(FILM)") $(if $(TRAINER),--trainer "$(TRAINER)")

test: setup ## all tests
	.ci/test

test-fuzz: setup ## damaged films by the thousand, against the sampler; half a minute
	ONMODEL_FUZZ_EXAMPLES=400 $(BIN)/pytest tests/unit/video/test_fuzz.py -n auto

cases: setup ## what becomes of odd uploads, docs/uploads.md, each row tried
	$(BIN)/python tests/docs/cases.py

bench: setup ## the sampler against its peers and the limit; QUICK=1, or FILMS="my.mp4 …"
	$(UV) sync --frozen --quiet --group bench
	$(BIN)/python bench/sampling.py $(if $(QUICK),--quick) $(if $(FILMS),--films $(FILMS))

bench-cuts: setup ## shot cuts against PySceneDetect, on films with known cuts; FILM=my.mp4
	$(UV) sync --frozen --quiet --group bench
	$(BIN)/python bench/cuts.py $(if $(FILM),--film "$(FILM)")

bench-scale: setup ## how long many films take on accounts with given quotas, simulated; HOURS=10 for the small loads
	$(BIN)/python bench/scale.py $(if $(HOURS),--hours $(HOURS))

bench-duplicates: setup ## the exact search for near-duplicates against comparing every pair; QUICK=1
	$(BIN)/python bench/duplicates.py $(if $(QUICK),--quick)

bench-characters: setup ## choosing and naming of crops, on drawn films with truth; QUICK=1
	$(BIN)/python bench/characters.py $(if $(QUICK),--quick)

bench-judging: setup .venv-trainer/.synced ## the judge's numbers for the arms of a toy model whose truth is known
	$(BIN)/python bench/judging.py $(if $(FOLDER),--folder "$(FOLDER)")

bench-cold-start: setup ## a handler's imports in a fresh process; STEPS="claim_run …", BEFORE=/another/checkout
	$(BIN)/python bench/cold_start.py $(or $(STEPS),claim_run route_upload sample_chunk) \
	  $(if $(BEFORE),--before "$(BEFORE)")

test-runtime: setup .venv-sam/.synced .venv-runtime/.synced ## built functions on Lambda's own Runtime API
	$(MAKE) build ARCH=x86_64
	RUNTIME=1 $(BIN)/pytest tests/runtime

seed: setup ## what the events name, into the local stack that runs (onmodel local up)
	$(BIN)/python -m onmodel_local.seed

sam-local: setup .venv-sam/.synced ## every function by sam local, in Docker, on a local stack that it starts and seeds; STEP=notify for one, BY=start-lambda or invoke
	$(MAKE) build ARCH=x86_64
	PYTHONPATH=tests $(BIN)/python tests/runtime/sam_local.py $(STEP) $(if $(BY),--by $(BY)) \
	  $(if $(EVENT),--event $(EVENT))

MANY = steps/test_many_films steps/test_many_references steps/test_many_captions datasets/test_assembly

test-faults: setup ## each kind of fault at every call that the functions make, and thousands of pictures; JOBS=1
	ONMODEL_ALL_FAULTS=1 $(BIN)/pytest $(patsubst %,tests/unit/%.py,test_faults $(MANY)) \
	  -n $(or $(JOBS),auto) --dist worksteal --timeout 3600 --show-capture=no

trainer-environment: .venv-trainer/.synced ## torch and its companions, for real training programs on this machine

test-trainer: setup .venv-trainer/.synced ## training and drawing by trainer/, on tiny models; four minutes
	cd trainer && OMP_NUM_THREADS=1 ../.venv-trainer/bin/python -m pytest tests -q -n 2 --dist loadfile
	TRAINER_PYTHON=$(abspath .venv-trainer/bin/python) $(BIN)/pytest tests/torch

test-loaders: setup .venv-loaders/.synced ## exported folders, read by Hugging Face's datasets and pycocotools; fetches them once
	LOADERS_PYTHON=$(abspath .venv-loaders/bin/python) $(BIN)/pytest tests/loaders

lint: setup ## style and imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

format: setup ## put style right
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: setup ## mypy, strict
	$(BIN)/mypy

check-template: setup .venv-sam/.synced ## cfn-lint, sam validate, and our own rules
	$(BIN)/cfn-lint template.yaml
	$(SAM) validate --lint --region us-east-1
	$(BIN)/pytest tests/unit/template

check-security: .venv-checkov/.synced ## checkov, offline; .checkov.yaml says what is skipped and why
	.venv-checkov/bin/checkov

audit: setup ## known vulnerabilities of all that is locked, asked for at PyPI; bills of materials of the layers in build/sbom
	$(BIN)/python .ci/audit.py

# ── Build ────────────────────────────────────────────────────────────────────────────────────────

build: .venv-sam/.synced ## what `sam deploy` uploads; ARCH=x86_64 for local runs, into build/x86_64
	@test -n "$(RUNTIME_PYTHON)" || echo "No Python 3.13 here, so the layers get no bytecode and every" \
	  "cold start takes a second more: make build RUNTIME_PYTHON=/path/to/python3.13" >&2
	@test -z "$(RUNTIME_PYTHON)" || $(IS_RUNTIME)
	UV=$(abspath $(UV)) ARCH=$(ARCH) RUNTIME_PYTHON="$(realpath $(shell command -v "$(RUNTIME_PYTHON)"))" $(SAM) build \
	  --build-dir $(BUILD_DIR) --parameter-overrides Architecture=$(ARCH)

# A botocore from before the fields that the layer's service models add.
build/old-botocore/.synced: tests/layers/old-botocore.txt | $(UV)
	rm -rf build/old-botocore
	$(UV) pip install --quiet --target build/old-botocore --require-hashes -r $<
	@touch $@

check-build: setup build build/old-botocore/.synced ## the built layers' size, processor and contents
	BUILD_DIR=$(BUILD_DIR) ARCH=$(ARCH) $(BIN)/pytest tests/layers

lock: $(UV) ## lock the dependencies again, and the layers' after them
	$(UV) lock
	$(UV) lock --project $(CHECKOV)
	$(UV) export --frozen --quiet --no-header --no-annotate --no-default-groups --no-emit-project \
	  --prune boto3 --output-file layers/core/requirements.txt # Lambda brings boto3
	$(UV) export --frozen --quiet --no-header --no-annotate --only-group vision \
	  --output-file layers/vision/requirements.txt
	$(UV) export --frozen --quiet --no-header --no-annotate --no-default-groups --no-emit-project \
	  | sed -n '/^botocore==/,/[^\\]$$/p' > layers/core/service-models.txt # whose models the layer copies

ci: ## what runs before a change is accepted
	.ci/run

clean: ## what was built and cached; the environments stay
	rm -rf .aws-sam build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find functions layers cli local tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

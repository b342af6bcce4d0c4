# Every target sets up what it needs: .venv from the hash-pinned locks, by tools/bootstrap.py.
# PYTHON=... chooses the interpreter that .venv is made with.

PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.complete
RUN := $(VENV)/bin/python

CHECKS := check-format check-lint check-types check-imports check-secrets check-locks check-events check-policies

# What only some commands are told: a step's role, what was built before, which tests and reports.
AS_ROLE = $(if $(DELIVERY_ROLE),$(RUN) -m tools.delivery.as_role)
BUILT = $(if $(IMAGE),--image $(IMAGE)) $(if $(PACKAGES),--packages $(PACKAGES))
WRITTEN = $(if $(REPORTS),--junitxml $(REPORTS)/tests.xml)
OF_SERVICE = $(wildcard tests/unit/test_$(SERVICE)_*.py tests/services/test_$(SERVICE)_*.py) \
  tests/unit/test_event_contracts.py tests/unit/test_cold_path.py tests/components/test_registrations.py

.DEFAULT_GOAL := help
.PHONY: help setup up cloud open demo preview deploy migrate smoke drift package sbom image alone \
  last-release tag watch comment test-service policy iam cost env-diff alarms simulate-scaling prune release restore-drill engine test test-engine check $(CHECKS) bench lock fmt clean
.SUFFIXES:

setup: $(READY) ## make .venv hold exactly what the locks pin

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(READY) ## run the whole shop here until Ctrl-C; PORT=8080 asks for a port
	@$(RUN) -m local up $(if $(PORT),--port $(PORT))

cloud: $(READY) ## run an empty cloud for pulumi up until Ctrl-C; PORT=8080, REGION=eu-west-1
	@$(RUN) -m local cloud $(if $(PORT),--port $(PORT)) $(if $(REGION),--region $(REGION))

open: $(READY) ## fill and warm the shop that pulumi up has deployed onto make cloud
	@$(RUN) -m local open $(if $(OUTPUTS),--outputs $(OUTPUTS))

demo: $(READY) ## run the shop, place four orders as customers would, show how each ended
	@$(RUN) -m local demo

preview: $(READY) ## what pulumi up would do, without an account: STACK=prod, STATE=file, ARGS=--diff
	@$(if $(PLAN),$(AS_ROLE) $(RUN) -m tools.delivery.preview $(or $(STACK),dev) --plan $(PLAN) $(BUILT) \
	  $(if $(APPROVED),--approved $(APPROVED)),$(RUN) -m engine.preview $(or $(STACK),dev) \
	  $(if $(STATE),--state $(STATE)) $(ARGS))

deploy: $(READY) ## pulumi up of the real stack, moving no traffic: STACK=dev; preview PLAN=file first
	@$(AS_ROLE) $(RUN) -m tools.delivery.deploy $(or $(STACK),dev) $(BUILT)

migrate: $(READY) ## bring the ledger's schema of a deployed stack up to its code: STACK=dev
	@$(AS_ROLE) $(RUN) -m tools.delivery.migrate $(or $(STACK),dev)

smoke: $(READY) ## ask a deployed shop what customers ask: STACK=dev, or URL=https://...
	@$(AS_ROLE) $(RUN) -m tools.delivery.smoke $(if $(URL),--url $(URL),--stack $(or $(STACK),dev))

drift: $(READY) ## compare AWS with the state of a deployed stack, changing neither: STACK=dev
	@$(AS_ROLE) $(RUN) -m tools.delivery.drift $(or $(STACK),dev)

package: $(READY) ## build every function's package for the cloud: OUT=dist
	@$(RUN) -m tools.delivery.package $(or $(OUT),dist) $(if $(HOST),--host)

sbom: $(READY) ## write what packages and image are made of, as CycloneDX: OUT=dist
	@$(RUN) -m tools.delivery.sbom $(or $(OUT),dist)

image: $(READY) ## build and push inventory's image unless it is there: OUT=dist
	@$(RUN) -m tools.delivery.image $(or $(OUT),dist)

alone: $(READY) ## fail where more than one service has changed since the last release: SERVICE=orders
	@$(RUN) -m tools.delivery.repository alone $(SERVICE)

last-release: $(READY) ## print the tag of what reached prod last
	@$(RUN) -m tools.delivery.repository last-release

tag: $(READY) ## mark the commit as released, here and at the origin
	@$(RUN) -m tools.delivery.repository tag

watch: $(READY) ## find pipelines that stand still
	@$(RUN) -m tools.delivery.watch

comment: $(READY) ## comment a pull request: REPORT=report.md PULL_REQUEST=12
	@$(RUN) -m tools.delivery.comment $(REPORT) $(PULL_REQUEST)

test: $(READY) ## run every test but the engine's, and fail under 90 % coverage; TESTS=, REPORTS=folder
	@$(RUN) -m pytest $(or $(TESTS),--ignore tests/engine) --numprocesses auto --dist loadgroup --cov \
	  $(if $(TESTS),--cov-fail-under 0) $(WRITTEN) $(if $(REPORTS),--cov-report xml:$(REPORTS)/coverage.xml)

test-service: ## run what concerns one service: SERVICE=orders
	@$(MAKE) --no-print-directory test REPORTS="$(REPORTS)" TESTS="$(or $(TESTS),$(OF_SERVICE))"

test-engine: $(READY) ## run every stack on the real Pulumi engine: up, refresh, destroy, mistakes
	@$(RUN) -m engine path >/dev/null
	@$(RUN) -m pytest $(or $(TESTS),tests/engine) --numprocesses 2 --dist loadgroup $(WRITTEN)

check: $(CHECKS) ## format, lint, types, import rules, secrets, locks, event schemas, policies

check-format: $(READY)
	@$(RUN) -m ruff format --check --quiet . || { echo "run make fmt" >&2; exit 1; }

check-lint: $(READY)
	@$(RUN) -m ruff check --quiet .

check-types: $(READY)
	@$(RUN) -m mypy

check-imports: $(READY)
	@$(RUN) -m pytest --quiet tests/unit/test_import_rules.py

check-secrets: $(READY)
	@$(RUN) -m kingfisher scan . --git-history none --no-validate --no-update-check --redact --quiet \
	  $(addprefix --exclude=,$(VENV) .mypy_cache .git)

check-locks: $(READY)
	@$(RUN) -m tools.locks --check

check-events: $(READY)
	@$(RUN) -m tools.event_schemas --check

check-policies: $(READY)
	@$(RUN) -m tools.policy.docs --check

policy: $(READY) ## judge dev, prod and tools by the policy pack, offline; FORMAT=json, sarif or markdown
	@$(RUN) -m tools.policy $(if $(FORMAT),--format $(FORMAT))

iam: $(READY) ## lint what roles may do, and compare it with what the shop does; FORMAT=json
	@$(RUN) -m tools.iam.lint >&2
	@$(RUN) -m tools.iam $(if $(FORMAT),--format $(FORMAT))

simulate-scaling: $(READY) ## how the workers follow their queue, by what dev and prod register
	@PYTHONPATH=containers:lambdas $(RUN) -m tools.scaling

cost: $(READY) ## what dev and prod cost: STACK=dev, FORMAT=json, COUNT=1 counts an order again, SET=key=value
	@$(RUN) -m tools.cost $(if $(STACK),--stack $(STACK)) $(if $(FORMAT),--format $(FORMAT)) \
	  $(foreach setting,$(SET),--set $(setting)) $(if $(COUNT),--count)

release: $(READY) ## bring into service what pulumi up has published: STACK=dev, SERVICE=orders, AT_ONCE=1, BACK=1 takes it back
	@$(AS_ROLE) $(RUN) -m tools.release $(or $(STACK),dev) $(if $(SERVICE),--service $(SERVICE)) $(if $(BACK),--back) $(if $(AT_ONCE),--at-once)

env-diff: $(READY) ## what differs between dev and prod, why, and what it costs a month; FORMAT=json
	@$(RUN) -m tools.env_diff $(if $(filter json,$(FORMAT)),--json)

alarms: $(READY) ## break the shop run here, and show which alarm of dev and prod fires for what
	@$(RUN) -m tools.alarms

restore-drill: $(READY) ## take orders and payments back to one second while orders come, prove they agree
	@$(RUN) -m tools.restore

prune: $(READY) ## delete old function versions of a deployed stack: STACK=dev, KEEP=5
	@$(RUN) -m tools.prune $(or $(STACK),dev) $(if $(KEEP),--keep $(KEEP))

bench: $(READY) ## measure start, orders, imports and memory, and print them
	@$(RUN) -m tools.bench

engine: ## find the Pulumi CLI or build it, print how to call it: eval "$(make -s engine)"
	@$(MAKE) --silent --no-print-directory $(READY) >&2
	@$(RUN) -m engine env

lock: $(READY) ## write the hash-pinned requirements again; UPGRADE=1 moves to newest versions
	@$(RUN) -m tools.locks $(if $(UPGRADE),--upgrade)

fmt: $(READY) ## format the code, and repair what the linter can
	@$(RUN) -m ruff format --quiet .
	@$(RUN) -m ruff check --quiet --fix .

clean: ## remove the environment, caches and build outputs
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements-dev.txt tools/uv-requirements.txt tools/bootstrap.py tools/package_index.py
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "setup: there is no $(PYTHON): install Python 3.11 or later, or name one with make PYTHON=..." >&2; \
	  exit 1; }
	@"$(PYTHON)" -m tools.bootstrap

# Every target sets up what it needs: .venv from the hash-pinned locks, by tools/bootstrap.py.
# PYTHON=... chooses the interpreter that .venv is made with.

PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.complete
RUN := $(VENV)/bin/python

CHECKS := check-format check-lint check-types check-imports check-secrets check-locks check-events check-policies

.DEFAULT_GOAL := help
.PHONY: help up cloud open demo preview policy iam cost env-diff simulate-scaling prune release restore-drill engine test test-engine check $(CHECKS) bench lock fmt clean
.SUFFIXES:

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
	@$(RUN) -m engine.preview $(or $(STACK),dev) $(if $(STATE),--state $(STATE)) $(ARGS)

test: $(READY) ## run every test but the engine's, and fail under 90 % coverage
	@$(RUN) -m pytest --ignore tests/engine --numprocesses auto --dist loadgroup --cov

test-engine: $(READY) ## run every stack on the real Pulumi engine: up, refresh, destroy, mistakes
	@$(RUN) -m engine path >/dev/null
	@$(RUN) -m pytest tests/engine --numprocesses 2 --dist loadgroup

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

release: $(READY) ## bring into service what pulumi up has published: STACK=dev, SERVICE=orders, BACK=1 takes it back
	@$(RUN) -m tools.release $(or $(STACK),dev) $(if $(SERVICE),--service $(SERVICE)) $(if $(BACK),--back)

env-diff: $(READY) ## what differs between dev and prod, why, and what it costs a month; FORMAT=json
	@$(RUN) -m tools.env_diff $(if $(filter json,$(FORMAT)),--json)

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

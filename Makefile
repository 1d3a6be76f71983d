# The few commands of this project. `make` alone lists them.
#
# Needed: Go 1.26, make and Python 3. What else is used is installed below this
# directory: the linter in .tools/bin, the AWS emulator of the tests in .venv.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-print-directory
.DEFAULT_GOAL := help

MOTO     := 5.2.1
BOTO3    := 1.43.11
CFN_LINT := 1.51.0

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
export PATH := $(CURDIR)/.venv/bin:$(PATH)

# The race detector needs a C compiler. Where there is one, it watches the packages that
# share memory between workers; the SDK below inventory/aws would take minutes more to
# build and brings its own tests.
RACE     := $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && echo -race)
RACED    := ./engine/... ./rules/... ./reports/... ./inventory ./inventory/schema/... \
            ./inventory/declared/... ./inventory/relation/... ./inventory/state/...
UNRACED  := ./inventory/aws/... ./reaper/... ./cmd/...

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/pcf-scan
	@go build -ldflags '-s -w -X main.version=$(VERSION)' -o bin/pcf-scan ./cmd/pcf-scan

.PHONY: demo
demo: build ## scan a recorded account of a made-up company, offline
	@bin/pcf-scan scan --live snapshot:testdata/demo/account.json --declared testdata/demo/apps \
	  --waivers testdata/demo/waivers.yaml --now 2026-11-01T00:00:00Z \
	  && code=0 || code=$$?; \
	case $$code in \
	  0) echo "(exit code 0: clean)";; \
	  1) echo "(exit code 1: there are findings, drift or orphans. That is the verdict, not a failure.)";; \
	  3) echo "(exit code 3: something could not be read or judged. That is the verdict, not a failure.)";; \
	  *) exit $$code;; \
	esac

# What one package may take; make test-full kills and fails every call of some runs.
LONGEST  := 20m

.PHONY: test
test: vet lint emulator cfn-lint ## every check: vet, lint, unit, property, fuzz seeds, scripts, emulator
	@python3 testdata/demo/generate.py --check
	@[ -n "$(RACE)" ] || echo "note: no C compiler, so the race detector is off"
	@{ go test -json $(RACE) $(RACED) || echo '{"Action": "command-failed"}'; \
	   go test -json $(RACE) -short ./reaper ./reaper/simcloud || echo '{"Action": "command-failed"}'; \
	   PCF_SCAN_MOTO=required go test -json -parallel 6 -timeout $(LONGEST) $(UNRACED) || echo '{"Action": "command-failed"}'; \
	 } | python3 .ci/summary.py

.PHONY: test-full
test-full: export PCF_SCAN_FULL := 1
test-full: LONGEST := 6h
test-full: test lint-proof schemas-check fuzz ## test, and all that takes longer

.PHONY: test-html
test-html: build ## open the HTML reports in a headless browser, with axe-core
	@.ci/test-html

.PHONY: test-safety
test-safety: ## break each safety promise in a copy; its test must fail
	@.ci/test-safety

.PHONY: vet
vet: # part of test
	@go vet ./...

.PHONY: lint
lint: .tools/bin/golangci-lint ## style, import laws, no clock or printing below cmd
	@.tools/bin/golangci-lint run --allow-parallel-runners ./...

.PHONY: lint-proof
lint-proof: .tools/bin/golangci-lint ## break each law in a copy of the tree; lint must fail on each
	@.ci/lint-proof

.PHONY: format
format: .tools/bin/golangci-lint ## gofumpt and goimports over everything
	@.tools/bin/golangci-lint fmt ./...

.PHONY: bench
bench: ## all benchmarks, with allocations; whole runs of the program, also against OPA
	@go test -run '^$$' -bench . -benchmem ./...
	@python3 testdata/bench/bench.py

FUZZTIME := 20s
.PHONY: fuzz
fuzz: ## each fuzz function for FUZZTIME (20s)
	@for package in $$(go list ./...); do \
	  for function in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
	    echo "== $$package $$function"; \
	    go test -run '^$$' -fuzz "^$$function\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x $$package; \
	  done; \
	done

.PHONY: schemas
schemas: cfn-lint ## make the embedded resource-type schemas anew from the pinned cfn-lint
	@python3 inventory/schema/generate.py

.PHONY: schemas-check
schemas-check: cfn-lint ## the embedded schemas are what the generator makes
	@python3 inventory/schema/generate.py --check

.PHONY: emulator
emulator: # the AWS of the tests: moto, a program of others, in the version we measured
	@if python3 -c 'import moto, boto3; assert moto.__version__ == "$(MOTO)"' 2>/dev/null && command -v moto_server >/dev/null; then \
	  echo "emulator: moto $(MOTO) is there"; \
	else \
	  echo "emulator: installing moto $(MOTO) into .venv"; \
	  python3 -m venv .venv && .venv/bin/pip install --quiet 'moto[server]==$(MOTO)' 'boto3==$(BOTO3)'; \
	fi

.PHONY: cfn-lint
cfn-lint: # the source of the schemas
	@python3 -c 'import importlib.metadata as m; assert m.version("cfn-lint") == "$(CFN_LINT)"' 2>/dev/null || { \
	  [ -x .venv/bin/python3 ] || python3 -m venv .venv; \
	  .venv/bin/pip install --quiet 'cfn-lint==$(CFN_LINT)'; }

# One build of the linter takes minutes; it is kept until its version changes.
.tools/bin/golangci-lint: .tools/go.mod .tools/go.sum
	@echo "building golangci-lint, once"
	@cd .tools && GOBIN=$(CURDIR)/.tools/bin go install tool
	@touch $@

.PHONY: clean
clean: ## remove what was built and installed here
	@rm -rf bin .venv .tools/bin

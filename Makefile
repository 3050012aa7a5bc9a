# Every target sets up what it needs. `make help` lists them.

GO           ?= go
LINT_VERSION := v2.15.0
LINT         := .cache/bin/golangci-lint-$(LINT_VERSION)
TEST_TIMEOUT ?= 25m

.DEFAULT_GOAL := help
.PHONY: help setup build demo test soak lint bench readme

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## check for Go, Node and nftables, and install what is missing where apt and root allow
	@tools/setup.sh

build: setup ## build bin/surety, surety-synth and surety-aws beside it, and the functions' zips
	@mkdir -p bin
	$(GO) build -trimpath -o bin/ ./cmd/surety ./cmd/surety-synth ./cmd/surety-aws
	@$(GO) run ./tools/functions -o bin/lambda

demo: build ## synthesise the example estate, prove it, and print the report
	@bin/surety demo --dir .cache/demo

test: setup ## run every test
	$(GO) test -timeout $(TEST_TIMEOUT) ./...

soak: setup ## let the Linux kernel judge 5,000 random networks (about a quarter of an hour)
	CI=true $(GO) test -timeout 2h ./internal/kernel -run TestKernelAgreesOnRandomNetworks -networks 5000 -v

lint: $(LINT) ## run golangci-lint, pinned, with .golangci.yml
	$(LINT) run ./...

$(LINT):
	@echo "lint: building golangci-lint $(LINT_VERSION) into .cache/bin (once; takes some minutes)"
	@mkdir -p .cache/bin
	@GOBIN=$(CURDIR)/.cache/bin GOFLAGS= $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	@mv .cache/bin/golangci-lint $(LINT)

bench: build ## measure the budgets and print each beside its limit
	$(GO) run ./tools/bench

readme: build ## write the README's transcripts anew from what the commands print
	$(GO) test ./internal/cli -run TestReadme -update

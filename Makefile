# Everything there is to do with the project. `make help` lists it.

GO      ?= go
PROGRAM := bin/clicarity
SOURCES := $(shell find cmd internal -type f \( -name '*.go' -o -name '*.html' -o -name '*.sql' -o -name '*.json' -o -name '*.css' -o -name '*.js' -o -name '*.svg' \) 2>/dev/null) go.mod go.sum

.PHONY: help build run test check bench bench-read properties mutants authz privacy e2e shots postgres chromium gcc servers axe

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: $(PROGRAM) ## build bin/clicarity

$(PROGRAM): $(SOURCES)
	$(GO) build -trimpath -o $@ ./cmd/clicarity

run: postgres build ## start Clicarity with its own PostgreSQL and the demo factory
	$(PROGRAM) serve --demo

# Where one thing happens after another there is nothing to race: the rules, what is made of them, and the matrix of who may
# what, which asks one question at a time. They take a quarter of the time without.
ALONE  := ./internal/flow ./internal/demo ./internal/measure ./internal/history ./internal/blueprint
MATRIX := AuthorisationMatrix

test: postgres chromium gcc servers axe build ## run all tests, the browser journeys included
	$(GO) test -race -timeout 20m -skip '$(MATRIX)' $$($(GO) list ./... | grep -vxF -e clicarity/e2e $(ALONE:./%=-e clicarity/%))
	$(GO) test -trimpath -timeout 20m $(ALONE)
	$(GO) test -trimpath -timeout 20m -run '$(MATRIX)' ./internal/web ./internal/api
	$(GO) test -race -timeout 20m ./e2e

check: ## gofmt, vet, staticcheck, errcheck, govulncheck
	@test -z "$$(gofmt -l cmd internal bench e2e promises)" || { gofmt -l cmd internal bench e2e promises; echo "run gofmt -w on these"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) tool errcheck -ignoretests -exclude .errcheck ./...
	@$(GO) tool govulncheck ./... || { s=$$?; [ $$s -eq 3 ] && exit 3; echo "govulncheck could not reach its list of vulnerabilities; run it where it can"; }

bench: postgres build ## measure beside pgbench; prints one line of JSON (about 3 minutes)
	@$(GO) run ./bench -program $(PROGRAM)

# What it measures on is made once and kept.
BENCH_READ ?= /var/tmp/clicarity-bench-read
bench-read: postgres build ## time pages among more than 10,00,000 open jobs; a line of JSON each (the first time it seeds for half an hour)
	@$(GO) run ./bench -program $(PROGRAM) -jobs 1000000 -read $(BENCH_READ)

properties: ## 1,000,000 and more random commands against the rules; prints how many
	@$(GO) test ./internal/flow -count=1 -v -rapid.checks=30000 | grep -E 'OK, passed|random commands|FAIL|ok|story|panic'

mutants: ## break each of the rules on purpose and see a test fail (some minutes)
	@$(GO) test ./internal/flow -count=1 -v -timeout 60m -run 'Mutants' -mutants | grep -E '^    --- |^(ok|FAIL)|mutants_test'

authz: postgres ## every route as everybody, for everything; prints how many checks
	@$(GO) test ./internal/web ./internal/api -count=1 -v -run AuthorisationMatrix | grep -E 'checks over|_test.go|^(ok|FAIL|---)'

privacy: postgres chromium gcc servers build ## run the test of every sentence of the privacy policy; prints what holds
	@$(GO) run ./promises

e2e: postgres chromium gcc axe build ## the browser journeys alone
	$(GO) test -race -count=1 -v ./e2e

shots: postgres chromium build ## take the screenshots of docs/ anew
	$(GO) test -count=1 -run Screenshots -timeout 5m ./e2e -shots ../docs/screens

# What the machine lacks is installed where that can be done: on Debian and its kin, as root.
postgres:
	@scripts/need postgres

chromium:
	@scripts/need chromium

gcc:
	@scripts/need gcc

axe:
	@scripts/need axe

servers: # real ones, for the tests
	@mkdir -p bin
	@scripts/need pebble
	@scripts/need versitygw
	@scripts/need mailpit
	@scripts/need strace

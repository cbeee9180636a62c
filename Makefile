# Everything here needs Go; `make test` and `make check` also need a C compiler,
# for the race detector. The linters are Go modules, pinned in tools/go.mod.

GO        ?= go
PLATFORMS ?= linux/amd64 linux/arm64 darwin/arm64 windows/amd64
TIMEOUT   ?= 15m
FUZZTIME  ?= 30s
BENCH     ?= .
BENCHTIME ?= 2s
RUNS      ?= 0
SEED      ?= 0
TIME      ?= 20s
TRIALS    ?= 0
FAULTSTIMEOUT ?= 2h
IMAGE     ?= jeton:dev
ENGINE    ?= docker
VERSION   ?=
BENCHPKGS ?= $(shell grep -rl --include='*_test.go' --exclude-dir=test '^func Benchmark' . | xargs -r -n 1 dirname | sort -u)

TOOL = $(GO) tool -modfile="$(CURDIR)/tools/go.mod"

.DEFAULT_GOAL := help
.PHONY: help build test check format vet staticcheck cross model simulation simulate variants monitoring clients faults fuzz bench vuln image package package-test compose compose-test golden

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

build: ## make bin/jeton, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/jeton ./cmd/jeton

check: COMPOSEFLAGS = -short
check: format vet staticcheck cross clients test model simulation variants monitoring compose compose-test ## everything that must hold before a change lands

format: ## fail when gofmt would change a file
	@set -e; changed=$$(gofmt -l .); [ -z "$$changed" ] || { echo "gofmt would change:"; echo "$$changed"; exit 1; }

vet: ## go vet, all modules
	$(GO) vet ./...
	cd test && $(GO) vet ./...
	cd tools && $(GO) vet ./...
	$(GO) vet -tags mutants,failpoints ./cluster ./node ./internal/...

staticcheck: ## staticcheck, all modules
	$(TOOL) staticcheck ./...
	cd test && $(TOOL) staticcheck ./...
	cd tools && $(TOOL) staticcheck ./...

cross: ## build the program for every platform of PLATFORMS
	@set -e; for platform in $(PLATFORMS); do \
		echo "build $$platform"; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} $(GO) build -buildvcs=false -o /dev/null ./cmd/jeton; \
	done

# The packages that take longest begin first.
test: ## the README's `go test ./...`, with the race detector; seeds of fuzz tests included
	CGO_ENABLED=1 $(GO) test -race -timeout $(TIMEOUT) ./node ./cmd/jeton ./...

model: ## every state of the small model of docs/consistency.md; the race detector would make it too slow for all
	$(GO) test -timeout $(TIMEOUT) ./cluster/model

# Not under the race detector, whose runtime crashes in large bubbles of synctest.
simulation: ## the simulated runs of a check: a minute
	$(GO) test -run '^TestSimulation|^TestALeaderThatWasReplaced' -count 1 -timeout $(TIMEOUT) ./cluster

simulate: ## the cluster over a simulated network: RUNS=1000 runs from SEED=1; docs/testing.md
	$(GO) test -run '^TestSimulation$$' -v -count 1 -timeout 24h ./cluster -sim.seed $(or $(filter-out 0,$(SEED)),1) -sim.runs $(or $(filter-out 0,$(RUNS)),1000)

variants: ## the simulation with each known way of getting the protocol wrong: it must find them all, in two minutes
	$(GO) test -tags mutants -run '^TestTheSimulationFindsEveryVariant$$' -v -count 1 -timeout $(TIMEOUT) ./cluster

# Never from the cache: it does not see files outside of the module of the tools.
monitoring: ## the alert rules and the dashboard of docs/monitoring, by Prometheus' own library
	cd tools && $(GO) test -count 1 ./monitoring

compose: ## docker-compose.yml, by the loader of Docker Compose v2
	cd tools && $(GO) test -count 1 ./compose

# With -v, so that a skip is seen: it says in one line what is not there.
compose-test: ## docker-compose.yml on a Docker engine, broken while clients use it: 4 minutes; docs/testing.md
	cd test && $(GO) test ./compose -compose -v -count 1 -timeout 15m $(COMPOSEFLAGS)

clients: ## the tests with official clients, a module of its own: they take minutes to compile
	cd test && $(GO) test -timeout $(TIMEOUT) ./...

# RUNS=100 SEED=1 TIME=20s adds runs of the random mixture, each of half a minute
# with the next seed; TRIALS=20 adds the measurement of a leader's death.
faults: ## whole nodes that are broken while clients use them: stories in a minute
	cd test && $(GO) test ./faults -v -count 1 -timeout $(FAULTSTIMEOUT) -run 'Faults|Failover' \
		-faults.runs=$(RUNS) -faults.seed=$(SEED) -faults.time=$(TIME) -faults.trials=$(TRIALS)

fuzz: ## every fuzz test for FUZZTIME each
	@set -e; packages=$$($(GO) list ./...); for package in $$packages; do \
		for name in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$name"; \
			$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

bench: ## benchmarks that match BENCH, for BENCHTIME each: under 4 minutes; docs/performance.md
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -timeout $(TIMEOUT) $(BENCHPKGS)

# Not a part of check: it asks vuln.go.dev, so it fails without that host, and
# its answer changes while the code does not. Run it before a release.
vuln: ## govulncheck, against the database at vuln.go.dev
	$(TOOL) govulncheck ./...

# The image is built from the binary alone: nothing is pulled.
image: ## make the container image IMAGE with ENGINE; docs/packaging.md
	GO="$(GO)" sh packaging/scripts/image.sh "$(ENGINE)" "$(IMAGE)" "$(VERSION)"

golden: ## golden data directories of a release for the tests: VERSION=0.5
	@[ -n "$(VERSION)" ] || { echo "give it a release: make golden VERSION=0.5"; exit 1; }
	$(GO) build -tags failpoints -o bin/jeton-failpoints ./cmd/jeton
	test/golden-release.sh bin/jeton-failpoints node/testdata/releases/$(VERSION)

package: ## make bin/package: manual pages and completions, then archives, deb and rpm where goreleaser is
	GO="$(GO)" sh packaging/scripts/package.sh

# Not a part of check: it needs root, an engine, goreleaser and debootstrap, and asks a mirror of Debian.
package-test: ## deb and rpm under a running systemd, in containers; docs/packaging.md
	MAKE="$(MAKE)" ENGINE="$(ENGINE)" sh packaging/scripts/package-test.sh

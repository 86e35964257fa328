# Everything that is done with Shoal. `make` alone lists it.

SHELL   := bash
GO      ?= go
NPM     ?= npm
BIN     := bin/shoal
WASM    := web/engine/engine.wasm
PAGES   := web/dist/.built
MODULES := web/node_modules/.installed
BENCHED := bench/browser/node_modules/.installed
PLAYED  := bench/players/node_modules/.installed
CACHE   := .cache

ROOMS    ?= ./...
# Counted, not timed: Go 1.26 at times reports the end of a timed run as "context deadline exceeded" (golang/go#75804).
FUZZTIME ?= 200000x

# CGO stays off: the one program runs on any Linux of its architecture.
export CGO_ENABLED := 0

# What the engine and the pages are made of; a change to anything else does not rebuild them.
ENGINE_SOURCES := go.mod $(filter-out %_test.go,$(wildcard cmd/engine/*.go id/*.go segment/*.go manifest/*.go wire/*.go span/*.go swarm/*.go swarm/*/*.go))
PAGE_SOURCES   := $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' -not -path 'web/e2e/*' -not -path 'web/example/*' \
	-not -path '*/test-results/*' -not -name '*.test.ts' -not -name '*.md' -not -name '*.go' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help demo build engine web test test-go test-race test-fuzz test-web e2e test-bench bench-browser bench-engine bench-origin fuzz-short proof-swarm proof-rivals \
	proof-hostile proof-parsers proof-uploads proof-calibration proof-ingest proof-failures proof-players test-ingest test-conform lint deps deps-test deps-players clean

help: ## list what can be done
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## build, then play the demo channel: prints one link
	@$(BIN) demo

build: $(PAGES) ## build bin/shoal, with pages and engine inside
	@mkdir -p bin
	$(GO) build -trimpath -ldflags='-s -w' -o $(BIN) ./cmd/shoal
	@echo "built $(BIN)"

engine: $(WASM) ## build the swarm engine for browsers

web: $(PAGES) ## build the pages

# Without inlining the standard library is 28 KB smaller over the wire, and the engine a twentieth slower (make bench-engine).
$(WASM): $(ENGINE_SOURCES)
	GOOS=wasip1 GOARCH=wasm $(GO) build -buildmode=c-shared -trimpath -gcflags=std=-l -ldflags='-s -w' -o $@ ./cmd/engine

$(MODULES): web/package.json web/package-lock.json
	cd web && $(NPM) ci --no-audit --no-fund
	@touch $@

$(PAGES): $(MODULES) $(WASM) $(PAGE_SOURCES)
	cd web && $(NPM) run build
	node meta/compress.mjs web/dist
	@touch $@

test: lint test-go test-race test-fuzz test-web test-bench test-ingest test-conform e2e ## everything that CI runs
	@node meta/tally.mjs $(CACHE)/go.txt $(CACHE)/web.txt $(CACHE)/e2e.txt

test-go: $(PAGES) deps-test ## Go tests, and the house's own rules (meta/)
	@mkdir -p $(CACHE)
	@set -o pipefail; $(GO) test -v ./... 2>&1 | tee $(CACHE)/go.txt | awk '!/^ *(=== |--- (PASS|SKIP))/ && !/^PASS$$/'

# The rooms whose goroutines share state. The race detector is C. What real ffmpegs send and make has to keep up with the clock: one room after the other.
RACY := ./server/bus/... ./server/origin/... ./server/record/... ./server/still/... ./server/remake/... ./server/live/... ./server/tracker/... ./server/relay/... ./server/api/... \
	./server/ingest/whip/... ./peer/...

test-race: deps-test ## the rooms with goroutines, under the race detector
	CGO_ENABLED=1 $(GO) test -race $(RACY)
	CGO_ENABLED=1 $(GO) test -race -short -p 1 ./server/ingest/... ./server/upload/... ./server/ladder

test-fuzz: ## every parser of outside bytes, a few thousand inputs each
	@set -o pipefail; $(MAKE) --no-print-directory fuzz-short FUZZTIME=5000x | awk '!/^fuzz: /'

test-web: $(MODULES) $(WASM) ## TypeScript: types and tests
	@mkdir -p $(CACHE)
	cd web && $(NPM) run check
	@set -o pipefail; cd web && $(NPM) test 2>&1 | tee ../$(CACHE)/web.txt

e2e: build deps-test ## real browsers, a real publisher, a real swarm
	@mkdir -p $(CACHE)
	@set -o pipefail; cd web && $(NPM) run e2e 2>&1 | tee ../$(CACHE)/e2e.txt

$(BENCHED): bench/browser/package.json bench/browser/package-lock.json
	cd bench/browser && $(NPM) ci --ignore-scripts --no-audit --no-fund
	@touch $@

$(PLAYED): bench/players/package.json bench/players/package-lock.json
	cd bench/players && $(NPM) ci --ignore-scripts --no-audit --no-fund
	@touch $@

test-bench: $(MODULES) $(BENCHED) $(PLAYED) ## the benches' own types and tests
	cd bench/browser && $(NPM) run check && $(NPM) test
	cd bench/players && $(NPM) run check

# Flags in BENCH; BENCH=--help lists them.
bench-browser: build deps-test $(BENCHED) ## real browsers, ours beside what people use today: a quarter of an hour. docs/benchmarks.md
	cd bench/browser && node build.mjs
	@node bench/browser/dist/main.mjs $(BENCH)

# Flags in BENCH: '-only held -held 2000'.
bench-origin: build deps-test ## segments beside nginx, held reloads beside MediaMTX, a part's way in: five minutes. docs/benchmarks.md
	@bench/origin/install.sh $(CACHE)/mediamtx
	$(GO) run ./bench/origin -shoal $(BIN) -mediamtx $(CACHE)/mediamtx $(BENCH)

fuzz-short: ## each fuzz target for FUZZTIME (200000x); ROOMS=./wire/... for some
	@$(GO) list $(ROOMS) | while read -r room; do \
		for target in $$($(GO) test -list '^Fuzz' "$$room" | grep '^Fuzz'); do \
			echo "$$room $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) "$$room" || exit 1; \
		done; \
	done

proof-parsers: ## ten million mutated inputs for what reads publishers' bytes: a quarter of an hour. PARSERS='-n 100000' for fewer
	$(GO) run ./bench/parsers $(PARSERS)

# One in six of the fixed ones is tried by `go test`, too.
proof-uploads: deps-test ## five hundred hostile files for the caged ffmpeg, the same in every run, and some drawn anew: three minutes
	@set -o pipefail; $(GO) test ./server/upload -count=1 -v -run 'Hostile|Corpus|Mutated|Survivors' -whole | awk '!/level=INFO|^=== /'

proof-swarm: $(PAGES) ## every row of docs/swarm.md: an hour and more
	@mkdir -p bin && $(GO) build -o $(BIN) ./cmd/shoal
	@for row in n8 n16 n100; do $(BIN) sim $$row --seeds 5 --policy shoal,mesh,p2pml,p2pml-live,p2pml-near || exit 1; done
	@for row in n1000-still n1000 n1000-2s n1000-60s n1000-scarce allbad flash5000 hostile30 n10000 ladder3 vod100; do $(BIN) sim $$row || exit 1; done

proof-rivals: $(PAGES) ## the same rows by the policies of others: an hour
	@mkdir -p bin && $(GO) build -o $(BIN) ./cmd/shoal
	@for row in n1000-still n1000 n1000-2s n1000-60s n1000-scarce allbad flash5000 hostile30 ladder3; do $(BIN) sim $$row --policy mesh,p2pml,p2pml-live,p2pml-near || exit 1; done

proof-ingest: build deps-test ## a hundred publications over each protocol, a hundred new keys, fifty kills of publisher or server: a quarter of an hour
	$(GO) run ./bench/ingest -shoal $(BIN) $(INGEST)

test-ingest: build deps-test ## the same, a few of each
	$(GO) run ./bench/ingest -shoal $(BIN) -n 2 -keys 1 -publishers 1 -servers 1

# Any stream: go run ./bench/conform URL.
test-conform: build deps-test ## what this server makes, live, rewound and recorded, against each rule of RFC 8216bis: a minute
	$(GO) run ./bench/conform -shoal $(BIN) -for 12s -strict

# Flags in PLAYERS; PLAYERS=--help lists them.
proof-players: build deps-test deps-players $(MODULES) $(PLAYED) ## seven ordinary players on one live stream, for ten minutes
	cd bench/players && node build.mjs
	@node bench/players/dist/main.mjs $(PLAYERS)

proof-hostile: $(PAGES) ## a thousand swarms with three hostile viewers in ten, and the same without: an hour and a half of a core
	@mkdir -p bin && $(GO) build -o $(BIN) ./cmd/shoal
	$(BIN) sim hostile30 --summary --seeds 1000 --jobs 2
	$(BIN) sim hostile30 --summary --seeds 1000 --jobs 2 --set 'polluters 0' --set 'stallers 0' --set 'liars 0' --set 'sybils 0'

proof-calibration: build deps-test ## 30 real viewers and the same made up, side by side: docs/calibration.md
	$(GO) run ./bench/calibrate -shoal $(BIN) $(CALIBRATE)

proof-failures: build deps-test ## a chain of viewers, a tracker that is away, scarce and narrow uplinks: a quarter of an hour, the last part as root. docs/benchmarks.md
	@failed=0; $(GO) run ./bench/failures -shoal $(BIN) $(FAILURES) || failed=1; (cd web && $(NPM) run proofs) || failed=1; exit $$failed

bench-engine: $(WASM) $(MODULES) ## what a step of the engine costs, native and in WebAssembly: side by side
	$(GO) run ./bench/engine $(BENCH)

lint: $(PAGES) ## form and vet
	@wrong=$$(gofmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go' -not -path '*/node_modules/*')); \
		test -z "$$wrong" || { echo "gofmt these: $$wrong"; exit 1; }
	$(GO) vet ./...

deps: $(MODULES) deps-test ## install what building and testing need (Debian; Go and Node are there already)
	$(GO) mod download

deps-test: ## install what the tests drive: Chromium, ffmpeg, GStreamer, fonts, brotli, gcc, network tools
	@meta/install.sh

deps-players: ## install the players that proof-players compares, beyond what tests need: mpv, VLC
	@meta/install-players.sh

clean: ## remove what was built
	rm -rf bin $(CACHE) $(WASM) web/node_modules bench/browser/node_modules bench/browser/dist bench/players/node_modules bench/players/dist
	find web/dist -mindepth 1 -not -name .keep -delete

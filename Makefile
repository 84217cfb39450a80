# make demo        everything from the ceremony to the summary, on this machine
# make test        one debug build, then lint, module boundaries and all tests
# make acceptance  what needs PyPI packages, vendors' tools and sanitizers
# make screenshots  every page of the demo's portal and its states, photographed into docs/images (DEMO=.demo)
# make bench       release build in its own folder, figures as ratios of one run

SHELL := /bin/bash
BUILD := swift build --explicit-target-dependency-import-check error
.PHONY: demo clean-demo test build lint boundaries format acceptance bench setup screenshots

setup:
	@scripts/setup

build: setup
	$(BUILD) --build-tests

demo: build
	@.build/debug/obis-demo run --directory .demo $(if $(ONCE),--once) $(DEMO_OPTIONS)

clean-demo:
	@if [ -x .build/debug/obis-demo ]; then .build/debug/obis-demo clean --directory .demo; else rm -rf .demo; fi

test: lint boundaries build
	@scripts/test

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

boundaries: setup
	@scripts/check-boundaries

format:
	swift format --in-place --recursive Package.swift Sources Tests

acceptance: build
	@scripts/acceptance

bench: setup
	@scripts/bench

screenshots: build
	@scripts/screenshots $(DEMO)

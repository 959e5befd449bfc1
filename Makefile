# SPDX-FileCopyrightText: The Fengsui Authors
# SPDX-License-Identifier: Apache-2.0
export CGO_ENABLED = 0
GO ?= go
BIN = bin/fengsui
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

.PHONY: run build test check bench conformance screenshots generate clean

run: build            ## build, and start the demo on http://127.0.0.1:8080
	$(BIN) demo

build:                ## one static binary: bin/fengsui
	$(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN) ./cmd/fengsui

test:                 ## everything: both databases, browser, command line (installs what it lacks on Debian and Ubuntu)
	./scripts/test

check:                ## fast: format, vet, generated code, unit tests on SQLite
	./scripts/check

bench: build          ## measurements, one JSON object a line
	PG_FSYNC=on ./scripts/with-postgres $(GO) run ./cmd/fengsui-bench

conformance: build    ## other people's validators against our output
	./scripts/conformance

screenshots: build    ## every screen, both languages, both themes, wide and narrow
	./scripts/with-chromium $(GO) run ./cmd/fengsui-shots

generate:             ## pages from their templates
	$(GO) tool templ generate

clean:
	rm -rf bin data dist screenshots

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"time"
)

// driven is the program on a clock that a test drives: FENGSUI_TEST_CLOCK names a file that says what time it is. Only the
// test binary has it, under the name fengsui-driven; no flag of the program moves time.
func driven() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], env{Getenv: os.Getenv, Clock: fileClock(os.Getenv("FENGSUI_TEST_CLOCK")), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr})
	stop()
	os.Exit(code)
}

// fileClock shows what its file says.
type fileClock string

// Now implements calendar.Clock.
func (c fileClock) Now() time.Time {
	b, err := os.ReadFile(string(c))
	if err != nil {
		panic(err)
	}
	t, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(string(b)))
	if err != nil {
		panic(err)
	}
	return t
}

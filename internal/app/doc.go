// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package app is the program: it wires the services, says what follows what (flow.go) and what runs when
// (schedule.go), and starts and stops the whole.
package app

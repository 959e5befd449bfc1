// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

type dutyCmd struct {
	List    dutyListCmd    `cmd:"" help:"What your organisation owes; for the platform's people, the register."`
	Ics     dutyIcsCmd     `cmd:"" help:"When it falls due, as a calendar file."`
	Explain dutyExplainCmd `cmd:"" help:"Which duties facts give rise to, and why."`
	Packs   dutyPacksCmd   `cmd:"" help:"The laws as data."`
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

type dutyCmd struct {
	List      dutyListCmd      `cmd:"" help:"What your organisation owes; for the platform's people, the register."`
	Ics       dutyIcsCmd       `cmd:"" help:"When it falls due, as a calendar file."`
	Explain   dutyExplainCmd   `cmd:"" help:"Which duties facts give rise to, and why."`
	Show      dutyShowCmd      `cmd:"" help:"The file of a duty: what it was, what it is, and why."`
	Correct   dutyCorrectCmd   `cmd:"" help:"Correct the fact from which a clock runs."`
	Decide    dutyDecideCmd    `cmd:"" help:"Record a reasoned decision about a duty; it stops no clock."`
	Propose   dutyProposeCmd   `cmd:"" help:"Staff: propose a pause or waiver for a second signature."`
	Acts      dutyActsCmd      `cmd:"" help:"Staff: what waits for a signature or for the supervisor."`
	Sign      dutySignCmd      `cmd:"" help:"Staff: sign as the second person."`
	Clash     dutyClashCmd     `cmd:"" help:"Decisions where laws pull in different directions."`
	Reminders dutyRemindersCmd `cmd:"" help:"Reminders and escalations that were sent."`
	Calls     dutyCallsCmd     `cmd:"" help:"Staff: calls that the desk has to make."`
	Called    dutyCalledCmd    `cmd:"" help:"Staff: record that you called, and how it went."`
	Packs     dutyPacksCmd     `cmd:"" help:"The laws as data."`
}

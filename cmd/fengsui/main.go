// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Command fengsui is the whole platform in one binary: the server, the demo, and the command line of its members.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/fengsui/fengsui/internal/calendar"
)

// version is set when the binary is built.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], env{Getenv: os.Getenv, Clock: calendar.System{}, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr})
	stop()
	os.Exit(code)
}

// env is everything a command takes from and gives to the outside.
type env struct {
	Getenv         func(string) string
	Clock          calendar.Clock // the machine's; only tests bring another
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Exit codes.
const (
	exitOK      = 0
	exitRefused = 1 // the platform refused, or a check failed
	exitUsage   = 2 // the command line is wrong
)

// commands is the command line. Every command has an example in its help.
type commands struct {
	Serve   serveCmd   `cmd:"" help:"Run a node of the platform." group:"Operate"`
	Demo    demoCmd    `cmd:"" help:"Run the Log4j2 case, ready to click; needs nothing." group:"Operate"`
	Drill   drillCmd   `cmd:"" help:"Exercises: play a scenario, with people or without, and see what came of it." group:"Operate"`
	Migrate migrateCmd `cmd:"" help:"Bring the database schema up to date." group:"Operate"`
	Import  importCmd  `cmd:"" help:"Take in public records of vulnerabilities: OSV, CVE, CSAF, KEV, EPSS." group:"Operate"`
	Config  configCmd  `cmd:"" help:"Print the effective configuration, without secrets." group:"Operate"`
	Admin   adminCmd   `cmd:"" help:"Manage members, people and tokens on this machine's database." group:"Operate"`
	Version versionCmd `cmd:"" help:"Print the version." group:"Operate"`

	Report       reportCmd       `cmd:"" help:"Submit, supplement and follow reports." group:"Take part"`
	Duty         dutyCmd         `cmd:"" help:"What you owe, by when, and why." group:"Take part"`
	Credit       creditCmd       `cmd:"" help:"Finds that public records thank members for." group:"Take part"`
	Filing       filingCmd       `cmd:"" help:"The forms of other receivers, filled in from a report." group:"Take part"`
	Product      productCmd      `cmd:"" help:"Register and list products." group:"Take part"`
	Sbom         sbomCmd         `cmd:"" help:"Upload component lists." group:"Take part"`
	Vex          vexCmd          `cmd:"" help:"Take in what VEX documents say of your products." group:"Take part"`
	Vuln         vulnCmd         `cmd:"" help:"What is publicly known of vulnerabilities." group:"Take part"`
	Vendor       vendorCmd       `cmd:"" help:"Names by which a vendor is one and the same." group:"Take part"`
	Warning      warningCmd      `cmd:"" help:"Read and acknowledge warnings." group:"Take part"`
	Advisory     advisoryCmd     `cmd:"" help:"Read published advisories." group:"Take part"`
	Inquiry      inquiryCmd      `cmd:"" help:"Inquiries, statements, decisions and appeals." group:"Take part"`
	Destination  destinationCmd  `cmd:"" help:"Where and when your organisation is reached." group:"Take part"`
	Delivery     deliveryCmd     `cmd:"" help:"What waits to leave the platform, and why." group:"Take part"`
	Bundle       bundleCmd       `cmd:"" help:"Warnings for machines without a network: fetch, verify, answer." group:"Take part"`
	Evidence     evidenceCmd     `cmd:"" help:"Verify receipts, read the log's checkpoint." group:"Take part"`
	Evaluation   evaluationCmd   `cmd:"" help:"What a year of a partner unit comes to, and why." group:"Take part"`
	Transparency transparencyCmd `cmd:"" help:"How the platform keeps its promises, in figures." group:"Take part"`

	Remote remote `embed:""`
	JSON   bool   `help:"Answer in JSON." name:"json"`
}

// run is the program: main without the process.
func run(ctx context.Context, args []string, e env) int {
	var c commands
	parser, err := kong.New(&c, kong.Name("fengsui"), kong.Description("Fengsui 烽燧: network security threat and vulnerability information sharing platform."),
		kong.Writers(e.Stdout, e.Stderr), kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Exit(func(code int) { panic(exited(code)) }),
		kong.Bind(&e), kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		fmt.Fprintln(e.Stderr, "fengsui:", err)
		return exitUsage
	}
	code, err := dispatch(parser, &c, args, e)
	if err != nil {
		complain(e.Stderr, err, c.JSON)
	}
	return code
}

// complain says what went wrong; with --json a refusal is the platform's own problem document.
func complain(w io.Writer, err error, asJSON bool) {
	var r refused
	if asJSON && errors.As(err, &r) && len(r.document) > 0 {
		fmt.Fprintf(w, "%s\n", r.document)
		return
	}
	fmt.Fprintln(w, "fengsui:", err)
}

// exited carries the code of a command such as --help out of the parser.
type exited int

func dispatch(parser *kong.Kong, c *commands, args []string, e env) (code int, err error) {
	defer func() {
		if p := recover(); p != nil {
			x, ok := p.(exited)
			if !ok {
				panic(p)
			}
			code = int(x)
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if err != nil {
		return exitUsage, fmt.Errorf("%w; see 'fengsui --help'", err)
	}
	c.Remote.fill(e.Getenv)
	k.Bind(&client{remote: c.Remote, json: c.JSON, env: e})
	if err := k.Run(); errors.Is(err, errAffected) {
		return exitRefused, nil
	} else if err != nil {
		var u usage
		if errors.As(err, &u) {
			return exitUsage, err
		}
		return exitRefused, err
	}
	return exitOK, nil
}

// usage is an error of the command line, found after parsing.
type usage struct{ error }

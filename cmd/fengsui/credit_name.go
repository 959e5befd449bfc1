// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/fengsui/fengsui/internal/api"
)

type creditNameCmd struct {
	List   creditNameListCmd   `cmd:"" help:"List names, domains and published affiliations."`
	Add    creditNameAddCmd    `cmd:"" help:"Add a name or domain."`
	Remove creditNameRemoveCmd `cmd:"" help:"Remove a name or domain; it stays on record."`
}

// ofMember names an organisation.
type ofMember struct {
	Member string `help:"Id of the organisation; your own when left out." placeholder:"ID"`
}

// path is the organisation's place in the API.
func (m ofMember) path(ctx context.Context, c *client) (string, error) {
	if m.Member == "" {
		var me struct {
			Organisation struct {
				ID string `json:"id"`
			} `json:"organisation"`
		}
		if err := c.call(ctx, "GET", "/me", nil, &me); err != nil {
			return "", err
		}
		m.Member = me.Organisation.ID
	}
	return "/members/" + url.PathEscape(m.Member), nil
}

type creditNameListCmd struct{ ofMember }

// Help is the example.
func (creditNameListCmd) Help() string { return "Example:\n  fengsui credit name list" }

// Run lists.
func (x *creditNameListCmd) Run(ctx context.Context, c *client) error {
	path, err := x.path(ctx, c)
	if err != nil {
		return err
	}
	var k api.KnownBy
	if err := c.call(ctx, "GET", path+"/names", nil, &k); err != nil {
		return err
	}
	return c.print(k, func(w io.Writer) {
		var rows [][]string
		for _, n := range k.Names {
			rows = append(rows, []string{n.Kind, n.Name, gone(n.RemovedAt, n.RemovedWhy), n.ID})
		}
		for _, a := range k.Affiliations {
			state := gone(a.RemovedAt, a.RemovedWhy)
			if state == "" && a.DisputedWhy != "" {
				state = "disputed: " + a.DisputedWhy
			}
			rows = append(rows, []string{"person", a.Person + " " + a.Source, state, a.ID})
		}
		table(w, "KIND | NAME | REMARK | ID", rows)
	})
}

func gone(at time.Time, why string) string {
	if at.IsZero() {
		return ""
	}
	return "removed " + when(at) + ": " + why
}

type creditNameAddCmd struct {
	ofMember
	Kind string `help:"alias, former, team or domain." enum:"alias,former,team,domain" default:"alias"`
	Name string `arg:"" help:"The name."`
}

// Help is the example.
func (creditNameAddCmd) Help() string {
	return "Example:\n  fengsui credit name add --kind team 天枢实验室"
}

// Run adds.
func (x *creditNameAddCmd) Run(ctx context.Context, c *client) error {
	path, err := x.path(ctx, c)
	if err != nil {
		return err
	}
	var n api.OrgName
	if err := c.call(ctx, "POST", path+"/names", api.NewName{Kind: x.Kind, Name: x.Name}, &n); err != nil {
		return err
	}
	return c.print(n, func(w io.Writer) { fmt.Fprintln(w, n.ID) })
}

type creditNameRemoveCmd struct {
	ofMember
	ID  string `arg:"" help:"Id of the name."`
	Why string `help:"Reason." required:""`
}

// Help is the example.
func (creditNameRemoveCmd) Help() string {
	return "Example:\n  fengsui credit name remove 0197… --why 'the laboratory was sold'"
}

// Run removes.
func (x *creditNameRemoveCmd) Run(ctx context.Context, c *client) error {
	return x.post(ctx, c, "/names/"+url.PathEscape(x.ID)+"/removal", x.Why)
}

// post sends a reason to a place below the organisation.
func (m ofMember) post(ctx context.Context, c *client, place, why string) error {
	path, err := m.path(ctx, c)
	if err != nil {
		return err
	}
	return c.call(ctx, "POST", path+place, api.Reason{Why: why}, nil)
}

type creditPersonCmd struct {
	Add     creditPersonAddCmd     `cmd:"" help:"Enter what a public record says of who works for an organisation."`
	Dispute creditPersonDisputeCmd `cmd:"" help:"Say that it is wrong."`
	Remove  creditPersonRemoveCmd  `cmd:"" help:"Take it off the record and erase the person."`
}

type creditPersonAddCmd struct {
	ofMember
	Person string    `arg:"" help:"The person, as the source writes it."`
	Source string    `help:"https address of the public record." required:""`
	From   time.Time `help:"From when, where the source says." format:"2006-01-02"`
	Until  time.Time `help:"Until when, where the source says." format:"2006-01-02"`
}

// Help is the example.
func (creditPersonAddCmd) Help() string {
	return "Example:\n  fengsui credit person add --member 0197… 'Song Zhiyuan' --source https://talks.example.org/2021"
}

// Run adds.
func (x *creditPersonAddCmd) Run(ctx context.Context, c *client) error {
	path, err := x.path(ctx, c)
	if err != nil {
		return err
	}
	var a api.Affiliation
	if err := c.call(ctx, "POST", path+"/affiliations", api.NewAffiliation{Person: x.Person, Source: x.Source, From: x.From, Until: x.Until}, &a); err != nil {
		return err
	}
	return c.print(a, func(w io.Writer) { fmt.Fprintln(w, a.ID) })
}

type creditPersonDisputeCmd struct {
	ofMember
	ID  string `arg:"" help:"Id of the affiliation."`
	Why string `help:"Reason." required:""`
}

// Help is the example.
func (creditPersonDisputeCmd) Help() string {
	return "Example:\n  fengsui credit person dispute 0197… --why 'nobody of that name works here'"
}

// Run disputes.
func (x *creditPersonDisputeCmd) Run(ctx context.Context, c *client) error {
	return x.post(ctx, c, "/affiliations/"+url.PathEscape(x.ID)+"/dispute", x.Why)
}

type creditPersonRemoveCmd struct {
	ofMember
	ID  string `arg:"" help:"Id of the affiliation."`
	Why string `help:"Reason." required:""`
}

// Help is the example.
func (creditPersonRemoveCmd) Help() string {
	return "Example:\n  fengsui credit person remove 0197… --why 'at the wish of the person'"
}

// Run removes.
func (x *creditPersonRemoveCmd) Run(ctx context.Context, c *client) error {
	return x.post(ctx, c, "/affiliations/"+url.PathEscape(x.ID)+"/removal", x.Why)
}

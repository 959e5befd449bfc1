// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/member"
)

type adminCmd struct {
	Member  adminMemberCmd  `cmd:"" help:"Add and list member organisations."`
	User    adminUserCmd    `cmd:"" help:"Add and list people."`
	Token   adminTokenCmd   `cmd:"" help:"Issue an API token for a person."`
	Key     adminKeyCmd     `cmd:"" help:"Replace the key that signs the evidence log."`
	Doctor  doctorCmd       `cmd:"" help:"Check keys, evidence, steps and deliveries."`
	Rebuild adminRebuildCmd `cmd:"" help:"Compute what is derived anew."`
}

// with assembles the services of this machine's database, runs do, and closes them.
func (l local) with(ctx context.Context, e *env, do func(app.Config, *app.Services) error) error {
	c, err := l.load(e)
	if err != nil {
		return err
	}
	s, err := app.Assemble(ctx, c, e.Clock, c.NewLog(e.Stderr))
	if err != nil {
		return err
	}
	return errors.Join(explain(do(c, s)), s.Close())
}

// organisation finds one by its id or its short name.
func organisation(ctx context.Context, s *app.Services, name string) (member.Org, error) {
	for after := ""; ; {
		os, err := s.Members.Orgs(ctx, member.System(), member.OrgFilter{After: after, Limit: 1000})
		if err != nil {
			return member.Org{}, err
		}
		for _, o := range os {
			if o.ID == name || o.Slug == name {
				return o, nil
			}
		}
		if len(os) < 1000 {
			return member.Org{}, fmt.Errorf("no organisation has the id or short name %q; see 'fengsui admin member list'", name)
		}
		after = os[len(os)-1].ID
	}
}

type adminMemberCmd struct {
	Add  memberAddCmd  `cmd:"" help:"Add an organisation."`
	List memberListCmd `cmd:"" help:"List the organisations."`
}

type memberAddCmd struct {
	local   `embed:""`
	Slug    string   `help:"Short name in addresses." required:""`
	NameZh  string   `help:"Chinese name." required:""`
	NameEn  string   `help:"English name."`
	Role    []string `help:"provider, operator, finder, collector, authority, platform; may be repeated." required:""`
	Partner int      `help:"Partner unit of level 1, 2 or 3; 0 for none." default:"0"`
	Sector  string   `help:"Sector."`
	Email   string   `help:"Security contact." required:""`
	Webhook string   `help:"https URL that receives signed webhooks."`
}

// Help is the example.
func (memberAddCmd) Help() string {
	return "Example:\n  fengsui admin member add --slug desk --name-zh 平台值班室 --role platform --email duty@share.example.org"
}

// Run adds an organisation.
func (a *memberAddCmd) Run(ctx context.Context, e *env, c *client) error {
	return a.with(ctx, e, func(_ app.Config, s *app.Services) error {
		var roles []member.OrgRole
		for _, r := range a.Role {
			roles = append(roles, member.OrgRole(r))
		}
		o, err := s.Members.AddOrg(ctx, member.System(), member.OrgInput{Slug: a.Slug, NameZH: a.NameZh, NameEN: a.NameEn, Roles: roles, Partner: a.Partner > 0,
			PartnerLevel: a.Partner, Sector: a.Sector, Email: a.Email, WebhookURL: a.Webhook})
		if err != nil {
			return err
		}
		return c.print(map[string]string{"id": o.ID}, func(w io.Writer) { fmt.Fprintln(w, o.ID) })
	})
}

type memberListCmd struct {
	local `embed:""`
}

// Help is the example.
func (memberListCmd) Help() string {
	return "Example:\n  fengsui admin member list --data /var/lib/fengsui"
}

// Run lists organisations.
func (a *memberListCmd) Run(ctx context.Context, e *env, c *client) error {
	return a.with(ctx, e, func(_ app.Config, s *app.Services) error {
		type row struct {
			ID      string           `json:"id"`
			Slug    string           `json:"slug"`
			NameZH  string           `json:"name_zh"`
			NameEN  string           `json:"name_en,omitempty"`
			Roles   []member.OrgRole `json:"roles"`
			Partner int              `json:"partner_level,omitempty"`
			Status  member.Status    `json:"status"`
		}
		rows := []row{}
		for after := ""; ; {
			os, err := s.Members.Orgs(ctx, member.System(), member.OrgFilter{After: after, Limit: 1000})
			if err != nil {
				return err
			}
			for _, o := range os {
				rows = append(rows, row{o.ID, o.Slug, o.NameZH, o.NameEN, o.Roles, o.PartnerLevel, o.Status})
			}
			if len(os) < 1000 {
				break
			}
			after = os[len(os)-1].ID
		}
		return c.print(map[string]any{"items": rows}, func(w io.Writer) {
			var lines [][]string
			for _, r := range rows {
				lines = append(lines, []string{r.Slug, r.NameZH, r.NameEN, fmt.Sprint(r.Roles), string(r.Status), r.ID})
			}
			table(w, "SHORT NAME | NAME | ENGLISH NAME | ROLES | STATUS | ID", lines)
		})
	})
}

type doctorCmd struct {
	local `embed:""`
}

// Help is the example.
func (doctorCmd) Help() string {
	return "Example:\n  fengsui admin doctor --data /var/lib/fengsui\nExit code 0: all is well. 1: something is not."
}

// Run examines the platform.
func (d *doctorCmd) Run(ctx context.Context, e *env, c *client) error {
	return d.with(ctx, e, func(conf app.Config, s *app.Services) error {
		found, err := s.Doctor(ctx, conf)
		if err != nil {
			return err
		}
		wrong := 0
		for _, f := range found {
			if !f.OK {
				wrong++
			}
		}
		if err := c.print(map[string]any{"items": found}, func(w io.Writer) {
			var rows [][]string
			for _, f := range found {
				rows = append(rows, []string{map[bool]string{true: "ok", false: "WRONG"}[f.OK], f.Name, f.Detail})
			}
			table(w, "STATE | WHAT | DETAIL", rows)
		}); err != nil {
			return err
		}
		if wrong > 0 {
			return fmt.Errorf("%d of %d checks failed", wrong, len(found))
		}
		return nil
	})
}

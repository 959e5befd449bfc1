// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

//go:build wip

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/member"
)

type adminCmd struct {
	Org   adminOrgCmd   `cmd:"" help:"Add an organisation."`
	User  adminUserCmd  `cmd:"" help:"Add a person."`
	Token adminTokenCmd `cmd:"" help:"Issue an API token for a person."`
}

// with assembles the services of this machine's database, runs do, and closes them.
func (l local) with(ctx context.Context, e *env, do func(*app.Services) error) error {
	c, err := l.load(e)
	if err != nil {
		return err
	}
	s, err := app.Assemble(ctx, c, calendar.System{}, c.NewLog(e.Stderr))
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}

type adminOrgCmd struct {
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
func (adminOrgCmd) Help() string {
	return "Example:\n  fengsui admin org --slug desk --name-zh 平台值班室 --role platform --email duty@share.example.org"
}

// Run adds an organisation.
func (a *adminOrgCmd) Run(ctx context.Context, e *env, c *client) error {
	return a.with(ctx, e, func(s *app.Services) error {
		var roles []member.OrgRole
		for _, r := range a.Role {
			roles = append(roles, member.OrgRole(r))
		}
		o, err := s.Members.AddOrg(ctx, member.System(), member.OrgInput{Slug: a.Slug, NameZH: a.NameZh, NameEN: a.NameEn, Roles: roles, Partner: a.Partner > 0,
			PartnerLevel: a.Partner, Sector: a.Sector, Email: a.Email, WebhookURL: a.Webhook})
		if err != nil {
			return explain(err)
		}
		return c.print(map[string]string{"id": o.ID}, func(w io.Writer) { fmt.Fprintln(w, o.ID) })
	})
}

type adminUserCmd struct {
	local    `embed:""`
	Org      string   `help:"Id of the organisation." required:""`
	Email    string   `help:"E-mail; signs in with it." required:""`
	Name     string   `help:"Name." required:""`
	Role     []string `help:"engineer, org-admin, analyst, duty-officer, supervisor, auditor, administrator; may be repeated." required:""`
	Password bool     `help:"Read a password from standard input (one line); without it the person cannot sign in by password."`
}

// Help is the example.
func (adminUserCmd) Help() string {
	return "Example:\n  fengsui admin user --org 0197… --email li@share.example.org --name 李值班 --role duty-officer --password < secret"
}

// Run adds a person.
func (a *adminUserCmd) Run(ctx context.Context, e *env, c *client) error {
	password := ""
	if a.Password {
		line, err := bufio.NewReader(io.LimitReader(e.Stdin, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		password = strings.TrimRight(line, "\r\n")
	}
	return a.with(ctx, e, func(s *app.Services) error {
		var roles []member.Role
		for _, r := range a.Role {
			roles = append(roles, member.Role(r))
		}
		u, err := s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: a.Org, Email: a.Email, Name: a.Name, Roles: roles, Locale: "zh-CN", Password: password})
		if err != nil {
			return explain(err)
		}
		return c.print(map[string]string{"id": u.ID}, func(w io.Writer) { fmt.Fprintln(w, u.ID) })
	})
}

type adminTokenCmd struct {
	local `embed:""`
	User  string   `help:"Id of the person." required:""`
	Name  string   `help:"What the token is for." required:""`
	Scope []string `help:"report, product, warning, case, admin; may be repeated." required:""`
	Days  int      `help:"Days of life; 0 for no end." default:"365"`
}

// Help is the example.
func (adminTokenCmd) Help() string {
	return "Example:\n  fengsui admin token --user 0197… --name ci --scope product"
}

// Run issues a token.
func (a *adminTokenCmd) Run(ctx context.Context, e *env, c *client) error {
	return a.with(ctx, e, func(s *app.Services) error {
		u, err := s.Members.Account(ctx, a.User)
		if err != nil {
			return explain(err)
		}
		by := member.Actor{AccountID: u.ID, OrgID: u.OrgID, Name: u.Name, Roles: u.Roles, Via: "cli"}
		plain, _, err := s.Members.IssueToken(ctx, by, a.Name, a.Scope, time.Duration(a.Days)*24*time.Hour)
		if err != nil {
			return explain(err)
		}
		return c.print(map[string]string{"token": plain}, func(w io.Writer) { fmt.Fprintln(w, plain) })
	})
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

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
	"github.com/fengsui/fengsui/internal/member"
)

type adminUserCmd struct {
	Add  userAddCmd  `cmd:"" help:"Add a person."`
	List userListCmd `cmd:"" help:"List the people of an organisation."`
}

type userAddCmd struct {
	local    `embed:""`
	Org      string   `help:"Short name or id of the organisation." required:""`
	Email    string   `help:"E-mail; signs in with it." required:""`
	Name     string   `help:"Name." required:""`
	Role     []string `help:"engineer, org-admin, analyst, duty-officer, supervisor, auditor, administrator; may be repeated." required:""`
	Password bool     `help:"Read a password from standard input (one line); without it the person cannot sign in by password."`
}

// Help is the example.
func (userAddCmd) Help() string {
	return "Example:\n  fengsui admin user add --org desk --email li@share.example.org --name 李值班 --role duty-officer --password < secret"
}

// Run adds a person.
func (a *userAddCmd) Run(ctx context.Context, e *env, c *client) error {
	password := ""
	if a.Password {
		line, err := bufio.NewReader(io.LimitReader(e.Stdin, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		password = strings.TrimRight(line, "\r\n")
	}
	return a.with(ctx, e, func(_ app.Config, s *app.Services) error {
		o, err := organisation(ctx, s, a.Org)
		if err != nil {
			return err
		}
		var roles []member.Role
		for _, r := range a.Role {
			roles = append(roles, member.Role(r))
		}
		u, err := s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: o.ID, Email: a.Email, Name: a.Name, Roles: roles, Locale: "zh-CN", Password: password})
		if err != nil {
			return err
		}
		return c.print(map[string]string{"id": u.ID}, func(w io.Writer) { fmt.Fprintln(w, u.ID) })
	})
}

type userListCmd struct {
	local `embed:""`
	Org   string `help:"Short name or id of the organisation." required:""`
}

// Help is the example.
func (userListCmd) Help() string { return "Example:\n  fengsui admin user list --org desk" }

// Run lists people.
func (a *userListCmd) Run(ctx context.Context, e *env, c *client) error {
	return a.with(ctx, e, func(_ app.Config, s *app.Services) error {
		o, err := organisation(ctx, s, a.Org)
		if err != nil {
			return err
		}
		as, err := s.Members.Accounts(ctx, member.System(), o.ID)
		if err != nil {
			return err
		}
		type row struct {
			ID    string        `json:"id"`
			Email string        `json:"email"`
			Name  string        `json:"name"`
			Roles []member.Role `json:"roles"`
		}
		rows := []row{}
		for _, x := range as {
			rows = append(rows, row{x.ID, x.Email, x.Name, x.Roles})
		}
		return c.print(map[string]any{"items": rows}, func(w io.Writer) {
			var lines [][]string
			for _, r := range rows {
				lines = append(lines, []string{r.Email, r.Name, fmt.Sprint(r.Roles), r.ID})
			}
			table(w, "E-MAIL | NAME | ROLES | ID", lines)
		})
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
	return a.with(ctx, e, func(_ app.Config, s *app.Services) error {
		u, err := s.Members.Account(ctx, a.User)
		if err != nil {
			return err
		}
		by := member.Actor{AccountID: u.ID, OrgID: u.OrgID, Name: u.Name, Roles: u.Roles, Via: "cli"}
		plain, _, err := s.Members.IssueToken(ctx, by, a.Name, a.Scope, time.Duration(a.Days)*24*time.Hour)
		if err != nil {
			return err
		}
		return c.print(map[string]string{"token": plain}, func(w io.Writer) { fmt.Fprintln(w, plain) })
	})
}

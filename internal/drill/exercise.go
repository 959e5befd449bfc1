// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/sandbox"
	"github.com/fengsui/fengsui/internal/web"
)

// An Exercise is a scenario on a platform of its own.
type Exercise struct {
	Scenario *Scenario
	App      *app.App

	s       *app.Services
	world   *sandbox.World
	clock   Clock
	id      string
	orgs    map[string]member.Org     // by slug
	people  map[string]member.Account // by key
	seats   map[string]bool           // people whom participants play
	reports map[string]string         // by the move that sent it
	moves   []timed
}

// A Clock can be moved.
type Clock interface {
	calendar.Clock
	Set(time.Time)
}

// Options of an exercise.
type Options struct {
	Clock   Clock
	Seats   []string // keys of people whom participants play: their moves are told, not done
	Version string   // of the program
	Log     *slog.Logger
}

// Open sets up s on the empty platform that c describes, marks all of it as an exercise, and lets the cast join. Only
// the cast receives anything: mails and webhooks go to a world inside this process. An exercise that c's data directory
// holds already is gone on with; a real platform there is refused.
func Open(ctx context.Context, c app.Config, s *Scenario, o Options) (_ *Exercise, err error) {
	x := &Exercise{Scenario: s, clock: o.Clock, orgs: map[string]member.Org{}, people: map[string]member.Account{}, seats: map[string]bool{}, reports: map[string]string{}, moves: s.schedule()}
	for _, key := range o.Seats {
		if _, _, ok := s.person(key); !ok {
			return nil, fmt.Errorf("nobody in the cast has the key %q", key)
		}
		x.seats[key] = true
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, x.Close())
		}
	}()
	if x.world, err = sandbox.Start(); err != nil {
		return nil, err
	}
	c = mark(c, s)
	c.Mail.Addr, c.Mail.TLS, c.Mail.User, c.Mail.Password, c.Webhook.AllowPrivate = x.world.MailAddr(), "none", "", "", true
	if x.s, err = app.Assemble(ctx, c, x.clock, o.Log); err != nil {
		return nil, err
	}
	x.App = app.New(c, x.s, o.Version)
	if err := x.begin(ctx); err != nil {
		return nil, err
	}
	return x, nil
}

// mark makes everything that a platform writes recognisable as an exercise: numbers, the log's name, texts.
func mark(c app.Config, s *Scenario) app.Config {
	c.Exercise, c.Prefix, c.Origin = s.Title.ZH+" / "+s.Title.EN, "EX", "exercise."+s.ID+".invalid"
	return c
}

// begin lets the cast join, or finds who has joined when the exercise is gone on with.
func (x *Exercise) begin(ctx context.Context) error {
	run, err := x.stored(ctx)
	switch {
	case err != nil:
		return err
	case run.id != "" && (run.scenario != x.Scenario.ID || run.version != x.Scenario.Version):
		return fmt.Errorf("this directory holds the exercise %s %s", run.scenario, run.version)
	case run.id != "":
		x.id = run.id
		return errors.Join(x.meet(ctx), x.resume(ctx))
	}
	if real, err := x.used(ctx); err != nil || real {
		return errors.Join(err, errors.New("an exercise needs a database of its own: this one is in use"))
	}
	if err := x.join(ctx); err != nil {
		return err
	}
	u, err := uuid.NewV7()
	if err != nil {
		return err
	}
	x.id = u.String()
	return x.store(ctx)
}

// Real refuses a platform whose database holds an exercise: run as a real one, nothing would say that it is none.
func Real(ctx context.Context, s *app.Services) error {
	run, err := (&Exercise{s: s}).stored(ctx)
	if err == nil && run.id != "" {
		err = fmt.Errorf("this database holds the exercise %s; 'fengsui drill serve' goes on with it", run.scenario)
	}
	return err
}

// Close ends what Open began; App.Stop, where the app was started, comes before.
func (x *Exercise) Close() error {
	var errs []error
	if x.s != nil && x.App != nil && x.App.Addr() == "" { // else App.Stop has closed it
		errs = append(errs, x.s.Close())
	}
	if x.world != nil {
		errs = append(errs, x.world.Close())
	}
	return errors.Join(errs...)
}

func (x *Exercise) join(ctx context.Context) error {
	for _, o := range x.Scenario.Cast {
		in := member.OrgInput{Slug: o.Slug, NameZH: o.Name.ZH, NameEN: o.Name.EN, Roles: o.Roles, Partner: o.Partner > 0, PartnerLevel: o.Partner, Sector: o.Sector, Region: "CN", Country: "CN",
			Email: "security@" + o.Slug + ".example", Phone: "010-5555-0199", Domains: []string{o.Slug + ".example"}}
		if o.Partner > 0 || o.Sector == "authority" {
			in.WebhookURL, in.WebhookSecret = x.world.HookURL(o.Slug), x.world.Secret()
		}
		org, err := x.s.Members.AddOrg(ctx, member.System(), in)
		if err != nil {
			return fmt.Errorf("%s: %w", o.Slug, err)
		}
		x.orgs[o.Slug] = org
		for _, p := range o.People {
			a, err := x.s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: org.ID, Email: p.Key + "@" + o.Slug + ".example", Name: p.Name.ZH, Roles: p.Roles, Locale: i18n.Chinese})
			if err != nil {
				return fmt.Errorf("%s: %w", p.Key, err)
			}
			x.people[p.Key] = a
		}
		for _, w := range o.Products {
			if err := x.register(ctx, o, org, w); err != nil {
				return fmt.Errorf("%s: %w", w.Name.EN, err)
			}
		}
	}
	return nil
}

func (x *Exercise) register(ctx context.Context, o Organisation, org member.Org, w Product) error {
	r, err := x.s.Products.Register(ctx, member.System(), product.Input{OrgID: org.ID, Vendor: o.Name.ZH, Name: w.Name.ZH, NameEN: w.Name.EN, Model: w.Model, Kind: w.Kind, PURL: w.PURL, Versions: []string{w.Version}})
	if err != nil || len(w.Contains) == 0 {
		return err
	}
	doc, err := w.cycloneDX()
	if err != nil {
		return err
	}
	_, err = x.s.Products.PushSBOM(ctx, member.System(), r.ID, w.Version, doc)
	return err
}

// as is the actor of a person of the cast.
func (x *Exercise) as(key string) member.Actor {
	a := x.people[key]
	for _, o := range x.orgs {
		if o.ID == a.OrgID {
			return member.Actor{AccountID: a.ID, OrgID: a.OrgID, Name: a.Name, Roles: a.Roles, OrgRoles: o.Roles, Via: "web", Locale: i18n.Chinese}
		}
	}
	return member.Actor{}
}

// Personas are the people of the cast, for whoever comes to choose a seat.
func (x *Exercise) Personas() *web.Demo {
	d := &web.Demo{}
	for _, o := range x.Scenario.Cast {
		for _, p := range o.People {
			icon := string(p.Roles[0])
			switch p.Roles[0] {
			case member.Engineer, member.OrgAdmin:
				icon = "engineer"
			case member.DutyOfficer:
				icon = "officer"
			case member.Auditor:
				icon = "supervisor"
			}
			d.Personas = append(d.Personas, web.Persona{AccountID: x.people[p.Key].ID, NameZH: p.Name.ZH + " · " + o.Name.ZH, NameEN: p.Name.EN + " · " + o.Name.EN, RoleZH: p.Seat.ZH, RoleEN: p.Seat.EN, Icon: icon})
		}
	}
	return d
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package demo is the Log4j2 case of 2021 with an invented cast, ready to click or to be played on a driven clock.
//
// Dates and technical facts of CVE-2021-44228 are those of the public record; every organisation and person is
// invented. Nothing is written past the verbs: what a visitor sees, the platform itself worked out.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/drill"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/sandbox"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
	"github.com/fengsui/fengsui/internal/web"
)

// A Demo is a platform with its cast, and the local world around it: a mail catcher and the authorities' receivers.
type Demo struct {
	App    *app.App
	s      *app.Services
	world  *sandbox.World
	orgs   map[string]member.Org     // by slug
	who    map[string]member.Account // by the person's key
	cast   []organisation
	drills drill.Pages
	story  *stage // what has become of the Log4j2 case
	lawKey string // signs law packs for this demo
	known  string // directory with what is publicly known
	clock  interface {
		calendar.Clock
		Set(time.Time)
	}
}

// at is a moment of the story, in Beijing time.
func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2021, month, day, hour, minute, 0, 0, calendar.Beijing())
}

// Begins reports why a demo cannot begin in a directory: it needs an empty one, or makes it.
func Begins(dir string) error {
	there, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(there) > 0:
		return fmt.Errorf("%s holds something already, and a demo begins in an empty directory", dir)
	}
	return nil
}

// New makes the demo, in the evening of 9 December 2021: the flaw has been reported, graded and matched, and a
// warning waits for its release. Smaller cases beside it stand at other stations.
func New(ctx context.Context, c app.Config, version string, log *slog.Logger) (*Demo, error) {
	clock := calendar.NewOffset(earlier)
	d := &Demo{clock: clock}
	if err := d.place(&c); err != nil {
		return nil, err
	}
	if err := d.open(ctx, c, version, log); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	scenes := slices.Concat(yearBefore(), tale(), sides(), affairs(), words(), receivers())
	slices.SortStableFunc(scenes, func(a, b scene) int { return a.at.Compare(b.at) })
	if err := d.live(ctx, scenes, at(time.December, 9, 19, 30), nil); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	d.App.Demo, d.App.More = &web.Demo{Personas: d.personas()}, d.routes
	return d, nil
}

// open starts the world around the platform, assembles it and lets the cast join.
func (d *Demo) open(ctx context.Context, c app.Config, version string, log *slog.Logger) (err error) {
	if d.world, err = sandbox.Start(); err != nil {
		return err
	}
	c.Mail.Addr, c.Mail.TLS, c.Webhook.AllowPrivate = d.world.MailAddr(), "none", true
	c.Publisher.Phone = "010-5555-0100"
	var trusted string
	if d.lawKey, trusted, err = lawpack.NewKey("laws.example"); err != nil {
		return err
	}
	c.LawPacks.TrustedKeys = append(c.LawPacks.TrustedKeys, trusted)
	if d.s, err = app.Assemble(ctx, c, d.clock, log); err != nil {
		return err
	}
	d.App = app.New(c, d.s, version)
	if err := d.join(ctx); err != nil {
		return fmt.Errorf("demo: the cast could not join: %w", err)
	}
	if err := d.register(ctx); err != nil {
		return fmt.Errorf("demo: the products could not be registered: %w", err)
	}
	return nil
}

// Close takes the world around the platform down; the platform itself is stopped by App.Stop.
func (d *Demo) Close() error {
	if d.world == nil {
		return nil
	}
	return d.world.Close()
}

func (d *Demo) join(ctx context.Context) error {
	d.cast, d.orgs, d.who = cast(), map[string]member.Org{}, map[string]member.Account{}
	if err := d.apart(); err != nil {
		return err
	}
	for _, o := range d.cast {
		in := member.OrgInput{Slug: o.slug, NameZH: o.zh, NameEN: o.en, Roles: o.roles, Partner: o.level > 0, PartnerLevel: o.level, Sector: o.sector,
			Region: "CN", Country: "CN", Email: "security@" + o.slug + ".example", Phone: "010-5555-0199", Domains: []string{o.slug + ".example"}}
		if in.Partner && o.people != nil || o.sector == "authority" {
			in.WebhookURL, in.WebhookSecret = d.world.HookURL(o.slug), d.world.Secret()
		}
		org, err := d.s.Members.AddOrg(ctx, member.System(), in)
		if err != nil {
			return fmt.Errorf("%s: %w", o.slug, err)
		}
		d.orgs[o.slug] = org
		for _, x := range o.people {
			a, err := d.s.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: org.ID, Email: x.key + "@" + o.slug + ".example", Name: x.zh, Roles: x.roles, Locale: "zh-CN"})
			if err != nil {
				return fmt.Errorf("%s: %w", x.key, err)
			}
			d.who[x.key] = a
		}
	}
	return nil
}

func (d *Demo) register(ctx context.Context) error {
	for _, w := range wares() {
		x, err := d.s.Products.Register(ctx, member.System(), product.Input{OrgID: d.orgs[w.org].ID, Vendor: w.vendor, Name: w.zh, NameEN: w.en, Model: w.model, Kind: w.kind,
			PURL: w.purl, Versions: []string{w.version}})
		if err != nil {
			return fmt.Errorf("%s: %w", w.en, err)
		}
		if w.format == "" {
			continue
		}
		doc, err := w.document()
		if err != nil {
			return err
		}
		if w.format == "private" {
			err = d.hide(ctx, x, w.version, doc)
		} else {
			_, err = d.s.Products.PushSBOM(ctx, member.System(), x.ID, w.version, doc)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", w.en, err)
		}
	}
	return nil
}

// hide pushes a component list as its owner's machine would: in salted hashes.
func (d *Demo) hide(ctx context.Context, p product.Product, version string, doc []byte) error {
	by := d.as("engineer")
	salt, err := d.s.Products.PrivateSalt(ctx, by)
	if err != nil {
		return err
	}
	parts, _, err := product.Private(salt, doc)
	if err != nil {
		return err
	}
	_, err = d.s.Products.PushPrivate(ctx, by, p.ID, version, parts)
	return err
}

// as is the actor of a person of the cast.
func (d *Demo) as(key string) member.Actor {
	a := d.who[key]
	for _, o := range d.orgs {
		if o.ID == a.OrgID {
			return member.Actor{AccountID: a.ID, OrgID: a.OrgID, Name: a.Name, Roles: a.Roles, OrgRoles: o.Roles, Via: "web", Locale: "zh-CN"}
		}
	}
	return member.Actor{}
}

// personas are those a visitor can be with one click.
func (d *Demo) personas() []web.Persona {
	var out []web.Persona
	for _, x := range []struct{ key, roleZH, roleEN, icon string }{
		{"provider", "产品提供者 · 安全应急响应", "Provider · PSIRT", "provider"},
		{"analyst", "平台 · 研判人员", "Platform · analyst", "analyst"},
		{"officer", "平台 · 值班长", "Platform · duty officer", "officer"},
		{"deputy", "平台 · 副值班长（双人放行）", "Platform · second duty officer", "officer"},
		{"engineer", "合作单位 · 安全工程师", "Partner unit · security engineer", "engineer"},
		{"finder", "安全企业 · 发现者", "Security company · finder", "finder"},
		{"upstream", "上游组件提供者", "Upstream provider", "provider"},
		{"reviewer", "平台 · 复核人员", "Platform · reviewer", "analyst"},
		{"supervisor", "平台 · 监管人员", "Platform · supervisor", "supervisor"},
		{"qingqiong", "合作单位 · 正在被核查", "Partner unit · under inquiry", "provider"},
		{"auditor", "平台 · 审计人员", "Platform · auditor", "supervisor"},
		{"administrator", "平台 · 系统管理", "Platform · administrator", "administrator"},
	} {
		for _, o := range d.cast {
			for _, p := range o.people {
				if p.key == x.key {
					out = append(out, web.Persona{AccountID: d.who[x.key].ID, NameZH: p.zh + " · " + o.zh, NameEN: p.en + " · " + o.en, RoleZH: x.roleZH, RoleEN: x.roleEN, Icon: x.icon})
				}
			}
		}
	}
	return out
}

// settle lets everything that follows from the last act happen: steps, evidence, deliveries.
func (d *Demo) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := d.s.Jobs.Idle(ctx); err != nil {
		return err
	}
	if _, err := d.s.Sender.Drain(ctx); err != nil {
		return err
	}
	_, err := d.s.Evidence.Integrate(ctx)
	return err
}

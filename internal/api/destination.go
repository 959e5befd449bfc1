// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
)

// Destination is a place where your organisation is reached.
type Destination struct {
	ID          string            `json:"id" doc:"email and webhook are the main addresses of the organisation"`
	Channel     string            `json:"channel"`
	Label       string            `json:"label,omitempty"`
	Address     string            `json:"address"`
	Types       []string          `json:"types,omitempty"`
	Certificate string            `json:"certificate,omitempty"`
	Live        bool              `json:"live" doc:"messages go there"`
	Paused      bool              `json:"paused,omitempty"`
	FormerUntil time.Time         `json:"former_secret_until,omitzero"`
	Told        map[string]string `json:"told" doc:"when it is told of each class: now, hourly, daily, none"`
	Health      *Health           `json:"health,omitempty"`
	Secret      string            `json:"secret,omitempty" doc:"of a new or rotated webhook, this once"`
}

// Health is what came of the newest test of a destination.
type Health struct {
	State      string    `json:"state" enum:"untested,waiting,answered,silent,failed"`
	AskedAt    time.Time `json:"asked_at"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	FailedAt   time.Time `json:"failed_at,omitzero"`
	Status     int       `json:"status,omitempty" doc:"HTTP or SMTP status of the newest try"`
	Took       int64     `json:"took_ms,omitempty"`
	Detail     string    `json:"detail,omitempty"`
}

// Pace is when what is not mandatory is told.
type Pace struct {
	Zone    string `json:"zone" maxLength:"64" doc:"IANA time zone"`
	Quiet   bool   `json:"quiet"`
	From    string `json:"from" maxLength:"5" doc:"quiet from, 22:00"`
	Until   string `json:"until" maxLength:"5"`
	Daily   string `json:"daily" maxLength:"5" doc:"of the daily digest"`
	PerHour int    `json:"per_hour" minimum:"1" maximum:"100"`
}

// DestinationInput is what you say of a destination.
type DestinationInput struct {
	Channel     string   `json:"channel,omitempty" enum:"email,webhook,dingtalk,wecom,feishu,slack,teams,sms" doc:"of a new one; it stays"`
	Label       string   `json:"label,omitempty" maxLength:"100"`
	Address     string   `json:"address" maxLength:"500"`
	Secret      string   `json:"secret,omitempty" maxLength:"100" doc:"of a robot"`
	Certificate string   `json:"certificate,omitempty" maxLength:"65536" doc:"S/MIME certificate in PEM or OpenPGP public key in ASCII armour"`
	Types       []string `json:"types,omitempty" maxItems:"20"`
	Paused      bool     `json:"paused,omitempty"`
}

// Choice says when a destination is told of a class.
type Choice struct {
	Target string `json:"target" maxLength:"64"`
	Class  string `json:"class" enum:"mandatory,prompt,digest"`
	How    string `json:"how" enum:"now,hourly,daily,none"`
}

// Preferences are choices and the pace; what is left out stays.
type Preferences struct {
	Choices []Choice `json:"choices,omitempty" maxItems:"70"`
	Pace    *Pace    `json:"pace,omitempty"`
}

// Destinations are all the places where your organisation is reached.
type Destinations struct {
	Items []Destination `json:"items" nullable:"false"`
	Pace  Pace          `json:"pace"`
}

// Unreached is a member at whose addresses nobody is reached.
type Unreached struct {
	OrgID    string    `json:"org"`
	Cut      bool      `json:"cut" doc:"no other place works"`
	Troubles []Trouble `json:"troubles" nullable:"false"`
}

// Trouble is one such address, by its channel.
type Trouble struct {
	Target  string    `json:"target"`
	Channel string    `json:"channel"`
	Why     string    `json:"why" enum:"failed,silent,no-address"`
	Since   time.Time `json:"since,omitzero"`
}

func destinationsOf(p i18n.Printer, r destination.Reach) Destinations {
	out := Destinations{Items: []Destination{}, Pace: Pace{r.Pace.Zone, r.Pace.Quiet, minuteText(r.Pace.From), minuteText(r.Pace.Until), minuteText(r.Pace.Daily), r.Pace.PerHour}}
	add := func(d Destination) {
		d.Told = map[string]string{}
		for _, c := range destination.Classes {
			d.Told[string(c)] = string(r.Choices.How(d.ID, d.Channel, c))
		}
		if h, ok := r.Health[d.ID]; ok {
			t := r.Tries[d.ID]
			d.Health = &Health{string(h.At(r.At)), h.AskedAt, h.AnsweredAt, h.FailedAt, t.Status, t.Took.Milliseconds(), t.Why.In(p)}
		}
		out.Items = append(out.Items, d)
	}
	if r.Email != "" {
		add(Destination{ID: destination.MainEmail, Channel: destination.MainEmail, Address: r.Email, Certificate: r.Certificate, Live: true})
	}
	if r.WebhookURL != "" {
		add(Destination{ID: destination.MainWebhook, Channel: destination.MainWebhook, Address: r.WebhookURL, Live: true, FormerUntil: r.FormerUntil})
	}
	for _, d := range r.Destinations {
		add(destinationOf(d))
	}
	return out
}

func destinationOf(d destination.Destination) Destination {
	return Destination{ID: d.ID, Channel: d.Channel, Label: d.Label, Address: d.Address, Types: d.Types, Certificate: d.Certificate, Live: d.Live(), Paused: !d.PausedAt.IsZero(), FormerUntil: d.FormerUntil}
}

func minuteText(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }

// minuteOf is the minute of the day of "22:30"; of anything else one that is refused.
func minuteOf(s string) int {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return -1
	}
	return t.Hour()*60 + t.Minute()
}

func (i DestinationInput) in() destination.Input {
	return destination.Input{Channel: i.Channel, Label: i.Label, Address: i.Address, Secret: i.Secret, Certificate: i.Certificate, Types: i.Types}
}

// told is one destination as the list shows it, with a secret that is shown once.
func (s *Server) told(ctx context.Context, by member.Actor, id, secret string) (*reply[Destination], error) {
	r, err := s.Destinations.Reach(ctx, by)
	if err != nil {
		return nil, err
	}
	for _, d := range destinationsOf(printer(ctx), r).Items {
		if d.ID == id {
			d.Secret = secret
			return &reply[Destination]{d}, nil
		}
	}
	return nil, fmt.Errorf("destination %s is gone", id)
}

func (s *Server) destinationList(ctx context.Context, by member.Actor, _ *struct{}) (*reply[Destinations], error) {
	r, err := s.Destinations.Reach(ctx, by)
	return answer(destinationsOf(printer(ctx), r), err)
}

func (s *Server) destinationAdd(ctx context.Context, by member.Actor, in *body[DestinationInput]) (*reply[Destination], error) {
	d, secret, err := s.Destinations.Add(ctx, by, in.Body.in())
	if err != nil {
		return nil, err
	}
	return s.told(ctx, by, d.ID, secret)
}

func (s *Server) destinationChange(ctx context.Context, by member.Actor, in *withBody[DestinationInput]) (*reply[Destination], error) {
	d, err := s.Destinations.Change(ctx, by, in.ID, in.Body.in(), in.Body.Paused)
	if err != nil {
		return nil, err
	}
	return s.told(ctx, by, d.ID, "")
}

func (s *Server) destinationRotate(ctx context.Context, by member.Actor, in *ByID) (*reply[Destination], error) {
	if in.ID == destination.MainWebhook {
		_, secret, err := s.Members.RotateSecret(ctx, by)
		if err != nil {
			return nil, err
		}
		return s.told(ctx, by, in.ID, secret)
	}
	d, secret, err := s.Destinations.Rotate(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	return s.told(ctx, by, d.ID, secret)
}

func (s *Server) destinationTest(ctx context.Context, by member.Actor, in *ByID) (*reply[Destination], error) {
	if _, err := s.Destinations.Test(ctx, by, in.ID); err != nil {
		return nil, err
	}
	return s.told(ctx, by, in.ID, "")
}

func (s *Server) destinationRemove(ctx context.Context, by member.Actor, in *ByID) (*none, error) {
	return nil, s.Destinations.Remove(ctx, by, in.ID)
}

func (s *Server) destinationChoose(ctx context.Context, by member.Actor, in *body[Preferences]) (*reply[Destinations], error) {
	var p *destination.Pace
	if x := in.Body.Pace; x != nil {
		p = &destination.Pace{Zone: x.Zone, Quiet: x.Quiet, From: minuteOf(x.From), Until: minuteOf(x.Until), Daily: minuteOf(x.Daily), PerHour: x.PerHour}
	}
	err := s.Destinations.Choose(ctx, by, each(in.Body.Choices, func(c Choice) destination.Choice {
		return destination.Choice{Target: c.Target, Class: destination.Class(c.Class), How: destination.How(c.How)}
	}), p)
	if err != nil {
		return nil, err
	}
	return s.destinationList(ctx, by, nil)
}

func (s *Server) reachability(ctx context.Context, by member.Actor, in *Page) (*reply[list[Unreached]], error) {
	ls, next, err := s.Destinations.Unreached(ctx, by, in.After, in.Limit)
	return answer(lists(ls, next, func(l destination.Lost) Unreached {
		return Unreached{l.Org.ID, l.Cut, each(l.Troubles, func(t destination.Trouble) Trouble { return Trouble{t.Target, t.Channel, t.Why, t.Since} })}
	}), err)
}

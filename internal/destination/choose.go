// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// A Choice says when a target is told of a class of messages.
type Choice struct {
	Target string // MainEmail, MainWebhook or a destination's id
	Class  Class
	How    How
}

// Choices are what an organisation has chosen, by target and class.
type Choices map[string]map[Class]How

// How is what holds for a target on a channel: what was chosen, or what is usual.
func (cs Choices) How(target, channel string, c Class) How {
	if how, ok := cs[target][c]; ok {
		return how
	}
	return Usual(channel, c)
}

func choices(ctx context.Context, tx *db.Tx, orgID string) (Choices, error) {
	rows, err := db.List(ctx, tx, func(r db.Row) (c Choice, err error) { return c, r.Scan(&c.Target, &c.Class, &c.How) },
		`SELECT target, class, how FROM destination_choice WHERE org_id = $1`, orgID)
	out := Choices{}
	for _, c := range rows {
		out.set(c)
	}
	return out, err
}

func (cs Choices) set(c Choice) {
	if cs[c.Target] == nil {
		cs[c.Target] = map[Class]How{}
	}
	cs[c.Target][c.Class] = c.How
}

// Chosen: a member said when it wants to be told of what.
type Chosen struct {
	OrgID   string   `json:"org"`
	Changed []string `json:"changed"` // "email/digest", "pace"
}

// Kind is the stored name.
func (Chosen) Kind() string { return "destination.chosen" }

// About puts it on the organisation's time line.
func (e Chosen) About() event.About { return event.About{Subjects: []string{"org/" + e.OrgID}} }

// Choose says when the actor's organisation is told of what, and where. What is mandatory can be sent elsewhere, not
// muted: a place must be left that is told of it (Conflict). Targets and classes that cs does not name stay as they are;
// p stays when it is nil. For the organisation's administrator. Faults: Invalid, Conflict.
func (s *Service) Choose(ctx context.Context, by member.Actor, cs []Choice, p *Pace) error {
	if err := own(by); err != nil {
		return fmt.Errorf("choose: %w", err)
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		org, err := lockOrg(ctx, tx, by.OrgID)
		if err != nil {
			return err
		}
		ds, err := s.ofOrg(ctx, tx, by.OrgID)
		if err != nil {
			return err
		}
		if err := checkChoices(cs, p, ds); err != nil {
			return err
		}
		changed, err := keepChoices(ctx, tx, by.OrgID, cs, ds)
		if err != nil {
			return err
		}
		if p != nil {
			had, err := pace(ctx, tx, by.OrgID)
			if err != nil {
				return err
			}
			if had.rule() != p.rule() || had.PerHour != p.PerHour {
				changed = append(changed, "pace")
				if _, err := tx.Exec(ctx, `INSERT INTO destination_pace (org_id, rule, per_hour) VALUES ($1, $2, $3)
					ON CONFLICT (org_id) DO UPDATE SET rule = excluded.rule, per_hour = excluded.per_hour`, by.OrgID, p.rule(), p.PerHour); err != nil {
					return err
				}
			}
		}
		if len(changed) == 0 {
			return nil
		}
		if err := s.someoneLeft(ctx, tx, by.OrgID, org); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Chosen{by.OrgID, changed})
		return err
	})
	if err != nil {
		return fmt.Errorf("choose: %w", err)
	}
	return nil
}

func checkChoices(cs []Choice, p *Pace, ds []Destination) error {
	var f fault.Check
	seen := map[Choice]bool{}
	for _, c := range cs {
		known := c.Target == MainEmail || c.Target == MainWebhook || slices.ContainsFunc(ds, func(d Destination) bool { return d.ID == c.Target })
		f.That(known, "target", "destination.rule.target", MainEmail)
		f.That(slices.Contains(Classes, c.Class), "class", "rule.one-of", string(Digest), words(Classes))
		f.That(slices.Contains(c.Class.Ways(), c.How), "how", "destination.rule.how-"+string(plain(c.Class)), string(Now), words(c.Class.Ways()))
		key := Choice{Target: c.Target, Class: c.Class}
		f.That(!seen[key], "target", "destination.rule.chosen-twice", "")
		seen[key] = true
	}
	if p != nil {
		_, err := time.LoadLocation(p.Zone)
		f.That(err == nil && p.Zone != "" && p.Zone != "Local" && len(p.Zone) <= 64 && !strings.Contains(p.Zone, "|"), "zone", "destination.rule.zone", "Asia/Shanghai")
		for _, m := range []struct {
			name string
			v    int
		}{{"from", p.From}, {"until", p.Until}, {"daily", p.Daily}} {
			f.That(m.v >= 0 && m.v < 24*60 && m.v%30 == 0, m.name, "destination.rule.minute", "22:30")
		}
		f.That(!p.Quiet || p.From != p.Until, "until", "destination.rule.all-day", "07:00")
		f.That(p.PerHour >= 1 && p.PerHour <= 100, "per_hour", "destination.rule.per-hour", "10", 1, 100)
	}
	return f.Err()
}

// plain is the class, or any other where the class is unknown.
func plain(c Class) Class {
	if c == Mandatory {
		return Mandatory
	}
	return "other"
}

func words[T ~string](vs []T) string {
	out := make([]string, len(vs))
	for i, v := range vs {
		out[i] = string(v)
	}
	return strings.Join(out, ", ")
}

// keepChoices stores what differs and returns the names of it. What is usual again is forgotten.
func keepChoices(ctx context.Context, tx *db.Tx, orgID string, cs []Choice, ds []Destination) (changed []string, err error) {
	had, err := choices(ctx, tx, orgID)
	if err != nil {
		return nil, err
	}
	for _, c := range cs {
		channel := c.Target
		if i := slices.IndexFunc(ds, func(d Destination) bool { return d.ID == c.Target }); i >= 0 {
			channel = ds[i].Channel
		}
		if had.How(c.Target, channel, c.Class) == c.How {
			continue
		}
		changed = append(changed, c.Target+"/"+string(c.Class))
		if _, err := tx.Exec(ctx, `DELETE FROM destination_choice WHERE org_id = $1 AND target = $2 AND class = $3`, orgID, c.Target, string(c.Class)); err != nil {
			return nil, err
		}
		if c.How == Usual(channel, c.Class) {
			continue
		}
		if err := db.Bulk(ctx, tx, `destination_choice (org_id, target, class, how)`, "", [][]any{{orgID, c.Target, string(c.Class), string(c.How)}}); err != nil {
			return nil, err
		}
	}
	return changed, nil
}

// channelOf is the channel of a target; "" of one that is not there.
func channelOf(ctx context.Context, tx *db.Tx, orgID, target string) (string, error) {
	if target == MainEmail || target == MainWebhook {
		return target, nil
	}
	if uuid.Validate(target) != nil {
		return "", nil
	}
	rows, err := db.List(ctx, tx, db.Value[string], `SELECT channel FROM destination WHERE id = $1 AND org_id = $2`, target, orgID)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0], nil
}

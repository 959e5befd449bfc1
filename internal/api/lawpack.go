// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

// LawPack is one version of one regime as data.
type LawPack struct {
	Pack       string    `json:"pack" doc:"regime@version, as duties name it"`
	Regime     string    `json:"regime"`
	Version    string    `json:"version"`
	Law        string    `json:"law"`
	Title      string    `json:"title"`
	Status     string    `json:"status" enum:"in_force,proposed,repealed"`
	From       string    `json:"from,omitempty" doc:"first day, in the zone of the law"`
	To         string    `json:"to,omitempty" doc:"the day after the last one"`
	Zone       string    `json:"zone"`
	Confidence string    `json:"confidence" enum:"found,secondary,memory" doc:"how surely the text is known"`
	Source     string    `json:"source"`
	Note       string    `json:"note,omitempty"`
	Digest     string    `json:"digest" doc:"hex(SHA-256) of the file"`
	Duties     []LawDuty `json:"duties" nullable:"false"`
}

// LawDuty is one thing that a law asks of a role.
type LawDuty struct {
	Duty       string   `json:"duty" doc:"stored name"`
	Name       string   `json:"name"`
	Text       string   `json:"text"`
	Source     string   `json:"source" doc:"law and article"`
	Article    string   `json:"article,omitempty"`
	Roles      []string `json:"roles" nullable:"false"`
	Force      string   `json:"force" enum:"mandatory,contractual,encouraged,policy"`
	When       string   `json:"when,omitempty" doc:"every fact is one of these"`
	Unless     string   `json:"unless,omitempty" doc:"no fact is one of these"`
	Due        string   `json:"due" doc:"by when, in words"`
	Kind       string   `json:"kind"`
	Confidence string   `json:"confidence" enum:"found,secondary,memory"`
}

func lawPackOf(p i18n.Printer, x *lawpack.Pack) LawPack {
	return LawPack{Pack: x.Ref(), Regime: x.Regime, Version: x.Version, Law: x.Law, Title: x.Title.In(p), Status: string(x.Status), From: x.Effective.From.String(), To: x.Effective.To.String(),
		Zone: x.Zone, Confidence: string(x.Confidence), Source: x.Source, Note: x.Note.In(p), Digest: lawpack.Digest(x.Text()),
		Duties: each(x.Duties, func(d *lawpack.Duty) LawDuty {
			return LawDuty{Duty: d.Key(), Name: d.Name.In(p), Text: d.Text.In(p), Source: d.Source(p), Article: d.Article, Force: string(d.Force), When: d.When.String(), Unless: d.Unless.String(),
				Roles: each(d.Roles, func(r lawpack.Role) string { return string(r) }), Due: d.By(p), Kind: string(d.Due.Kind), Confidence: string(d.Confidence)}
		})}
}

type lawPackListInput struct {
	At       time.Time `query:"at" doc:"for what happens then; now when left out"`
	Upcoming bool      `query:"upcoming" doc:"what is proposed or begins later, instead of what is in force"`
}

func (s *Server) lawPackList(ctx context.Context, _ member.Actor, in *lawPackListInput) (*reply[list[LawPack]], error) {
	set, err := s.Rulebook.Current(ctx)
	if err != nil {
		return nil, err
	}
	if in.At.IsZero() {
		in.At = s.Clock.Now()
	}
	packs := set.InForce(in.At)
	if in.Upcoming {
		packs = set.Upcoming(in.At)
	}
	return answer(lists(packs, "", func(x *lawpack.Pack) LawPack { return lawPackOf(printer(ctx), x) }), nil)
}

// ByPack names a pack.
type ByPack struct {
	Pack string `path:"pack" maxLength:"200" doc:"regime@version, or the regime alone for the version that counts now"`
}

func (s *Server) lawPackGet(ctx context.Context, _ member.Actor, in *ByPack) (*reply[LawPack], error) {
	x, err := s.Rulebook.Published(ctx, in.Pack, s.Clock.Now())
	if err != nil {
		return nil, err
	}
	return answer(lawPackOf(printer(ctx), x), nil)
}

func (s *Server) lawPackText(ctx context.Context, _ member.Actor, in *ByPack) (*fileReply, error) {
	x, err := s.Rulebook.Published(ctx, in.Pack, s.Clock.Now())
	if err != nil {
		return nil, err
	}
	return &fileReply{"application/octet-stream", `attachment; filename="` + x.Regime + "-" + x.Version + `.yaml"`, x.Text()}, nil
}

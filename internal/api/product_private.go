// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
)

// PrivateSalt is what an organisation hides its components with.
type PrivateSalt struct {
	Salt string `json:"salt" doc:"32 bytes in base64"`
}

func (s *Server) privateSalt(ctx context.Context, by member.Actor, _ *struct{}) (*reply[PrivateSalt], error) {
	salt, err := s.Products.PrivateSalt(ctx, by)
	return answer(PrivateSalt{base64.StdEncoding.EncodeToString(salt)}, err)
}

// NewPrivateList says in hashes what a product's version is made of.
type NewPrivateList struct {
	Version    string   `json:"version" maxLength:"200" doc:"of the product"`
	Recipe     int      `json:"recipe,omitempty" doc:"by which the parts were made (docs/private-inventory.md); absent means 1"`
	Components int      `json:"components,omitempty" doc:"that the parts are about: from recipe 2 on a component has a part for each of its names"`
	Parts      []string `json:"parts" nullable:"false" doc:"64 hexadecimal digits each: the first 16 bytes of HMAC-SHA256(salt, ecosystem NUL name), then those of HMAC-SHA256(salt, ecosystem NUL name NUL release NUL version)"`
}

// PrivateList is a component list in hashes.
type PrivateList struct {
	ID         string    `json:"id"`
	Version    string    `json:"version" doc:"of the product"`
	SHA256     string    `json:"sha256" doc:"of all parts in order"`
	Recipe     int       `json:"recipe" doc:"by which the parts were made; sent again by a later one, a list meets more"`
	Components int       `json:"components"`
	Parts      int       `json:"parts"`
	Current    bool      `json:"current"`
	At         time.Time `json:"at"`
}

func privateListOf(l product.PrivateList) PrivateList {
	return PrivateList{l.ID, l.Version, l.SHA256, l.Recipe, l.Components, l.Parts, l.Current, l.At}
}

func (s *Server) privatePush(ctx context.Context, by member.Actor, in *withBody[NewPrivateList]) (*reply[PrivateList], error) {
	parts, err := match.ParsePrivate(in.Body.Parts)
	if err != nil {
		return nil, err
	}
	l, err := s.Products.PushPrivate(ctx, by, in.ID, in.Body.Version, product.PrivateContents{Recipe: in.Body.Recipe, Components: in.Body.Components, Parts: parts})
	return answer(privateListOf(l), err)
}

// PrivateFindings is what is known of the private lists of a product.
type PrivateFindings struct {
	Lists []PrivateList    `json:"lists" nullable:"false"`
	Items []PrivateFinding `json:"items" nullable:"false" doc:"affected first"`
}

// PrivateFinding is a hit of a private list.
type PrivateFinding struct {
	Version       string `json:"version" doc:"of the product"`
	Ecosystem     string `json:"ecosystem" doc:"of the component; cpe for what goes by its CPE, ware for a vendor's product"`
	Component     string `json:"component"`
	Found         string `json:"found,omitempty" doc:"its version; absent when the platform cannot tell which it is"`
	Vulnerability string `json:"vulnerability"`
	Title         string `json:"title,omitempty"`
	Severity      string `json:"severity,omitempty"`
	Verdict       string `json:"verdict" enum:"affected,check"`
	Range         string `json:"range,omitempty"`
	Note          string `json:"note,omitempty"`
}

func privateFindingOf(p i18n.Printer) func(match.PrivateFinding) PrivateFinding {
	return func(f match.PrivateFinding) PrivateFinding {
		out := PrivateFinding{f.Version, f.Ecosystem, f.Name, f.Found, f.Record, f.Title, string(f.Severity), string(f.Verdict), f.Range, ""}
		if f.Note != "" {
			out.Note = p.T(f.Note)
		}
		return out
	}
}

func (s *Server) privateFindings(ctx context.Context, by member.Actor, in *ByID) (*reply[PrivateFindings], error) {
	ls, err := s.Products.PrivateLists(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	fs, err := s.Matches.PrivateOf(ctx, by, in.ID)
	return answer(PrivateFindings{each(ls, privateListOf), each(fs, privateFindingOf(printer(ctx)))}, err)
}

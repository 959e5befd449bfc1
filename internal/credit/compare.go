// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/spec/cve"
	"github.com/fengsui/fengsui/internal/spec/orgname"
)

// Confidence says how sure it is that a record names a member as the finder.
type Confidence string

// The confidences, the surest first.
const (
	Exact    Confidence = "exact"    // one of its names, with nothing that speaks against it
	Likely   Confidence = "likely"   // a person of it by a public record, or it issued the record itself
	Possible Confidence = "possible" // something resembles it
)

// Confidences lists them in the order in which they are shown.
var Confidences = []Confidence{Exact, Likely, Possible}

func (c Confidence) rank() int { return slices.Index(Confidences, c) }

// What may speak against a sign.
const (
	ButShort       = "short"       // the name is too short to stand alone, and nothing else in the record speaks for it
	ButGeneric     = "generic"     // the name consists of words that many have
	ButAmbiguous   = "ambiguous"   // another member has the same name
	ButChannel     = "channel"     // it stands where the programme is named through which a find came in
	ButCoordinator = "coordinator" // it is thanked for the coordination
	ButDocument    = "document"    // it is thanked for an advisory with several flaws, not for this one
	ButDisputed    = "disputed"    // the member says that the person does not work for it
	ButUndated     = "undated"     // the record says nothing of when the person worked where, as the find has no date
)

// A Sign is one place of one record that seems to name a member, and everything about why.
type Sign struct {
	RecordID   string     `json:"record"`
	Format     string     `json:"format"`
	Record     string     `json:"record_name"`
	SHA256     string     `json:"sha256"`
	Field      string     `json:"field"`
	Text       string     `json:"text"`  // what stands there
	Party      string     `json:"party"` // the stretch of it that was compared
	Rule       string     `json:"rule"`
	Name       string     `json:"name"` // of the member, with which it was compared
	NameID     string     `json:"name_id,omitempty"`
	Source     string     `json:"source,omitempty"` // of an affiliation: where it was published
	Role       string     `json:"role,omitempty"`
	Confidence Confidence `json:"confidence"`
	But        []string   `json:"but,omitempty"` // what speaks against it
	strong     bool       // a name that stands alone
	org        int
}

// compare looks for members in a record, and returns the signs by the member's index.
func (x *index) compare(r Record) map[int][]Sign {
	out := map[int][]Sign{}
	add := func(s Sign) {
		for i, have := range out[s.org] {
			if have.Field == s.Field && have.Name == s.Name {
				if s.Confidence.rank() < have.Confidence.rank() {
					out[s.org][i] = s
				}
				return
			}
		}
		out[s.org] = append(out[s.org], s)
	}
	for _, t := range r.Thanks {
		if t.silent() {
			continue
		}
		for _, s := range x.signs(t, r.PublicAt) {
			s.RecordID, s.Format, s.Record, s.SHA256 = r.ID, r.Format, r.Name, r.SHA256
			add(s)
		}
	}
	for _, i := range r.Issuers {
		for _, h := range x.find(party{text: i.Name}, time.Time{}) {
			if h.rule == RuleName || h.rule == RuleTeam {
				add(Sign{RecordID: r.ID, Format: r.Format, Record: r.Name, SHA256: r.SHA256, Field: i.Field, Text: i.Name, Party: i.Name, Rule: RuleAssigner, Name: h.name, NameID: h.id, Confidence: Likely, org: h.org})
			}
		}
	}
	for org, ss := range out {
		out[org] = weigh(ss)
	}
	return out
}

// silent reports whether a credit is for something else than the find.
func (t Thanks) silent() bool {
	return slices.Contains([]string{cve.RemediationDeveloper, cve.RemediationReviewer, cve.RemediationVerifier, cve.Sponsor, cve.Tool}, t.Role)
}

// signs are the members that one credit may mean.
func (x *index) signs(t Thanks, at time.Time) (out []Sign) {
	ps := parties(t.Text)
	if t.Org != "" || t.Names != nil {
		ps = nil
		if t.Org != "" {
			ps = append(ps, parties(t.Org)...)
		}
		for _, n := range t.Names {
			ps = append(ps, parties(n)...)
		}
	}
	for _, l := range t.Links {
		l = strings.TrimPrefix(l, "mailto:")
		for _, p := range parties(l) {
			if p.as == address {
				ps = append(ps, p)
			}
		}
	}
	for _, p := range ps {
		hits := x.find(p, at)
		for _, h := range hits {
			s := Sign{Field: t.Field, Text: t.Text, Party: p.text, Rule: h.rule, Name: h.name, NameID: h.id, Role: t.Role, org: h.org, Confidence: Possible}
			switch h.rule {
			case RuleName, RuleTeam, RuleDomain:
				s.Confidence = Exact
			case RuleAffiliation:
				s.Confidence, s.Source = Likely, h.aff.Source
				if h.aff.Disputed() {
					s.But = append(s.But, ButDisputed)
				}
				if at.IsZero() && (!h.aff.From.IsZero() || !h.aff.Until.IsZero()) {
					s.But = append(s.But, ButUndated)
				}
			}
			s.strong = h.rule == RuleDomain
			if h.rule == RuleName || h.rule == RuleTeam {
				switch {
				case orgname.Generic(h.name):
					s.But = append(s.But, ButGeneric)
				case orgname.Short(h.name) && orgname.Key(p.text) == strings.Join(orgname.Tokens(p.text), "") && h.rule == RuleName:
					s.But = append(s.But, ButShort) // neither a legal form nor a part of the house stands with it
				default:
					s.strong = true
				}
			}
			if others(hits, h) {
				s.But = append(s.But, ButAmbiguous)
			}
			if p.channel {
				s.But = append(s.But, ButChannel)
			}
			if t.Role == cve.Coordinator {
				s.But = append(s.But, ButCoordinator)
			}
			if t.Whole {
				s.But = append(s.But, ButDocument)
			}
			out = append(out, s)
		}
	}
	return out
}

// others reports whether another member was found by the same rule.
func others(hits []hit, h hit) bool {
	return slices.ContainsFunc(hits, func(o hit) bool { return o.org != h.org && o.rule == h.rule })
}

// weigh sets each sign's confidence by what speaks against it. A short or generic name counts when the record has a
// second sign for the same member: a name that stands alone, an address, or a person.
func weigh(ss []Sign) []Sign {
	for i := range ss {
		s := &ss[i]
		second := slices.ContainsFunc(ss, func(o Sign) bool {
			return o.Name != s.Name && (o.strong || o.Rule == RuleAffiliation && !slices.Contains(o.But, ButDisputed))
		})
		if second {
			s.But = slices.DeleteFunc(s.But, func(b string) bool { return b == ButShort || b == ButGeneric })
		}
		if len(s.But) > 0 {
			s.Confidence = Possible
		}
	}
	slices.SortStableFunc(ss, func(a, b Sign) int { return a.Confidence.rank() - b.Confidence.rank() })
	return ss
}

// best is the surest of the signs' confidences.
func best(ss []Sign) Confidence {
	c := Possible
	for _, s := range ss {
		if s.Confidence.rank() < c.rank() {
			c = s.Confidence
		}
	}
	return c
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package assessment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/openvex"
)

// Limits of what a person says, in characters.
const (
	maxReason  = 4000
	maxVersion = 200
	maxPart    = 512 // of a component's ecosystem and name
)

// Input is what a person says.
type Input struct {
	ProductID     string
	Version       string    // "" for every version
	Vuln          string    // by any of its names
	PURL          string    // of a component, with or without a version; "" for the product as a whole, or Component
	Component     Component // as the directory names it
	Status        Status
	Justification Justification // of NotAffected
	Reason        string
}

// Assess puts on record what an engineer says of a vulnerability in a product of the own organisation. It counts from
// now on. Faults: Invalid with every broken rule; somebody else's product looks like none.
func (s *Service) Assess(ctx context.Context, by member.Actor, in Input) (x Statement, err error) {
	in, ruled := in.checked()
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		p, err := s.Products.Changeable(ctx, tx, by, in.ProductID)
		if err != nil {
			return err
		}
		if err := ruled.Err(); err != nil {
			return err
		}
		id, err := newID()
		if err != nil {
			return err
		}
		x = Statement{ID: id, OrgID: p.OrgID, ProductID: p.ID, Version: in.Version, Vuln: in.Vuln, Component: in.Component, Status: in.Status, Justification: in.Justification,
			Reason: in.Reason, At: tx.Now, RecordedAt: tx.Now, AccountID: by.AccountID, Via: by.Via}
		if err := s.insert(ctx, tx, []Statement{x}); err != nil {
			return err
		}
		sum, err := digest(x)
		if err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), Made{ID: x.ID, ProductID: p.ID, OrgID: p.OrgID, Vuln: Fold(x.Vuln), Status: string(x.Status), Digest: sum})
		return err
	})
	if err != nil {
		return Statement{}, fmt.Errorf("assess: %w", err)
	}
	return x, nil
}

// checked returns the input as it is kept, and the rules that it breaks.
func (in Input) checked() (Input, fault.Check) {
	var k fault.Check
	line := func(name, v string, limit int) string {
		v = strings.TrimSpace(v)
		k.That(utf8.ValidString(v) && !strings.ContainsFunc(v, unicode.IsControl), name, "product.rule.characters", "")
		k.That(utf8.RuneCountInString(v) <= limit, name, "rule.too-long", "", limit)
		return v
	}
	in.Version = line("version", in.Version, maxVersion)
	k.That(Fold(in.Vuln) != "", "vuln", "assessment.rule.vuln", "CVE-2021-44228")
	in.Vuln = strings.TrimSpace(in.Vuln)
	if in.PURL = strings.TrimSpace(in.PURL); in.PURL != "" {
		c, ok := product.NamingPURL(in.PURL)
		k.That(ok, "purl", "product.rule.purl", "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1")
		in.Component = Component{c.Ecosystem, c.Name, c.Version}
	}
	in.Component = Component{line("ecosystem", in.Component.Ecosystem, maxPart), line("component", in.Component.Name, maxPart), line("component_version", in.Component.Version, maxVersion)}
	k.That(in.Component.Name != "" || in.Component == Component{}, "component", "rule.required", "org.apache.logging.log4j:log4j-core")
	k.That(slices.Contains(openvex.Statuses, in.Status), "status", "rule.one-of", string(NotAffected), words(openvex.Statuses))
	in.Reason = strings.TrimSpace(strings.ReplaceAll(in.Reason, "\r\n", "\n"))
	k.That(utf8.ValidString(in.Reason) && !strings.ContainsFunc(in.Reason, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }), "reason", "product.rule.characters", "")
	k.That(utf8.RuneCountInString(in.Reason) <= maxReason, "reason", "rule.too-long", "", maxReason)
	if in.Status != NotAffected {
		in.Justification = ""
		return in, k
	}
	k.That(slices.Contains(openvex.Justifications, in.Justification), "justification", "assessment.rule.justification", string(openvex.CodeNotInExecutePath), words(openvex.Justifications))
	return in, k
}

func words[T ~string](ws []T) string {
	out := make([]string, len(ws))
	for i, w := range ws {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/openvex"
	"github.com/fengsui/fengsui/internal/spec/tlp"
)

// vexDocument is an OpenVEX 0.2.0 document.
type vexDocument struct {
	Context    string         `json:"@context"`
	ID         string         `json:"@id"`
	Author     string         `json:"author"`
	Timestamp  time.Time      `json:"timestamp"`
	Version    int            `json:"version"`
	Statements []vexStatement `json:"statements"`
}

type vexStatement struct {
	Vulnerability vexFlaw               `json:"vulnerability"`
	Products      []vexProduct          `json:"products"`
	Status        openvex.Status        `json:"status"`
	Justification openvex.Justification `json:"justification,omitempty"`
	Action        string                `json:"action_statement,omitempty"`
}

type vexFlaw struct {
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
}

type vexProduct struct {
	ID string `json:"@id"`
}

// VEX writes an OpenVEX document that the actor's unit can fill in and hand on: one statement for each of its products that
// match, by what it has answered. The flaw goes by the platform's number until it is published.
func (s *Service) VEX(ctx context.Context, by member.Actor, id string) (out []byte, err error) {
	if err := unit(by); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err := s.mine(ctx, tx, by, id, "")
		if err == nil {
			out, err = s.vex(ctx, tx, by, r)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("write a VEX template for warning %s: %w", id, err)
	}
	return out, nil
}

// vex is the document of a unit's copy.
func (s *Service) vex(ctx context.Context, tx *db.Tx, by member.Actor, r Recipient) ([]byte, error) {
	w, err := s.revision(ctx, tx, r.WarningID, r.Revision)
	if err != nil {
		return nil, err
	}
	c, err := s.Cases.ContentTx(ctx, tx, w.CaseID)
	if err != nil {
		return nil, err
	}
	o, err := s.Members.OrgTx(ctx, tx, by.OrgID)
	if err != nil {
		return nil, err
	}
	d := vexDocument{Context: "https://openvex.dev/ns/v0.2.0", ID: fmt.Sprintf("%s/vex/%d", s.pageURL(w.ID), r.Revision), Author: o.Name(i18n.Chinese), Timestamp: tx.Now, Version: 1, Statements: []vexStatement{}}
	flaw := vexFlaw{Name: c.Number}
	if !c.PublishedAt.IsZero() {
		flaw.Aliases = c.Content.Aliases
	}
	type row struct{ id, purl string }
	products, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.id, &x.purl) },
		`SELECT p.id, p.purl FROM product p WHERE p.id IN (SELECT f.product_id FROM finding f WHERE f.case_id = $1 AND f.org_id = $2) ORDER BY p.id`, w.CaseID, by.OrgID)
	if err != nil {
		return nil, err
	}
	status, action := vexStatus(r.Answer), ""
	if status == openvex.Affected && UpTo(tlp.AmberStrict)(w.MeasuresLabel()) { // the document is handed on
		action = i18n.For(i18n.Chinese).Pick(w.Content.Measures, w.Content.MeasuresEN)
	}
	for _, p := range products {
		d.Statements = append(d.Statements, vexStatement{Vulnerability: flaw, Products: []vexProduct{{or(p.purl, s.BaseURL+"/products/"+p.id)}}, Status: status, Justification: r.Justification, Action: action})
	}
	return json.MarshalIndent(d, "", "  ")
}

// vexStatus is an answer in the terms of VEX.
func vexStatus(a Answer) openvex.Status {
	switch a {
	case AffectedYes:
		return openvex.Affected
	case AffectedNo:
		return openvex.NotAffected
	case FixedAll:
		return openvex.Fixed
	}
	return openvex.UnderInvestigation
}

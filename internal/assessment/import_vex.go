// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package assessment

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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
	"github.com/fengsui/fengsui/internal/spec/sbom"
)

// Limits of an import.
const (
	maxStatements = 20_000 // taken from one document
	maxLeft       = 200    // that are told of those that were not taken
)

// A VEX is a document with what its sender says of it.
type VEX struct {
	ProductID string // the product that it means; "" to find the products in it
	Version   string // of that product, where the document does not say; "" for every version
	Document  []byte
}

// Taken is what became of a document.
type Taken struct {
	Source
	Statements []Statement // that are new, with their subjects
	Known      int         // that were here already
	Left       []Left      // some of those that were not taken
	LeftAll    int         // how many were not taken
}

// Left is a statement that was not taken.
type Left struct {
	Vuln, What string
	Why        string // NoProduct …
}

// ImportVEX takes the statements of a VEX document about the products of the actor's organisation, each with its source.
// What the document says of anything else is left. The same statements again change nothing. Faults: Invalid, which says
// where in the document which rule is broken, and TooLarge.
func (s *Service) ImportVEX(ctx context.Context, by member.Actor, in VEX) (out Taken, err error) {
	out, err = s.importVEX(ctx, by, in)
	if err != nil {
		return Taken{}, fmt.Errorf("import VEX: %w", err)
	}
	return out, nil
}

func (s *Service) importVEX(ctx context.Context, by member.Actor, in VEX) (out Taken, err error) {
	orgID := by.OrgID
	if in.ProductID == "" {
		if by.OrgID == "" && by.SignedIn() {
			return out, fault.Hidden()
		}
		if err := product.MayChange(by, by.OrgID); err != nil {
			return out, err
		}
	} else if err := s.DB.View(ctx, func(tx *db.Tx) error {
		p, err := s.Products.Readable(ctx, tx, by, in.ProductID)
		if err == nil {
			orgID, err = p.OrgID, product.MayChange(by, p.OrgID)
		}
		return err
	}); err != nil {
		return out, err
	}
	var k fault.Check
	in.Version = strings.TrimSpace(in.Version)
	k.That(utf8.ValidString(in.Version) && !strings.ContainsFunc(in.Version, unicode.IsControl), "version", "product.rule.characters", "")
	k.That(utf8.RuneCountInString(in.Version) <= maxVersion, "version", "rule.too-long", "", maxVersion)
	k.That(len(in.Document) > 0, "document", "rule.required", "vex.json")
	k.That(in.Version == "" || in.ProductID != "", "product", "rule.required", "")
	if err := k.Err(); err != nil {
		return out, err
	}
	doc, err := read(in.Document)
	if err != nil {
		return out, err
	}
	if slices.ContainsFunc(doc.said, func(x said) bool { _, linked := sbom.ParseLink(x.ref); return linked }) {
		if err := s.learnSerials(ctx, orgID); err != nil {
			return out, err
		}
	}
	blob, err := s.Blobs.Put(in.Document)
	if err != nil {
		return out, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		out, err = s.take(ctx, tx, by, in, doc, blob)
		return err
	})
	return out, err
}

// take finds the subjects of a document's statements and records those that are new.
func (s *Service) take(ctx context.Context, tx *db.Tx, by member.Actor, in VEX, doc document, blob string) (out Taken, err error) {
	r := resolver{s: s, tx: tx, orgID: by.OrgID, version: in.Version, doc: doc, read: map[string]*sbom.Document{}, held: map[product.Component][]string{}}
	if in.ProductID != "" {
		p, err := s.Products.Changeable(ctx, tx, by, in.ProductID)
		if err != nil {
			return out, err
		}
		ps, err := s.Products.ByIDs(ctx, tx, []string{p.ID})
		if err != nil {
			return out, err
		}
		r.only, r.orgID = &ps[0], p.OrgID
	} else if r.products, err = s.Products.OfOrg(ctx, tx, by.OrgID); err != nil {
		return out, err
	}
	if r.vendors, err = s.Products.Vendors(ctx, tx); err != nil {
		return out, err
	}
	sum := sha256.Sum256(in.Document)
	if out.Source, err = s.source(ctx, tx, by, r.orgID, in.ProductID == "", doc, hex.EncodeToString(sum[:]), blob); err != nil {
		return out, err
	}
	var all []Statement
	for _, x := range doc.said {
		where, why, err := r.subjects(ctx, x)
		if err != nil {
			return out, err
		}
		if Fold(x.vuln) == "" {
			where, why = nil, NoVuln
		}
		if len(where) == 0 {
			if out.LeftAll++; len(out.Left) < maxLeft {
				out.Left = append(out.Left, Left{x.vuln, x.label, why})
			}
		}
		for _, w := range where {
			all = append(all, x.about(w))
		}
		if len(all) > maxStatements {
			return out, fault.FieldError("document", "assessment.rule.many", "", maxStatements)
		}
	}
	if err := s.record(ctx, tx, by, r.orgID, all, &out); err != nil {
		return out, err
	}
	return out, nil
}

// about is a statement of a document about one subject.
func (x said) about(w subject) Statement {
	st := Statement{ProductID: w.productID, Version: w.version, Vuln: strings.TrimSpace(x.vuln), Component: w.component, vendor: w.vendor, Status: x.status, Justification: x.justification, At: x.at,
		Reason: clean(x.reason)}
	for _, a := range x.aliases {
		if f := Fold(a); f != "" && f != Fold(x.vuln) && !slices.Contains(st.Aliases, f) && len(st.Aliases) < 50 {
			st.Aliases = append(st.Aliases, f)
		}
	}
	if st.Status != NotAffected || !slices.Contains(openvex.Justifications, st.Justification) {
		st.Justification = ""
	}
	return st
}

// clean is a text of somebody else as it is kept: cut, and without control characters.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if rs := []rune(strings.TrimSpace(s)); len(rs) > maxReason {
		return string(rs[:maxReason-1]) + "…"
	} else {
		return string(rs)
	}
}

// source finds or enters the document.
func (s *Service) source(ctx context.Context, tx *db.Tx, by member.Actor, orgID string, unnamed bool, doc document, sum, blob string) (Source, error) {
	scan := func(r db.Row) (x Source, err error) {
		var at db.Time
		err = r.Scan(&x.ID, &x.Format, &x.Name, &x.Author, &x.SHA256, &at)
		x.At = at.Time
		return x, err
	}
	// the organisation's row is the lock of its imports
	if _, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM org WHERE id = $1`+tx.ForUpdate(), orgID); err != nil {
		return Source{}, err
	}
	x, err := db.Get(ctx, tx, scan, `SELECT id, format, name, author, sha256, at FROM assessment_document WHERE org_id = $1 AND sha256 = $2`, orgID, sum)
	if err == nil && unnamed {
		_, err = tx.Exec(ctx, `UPDATE assessment_document SET unnamed = $1 WHERE id = $2 AND NOT unnamed`, true, x.ID)
		return x, err
	}
	if err == nil || !fault.Is(err, fault.NotFound) {
		return x, err
	}
	id, err := newID()
	if err != nil {
		return Source{}, err
	}
	x = Source{ID: id, Format: doc.format, Name: clip(doc.name), Author: clip(doc.author), SHA256: sum, At: tx.Now}
	return x, db.Bulk(ctx, tx, `assessment_document (id, org_id, format, name, author, sha256, blob, account_id, at, unnamed)`, "",
		[][]any{{x.ID, orgID, x.Format, x.Name, x.Author, sum, blob, by.AccountID, db.At(tx.Now), unnamed}})
}

// clip bounds a name that a document gives itself.
func clip(s string) string {
	s = strings.ReplaceAll(clean(s), "\n", " ")
	if rs := []rune(s); len(rs) > 300 {
		return string(rs[:299]) + "…"
	}
	return s
}

// key is what makes two statements one.
func (x Statement) key() string {
	return strings.Join([]string{x.ProductID, x.Version, Fold(x.Vuln), x.Component.Ecosystem, x.Component.Name, x.Component.Version, string(x.Status), string(x.Justification), x.vendor,
		x.At.UTC().Format("20060102150405.000000")}, "\x00")
}

// record enters those of all statements that are new, and tells of them in one event. What a document gives no
// time for, or one that is still to come, is said when the document first came.
func (s *Service) record(ctx context.Context, tx *db.Tx, by member.Actor, orgID string, all []Statement, out *Taken) error {
	var ids []string
	for i := range all {
		x := &all[i]
		if x.At.IsZero() {
			x.At = out.Source.At
		}
		if x.At.After(out.Source.At) {
			x.At = out.Source.At
		}
		ids = append(ids, x.ProductID)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	known := map[string]bool{}
	for part := range slices.Chunk(ids, 300) {
		var a db.Args
		have, err := db.List(ctx, tx, func(r db.Row) (x Statement, err error) {
			var at db.Time
			err = r.Scan(&x.ProductID, &x.Version, &x.Vuln, &x.Component.Ecosystem, &x.Component.Name, &x.Component.Version, &x.Status, &x.Justification, &x.vendor, &at)
			x.At = at.Time
			return x, err
		}, `SELECT product_id, version, vuln_key, ecosystem, component, component_version, status, justification, vendor_key, said_at FROM assessment WHERE product_id IN `+db.In(&a, part), a...)
		if err != nil {
			return err
		}
		for _, x := range have {
			known[x.key()] = true
		}
	}
	for _, x := range all {
		if k := x.key(); known[k] {
			out.Known++
			continue
		} else {
			known[k] = true
		}
		id, err := newID()
		if err != nil {
			return err
		}
		x.ID, x.OrgID, x.RecordedAt, x.AccountID, x.Via, x.Source = id, orgID, tx.Now, by.AccountID, by.Via, out.Source
		out.Statements = append(out.Statements, x)
	}
	if len(out.Statements) == 0 {
		return nil
	}
	if err := s.insert(ctx, tx, out.Statements); err != nil {
		return err
	}
	sum, err := digest(out.Statements...)
	if err != nil {
		return err
	}
	_, err = s.Events.Record(ctx, tx, by.By(), Imported{DocumentID: out.Source.ID, OrgID: orgID, SHA256: out.Source.SHA256, Statements: len(out.Statements), ProductIDs: ids, Digest: sum})
	return err
}

// OnChanged takes what a component list says of vulnerabilities in what it lists.
func (s *Service) OnChanged(ctx context.Context, e product.Changed) error {
	if e.SBOMID == "" {
		return nil
	}
	var list product.SBOM
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		list, err = s.Products.OneList(ctx, tx, e.SBOMID)
		return err
	})
	if err != nil {
		return fmt.Errorf("analyses of a component list: %w", err)
	}
	if list.Format != sbom.CycloneDX {
		return nil
	}
	b, err := s.Products.Document(list)
	if err != nil {
		return fmt.Errorf("analyses of a component list: %w", err)
	}
	if !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) && !bytes.Contains(b, []byte("vulnerabilities")) {
		return nil
	}
	by := member.System()
	by.AccountID, by.OrgID = list.AccountID, e.OrgID
	_, err = s.importVEX(ctx, by, VEX{ProductID: list.ProductID, Version: list.Version, Document: b})
	if f := (*fault.Error)(nil); errors.As(err, &f) && f.Kind == fault.Invalid {
		return nil // it says nothing, or in words that are none; the list itself counts
	}
	if err != nil {
		return fmt.Errorf("analyses of a component list: %w", err)
	}
	return nil
}

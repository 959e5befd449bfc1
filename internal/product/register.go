// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/purl"
)

// Limits of what a product may say of itself, in characters and items.
const (
	maxName     = 300
	maxCPE      = 500
	maxVersion  = 200
	maxVersions = 500
)

// Kinds lists the kinds in the order in which they are shown.
var Kinds = []Kind{Software, Hardware, Hosted}

// Input is a product as its organisation enters it.
type Input struct {
	OrgID    string
	Vendor   string
	Name     string
	NameEN   string
	Model    string
	Kind     Kind // "" means Software
	CPE      string
	PURL     string
	Versions []string
}

// Register enters a product in the directory: an engineer for its own organisation, the platform for any. Faults:
// Invalid with every broken rule; what one organisation has already entered, by vendor, name and model, is a Conflict.
func (s *Service) Register(ctx context.Context, by member.Actor, in Input) (Product, error) {
	if err := mayChange(by, in.OrgID); err != nil {
		return Product{}, err
	}
	in, err := in.checked()
	if err != nil {
		return Product{}, err
	}
	id, err := newID()
	if err != nil {
		return Product{}, err
	}
	p := Product{ID: id, OrgID: in.OrgID, Vendor: in.Vendor, Name: in.Name, NameEN: in.NameEN, Model: in.Model, Kind: in.Kind, CPE: in.CPE,
		PURL: in.PURL, Versions: in.Versions}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := free(ctx, tx, p); err != nil {
			return err
		}
		p.CreatedAt = tx.Now
		if err := insert(ctx, tx, p); err != nil {
			return err
		}
		if _, err := s.Events.Record(ctx, tx, by.By(), Registered{ProductID: p.ID, OrgID: p.OrgID}); err != nil {
			return err
		}
		_, err := s.Events.Record(ctx, tx, by.By(), Changed{ProductID: p.ID, OrgID: p.OrgID})
		return err
	})
	if err != nil {
		return Product{}, fmt.Errorf("register product: %w", err)
	}
	return p, nil
}

// free holds the organisation's row, so that two at once cannot enter the same product, and says whether p is new.
func free(ctx context.Context, tx *db.Tx, p Product) error {
	_, err := db.Get(ctx, tx, db.Value[string], `SELECT id FROM org WHERE id = $1 AND `+member.Keeping(member.ToProducts, "org", "")+tx.ForUpdate(), p.OrgID)
	if fault.Is(err, fault.NotFound) {
		return fault.FieldError("org_id", "product.rule.organisation", "")
	}
	if err != nil {
		return err
	}
	n, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM product WHERE org_id = $1 AND vendor_key = $2 AND name_key = $3 AND model_key = $4`,
		p.OrgID, Key(p.Vendor), Key(p.Name), Key(p.Model))
	if err == nil && n > 0 {
		err = fault.Clash("product.known", p.Name)
	}
	return err
}

// checked returns the input as it is kept, or all rules that it breaks.
func (in Input) checked() (Input, error) {
	var k fault.Check
	k.That(uuid.Validate(in.OrgID) == nil, "org_id", "product.rule.organisation", "")
	in.Vendor = line(&k, "vendor", in.Vendor, maxName)
	in.Name = line(&k, "name", in.Name, maxName)
	in.NameEN = line(&k, "name_en", in.NameEN, maxName)
	in.Model = line(&k, "model", in.Model, maxName)
	k.That(Key(in.Vendor) != "", "vendor", "rule.required", "东海云计算")
	k.That(Key(in.Name) != "", "name", "rule.required", "东海对象存储")
	if in.Kind == "" {
		in.Kind = Software
	}
	words := make([]string, len(Kinds))
	for i, kind := range Kinds {
		words[i] = string(kind)
	}
	k.That(slices.Contains(Kinds, in.Kind), "kind", "rule.one-of", string(Software), strings.Join(words, ", "))
	in.CPE, in.PURL = line(&k, "cpe", in.CPE, maxCPE), line(&k, "purl", in.PURL, purl.MaxLength)
	k.That(in.CPE == "" || wellFormedCPE(in.CPE), "cpe", "product.rule.cpe", "cpe:2.3:a:apache:log4j:*:*:*:*:*:*:*:*")
	in.PURL = packageOf(&k, in.PURL)
	in.Versions = versions(&k, in.Versions)
	return in, k.Err()
}

// packageOf is a package URL in its canonical form and without a version: versions are listed apart.
func packageOf(k *fault.Check, text string) string {
	if text == "" {
		return ""
	}
	p, err := purl.Parse(text)
	k.That(err == nil, "purl", "product.rule.purl", "pkg:maven/org.apache.logging.log4j/log4j-core")
	if err != nil {
		return text
	}
	p.Version = ""
	return p.String()
}

// versions are trimmed, without blanks and without repetitions, in the order given.
func versions(k *fault.Check, vs []string) []string {
	k.That(len(vs) <= maxVersions, "versions", "product.rule.count", "", maxVersions)
	out := []string{}
	for i, v := range vs[:min(len(vs), maxVersions)] {
		if v = line(k, fmt.Sprintf("versions[%d]", i), v, maxVersion); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// line is one line of text, trimmed.
func line(k *fault.Check, name, v string, limit int) string {
	k.That(utf8.ValidString(v) && !strings.ContainsFunc(strings.TrimSpace(v), unicode.IsControl), name, "product.rule.characters", "")
	v = strings.TrimSpace(strings.ToValidUTF8(v, ""))
	k.That(utf8.RuneCountInString(v) <= limit, name, "rule.too-long", "", limit)
	return v
}

// cpeForm is a formatted string of NISTIR 7695 §6.2: a part, then ten attributes, each ANY, NA or a quoted value, and
// the language tag in the seventh.
var cpeForm = func() *regexp.Regexp {
	const value = `(?:[*-]|(?:\?+|\*)?(?:[a-z0-9._-]|\\[!-/:-@\[-` + "`" + `{-~])+(?:\?+|\*)?)`
	return regexp.MustCompile(`^(?i)cpe:2\.3:[aoh*-](?::` + value + `){5}:(?:[*-]|[a-z]{2,3}(?:-(?:[a-z]{2}|[0-9]{3}))?)(?::` + value + `){4}$`)
}()

func wellFormedCPE(s string) bool { return cpeForm.MatchString(s) }

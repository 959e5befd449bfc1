// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/vuln"
)

// components is a document of package URLs, and of what goes by a CPE.
func components(names ...string) []byte {
	var cs []string
	for _, n := range names {
		if strings.HasPrefix(n, "cpe:") {
			cs = append(cs, fmt.Sprintf(`{"type":"firmware","name":%q,"cpe":%q}`, strings.Split(n, ":")[4], n))
		} else {
			cs = append(cs, fmt.Sprintf(`{"type":"library","name":"x","purl":%q}`, n))
		}
	}
	return []byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[` + strings.Join(cs, ",") + `]}`)
}

// hide pushes a document as its member would: only hashes leave it.
func (w *world) hide(productID, version string, names ...string) product.PrivateList {
	w.Helper()
	return w.hideOf("b", productID, version, names...)
}

func (w *world) hideOf(org, productID, version string, names ...string) product.PrivateList {
	w.Helper()
	salt, err := w.s.Products.PrivateSalt(ctx, engineer(org))
	w.ok(err)
	c, _, err := product.Private(salt, components(names...))
	w.ok(err)
	return w.sendHidden(org, productID, version, c)
}

// hideDocument hides a document as version 1 of a product.
func (w *world) hideDocument(org, productID string, document []byte) {
	w.Helper()
	salt, err := w.s.Products.PrivateSalt(ctx, engineer(org))
	w.ok(err)
	c, _, err := product.Private(salt, document)
	w.ok(err)
	w.sendHidden(org, productID, "1", c)
}

func (w *world) sendHidden(org, productID, version string, c product.PrivateContents) product.PrivateList {
	w.Helper()
	l, err := w.s.Products.PushPrivate(ctx, engineer(org), productID, version, c)
	w.ok(err)
	w.ok(w.s.OnPrivate(ctx, product.PrivateChanged{ListID: l.ID, ProductID: productID, OrgID: org}))
	return l
}

// hidden are the findings of a private list, in words.
func (w *world) hidden(productID string) (out []string) {
	w.Helper()
	fs, err := w.s.PrivateOf(ctx, engineer("b"), productID)
	w.ok(err)
	for _, f := range fs {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s@%s %s [%s] %s", f.Record, f.Ecosystem, f.Name, f.Found, f.Verdict, f.Range, f.Note)))
	}
	slices.Sort(out)
	return out
}

func TestPrivateListsAreComparedBothWays(t *testing.T) {
	each(t, func(w *world) {
		dir := t.TempDir()
		p := w.product(product.Product{OrgID: "b", Name: "fw"})
		known := w.product(product.Product{OrgID: "a", Name: "other"})
		w.sbom(known, "1", "npm|x|1.0.0", "npm|x|2.0.0", "Debian|openssl|3.0.2-1|pkg:deb/debian/openssl@3.0.2-1?distro=debian-11")
		at := dbtest.Start
		npm := record("GHSA-aaaa-aaaa-aaaa", at, in("npm", "x", osv.Event{Introduced: "0"}, osv.Event{Fixed: "1.5.0"}))
		deb := record("DSA-1-1", at, in("Debian:11", "openssl", osv.Event{Introduced: "0"}, osv.Event{Fixed: "3.0.9-1"}))
		listed := record("PYSEC-2021-1", at, osv.Affected{Package: &osv.Package{Ecosystem: "PyPI", Name: "Flask.User"}, Versions: []string{"0.9", "0.9.1"}})
		w.publish(dir, npm, deb, listed)
		w.hide(p, "1", "pkg:npm/x@1.0.0", "pkg:npm/x@2.0.0", "pkg:npm/x@1.5.0", "pkg:npm/x@1.4.9", "pkg:npm/x", "pkg:deb/debian/openssl@3.0.2-1?distro=debian-11", "pkg:pypi/flask-user@0.9.1", "pkg:npm/quiet@1")
		want := []string{
			"DSA-1-1 Debian openssl@3.0.2-1 affected [< 3.0.9-1]",
			"GHSA-aaaa-aaaa-aaaa npm x@ check [< 1.5.0] match.note.no-version",
			"GHSA-aaaa-aaaa-aaaa npm x@1.0.0 affected [< 1.5.0]",
			"PYSEC-2021-1 PyPI flask-user@0.9.1 affected [= 0.9.1]",
		}
		got := w.hidden(p)
		// 1.4.9 is told by nobody: with the one without a version it is one line to look at
		if len(got) != 4 || !strings.Contains(got[1], "check") {
			w.same("the list last", want, got)
		}
		w.same("what is certain", []string{want[0], want[2], want[3]}, slices.DeleteFunc(slices.Clone(got), func(s string) bool { return strings.Contains(s, "check") }))

		w.exec(`DELETE FROM private_hit`)
		w.exec(`UPDATE private_cursor SET n = 0`)
		w.ok(w.s.OnPrivateImported(ctx, vuln.Imported{}))
		w.same("the records last", got, w.hidden(p))

		// somebody else tells of the version: what was to be looked at is known
		other := w.product(product.Product{OrgID: "c", Name: "third"})
		w.sbom(other, "1", "npm|x|1.4.9")
		w.ok(w.s.CatchUpPrivate(ctx))
		if after := w.hidden(p); !slices.Contains(after, "GHSA-aaaa-aaaa-aaaa npm x@1.4.9 affected [< 1.5.0]") {
			w.same("a version that was learned of", want, after)
		}

		gone := at.Add(time.Hour)
		npm.Modified, npm.Withdrawn = gone, &gone
		deb.Modified, deb.Affected[0].Ranges[0].Events[1].Fixed = gone, "3.0.1-1"
		w.publish(dir, npm, deb)
		w.ok(w.s.CatchUpPrivate(ctx))
		w.same("changed and withdrawn", []string{want[3]}, w.hidden(p))

		w.hide(p, "1", "pkg:npm/quiet@1")
		w.same("another list", []string(nil), w.hidden(p))
		if n := w.number(`SELECT count(*) FROM private_hit`); n != 0 {
			w.Errorf("%d hits of a list that is gone", n)
		}
	})
}

// TestNonHitsAreNowhereInClear plants names in a private list and looks for them in everything that is stored.
func TestNonHitsAreNowhereInClear(t *testing.T) {
	each(t, func(w *world) {
		p := w.product(product.Product{OrgID: "b", Name: "fw"})
		w.publish(t.TempDir(), record("GHSA-aaaa-aaaa-aaaa", dbtest.Start, in("npm", "public-thing", osv.Event{Introduced: "0"})))
		planted := []string{"planted-secret-one", "planted-secret-two", "31.41.59", "27.18.28"}
		w.hide(p, "1", "pkg:npm/planted-secret-one@31.41.59", "pkg:maven/org.example/planted-secret-two@27.18.28", "pkg:npm/public-thing@27.18.28",
			"cpe:2.3:o:planted-secret-one:planted-secret-two:31.41.59:*:*:*:*:*:*:*")
		// what goes by names alone, one of them like what a case and a record name
		other := w.product(product.Product{OrgID: "b", Name: "gw"})
		planted = append(planted, "植入之名", "植入厂商", "16.18.03")
		w.hideDocument("b", other, document(one{Name: "植入之名", Version: "16.18.03"}, one{Group: "植入厂商", Name: "XR-5600", Version: "16.18.03"}, one{Group: "Huawei", Name: "植入之名", Version: "16.18.03"}))
		w.assign(t.TempDir(), "CVE-2021-90001", "Huawei", "XR-5600", "99")
		w.find(w.kase(report.Affected{Vendor: "Huawei", Product: "XR-5600", Fixed: "99"}))
		w.ok(w.s.OnVendors(ctx, product.VendorsNamed{Keys: []string{product.Key("Huawei"), product.Key("华为")}}))
		if got := w.hidden(other); len(got) != 0 {
			w.Errorf("%q", got)
		}
		w.ok(w.s.CatchUpPrivate(ctx))
		if got := w.hidden(p); len(got) != 1 || !strings.HasPrefix(got[0], "GHSA-aaaa-aaaa-aaaa npm public-thing@ check") {
			w.Errorf("%q", got)
		}
		all := w.everything()
		if !bytes.Contains(all, []byte("public-thing")) {
			w.Errorf("what is stored is not looked at: %d bytes", len(all))
		}
		for _, s := range planted {
			if bytes.Contains(all, []byte(s)) {
				w.Errorf("%s is stored", s)
			}
		}
	})
}

// everything is all that the database stores: the bytes of its files, or every row of every table.
func (w *world) everything() (out []byte) {
	w.Helper()
	if w.d.Engine == db.SQLite {
		files, err := filepath.Glob(strings.TrimPrefix(strings.SplitN(w.d.URL, "?", 2)[0], "sqlite:") + "*")
		w.ok(err)
		for _, f := range files {
			b, err := os.ReadFile(f)
			w.ok(err)
			out = append(out, b...)
		}
		return out
	}
	w.tx(func(tx *db.Tx) error {
		names, err := db.List(ctx, tx, db.Value[string], `SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = current_schema()`)
		for _, n := range names {
			rows, err := db.List(ctx, tx, db.Value[string], `SELECT CAST(t AS TEXT) FROM `+n+` t`)
			if err != nil {
				return err
			}
			out = append(out, strings.Join(rows, "\n")...)
		}
		return err
	})
	return out
}

func TestPrivateListsAreTheMembersOwn(t *testing.T) {
	each(t, func(w *world) {
		p := w.product(product.Product{OrgID: "b", Name: "fw"})
		w.hide(p, "1", "pkg:npm/x@1")
		own, other := engineer("b"), engineer("c")
		one, err := w.s.Products.PrivateSalt(ctx, own)
		w.ok(err)
		again, err := w.s.Products.PrivateSalt(ctx, own)
		w.ok(err)
		theirs, err := w.s.Products.PrivateSalt(ctx, other)
		w.ok(err)
		if !bytes.Equal(one, again) || bytes.Equal(one, theirs) || len(one) != 32 {
			w.Errorf("salts %x %x %x", one, again, theirs)
		}
		parts, left, err := product.Private(one, components("pkg:npm/x@1"))
		if err != nil || left != 0 || len(parts.Parts) != 1 || parts.Components != 1 || parts.Parts[0].Name == parts.Parts[0].Version {
			w.Errorf("%v %d %v", parts, left, err)
		}
		_, err = w.s.Products.PushPrivate(ctx, other, p, "1", parts)
		w.want(err, fault.Withheld)
		_, err = w.s.Products.PushPrivate(ctx, own, p, "1", product.PrivateContents{})
		w.want(err, fault.Invalid)
		_, err = w.s.PrivateOf(ctx, other, p)
		w.want(err, fault.Withheld)
		_, err = w.s.Products.PrivateLists(ctx, other, p)
		w.want(err, fault.Withheld)
		_, err = w.s.Products.PrivateSalt(ctx, member.Anonymous("api"))
		w.want(err, fault.Unauthenticated)
		ls, err := w.s.Products.PrivateLists(ctx, own, p)
		if err != nil || len(ls) != 1 || !ls[0].Current {
			w.Errorf("%+v %v", ls, err)
		}
		same, err := w.s.Products.PushPrivate(ctx, own, p, "1", parts)
		if err != nil || same.ID != ls[0].ID {
			w.Errorf("the same list again is %+v, %v", same, err)
		}
	})
}

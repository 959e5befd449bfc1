// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
)

func TestRegister(t *testing.T) {
	each(t, func(b bench) {
		in := product.Input{Vendor: " 驿路网络设备 ", Name: "企业路由器", NameEN: "Enterprise Router", Model: "XR-5600", Kind: product.Hardware,
			CPE: "cpe:2.3:h:yilu:xr-5600:-:*:*:*:*:*:*:*", PURL: "pkg:PyPI/Flask_User@1.0", Versions: []string{" V3.2.1 ", "V3.2.1", "", "V3.2.2"}}
		p := b.register(b.own, in)
		want := product.Product{ID: p.ID, OrgID: b.own.OrgID, Vendor: "驿路网络设备", Name: "企业路由器", NameEN: "Enterprise Router", Model: "XR-5600",
			Kind: product.Hardware, CPE: in.CPE, PURL: "pkg:pypi/flask-user", Versions: []string{"V3.2.1", "V3.2.2"}, CreatedAt: p.CreatedAt}
		b.same("answer", want, p)
		got, err := b.Get(b.Context(), b.own, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		b.same("stored", want, got)
		b.same("events", []string{"product.changed", "product.registered"}, b.list(`SELECT kind FROM event WHERE kind LIKE 'product.%' ORDER BY kind`))

		in.OrgID = b.own.OrgID
		in.Vendor, in.Name, in.Model = "驿路网络设备", "企业 路由器", "ＸＲ－5600"
		_, err = b.Register(b.Context(), b.own, in)
		b.wantKind("the same in another spelling", err, fault.Conflict)
		in.Model = "XR-5601"
		b.register(b.own, in)
		b.register(b.other, product.Input{Vendor: "驿路网络设备", Name: "企业路由器", Model: "XR-5600"})
	})
}

func TestRegisterNamesEveryBrokenRule(t *testing.T) {
	each(t, func(b bench) {
		before := b.rows()
		_, err := b.Register(b.Context(), b.own, product.Input{OrgID: b.own.OrgID, Vendor: " - ", Name: strings.Repeat("名", 301), Model: "a\nb", Kind: "boat",
			CPE: "cpe:/a:apache:log4j", PURL: "log4j", Versions: append(make([]string, 500), "x")})
		b.same("rules", []string{"model: product.rule.characters", "vendor: rule.required", "name: rule.too-long", "kind: rule.one-of", "cpe: product.rule.cpe",
			"purl: product.rule.purl", "versions: product.rule.count"}, sorted(broken(err)))
		for _, in := range []product.Input{
			{OrgID: b.own.OrgID, Vendor: "v\x00", Name: "n"}, {OrgID: b.own.OrgID, Vendor: "v", Name: "\xff"}, {OrgID: b.own.OrgID},
			{OrgID: b.own.OrgID, Vendor: "v", Name: "n", Versions: []string{"1\x00"}}, {OrgID: b.own.OrgID, Vendor: "v", Name: "n", Versions: []string{strings.Repeat("1", 201)}},
		} {
			_, err := b.Register(b.Context(), b.own, in)
			b.wantKind("bad input", err, fault.Invalid)
		}
		_, err = b.Register(b.Context(), member.System(), product.Input{OrgID: uuid.NewString(), Vendor: "v", Name: "n"})
		b.same("no such organisation", []string{"org_id: product.rule.organisation"}, broken(err))
		b.same("rows", before, b.rows())
	})
}

// sorted puts rules into the order in which the test above lists them: that of the form does not matter.
func sorted(rules []string) (out []string) {
	for _, field := range []string{"model", "vendor", "name", "kind", "cpe", "purl", "versions"} {
		for _, r := range rules {
			if strings.HasPrefix(r, field+": ") {
				out = append(out, r)
			}
		}
	}
	return out
}

func TestCPEs(t *testing.T) {
	each(t, func(b bench) {
		for i, e := range []struct {
			cpe string
			ok  bool
		}{
			{"cpe:2.3:a:apache:log4j:2.14.1:rc1:*:*:*:*:*:*", true},
			{`cpe:2.3:o:cisco:ios:12.2\(22\)ez:*:*:zh-cn:*:*:*:*`, true},
			{`cpe:2.3:a:vendor:c\+\+_lib:*:*:*:*:*:*:*:*`, true},
			{"cpe:2.3:a:apache:log4j", false},
			{"cpe:2.3:x:apache:log4j:*:*:*:*:*:*:*:*", false},
			{"cpe:2.3:a:apache:log4j:*:*:*:*:*:*:*:*:*", false},
			{"cpe:2.3:a:apache:c++:*:*:*:*:*:*:*:*", false},
			{"cpe:2.3:a::log4j:*:*:*:*:*:*:*:*", false},
			{"cpe:2.3:a:" + strings.Repeat("?", 200) + ":" + strings.Repeat("a", 200) + "!:*:*:*:*:*:*:*:*", false},
		} {
			_, err := b.Register(b.Context(), b.own, product.Input{OrgID: b.own.OrgID, Vendor: "v", Name: "n" + string(rune('a'+i)), CPE: e.cpe})
			if (err == nil) != e.ok {
				t.Errorf("%s: %v", e.cpe, err)
			}
		}
	})
}

func TestAddVersion(t *testing.T) {
	each(t, func(b bench) {
		p := b.register(b.own, product.Input{Vendor: "v", Name: "n", Versions: []string{"1"}})
		for _, v := range []string{"2", "2", " 1 "} {
			got, err := b.AddVersion(b.Context(), b.own, p.ID, v)
			if err != nil {
				t.Fatal(err)
			}
			b.same("versions", []string{"1", "2"}, got.Versions)
		}
		b.same("events", []string{"2"}, b.list(`SELECT CAST(count(*) AS TEXT) FROM event WHERE kind = 'product.changed'`))
		for _, v := range []string{"", "a\x00", strings.Repeat("9", 201)} {
			_, err := b.AddVersion(b.Context(), b.own, p.ID, v)
			b.wantKind("a bad version", err, fault.Invalid)
		}
		_, err := b.AddVersion(b.Context(), b.other, p.ID, "3")
		b.wantKind("another member", err, fault.Withheld)
	})
}

func TestKey(t *testing.T) {
	for _, same := range [][]string{
		{"XR-5600", "ＸＲ－５６００", "xr 5600", " XR_5600 ", "XR–5600", "x\u200br-5600"},
		{"天工 ERP", "天工ERP", "天工　ｅｒｐ", "天工-ERP"},
		{"Spring  Framework", "spring framework", "SPRING_FRAMEWORK"},
		{"", " ", "—_-", "\x00"},
		{"Straße", "STRASSE"},
	} {
		for _, s := range same {
			if got := product.Key(s); got != product.Key(same[0]) || got != product.Key(got) {
				t.Errorf("Key(%q) = %q, not %q", s, got, product.Key(same[0]))
			}
		}
	}
	for _, other := range [][2]string{{"XR-5600", "XR-5601"}, {"X1-1", "X11"}, {"a", ""}} {
		if product.Key(other[0]) == product.Key(other[1]) {
			t.Errorf("%q and %q have the same key", other[0], other[1])
		}
	}
}

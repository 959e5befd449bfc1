// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/product"
)

const log4jCore, log4jAPI = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", "pkg:maven/org.apache.logging.log4j/log4j-api@2.14.1"

// spdx says the same as cycloneDX.
func spdx(purls ...string) []byte {
	packages, relations := `{"SPDXID":"SPDXRef-p","name":"p"}`, `{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-p"}`
	from := "p"
	for i, p := range purls {
		packages += fmt.Sprintf(`,{"SPDXID":"SPDXRef-%d","name":"y%d","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":%q}]}`, i, i, p)
		relations += fmt.Sprintf(`,{"spdxElementId":"SPDXRef-%s","relationshipType":"DEPENDS_ON","relatedSpdxElement":"SPDXRef-%d"}`, from, i)
		from = strconv.Itoa(i)
	}
	return []byte(`{"spdxVersion":"SPDX-2.3","name":"doc","packages":[` + packages + `],"relationships":[` + relations + `]}`)
}

func TestPushSBOM(t *testing.T) {
	each(t, func(b bench) {
		p := b.register(b.own, product.Input{Vendor: "v", Name: "n"})
		doc := cycloneDX("pkg:maven/org.example/app@1", log4jCore, log4jAPI)
		s := b.push(b.own, p, " 5.8.0 ", doc)
		want := product.SBOM{ID: s.ID, ProductID: p.ID, Version: "5.8.0", Format: "CycloneDX", SpecVersion: "1.6", SHA256: s.SHA256, Blob: s.SHA256, Components: 3, Edges: 2,
			Current: true, AccountID: b.own.AccountID, At: s.At}
		b.same("answer", want, s)
		list, err := b.SBOMs(b.Context(), b.own, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		b.same("list", []product.SBOM{want}, list)
		roots, edges := b.graph(s)
		b.same("roots", []string{"Maven org.example:app@1"}, roots)
		b.same("edges", []string{"org.apache.logging.log4j:log4j-core>org.apache.logging.log4j:log4j-api", "org.example:app>org.apache.logging.log4j:log4j-core"}, edges)
		cs, err := b.Components(b.Context(), b.own, s.ID, 2)
		if err != nil || len(cs) != 2 || cs[0].Name != "org.apache.logging.log4j:log4j-api" || cs[0].PURL != log4jAPI || cs[0].Ecosystem != "Maven" {
			t.Errorf("%v %v", cs, err)
		}
		for _, limit := range []int{-1, 10_001} {
			_, err := b.Components(b.Context(), b.own, s.ID, limit)
			b.wantKind("a bad limit", err, fault.Invalid)
		}
		got, err := b.Get(b.Context(), b.own, p.ID)
		b.same("the version is entered", []string{"5.8.0"}, got.Versions)
		if kept, err2 := b.Blobs.Get(s.Blob); err != nil || err2 != nil || !bytes.Equal(kept, doc) {
			t.Errorf("the document is not kept: %v %v", err, err2)
		}
		b.same("the event names the list", []string{"1"}, b.list(`SELECT CAST(count(*) AS TEXT) FROM event WHERE kind = 'product.changed' AND payload LIKE $1`, "%"+s.ID+"%"))
	})
}

func TestFormatsGiveTheSameComponents(t *testing.T) {
	each(t, func(b bench) {
		purls := []string{log4jCore, "pkg:pypi/Flask_User@1", "pkg:golang/github.com/Masterminds/goutils@v1.1.0", "pkg:deb/debian/openssl@1.1.1n-0%2Bdeb11u3?arch=amd64&distro=debian-11",
			"pkg:rpm/redhat/openssl@1.0.2k-16.el7?epoch=1", "pkg:generic/busybox@1.31.0", "pkg:npm/%40scope/x@1"}
		p, q := b.register(b.own, product.Input{Vendor: "v", Name: "p"}), b.register(b.other, product.Input{Vendor: "v", Name: "q"})
		x := b.push(b.own, p, "1", cycloneDX(purls...))
		before := b.rows()["component"]
		y := b.push(b.other, q, "1", spdx(purls...))
		b.same("components are stored once", before, b.rows()["component"])
		xr, xe := b.graph(x)
		yr, ye := b.graph(y)
		b.same("roots", xr, yr)
		b.same("edges", xe, ye)
		names := b.names(y)
		b.same("names are OSV's", []string{"Debian openssl 1.1.1n-0+deb11u3", "Go github.com/masterminds/goutils v1.1.0", "Maven org.apache.logging.log4j:log4j-core 2.14.1",
			"PyPI flask-user 1", "Red Hat openssl 1:1.0.2k-16.el7", "generic busybox 1.31.0", "npm @scope/x 1"}, names)
	})
}

// TestWhatIsKept: a component that can be found is kept even without an identity; files that can not are left out, and
// what they led to stays in reach.
func TestWhatIsKept(t *testing.T) {
	each(t, func(b bench) {
		p := b.register(b.own, product.Input{Vendor: "v", Name: "n", PURL: "pkg:npm/self"})
		s := b.push(b.own, p, "1", []byte(`{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"name":"self","version":"1","purl":"pkg:npm/self@1"}},"components":[
			{"type":"library","group":"org.x","name":"y","version":"2"},
			{"type":"firmware","name":"引导程序"},
			{"type":"library","name":"bad","version":"3","purl":"not a purl"},
			{"type":"library","name":"late","version":"4","purl":"pkg:npm/late"},
			{"type":"library","name":"twice","purl":"pkg:npm/twice@1?a=1"},
			{"type":"library","name":"twice","purl":"pkg:npm/twice@1?a=2","components":[{"type":"file","name":"f.jar","components":[{"type":"library","name":"in","purl":"pkg:npm/in@1","components":[{"type":"library","name":"deep","purl":"pkg:npm/deep@1"}]}]}]}]}`))
		roots, edges := b.graph(s)
		b.same("roots", []string{" bad@3", " org.x/y@2", " 引导程序@", "npm in@1", "npm late@4", "npm twice@1"}, roots)
		b.same("edges", []string{"in>deep"}, edges)
		b.same("count", 7, s.Components)

		q := b.register(b.own, product.Input{Vendor: "v", Name: "m"})
		roots, _ = b.graph(b.push(b.own, q, "1", []byte(`{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"name":"self","version":"9","purl":"pkg:npm/self"}}}`)))
		b.same("the subject is a package itself", []string{"npm self@9"}, roots)
	})
}

// TestNothingOfOneMemberIsSharedWithAnother: components are stored once for all, so they must not carry what is one
// member's own.
func TestNothingOfOneMemberIsSharedWithAnother(t *testing.T) {
	each(t, func(b bench) {
		p, q := b.register(b.own, product.Input{Vendor: "v", Name: "p"}), b.register(b.other, product.Input{Vendor: "v", Name: "q"})
		b.push(b.own, p, "1", cycloneDX("pkg:deb/debian/openssl@1.1?distro=debian-11&repository_url=https://user:secret@repo.own.example&arch=amd64#internal/path",
			"pkg:npm/x@1?download_url=https://repo.own.example/"+strings.Repeat("a", 1024)))
		s := b.push(b.other, q, "1", cycloneDX("pkg:deb/debian/openssl@1.1", "pkg:npm/x@1"))
		cs, err := b.Components(b.Context(), b.other, s.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		b.same("components", []product.Component{
			{ID: cs[0].ID, Ecosystem: "Debian", Name: "openssl", Version: "1.1", PURL: "pkg:deb/debian/openssl@1.1"},
			{ID: cs[1].ID, Ecosystem: "npm", Name: "x", Version: "1", PURL: "pkg:npm/x@1"}}, cs)
	})
}

// TestLongestNames: what the reader lets through fits into the index of either database.
func TestLongestNames(t *testing.T) {
	each(t, func(b bench) {
		noise := func(n int) string { // that no database can compress away
			sum := sha512.Sum512([]byte{byte(n)})
			var s strings.Builder
			for i := 0; s.Len() < n; i++ {
				sum = sha512.Sum512(append(sum[:], byte(i)))
				s.WriteString(hex.EncodeToString(sum[:]))
			}
			return s.String()[:n]
		}
		p := b.register(b.own, product.Input{Vendor: "v", Name: "n"})
		s := b.push(b.own, p, "1", []byte(`{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"group":"`+noise(512)+`","name":"`+noise(511)+`","version":"`+noise(256)+`"},
			{"name":"x","version":"`+noise(256)+`","purl":"pkg:npm/%40`+noise(400)+`/`+noise(600)+`"}]}`))
		b.same("components", 2, s.Components)
	})
}

func TestDiff(t *testing.T) {
	each(t, func(b bench) {
		p, q := b.register(b.own, product.Input{Vendor: "v", Name: "p"}), b.register(b.other, product.Input{Vendor: "v", Name: "q"})
		x := b.push(b.own, p, "1", cycloneDX(log4jCore, log4jAPI, "pkg:npm/gone@1", "pkg:npm/two@1", "pkg:npm/two@2"))
		y := b.push(b.own, p, "2", cycloneDX("pkg:maven/org.apache.logging.log4j/log4j-core@2.17.1", log4jAPI, "pkg:npm/new@1", "pkg:npm/two@2", "pkg:npm/two@3"))
		d, err := b.Diff(b.Context(), b.own, x.ID, y.ID)
		if err != nil {
			t.Fatal(err)
		}
		said := func(cs []product.Component) (out []string) {
			for _, c := range cs {
				out = append(out, c.Name+"@"+c.Version)
			}
			return out
		}
		b.same("added", []string{"new@1", "org.apache.logging.log4j:log4j-core@2.17.1", "two@3"}, said(d.Added))
		b.same("removed", []string{"gone@1", "org.apache.logging.log4j:log4j-core@2.14.1", "two@1"}, said(d.Removed))
		z := b.push(b.other, q, "1", cycloneDX(log4jCore))
		for _, pair := range [][2]string{{x.ID, z.ID}, {z.ID, x.ID}} {
			_, err := b.Diff(b.Context(), b.own, pair[0], pair[1])
			b.wantKind("another's list", err, fault.Withheld)
		}
		if _, err := b.Diff(b.Context(), b.people["analyst"], x.ID, z.ID); err != nil {
			t.Error(err)
		}
	})
}

func TestPushAgainSwitchesCurrent(t *testing.T) {
	each(t, func(b bench) {
		p := b.register(b.own, product.Input{Vendor: "v", Name: "n"})
		current := func() []string {
			return b.list(`SELECT version || ' ' || id FROM sbom WHERE is_current ORDER BY version`)
		}
		one, two := cycloneDX(log4jCore), cycloneDX("pkg:maven/org.apache.logging.log4j/log4j-core@2.17.1")
		x := b.push(b.own, p, "1", one)
		b.same("first", []string{"1 " + x.ID}, current())
		before := b.rows()
		b.same("the same again", x, b.push(b.own, p, "1", one))
		b.same("changes nothing", before, b.rows())
		y := b.push(b.own, p, "1", two)
		b.same("second", []string{"1 " + y.ID}, current())
		z := b.push(b.own, p, "2", one)
		b.same("versions stand side by side", []string{"1 " + y.ID, "2 " + z.ID}, current())
		before = b.rows()
		back := b.push(b.own, p, "1", one)
		b.same("back to the first", x, back)
		b.same("current", []string{"1 " + x.ID, "2 " + z.ID}, current())
		after := b.rows()
		b.same("no new rows", before["holding"]+before["sbom"], after["holding"]+after["sbom"])
		b.index()
		b.same("an event each", []string{"5"}, b.list(`SELECT CAST(count(*) AS TEXT) FROM event WHERE kind = 'product.changed'`))
	})
}

func TestBadSBOMLeavesNothing(t *testing.T) {
	each(t, func(b bench) {
		p := b.register(b.own, product.Input{Vendor: "v", Name: "n"})
		before := b.rows()
		cdx := func(s string) string { return `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[` + s + `]}` }
		for name, e := range map[string]struct{ version, doc, want string }{
			"no version":  {" ", cdx(`{"name":"a"}`), "version: rule.required"},
			"bad version": {"a\x00", cdx(`{"name":"a"}`), "version: product.rule.characters"},
			"nothing":     {"1", "", "document: rule.required"},
			"prose":       {"1", "hello", "document: product.sbom.format"},
			"old":         {"1", `{"bomFormat":"CycloneDX","specVersion":"1.0"}`, "document: product.sbom.version"},
			"cut off":     {"1", cdx(`{"name":"a"`), "document: product.sbom.syntax"},
			"no name":     {"1", cdx(`{"name":"a"},{"type":"library"}`), "document: product.sbom.required"},
			"NUL":         {"1", cdx(`{"name":"a\u0000"}`), "document: product.sbom.characters"},
			"type":        {"1", cdx(`{"name":[]}`), "document: product.sbom.type"},
			"deep":        {"1", cdx(strings.Repeat("[", 100)), "document: product.sbom.depth"},
			"empty":       {"1", cdx(``), "document: product.sbom.empty"},
			"laughs":      {"1", `<!DOCTYPE x [<!ENTITY a "b">]><bom/>`, "document: product.sbom.doctype"},
			"latin":       {"1", "{\"x\":\"\xe9\"}", "document: product.sbom.encoding"},
			"gzip":        {"1", "\x1f\x8bxx", "document: product.sbom.packed"},
		} {
			_, err := b.PushSBOM(b.Context(), b.own, p.ID, e.version, []byte(e.doc))
			b.same(name, []string{e.want}, broken(err))
		}
		var zip bytes.Buffer
		z := gzip.NewWriter(&zip)
		_, err := z.Write(make([]byte, 65<<20))
		if err := errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		_, err = b.PushSBOM(b.Context(), b.own, p.ID, "1", zip.Bytes())
		b.wantKind("zip bomb", err, fault.TooLarge)
		_, err = b.PushSBOM(b.Context(), b.own, p.ID, "1", make([]byte, 65<<20))
		b.wantKind("large", err, fault.TooLarge)
		b.same("rows", before, b.rows())
		if kept, err := os.ReadDir(b.Blobs.Dir); err != nil || len(kept) > 0 {
			t.Errorf("%d files are kept, %v", len(kept), err)
		}
	})
}

// large is a document of n components and 3n-6 edges.
func large(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[`)
	for i := range n {
		fmt.Fprintf(&b, `{"type":"library","bom-ref":"%d","name":"c%d","purl":"pkg:npm/c%d@1"},`, i, i, i)
	}
	b.Truncate(b.Len() - 1)
	b.WriteString(`],"dependencies":[`)
	for i := range n - 3 {
		fmt.Fprintf(&b, `{"ref":"%d","dependsOn":["%d","%d","%d"]},`, i, i+1, i+2, i+3)
	}
	b.Truncate(b.Len() - 1)
	b.WriteString(`]}`)
	return b.Bytes()
}

// TestLargeSBOM pushes the same large list from three sides at once: one list comes into being, and nothing else stays.
func TestLargeSBOM(t *testing.T) {
	each(t, func(b bench) {
		const n = 20_000
		p := b.register(b.own, product.Input{Vendor: "v", Name: "n"})
		doc := large(n)
		var all sync.WaitGroup
		ids := make([]string, 3)
		for i := range ids {
			all.Go(func() {
				s, err := b.PushSBOM(b.Context(), b.own, p.ID, "1", doc)
				if err != nil {
					t.Error(err)
				}
				ids[i] = s.ID
			})
		}
		all.Wait()
		b.same("one list", []string{ids[0], ids[0]}, ids[1:])
		rows := b.rows()
		delete(rows, "event")
		delete(rows, "evidence")
		b.same("rows", map[string]string{"product": "1", "product_version": "1", "sbom": "1", "component": strconv.Itoa(n), "holding": strconv.Itoa(n)}, rows)
		b.same("edges", []string{strconv.Itoa(3 * (n - 3))}, b.list(`SELECT CAST(edges AS TEXT) FROM sbom`))
		b.index()
		b.same("one event", []string{"1"}, b.list(`SELECT CAST(count(*) AS TEXT) FROM event WHERE kind = 'product.changed' AND payload LIKE '%sbom%'`))
	})
}

// TestPushAtOnce pushes lists with common components for many products at once.
func TestPushAtOnce(t *testing.T) {
	each(t, func(b bench) {
		var all sync.WaitGroup
		for i := range 8 {
			p := b.register(b.own, product.Input{Vendor: "v", Name: "n" + strconv.Itoa(i)})
			all.Go(func() {
				purls := []string{"pkg:npm/own-" + strconv.Itoa(i) + "@1"}
				for j := range 300 {
					purls = append(purls, fmt.Sprintf("pkg:npm/common-%d@1", (j*(i+1))%300))
				}
				if _, err := b.PushSBOM(b.Context(), b.own, p.ID, "1", cycloneDX(purls...)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		b.same("components", "308", b.rows()["component"])
		b.same("no list lacks a component", []string(nil), b.list(`SELECT CAST(h.component_id AS TEXT) FROM holding h LEFT JOIN component c ON c.id = h.component_id WHERE c.id IS NULL`))
		b.index()
	})
}

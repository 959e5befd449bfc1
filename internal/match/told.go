// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/cpe"
	"github.com/fengsui/fengsui/internal/vuln"
)

// told is what anybody has told of the versions of a thing: in the directory, of registered products, in lists of affected
// versions, at the ends of ranges; and none. A version stands with its release, or, of a CPE, with what stands behind it.
type told struct {
	at                 vuln.Package
	wares              []string // of a vendor's product: by all names of the vendor
	pairs              [][2]string
	releases, versions []string
	seen               map[[2]string]bool
}

// maxCrossed bounds how many pairs of a release and a version are tried that nobody has told together.
const maxCrossed = 100_000

// toldOf collects what is told of what stands at a place, of which claims and targets say something.
func toldOf(ctx context.Context, tx *db.Tx, at vuln.Package, vendors product.Vendors, claims []vuln.Claim) (*told, error) {
	t := &told{at: at, seen: map[[2]string]bool{}}
	t.add("", "")
	if err := t.directory(ctx, tx, vendors); err != nil {
		return nil, err
	}
	for _, c := range claims {
		t.said(c)
	}
	for _, r := range t.releases {
		t.add(r, "")
	}
	return t, nil
}

func (t *told) add(release, version string) {
	k := [2]string{release, version}
	if t.seen[k] {
		return
	}
	t.seen[k] = true
	t.pairs = append(t.pairs, k)
	if !slices.Contains(t.releases, release) {
		t.releases = append(t.releases, release)
	}
	t.versions = append(t.versions, version)
}

// directory adds the versions of components and registered products.
func (t *told) directory(ctx context.Context, tx *db.Tx, vendors product.Vendors) error {
	component, itself := `c.ecosystem = $1 AND c.name = $2`, ``
	args, own := []any{t.at.Ecosystem, t.at.Name}, []any(nil)
	switch t.at.Ecosystem {
	case "":
	case vuln.EcosystemCPE:
		component, args = `c.cpe_name <> '' AND c.cpe_name = $1`, args[1:] // the index says so, too
		itself, own = `p.cpe_name <> '' AND p.cpe_name = $1`, args
	case vuln.EcosystemWare:
		t.wares = renamed(vendors, t.at.Name)
		var a, b db.Args
		component = `c.ware <> '' AND c.ware IN ` + db.In(&a, t.wares)
		args = a
		vendor, name, _ := strings.Cut(t.at.Name, "/")
		n := b.P(name)
		itself = `p.vendor_key IN ` + db.In(&b, vendors.Of(vendor)) + ` AND (p.name_key = ` + n + ` OR p.name_en_key = ` + n + ` OR p.model_key = ` + n + `)`
		own = b
	default:
		itself, own = `p.purl_key = $1`, []any{t.at.Ecosystem + "/" + t.at.Name}
	}
	have, err := db.List(ctx, tx, func(r db.Row) (v [3]string, err error) { return v, r.Scan(&v[0], &v[1], &v[2]) }, `SELECT DISTINCT c.release, c.version, c.cpe FROM component c WHERE `+component, args...)
	if err != nil {
		return err
	}
	for _, v := range have {
		if t.at.Ecosystem != vuln.EcosystemCPE {
			t.add(v[0], v[1])
			continue
		}
		t.add("", v[1])
		if n, err := cpe.Parse(v[2]); err == nil {
			t.add(product.CPEVersion(n, v[1]))
		}
	}
	if itself == "" {
		return nil
	}
	registered, err := db.List(ctx, tx, db.Value[string], `SELECT DISTINCT v.version FROM product p JOIN product_version v ON v.product_id = p.id WHERE `+itself, own...)
	for _, v := range registered {
		t.version("", v)
	}
	return err
}

// version adds one as it is written, and, of a CPE, as a CPE writes it.
func (t *told) version(release, version string) {
	t.add(release, version)
	if t.at.Ecosystem == vuln.EcosystemCPE {
		if v, err := cpe.TextOf(version); err == nil {
			if written, ok := v.Text(); ok {
				t.add(release, written)
			}
		}
	}
}

// said adds what a claim lists, and the ends of its ranges.
func (t *told) said(c vuln.Claim) {
	release := ""
	if c.Says.Package != nil {
		if parts := strings.Split(c.Says.Package.Ecosystem, ":"); len(parts) > 1 {
			release = parts[1]
		}
	}
	said := slices.Clone(c.Says.Versions)
	for _, r := range c.Says.Ranges {
		for _, e := range r.Events {
			said = append(said, e.Introduced, e.Fixed, e.LastAffected)
		}
	}
	for _, m := range flawed(c) {
		t.add(product.CPEVersion(m.Criteria, ""))
		said = append(said, m.StartIncluding, m.StartExcluding, m.EndIncluding, m.EndExcluding)
	}
	for _, v := range said {
		if v != "" && v != "0" && v != "*" {
			t.version(release, v)
		}
	}
}

// flawed are the criteria of a claim that are about the name at which it stands.
func flawed(c vuln.Claim) (out []cpe.Criterion) {
	for _, x := range c.CPEs {
		for _, n := range x.Nodes {
			for _, m := range n.Matches {
				if m.Vulnerable && m.Criteria.Key() == c.Name {
					out = append(out, m)
				}
			}
		}
	}
	return out
}

// thing is what stands at the place in a version.
func (t *told) thing(pair [2]string) *thing {
	release, version := pair[0], pair[1]
	switch t.at.Ecosystem {
	case vuln.EcosystemCPE:
		return &thing{cpe: cpeOf(t.at.Name, release, version), version: version}
	case vuln.EcosystemWare:
		return &thing{wares: t.wares, version: version}
	}
	return &thing{packageKey: packageKey{t.at.Ecosystem, t.at.Name}, release: release, version: version}
}

// cpeOf writes a CPE of a part, vendor and product in a version, with what stands behind it (product.CPEVersion), or ""
// when there is none.
func cpeOf(name, behind, version string) string {
	text := "cpe:2.3:" + name + ":*:" + cmp.Or(behind, "*")
	if whole, ok := strings.CutPrefix(behind, "="); ok {
		text = "cpe:2.3:" + name + ":" + whole
	}
	n, err := cpe.Parse(text)
	if err != nil {
		return ""
	}
	if v, err := cpe.TextOf(version); version != "" && err == nil {
		n[cpe.Version] = v
	}
	return n.String()
}

// A key to what a salt hides of a thing's versions.
type opener struct {
	*told
	salt            []byte
	ecosystem, name string // under which it is hidden
	of              map[product.Digest][2]string
	crossed         bool
}

func (t *told) opener(salt []byte, ecosystem, name string) *opener {
	o := &opener{told: t, salt: salt, ecosystem: ecosystem, name: name, of: make(map[product.Digest][2]string, len(t.pairs))}
	for _, p := range t.pairs {
		o.try(p)
	}
	return o
}

func (o *opener) try(p [2]string) {
	o.of[product.PrivateVersion(o.salt, o.ecosystem, o.name, p[0], p[1])] = p
}

// open finds out which version is hidden, where that is told: with its release, or else with any.
func (o *opener) open(hidden product.Digest) (pair [2]string, ok bool) {
	if pair, ok = o.of[hidden]; ok || o.crossed {
		return pair, ok
	}
	o.crossed = true
	if len(o.releases) > 1 && len(o.releases)*len(o.versions) <= maxCrossed {
		slices.Sort(o.versions)
		for _, v := range slices.Compact(o.versions) {
			for _, r := range o.releases {
				if p := [2]string{r, v}; !o.seen[p] {
					o.try(p)
				}
			}
		}
	}
	pair, ok = o.of[hidden]
	return pair, ok
}

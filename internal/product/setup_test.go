// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// A bench is the service on one database, with a provider, another member and the platform's people.
type bench struct {
	*testing.T
	*product.Service
	members    *member.Service
	own, other member.Actor // engineers
	people     map[string]member.Actor
}

func each(t *testing.T, test func(b bench)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *calendar.Driven) {
		log, err := evidence.Open(d, t.TempDir(), "test.example/log")
		if err != nil {
			t.Fatal(err)
		}
		keys, err := seal.Load(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		events := &event.Log{DB: d, Evidence: log}
		b := bench{T: t, Service: &product.Service{DB: d, Events: events, Blobs: blob.Store{Dir: t.TempDir(), Seal: keys}},
			members: &member.Service{DB: d, Events: events, Seal: keys}, people: map[string]member.Actor{}}
		b.own = b.person(b.org("own", member.Provider), member.Engineer)
		b.other = b.person(b.org("other", member.Operator, member.Provider), member.Engineer)
		platform := b.org("platform", member.Platform)
		for _, r := range member.Roles[2:] {
			b.people[string(r)] = b.person(platform, r)
		}
		test(b)
	})
}

func (b bench) org(slug string, roles ...member.OrgRole) string {
	b.Helper()
	o, err := b.members.AddOrg(b.Context(), member.System(), member.OrgInput{Slug: slug, NameZH: "单位 " + slug, NameEN: "Org " + slug, Roles: roles,
		Sector: "cloud", Email: "psirt@" + slug + ".example", Domains: []string{slug + ".example"}})
	if err != nil {
		b.Fatal(err)
	}
	return o.ID
}

func (b bench) person(org string, role member.Role) member.Actor {
	return member.Actor{AccountID: "account-of-" + org + string(role), OrgID: org, Roles: []member.Role{role}, Via: "web", Locale: "zh-CN"}
}

func (b bench) register(by member.Actor, in product.Input) product.Product {
	b.Helper()
	if in.OrgID == "" {
		in.OrgID = by.OrgID
	}
	p, err := b.Register(b.Context(), by, in)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func (b bench) push(by member.Actor, p product.Product, version string, doc []byte) product.SBOM {
	b.Helper()
	s, err := b.PushSBOM(b.Context(), by, p.ID, version, doc)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// list runs a query that returns one text column.
func (b bench) list(query string, args ...any) (out []string) {
	b.Helper()
	if err := b.DB.View(b.Context(), func(tx *db.Tx) (err error) {
		out, err = db.List(b.Context(), tx, db.Value[string], query, args...)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	return out
}

// rows counts everything that the directory keeps.
func (b bench) rows() map[string]string {
	out := map[string]string{}
	for _, table := range []string{"product", "product_version", "sbom", "component", "holding", "event", "evidence"} {
		out[table] = b.list(`SELECT CAST(count(*) AS TEXT) FROM ` + table)[0]
	}
	return out
}

// graph writes a component list as its roots and edges.
func (b bench) graph(s product.SBOM) (roots, edges []string) {
	b.Helper()
	b.tx(func(ctx context.Context, tx *db.Tx) error {
		gs, err := b.Graphs(ctx, tx, []string{s.ID})
		if err != nil {
			return err
		}
		g := gs[s.ID]
		of, err := b.Named(ctx, tx, g.IDs)
		for i, id := range g.IDs {
			if c := of[id]; g.Roots[i] {
				roots = append(roots, c.Ecosystem+" "+c.Name+"@"+c.Version)
			}
		}
		for _, e := range g.Edges {
			edges = append(edges, of[g.IDs[e[0]]].Name+">"+of[g.IDs[e[1]]].Name)
		}
		return err
	})
	slices.Sort(roots)
	slices.Sort(edges)
	return roots, edges
}

// names are the components of a list, in the order in which they were entered.
func (b bench) names(s product.SBOM) (out []string) {
	b.Helper()
	b.tx(func(ctx context.Context, tx *db.Tx) error {
		gs, err := b.Graphs(ctx, tx, []string{s.ID})
		if err != nil {
			return err
		}
		of, err := b.Named(ctx, tx, gs[s.ID].IDs)
		for _, id := range gs[s.ID].IDs {
			out = append(out, of[id].Ecosystem+" "+of[id].Name+" "+of[id].Version)
		}
		return err
	})
	return out
}

// index holds the index of holdings against the lists.
func (b bench) index(want ...product.Difference) {
	b.Helper()
	b.tx(func(ctx context.Context, tx *db.Tx) error {
		c, err := product.CheckHoldings(ctx, tx)
		b.same("the index of holdings", want, c.Differences)
		if (c.Wrong > 0) != (len(want) > 0) {
			b.Errorf("%+v", c)
		}
		return err
	})
}

func (b bench) wantKind(what string, err error, kind fault.Kind) {
	b.Helper()
	if got := fault.KindOf(err); err == nil || got != kind {
		b.Errorf("%s: got %v (%s), want %s", what, err, got, kind)
	}
}

// broken returns the rules that an error says were broken, as "field: rule".
func broken(err error) (out []string) {
	var e *fault.Error
	if errors.As(err, &e) {
		for _, f := range e.Fields {
			out = append(out, f.Name+": "+f.Rule)
		}
	}
	return out
}

func (b bench) same(what string, want, got any, opts ...cmp.Option) {
	b.Helper()
	if diff := cmp.Diff(want, got, opts...); diff != "" {
		b.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func (b bench) tx(do func(ctx context.Context, tx *db.Tx) error) {
	b.Helper()
	if err := b.DB.View(b.Context(), func(tx *db.Tx) error { return do(b.Context(), tx) }); err != nil {
		b.Fatal(err)
	}
}

// cycloneDX is a list of package URLs where each depends on the next, and the product on the first.
func cycloneDX(purls ...string) []byte {
	var components, dependencies []string
	for i, p := range purls {
		components = append(components, fmt.Sprintf(`{"type":"library","bom-ref":"%d","name":"x%d","purl":%q}`, i, i, p))
		dependencies = append(dependencies, fmt.Sprintf(`{"ref":"%d","dependsOn":["%d"]}`, i, i+1))
	}
	return []byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"application","bom-ref":"p","name":"p"}},"components":[` +
		strings.Join(components, ",") + `],"dependencies":[{"ref":"p","dependsOn":["0"]},` + strings.Join(dependencies, ",") + `]}`)
}

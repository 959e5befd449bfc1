// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package match_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/blob"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/match/matchtest"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/spec/purl"
	"github.com/fengsui/fengsui/internal/vuln"
	"github.com/fengsui/fengsui/internal/warning"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var ctx = context.Background()

// fatal is what *testing.T and *rapid.T share.
type fatal interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
}

// world is a platform with products and cases and nothing on top of them.
type world struct {
	fatal
	s     *match.Service
	d     *db.DB
	clock *calendar.Driven
	ids   map[string]int64 // components by "ecosystem|name|version"
}

func newWorld(t testing.TB, d *db.DB, clock *calendar.Driven) *world {
	t.Helper()
	w := &world{fatal: t, d: d, clock: clock, ids: map[string]int64{}}
	log, err := evidence.Open(d, t.TempDir(), "test.example/log")
	w.ok(err)
	key, err := seal.Load(t.TempDir())
	w.ok(err)
	events := &event.Log{DB: d, Evidence: log}
	w.s = &match.Service{DB: d, Events: events, Cases: &casework.Service{DB: d, Events: events, Seal: key, Prefix: "FS"},
		Products: &product.Service{DB: d, Events: events, Blobs: blob.Store{Dir: t.TempDir(), Seal: key}}, Vulns: &vuln.Service{DB: d, Events: events}, Grounds: []match.Ground{warning.Ground}}
	w.s.Assessments = &assessment.Service{DB: d, Events: events, Seal: key, Blobs: w.s.Products.Blobs, Products: w.s.Products}
	for _, o := range []string{"a", "b", "c"} {
		w.org(o)
	}
	return w
}

func each(t *testing.T, test func(w *world)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) { test(newWorld(t, d, clock)) })
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) want(err error, kind fault.Kind) {
	w.Helper()
	if !fault.Is(err, kind) {
		w.Errorf("got %v, want %s", err, kind)
	}
}

func (w *world) tx(do func(tx *db.Tx) error) { w.Helper(); w.ok(w.d.Tx(ctx, do)) }

func (w *world) exec(query string, args ...any) {
	w.Helper()
	w.tx(func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
}

func (w *world) number(query string, args ...any) (n int) {
	w.Helper()
	w.ok(w.d.View(ctx, func(tx *db.Tx) (err error) {
		n, err = db.Get(ctx, tx, db.Value[int], query, args...)
		return err
	}))
	return n
}

// org adds an organisation; its id is its slug.
func (w *world) org(slug string) {
	w.exec(`INSERT INTO org (id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status,
		suspension_reason, email, phone, webhook_url, domains, note, created_at) VALUES ($1,$2,$3,'','["provider"]',$4,0,$5,'','CN','active','','','','','[]','',$6)`,
		slug, slug, "单位 "+slug, true, "sector-"+slug[:1], db.At(w.clock.Now()))
}

// product adds a product, "org/name", and returns its id.
func (w *world) product(p product.Product) string {
	w.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	key := ""
	if p.PURL != "" {
		u, err := purl.Parse(p.PURL)
		w.ok(err)
		key = u.Key()
	}
	w.exec(`INSERT INTO product (id, org_id, vendor, name, name_en, model, kind, cpe, purl, purl_key, vendor_key, name_key, name_en_key, model_key, created_at)
		VALUES ($1,$2,$3,$4,$5,$6,'software','',$7,$8,$9,$10,$11,$12,$13)`, id, p.OrgID, p.Vendor, p.Name, p.NameEN, p.Model, p.PURL, key,
		product.Key(p.Vendor), product.Key(p.Name), product.Key(p.NameEN), product.Key(p.Model), db.At(w.clock.Now()))
	for _, v := range p.Versions {
		w.exec(`INSERT INTO product_version (product_id, version, at) VALUES ($1,$2,$3)`, id, v, db.At(w.clock.Now()))
	}
	return id
}

// component is the id of "ecosystem|name|version", which is added when it is new.
func (w *world) component(of string) int64 {
	w.Helper()
	id, ok := w.ids[of]
	if !ok {
		id = int64(len(w.ids) + 1)
		w.ids[of] = id
		p := strings.Split(of, "|")
		url := ""
		if len(p) > 3 {
			url = p[3]
		}
		release := ""
		if u, err := purl.Parse(url); err == nil {
			release = u.Release()
		}
		w.exec(`INSERT INTO component (id, ecosystem, name, release, version, cpe, cpe_name, purl) VALUES ($1,$2,$3,$4,$5,'','',$6)`, id, p[0], p[1], release, p[2], url)
	}
	return id
}

// sbom gives a product a component list, which takes the place of the one its version had. Lines are
// "component > component > …"; a line that begins with a ">" goes on below another component.
func (w *world) sbom(product, version string, lines ...string) {
	w.Helper()
	roots, all, edges := map[int64]bool{}, map[int64]bool{}, map[[2]int64]bool{}
	for _, l := range lines {
		parts := strings.Split(l, " > ")
		var above int64
		for i, p := range parts {
			if p == "" {
				continue
			}
			id := w.component(p)
			all[id] = true
			if i == 0 {
				roots[id] = true
			}
			if above != 0 {
				edges[[2]int64{above, id}] = true
			}
			above = id
		}
	}
	w.store(product, version, roots, all, edges)
}

func (w *world) store(of, version string, roots, all map[int64]bool, edges map[[2]int64]bool) {
	w.Helper()
	var g product.Graph
	g.IDs = slices.Sorted(maps.Keys(all))
	for _, id := range g.IDs {
		g.Roots = append(g.Roots, roots[id])
	}
	for _, e := range slices.SortedFunc(maps.Keys(edges), func(x, y [2]int64) int { return slices.Compare(x[:], y[:]) }) {
		from, _ := g.Index(e[0])
		to, _ := g.Index(e[1])
		if from != to {
			g.Edges = append(g.Edges, [2]int32{int32(from), int32(to)})
		}
	}
	w.ok(w.list(of, version, g))
}

// list makes a graph the current list of a product's version. It may run beside others.
func (w *world) list(of, version string, g product.Graph) error {
	return w.d.Tx(ctx, func(tx *db.Tx) error { return matchtest.List(ctx, tx, of, version, g) })
}

// kase adds a graded case about what is affected.
func (w *world) kase(affected ...report.Affected) string {
	w.Helper()
	var id string
	w.tx(func(tx *db.Tx) (err error) {
		id, err = matchtest.Case(ctx, tx, w.s.Cases.Seal, affected...)
		return err
	})
	return id
}

func (w *world) find(caseID string) {
	w.Helper()
	var e casework.Graded
	e.CaseID = caseID
	w.ok(w.s.Find(ctx, e))
}

func (w *world) changed(productID string) {
	w.Helper()
	w.ok(w.s.OnChanged(ctx, product.Changed{ProductID: productID}))
}

// findings of a case as the system sees them, without times.
func (w *world) findings(caseID string) []match.Finding {
	w.Helper()
	fs, err := w.s.Findings(ctx, member.System(), caseID)
	w.ok(err)
	for i := range fs {
		fs[i].At = time.Time{}
	}
	return fs
}

// lines are the findings of a case in words, for comparing.
func (w *world) lines(caseID string) (out []string) {
	w.Helper()
	for _, f := range w.findings(caseID) {
		out = append(out, fmt.Sprintf("%s %s @%s: %s [%s] %s %s", f.Verdict, f.OrgID, f.Version, strings.Join(f.Why.Path, " > "), f.Why.Range, f.Why.Found, f.Why.Note))
	}
	slices.Sort(out)
	return out
}

// People.
var (
	analyst = member.Actor{AccountID: "analyst", OrgID: "platform", Roles: []member.Role{member.Analyst}, Via: "web"}
	watch   = member.Actor{AccountID: "watch", OrgID: "platform", Roles: []member.Role{member.Supervisor}, Via: "web"}
	auditor = member.Actor{AccountID: "auditor", OrgID: "platform", Roles: []member.Role{member.Auditor}, Via: "web"}
)

// engineer is a security engineer of a member.
func engineer(org string) member.Actor {
	return member.Actor{AccountID: "e-" + org, OrgID: org, Roles: []member.Role{member.Engineer}, Via: "web"}
}

// collapse makes one blank of several.
func collapse(s string) string { return strings.Join(strings.Fields(s), " ") }

// edit changes what a case calls flawed.
func (w *world) edit(caseID string, affected ...report.Affected) {
	w.Helper()
	content, err := seal.SealJSON(w.s.Cases.Seal, "casefile/"+caseID+"/content", casework.Content{Affected: affected})
	w.ok(err)
	w.exec(`UPDATE casefile SET content_sealed = $1, rev = rev + 1 WHERE id = $2`, content, caseID)
}

// swap gives a product a component list of one component that is known already. Unlike sbom it may run beside others.
func (w *world) swap(of, component string) error {
	return w.list(of, "1", product.Graph{IDs: []int64{w.ids[component]}, Roots: []bool{true}})
}

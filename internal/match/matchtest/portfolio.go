// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package matchtest

import (
	"archive/zip"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/product"
)

// A Portfolio is a nation's inventory with the shape of real ones: few names are in very many products, most are in few
// (Zipf and Mandelbrot), lists have log-normal sizes, and names and versions grow more slowly than products (Heaps).
type Portfolio struct {
	Orgs, Products, Names, Versions int
	Holdings                        int64
	first                           []int32   // by rank of a name: its first version
	ids                             []int32   // by version: component.id, in the order of first use
	lists                           [][]int32 // by product: versions, each once
	used                            int32
}

// shift is Mandelbrot's: it flattens the head.
const shift = 60

// NewPortfolio draws an inventory: of 100 000 products with some 50 million components at size 1.
func NewPortfolio(size float64) *Portfolio {
	p := &Portfolio{Orgs: max(20, int(3000*size)), Products: max(50, int(100_000*size)), Names: int(290_000 * math.Pow(size, 0.48)), Versions: int(1_000_000 * math.Pow(size, 0.57))}
	p.first = make([]int32, p.Names+1)
	p.share()
	p.ids = make([]int32, p.Versions)
	weight := make([]float64, p.Names)
	total := 0.0
	for r := range weight {
		total += 1 / float64(r+shift)
		weight[r] = total
	}
	rnd := rand.New(rand.NewPCG(20261123, 1))
	const sigma = 0.9
	mean := math.Log(500) - sigma*sigma/2
	seen := make([]int32, p.Names) // product that named it last, from 1
	p.lists = make([][]int32, p.Products)
	for i := range p.lists {
		n := min(max(5, int(math.Exp(mean+sigma*rnd.NormFloat64()))), p.Names/4)
		list := make([]int32, 0, n)
		for len(list) < n {
			r := sort.SearchFloat64s(weight, rnd.Float64()*total)
			for r < p.Names && seen[r] == int32(i+1) { // a list names a package once: take the next rarer one
				r++
			}
			if r >= p.Names {
				continue
			}
			seen[r] = int32(i + 1)
			v := p.first[r] + int32(rnd.IntN(int(p.first[r+1]-p.first[r])))
			if p.ids[v] == 0 {
				p.used++
				p.ids[v] = p.used
			}
			list = append(list, v)
		}
		p.lists[i] = list
		p.Holdings += int64(n)
	}
	return p
}

// share gives each name its versions: 300 to the first, fewer to each further one, Versions in all.
func (p *Portfolio) share() {
	count := func(a float64) (total int) {
		for r := range p.Names {
			n := 1 + int(299*math.Pow(shift/float64(r+shift), a))
			p.first[r] = int32(total)
			total += n
		}
		p.first[p.Names] = int32(total)
		return total
	}
	low, high := 0.05, 5.0
	for range 50 {
		if mid := (low + high) / 2; count(mid) > p.Versions {
			low = mid
		} else {
			high = mid
		}
	}
	p.Versions = count(high)
}

var portfolioEcosystems = []struct{ name, prefix, purl string }{
	{"npm", "", "pkg:npm/"}, {"PyPI", "", "pkg:pypi/"}, {"Maven", "org.example:", "pkg:maven/org.example/"}, {"Go", "example.org/", "pkg:golang/example.org/"}, {"crates.io", "", "pkg:cargo/"}}

// Package is the ecosystem and the name of the package with a rank, 0 for the most popular.
func (p *Portfolio) Package(rank int) (ecosystem, name string) {
	e := portfolioEcosystems[rank%len(portfolioEcosystems)]
	return e.name, fmt.Sprintf("%spackage-%06d", e.prefix, rank)
}

// PURL is the package URL of a version of it.
func (p *Portfolio) PURL(rank, version int) string {
	return fmt.Sprintf("%spackage-%06d@%s", portfolioEcosystems[rank%len(portfolioEcosystems)].purl, rank, p.version(rank, version))
}

// VersionsOf is how many versions a name has.
func (p *Portfolio) VersionsOf(rank int) int { return int(p.first[rank+1] - p.first[rank]) }

func (p *Portfolio) version(rank, n int) string {
	v := fmt.Sprintf("%d.%d.%d", 1+n/100, n/10%10, n%10)
	if rank%len(portfolioEcosystems) == 3 {
		return "v" + v
	}
	return v
}

// Load writes the inventory past the verbs, as fast as the engine takes it. progress is told what is done.
func (p *Portfolio) Load(ctx context.Context, d *db.DB, progress func(what string, rows int64)) error {
	now := db.At(d.Clock.Now())
	steps := []struct {
		table, columns string
		n              int
		row            func(i int) []any
	}{
		{"org", "id, slug, name_zh, name_en, roles, partner, partner_level, sector, region, country, status, suspension_reason, email, phone, webhook_url, domains, note, created_at", p.Orgs, func(i int) []any {
			return []any{uidOf("a", i), fmt.Sprint("org-", i), fmt.Sprint("单位 ", i), fmt.Sprint("Member ", i), `["operator","provider"]`, true, int64(3), fmt.Sprint("sector-", i%20), "", "CN", "active", "", "", "", "", "[]", "", now}
		}},
		{"product", "id, org_id, vendor, name, name_en, model, kind, cpe, purl, purl_key, vendor_key, name_key, name_en_key, model_key, created_at", p.Products, func(i int) []any {
			return []any{uidOf("b", i), uidOf("a", i%p.Orgs), fmt.Sprint("vendor ", i%500), fmt.Sprint("product ", i), "", "", "software", "", "", "", fmt.Sprint("vendor ", i%500), fmt.Sprint("product ", i), "", "", now}
		}},
		{"sbom", listColumns[6 : len(listColumns)-1], p.Products, func(i int) []any {
			g := p.graph(i)
			return []any{uidOf("c", i), uidOf("b", i), "1.0", "CycloneDX", "1.6", "", "", int64(len(g.IDs)), int64(len(g.Edges)), true, "", now, int64(i + 1), g.Pack()}
		}},
	}
	order, ranks := p.inOrder()
	steps = append(steps, struct {
		table, columns string
		n              int
		row            func(i int) []any
	}{"component", "id, ecosystem, name, release, version, cpe, cpe_name, purl", len(order), func(i int) []any {
		ecosystem, name := p.Package(int(ranks[i]))
		v := int(order[i] - p.first[ranks[i]])
		return []any{int64(i + 1), ecosystem, name, "", p.version(int(ranks[i]), v), "", "", p.PURL(int(ranks[i]), v)}
	}})
	for _, s := range steps {
		if err := load(ctx, d, s.table, s.columns, s.n, s.row); err != nil {
			return fmt.Errorf("load %s: %w", s.table, err)
		}
		progress(s.table, int64(s.n))
	}
	if err := p.loadHoldings(ctx, d); err != nil {
		return fmt.Errorf("load holdings: %w", err)
	}
	progress("holding", p.Holdings)
	return d.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO series (name, n) VALUES ('component', $1), ('sbom', $2)`, int64(p.used), int64(p.Products))
		return err
	})
}

// inOrder returns versions, and the ranks of their names, by component id.
func (p *Portfolio) inOrder() (order, ranks []int32) {
	order, ranks = make([]int32, p.used), make([]int32, p.used)
	for r := range p.Names {
		for v := p.first[r]; v < p.first[r+1]; v++ {
			if id := p.ids[v]; id > 0 {
				order[id-1], ranks[id-1] = v, int32(r)
			}
		}
	}
	return order, ranks
}

// graph is the list of a product. Four of five are flat; the fifth is a tree.
func (p *Portfolio) graph(i int) (g product.Graph) {
	g.IDs = make([]int64, len(p.lists[i]))
	for j, v := range p.lists[i] {
		g.IDs[j] = int64(p.ids[v])
	}
	slices.Sort(g.IDs)
	g.Roots = make([]bool, len(g.IDs))
	for j := range g.IDs {
		if i%5 != 0 || j < roots {
			g.Roots[j] = true
			continue
		}
		g.Edges = append(g.Edges, [2]int32{int32((j - roots) / fan), int32(j)})
	}
	return g
}

// loadHoldings writes the index in its own order.
func (p *Portfolio) loadHoldings(ctx context.Context, d *db.DB) error {
	starts := make([]int64, p.used+2)
	for _, l := range p.lists {
		for _, v := range l {
			starts[p.ids[v]+1]++
		}
	}
	for i := 1; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	at := slices.Clone(starts)
	lists := make([]int32, p.Holdings)
	for i, l := range p.lists {
		for _, v := range l {
			id := p.ids[v]
			lists[at[id]] = int32(i + 1)
			at[id]++
		}
	}
	if d.Engine == db.PostgreSQL {
		id, i := int32(1), int64(0)
		return copyFrom(ctx, d, "holding", []string{"component_id", "sbom_n"}, func() ([]any, error) {
			if i == p.Holdings {
				return nil, nil
			}
			for i >= starts[id+1] {
				id++
			}
			i++
			return []any{int64(id), int64(lists[i-1])}, nil
		})
	}
	for id := int32(1); id <= p.used; {
		if err := d.Tx(ctx, func(tx *db.Tx) error {
			var text []byte
			for rows := int64(0); id <= p.used && rows < 2_000_000; id++ {
				text = append(text[:0], '[')
				for _, l := range lists[starts[id]:starts[id+1]] {
					text = append(fmt.Append(text, l), ',')
				}
				text[len(text)-1] = ']'
				rows += starts[id+1] - starts[id]
				if _, err := tx.Exec(ctx, `INSERT INTO holding (component_id, sbom_n) SELECT $1, value FROM json_each($2)`, int64(id), string(text)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// load writes rows past the journal.
func load(ctx context.Context, d *db.DB, table, columns string, n int, row func(i int) []any) error {
	if d.Engine == db.PostgreSQL {
		i := -1
		return copyFrom(ctx, d, table, strings.Split(columns, ", "), func() ([]any, error) {
			if i++; i >= n {
				return nil, nil
			}
			values := row(i)
			for j, v := range values {
				if t, ok := v.(db.Time); ok {
					values[j] = t.Time
				}
			}
			return values, nil
		})
	}
	for from := 0; from < n; from += 50_000 {
		stx, err := d.Writer().BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		for i := from; i < min(n, from+50_000); i++ {
			values := row(i)
			var a db.Args
			if _, err := stx.ExecContext(ctx, `INSERT INTO `+table+` (`+columns+`) VALUES `+db.In(&a, values), values...); err != nil {
				stx.Rollback() //nolint:errcheck // the error in hand matters more
				return err
			}
		}
		if err := stx.Commit(); err != nil {
			return err
		}
	}
	return nil
}

func copyFrom(ctx context.Context, d *db.DB, table string, columns []string, next func() ([]any, error)) error {
	conn, err := d.Writer().Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(c any) error {
		pc := c.(*stdlib.Conn).Conn()
		if _, err := pc.Exec(ctx, `SET synchronous_commit = off`); err != nil {
			return err
		}
		_, err := pc.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(next))
		return err
	})
}

// Ranges are the records of a generated world: which versions of which package each says are affected.
type Ranges struct {
	p     *Portfolio
	fixed []int // ranks of the first records: of each, the older half of all versions
	n     int
}

// Records describes n records, the first of them about the packages with these ranks.
func (p *Portfolio) Records(n int, ranks ...int) Ranges { return Ranges{p, ranks, n} }

// ID is the name of the i-th record.
func (r Ranges) ID(i int) string { return fmt.Sprintf("GEN-2026-%06d", i) }

// One is the i-th record: a package, the first affected version or none, and the first that is not affected any more.
func (r Ranges) One(i int) (rank, from, to int) {
	if i < len(r.fixed) {
		return r.fixed[i], 0, max(1, r.p.VersionsOf(r.fixed[i])/2)
	}
	rnd := rand.New(rand.NewPCG(uint64(i), 7))
	// Popular packages have more records than rare ones, but not as many more as they have holders.
	rank = min(r.p.Names-1, int(float64(r.p.Names)*math.Pow(rnd.Float64(), 3)))
	n := r.p.VersionsOf(rank)
	from = rnd.IntN(n)
	return rank, from, from + 1 + rnd.IntN(min(n, 20))
}

// Zip writes the records as an archive of OSV, as an ecosystem's is published.
func (r Ranges) Zip(w io.Writer) error {
	z := zip.NewWriter(w)
	for i := range r.n {
		f, err := z.CreateHeader(&zip.FileHeader{Name: r.ID(i) + ".json", Method: zip.Store})
		if err != nil {
			return err
		}
		rank, from, to := r.One(i)
		ecosystem, name := r.p.Package(rank)
		introduced := "0"
		if from > 0 {
			introduced = r.p.version(rank, from)
		}
		if _, err := fmt.Fprintf(f, `{"schema_version":"1.7.0","id":"%s","modified":"2026-01-01T00:00:00Z","published":"2026-01-01T00:00:00Z","aliases":["CVE-2026-%d"],"summary":"Generated flaw %d","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],"affected":[{"package":{"ecosystem":"%s","name":"%s"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"%s"},{"fixed":"%s"}]}]}]}`,
			r.ID(i), 1_000_000+i, i, ecosystem, name, introduced, r.p.version(rank, to)); err != nil {
			return err
		}
	}
	return z.Close()
}

// Affected are the components that the i-th record affects, by id, and the products that hold one: what an answer has to be.
func (r Ranges) Affected(i int) (components []int64, products int) {
	rank, from, to := r.One(i)
	hit := map[int32]bool{}
	for v := r.p.first[rank] + int32(from); v < min(r.p.first[rank]+int32(to), r.p.first[rank+1]); v++ {
		hit[v] = true
		if id := r.p.ids[v]; id > 0 {
			components = append(components, int64(id))
		}
	}
	for _, l := range r.p.lists {
		if slices.ContainsFunc(l, func(v int32) bool { return hit[v] }) {
			products++
		}
	}
	slices.SortFunc(components, func(a, b int64) int { return cmp.Compare(a, b) })
	return components, products
}

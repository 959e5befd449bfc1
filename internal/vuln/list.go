// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
)

// A Filter narrows a list; the zero value asks for everything that counts.
type Filter struct {
	Text      string    // words, in Chinese or English, all of which must occur; or any name of a vulnerability
	Ecosystem string    // "npm", "Maven" …
	Severity  Severity  // exactly this word
	KEV       bool      // only what is known to be exploited
	Since     time.Time // published on that day (UTC) or later
	Withdrawn bool      // also what was withdrawn or rejected
	After     string    // Page.Next of the page before
	Limit     int       // 1 to 200; 0 means 50
}

// A Page is a part of a list, the newest first.
type Page struct {
	Named []Vuln // that go by the very name that was asked for; on the first page only, and in Items no more
	Items []Vuln
	Next  string // cursor of the next page, "" on the last one
}

// maxQuery bounds the words of a question.
const maxQuery = 20

// List returns vulnerabilities, the newest first by the day on which they were published. They are public.
func (s *Service) List(ctx context.Context, f Filter) (p Page, err error) {
	q, after, err := f.question()
	if err != nil {
		return Page{}, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		p = Page{}
		if name := fold(f.Text); name != "" && f.After == "" {
			ids, err := named(ctx, tx, name)
			if err != nil {
				return err
			}
			if p.Named, err = vulns(ctx, tx, ids); err != nil {
				return err
			}
		}
		if q == nil {
			return nil
		}
		var a db.Args
		where := `words @@ ` + a.P(q.postgres()) + `::tsquery AND place`
		if tx.Engine == db.SQLite {
			a = nil
			where = `vuln_word MATCH ` + a.P(q.sqlite()) + ` AND rowid`
		}
		key := wordKey(tx)
		places, err := db.List(ctx, tx, db.Value[int64], `SELECT `+key+` FROM vuln_word WHERE `+where+` < `+a.P(after)+` AND `+key+` >= `+a.P(day(f.Since)<<placeBits)+` ORDER BY `+key+` DESC LIMIT `+a.P(f.limit()+1), a...)
		if err != nil {
			return err
		}
		if len(places) > f.limit() {
			places = places[:f.limit()]
			p.Next = strconv.FormatInt(places[len(places)-1], 36)
		}
		ids := make([]int64, len(places))
		for i, at := range places {
			ids[i] = at & (1<<placeBits - 1)
		}
		if p.Items, err = vulns(ctx, tx, ids); err != nil {
			return err
		}
		p.Items = slices.DeleteFunc(p.Items, func(v Vuln) bool {
			return slices.ContainsFunc(p.Named, func(n Vuln) bool { return n.ID == v.ID })
		})
		return nil
	})
	if err != nil {
		return Page{}, fmt.Errorf("list vulnerabilities: %w", err)
	}
	return p, nil
}

func (f Filter) limit() int {
	if f.Limit == 0 {
		return 50
	}
	return f.Limit
}

// A question is what is asked of the index of words: all of them, the last perhaps only as a beginning.
type question struct {
	words  []string
	starts []string
}

// question checks the filter. It is nil when the text has no word that could be found.
func (f Filter) question() (q *question, after int64, err error) {
	var c fault.Check
	c.That(f.Severity == "" || slices.Contains(Severities, f.Severity), "severity", "rule.one-of", "critical", "critical, high, medium, low, none")
	c.That(f.Limit >= 0 && f.Limit <= 200, "limit", "report.rule.limit", "50", 200)
	c.That(storable(f.Text) != "" && len(f.Text) <= 500 || f.Text == "", "text", "vuln.rule.text", "log4j")
	c.That(storable(f.Ecosystem) != "" && len(f.Ecosystem) <= 100 || f.Ecosystem == "", "ecosystem", "vuln.rule.text", "npm")
	after = 1<<62 - 1
	if f.After != "" {
		after, err = strconv.ParseInt(f.After, 36, 64)
		c.That(err == nil && after > 0 && len(f.After) <= 13, "after", "report.rule.cursor", "")
	}
	if err := c.Err(); err != nil {
		return nil, 0, err
	}
	q = &question{}
	asked := false
	for _, part := range strings.Fields(f.Text) {
		asked = true
		if w := whole(fold(part)); strings.ContainsAny(w, "0123456789") && strings.Contains(w, "-") && isASCII(w) && numbered(w) {
			q.words = append(q.words, w)
			continue
		}
		before := len(q.words)
		tokens(part, func(w string) {
			if !slices.Contains(q.words, w) && len(q.words) < maxQuery {
				q.words = append(q.words, w)
			}
		})
		// of a run of Chinese characters the last one stands in pairs already; alone it is the beginning of a word
		if rs := []rune(q.last(before)); len(rs) == 1 && cjk(rs[0]) {
			q.words = q.words[:len(q.words)-1]
			if len(q.words) == before {
				q.starts = append(q.starts, string(rs))
			}
		}
	}
	if asked && len(q.words)+len(q.starts) == 0 {
		return nil, after, nil
	}
	if f.Ecosystem != "" {
		base, _, _ := strings.Cut(f.Ecosystem, ":")
		q.words = append(q.words, markEcosystem(base))
	}
	if f.Severity != "" {
		q.words = append(q.words, markSeverity(f.Severity))
	}
	if f.KEV {
		q.words = append(q.words, markKEV)
	}
	if !f.Withdrawn {
		q.words = append(q.words, markLive)
	}
	if len(q.words)+len(q.starts) == 0 {
		q.words = append(q.words, markAny)
	}
	return q, after, nil
}

// last is the last word, when there is one behind the first n.
func (q *question) last(n int) string {
	if len(q.words) > n {
		return q.words[len(q.words)-1]
	}
	return ""
}

// numbered reports whether a word looks like a name of a vulnerability, which is indexed as one word.
func numbered(w string) bool {
	for _, p := range numberings {
		if strings.HasPrefix(w, strings.ToLower(p)) {
			return true
		}
	}
	head, _, _ := strings.Cut(w, "-")
	_, known := issuers[strings.ToUpper(head)]
	return known && strings.Count(w, "-") >= 2
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func (q *question) sqlite() string {
	var out []string
	for _, w := range q.words {
		out = append(out, `"`+w+`"`)
	}
	for _, w := range q.starts {
		out = append(out, `"`+w+`"*`)
	}
	return strings.Join(out, " AND ")
}

func (q *question) postgres() string {
	var out []string
	for _, w := range q.words {
		out = append(out, `'`+w+`'`)
	}
	for _, w := range q.starts {
		out = append(out, `'`+w+`':*`)
	}
	return strings.Join(out, " & ")
}

// named are the vulnerabilities that go by a name: those of records that it joins before those of records that only
// mention it.
func named(ctx context.Context, tx *db.Tx, name string) ([]int64, error) {
	type row struct {
		vuln  int64
		joins bool
	}
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.vuln, &x.joins) }, `SELECT vuln_id, joins FROM vuln_alias WHERE name = $1 ORDER BY record_id LIMIT 500`, name)
	var joined, found []int64
	for _, x := range rows {
		if x.joins && !slices.Contains(joined, x.vuln) {
			joined = append(joined, x.vuln)
		}
	}
	for _, x := range rows {
		if !slices.Contains(joined, x.vuln) && !slices.Contains(found, x.vuln) {
			found = append(found, x.vuln)
		}
	}
	return append(joined, found...), err
}

const vulnColumns = `v.id, v.place, v.name, v.title, v.state, v.severity, v.score, v.published, v.modified, v.kev, v.records, v.ecosystems`

func scanVuln(r db.Row) (v Vuln, err error) {
	var published, modified db.Time
	var ecosystems string
	err = r.Scan(&v.ID, &v.place, &v.Name, &v.Title, &v.State, &v.Severity, &v.Score, &published, &modified, &v.KEV, &v.Records, &ecosystems)
	v.Published, v.Modified = published.Time, modified.Time
	if ecosystems != "" {
		v.Ecosystems = strings.Split(ecosystems, "|")
	}
	return v, err
}

// vulns are vulnerabilities with their scores, in the order of ids.
func vulns(ctx context.Context, tx *db.Tx, ids []int64) ([]Vuln, error) {
	vs, err := listIn(ctx, tx, scanVuln, `SELECT `+vulnColumns+` FROM vuln v WHERE v.id %s`, ids)
	if err != nil || len(vs) == 0 {
		return nil, err
	}
	at := map[int64]int{}
	for i, id := range ids {
		at[id] = i
	}
	slices.SortFunc(vs, func(a, b Vuln) int { return at[a.ID] - at[b.ID] })
	var names []string
	for _, v := range vs {
		names = append(names, fold(v.Name))
	}
	scores, err := epssOf(ctx, tx, names)
	for i := range vs {
		if x, ok := scores[fold(vs[i].Name)]; ok {
			vs[i].EPSS = &x
		}
	}
	return vs, err
}

// OfIDs returns vulnerabilities by their ids, with their EPSS. One that has become part of another is absent.
func (s *Service) OfIDs(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]Vuln, error) {
	vs, err := vulns(ctx, tx, ids)
	out := make(map[int64]Vuln, len(vs))
	for _, v := range vs {
		out[v.ID] = v
	}
	return out, err
}

// epssOf are the scores of CVE numbers.
func epssOf(ctx context.Context, tx *db.Tx, cves []string) (map[string]EPSS, error) {
	type row struct {
		cve string
		EPSS
	}
	rows, err := listIn(ctx, tx, func(r db.Row) (x row, err error) {
		var score, percentile, was int64
		err = r.Scan(&x.cve, &score, &percentile, &x.Day, &x.Model, &was, &x.WasDay)
		x.Score, x.Percentile, x.Was = float64(score)/million, float64(percentile)/million, float64(was)/million
		if was < 0 {
			x.Was = -1
		}
		return x, err
	}, `SELECT cve, score, percentile, day, model, was, was_day FROM vuln_epss WHERE cve %s`, cves)
	out := map[string]EPSS{}
	for _, x := range rows {
		out[x.cve] = x.EPSS
	}
	return out, err
}

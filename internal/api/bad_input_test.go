// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// secret is a word of what is submitted; no problem and no log may repeat it.
const secret = "jndi-gadget-in-waiting"

// nested is JSON with depth brackets inside each other.
func nested(depth int) []byte {
	return []byte(`{"content":{"product":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + `}}`)
}

// TestBadInputGetsAClearAnswer: every bad request is answered by a problem of the document that names the item and
// repeats nothing of what was sent, and leaves nothing half-written behind.
func TestBadInputGetsAClearAnswer(t *testing.T) {
	each(t, func(h *house) {
		c := h.caller()
		product := c.do(rq{op: "register-product", as: "engineer", body: object{"vendor": "Cloud", "name": "Console"}, want: 201}).text("id")
		submit := func(edit func(object)) rq {
			content := whole()
			content["technical"] = secret
			edit(content)
			return rq{op: "submit-report", as: "engineer", body: object{"content": content}}
		}
		text := func(s string) rq { return rq{op: "submit-report", as: "engineer", body: []byte(s)} }
		for _, x := range []struct {
			name   string
			rq     rq
			want   int
			fields []string // each is the beginning of the name of a field that the problem names
		}{
			{"no body", rq{op: "submit-report", as: "engineer"}, 400, nil},
			{"no JSON", text(`{"content": ` + secret), 400, []string{"body"}},
			{"cut off", text(`{"content": {"product": "` + secret), 400, []string{"body"}},
			{"two documents", text(`{"content":{}} {"content":{}}`), 400, []string{"body"}},
			{"an array", text(`["` + secret + `"]`), 422, []string{"body"}},
			{"null", text(`null`), 422, nil},
			{"no content", text(`{}`), 422, []string{"content"}},
			{"wrong types", submit(func(o object) { o["product"], o["aliases"], o["learned_at"] = 7, secret, true }), 422, []string{"content.product", "content.aliases", "content.learned_at"}},
			{"wrong type of an element", submit(func(o object) { o["aliases"] = []any{"CVE-2021-44228", 8} }), 422, []string{"content.aliases[1]"}},
			{"not one of the choices", submit(func(o object) { o["exploited"] = secret }), 422, []string{"content.exploited"}},
			{"no time", submit(func(o object) { o["learned_at"] = secret }), 422, []string{"content.learned_at"}},
			{"an unknown item", submit(func(o object) { o["prodcut"] = secret }), 422, []string{"content.prodcut"}},
			{"too long", submit(func(o object) { o["harm"] = strings.Repeat(secret, 2000) }), 422, []string{"content.harm"}},
			{"too many", submit(func(o object) { o["aliases"] = make([]string, 60) }), 422, []string{"content.aliases"}},
			{"statutory items missing", submit(func(o object) { delete(o, "technical"); delete(o, "product"); delete(o, "versions") }), 422, []string{"product", "technical", "versions"}},
			{"in the future", submit(func(o object) { o["learned_at"] = "2031-01-01T00:00:00Z" }), 422, []string{"learned_at"}},
			{"a vector that is none", submit(func(o object) { o["cvss"] = secret }), 422, []string{"cvss"}},
			{"no base64", rq{op: "submit-report", as: "engineer", body: object{"content": whole(), "attachments": []object{{"name": "a", "data": "%%%"}}}}, 422, []string{"attachments[0].data"}},
			{"an empty file", rq{op: "submit-report", as: "engineer", body: object{"content": whole(), "attachments": []object{{"name": "a", "data": ""}}}}, 422, []string{"attachments[0]"}},
			{"deep", rq{op: "submit-report", as: "engineer", body: nested(5000)}, 422, []string{"body"}},
			{"very deep", rq{op: "submit-report", as: "engineer", body: nested(400_000)}, 422, []string{"body"}},
			{"many values", text(`{"content":{"aliases":[` + strings.Repeat(`"",`, 200_000) + `""]}}`), 422, []string{"body"}},
			{"other media type", rq{op: "submit-report", as: "engineer", header: map[string]string{"Content-Type": "application/xml"}, body: []byte("<x>" + secret + "</x>")}, 415, []string{"body"}},
			{"form", rq{op: "move-case", as: "analyst", path: []string{"x"}, header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, body: []byte("do=" + secret)}, 415, []string{"body"}},
			{"limit that is no number", rq{op: "list-reports", as: "analyst", query: "limit=many"}, 422, []string{"query.limit"}},
			{"limit too large", rq{op: "list-reports", as: "analyst", query: "limit=100000"}, 422, []string{"query.limit"}},
			{"a cursor that is none", rq{op: "list-reports", as: "analyst", query: "after=" + secret}, 422, []string{"after"}},
			{"path too long", rq{op: "get-report", as: "analyst", path: []string{strings.Repeat("x", 500)}}, 422, []string{"path.id"}},
			{"an id that is none", rq{op: "get-report", as: "analyst", path: []string{"%00"}}, 404, nil},
			{"a path into the house", rq{op: "get-attachment", as: "analyst", path: []string{"..%2f..%2fkeys%2fkek.key"}}, 404, nil},
			{"no component list", rq{op: "push-sbom", as: "engineer", path: []string{product}, query: "version=1", body: []byte(secret)}, 422, nil},
			{"a component list without version", rq{op: "push-sbom", as: "engineer", path: []string{product}, body: bom("2.14.1")}, 422, []string{"query.version"}},
			{"a deep component list", rq{op: "push-sbom", as: "engineer", path: []string{product}, query: "version=1", body: []byte(`{"bomFormat":"CycloneDX","specVersion":"1.4","x":` + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000) + "}")}, 422, nil},
			{"token of nobody", rq{op: "whoami", header: map[string]string{"Authorization": "Bearer fst_" + secret}}, 401, nil},
			{"other authorisation", rq{op: "list-advisories", header: map[string]string{"Authorization": "Basic " + secret}}, 401, nil},
		} {
			t.Run(x.name, func(t *testing.T) {
				before := h.rows()
				c.house.T = t
				x.rq.want = x.want
				a := c.do(x.rq)
				for _, f := range x.fields {
					if !strings.Contains(string(a.raw), `"field":"`+f) {
						t.Errorf("the problem does not name %s: %s", f, a.raw)
					}
				}
				if strings.Contains(string(a.raw), secret) || strings.Contains(h.log.String(), secret) {
					t.Errorf("what was sent is repeated: %s\n%s", a.raw, h.log)
				}
				if diff := cmp.Diff(before, h.rows()); diff != "" {
					t.Errorf("something was written (-before +after):\n%s", diff)
				}
			})
			c.house.T = t
		}
		if s := h.log.String(); s != "" {
			t.Errorf("bad input is no failure of ours, but was logged: %s", s)
		}
	})
}

// TestProblemsSpeakTheReadersLanguage: the router's own checks too.
func TestProblemsSpeakTheReadersLanguage(t *testing.T) {
	each(t, func(h *house) {
		c := h.caller()
		zh := c.do(rq{op: "submit-report", as: "engineer", body: []byte(`{}`), header: map[string]string{"Accept-Language": "zh-CN"}, want: 422})
		en := c.do(rq{op: "submit-report", as: "engineer", body: []byte(`{}`), want: 422})
		if zh.text("errors.0.rule") != "必填" || en.text("errors.0.rule") != "is required" {
			t.Errorf("%s\n%s", zh.raw, en.raw)
		}
	})
}

// zeros is a body without end that says its length, or does not.
type zeros struct{ left int64 }

// Read implements io.Reader.
func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.left)
	for i := range p[:n] {
		p[i] = '0'
	}
	z.left -= n
	return int(n), nil
}

// TestHugeBodiesCostLittle: a body that says that it is too large is refused unread, one that does not at its limit.
func TestHugeBodiesCostLittle(t *testing.T) {
	each(t, func(h *house) {
		c := h.caller()
		const size = 100 << 20
		product := c.do(rq{op: "register-product", as: "engineer", body: object{"vendor": "Cloud", "name": "Console"}, want: 201}).text("id")
		for _, x := range []struct {
			name   string
			rq     rq
			budget uint64 // bytes allocated on the way
		}{
			{"said", rq{op: "submit-report", as: "engineer", header: map[string]string{"Content-Length": fmt.Sprint(size)}}, 4 << 20},
			{"said, by nobody", rq{op: "submit-report", header: map[string]string{"Content-Length": fmt.Sprint(size)}}, 4 << 20},
			{"not said", rq{op: "submit-report", as: "engineer"}, 200 << 20},
			{"not said, small operation", rq{op: "move-case", as: "analyst", path: []string{"x"}}, 16 << 20},
			{"component list, said", rq{op: "push-sbom", as: "engineer", path: []string{product}, query: "version=1", header: map[string]string{"Content-Length": fmt.Sprint(size)}}, 4 << 20},
		} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			x.rq.body, x.rq.want = &zeros{left: size}, 413
			a := c.do(x.rq)
			runtime.ReadMemStats(&after)
			if spent := after.TotalAlloc - before.TotalAlloc; spent > x.budget {
				t.Errorf("%s: %d MiB were allocated", x.name, spent>>20)
			}
			if !strings.Contains(a.text("detail"), "MiB") {
				t.Errorf("%s: the problem does not name the limit: %s", x.name, a.raw)
			}
		}
		// nobody's body is read before it is known who asks
		if a := c.do(rq{op: "push-sbom", path: []string{product}, query: "version=1", body: &zeros{left: size}, want: 401}); a.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("no challenge: %v", a.header)
		}
	})
}

// A held is a body that says when it begins to be read, and goes on when it is let.
type held struct {
	begun chan<- struct{}
	let   <-chan struct{}
	once  sync.Once
}

// Read implements io.Reader.
func (b *held) Read([]byte) (int, error) {
	b.once.Do(func() { b.begun <- struct{}{} })
	<-b.let
	return 0, io.EOF
}

// TestGuestsCannotKeepMembersOut: however many anonymous bodies are on their way, those of members are read.
func TestGuestsCannotKeepMembersOut(t *testing.T) {
	each(t, func(h *house) {
		c := h.caller()
		product := c.do(rq{op: "register-product", as: "engineer", body: object{"vendor": "Cloud", "name": "Console"}, want: 201}).text("id")
		const guests = 12
		begun, let := make(chan struct{}, guests), make(chan struct{})
		var all sync.WaitGroup
		for range guests {
			all.Go(func() {
				r, err := http.NewRequest(http.MethodPost, h.http.URL+"/api/v1/reports", &held{begun: begun, let: let})
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Content-Type", "application/json")
				if a, err := http.DefaultClient.Do(r); err == nil {
					a.Body.Close()
				}
			})
		}
		for range guests {
			<-begun
		}
		c.do(rq{op: "push-sbom", as: "engineer", path: []string{product}, query: "version=1", body: &zeros{left: 2 << 20}, want: 422})
		close(let)
		all.Wait()
	})
}

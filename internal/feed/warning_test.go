// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package feed_test

import (
	"cmp"
	"encoding/xml"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/mmcdole/gofeed"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
	"github.com/fengsui/fengsui/internal/warning"
)

// desk lets the organisation that runs the platform and two partner units join.
func (st *station) desk() {
	st.Helper()
	st.people = map[string]member.Actor{}
	for slug, role := range map[string]member.OrgRole{"desk": member.Platform, "hit": member.Operator, "other": member.Operator} {
		o, err := st.members.AddOrg(st.Context(), member.System(), member.OrgInput{Slug: slug, NameZH: "单位 " + slug, NameEN: "Unit " + slug, Roles: []member.OrgRole{role},
			Partner: slug != "desk", PartnerLevel: map[bool]int{true: 2}[slug != "desk"], Sector: "cloud", Country: "CN", Email: slug + "@unit.example", Phone: "010-55550100"})
		st.ok(err)
		roles := []member.Role{member.Engineer, member.OrgAdmin}
		if slug == "desk" {
			roles = []member.Role{member.Analyst}
		}
		a, err := st.members.AddAccount(st.Context(), member.System(), member.AccountInput{OrgID: o.ID, Email: "p@" + slug + ".example", Name: slug, Roles: roles, Locale: "zh-CN"})
		st.ok(err)
		st.people[slug] = member.Actor{AccountID: a.ID, OrgID: o.ID, Name: a.Name, Roles: roles, Via: "web"}
	}
}

// warn releases a yellow warning about a case, with a label.
func (st *station) warn(title, label string, change func(*warning.EditInput)) warning.Warning {
	st.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	sealed, err := seal.SealJSON(st.s.Seal, "casefile/"+id+"/content", casework.Content{Title: title, TitleEN: "EN " + title, Description: "概述 " + title, DescriptionEN: "summary " + title, Fix: "升级 " + title, FixEN: "Upgrade " + title})
	st.ok(err)
	st.ok(st.s.DB.Tx(st.Context(), func(tx *db.Tx) error {
		return db.Bulk(st.Context(), tx, `casefile (id, number, state, state_since, content_sealed, rev, technical, composite, exploited, assignee, duplicate_of, opened_at, updated_at, published_at)`, "",
			[][]any{{id, "FS-2021-" + id[30:], casework.Published, db.At(tx.Now), sealed, 1, "critical", "critical", "no", "", "", db.At(tx.Now), db.At(tx.Now), db.At(tx.Now)}})
	}))
	w, err := st.warnings.Draft(st.Context(), analyst, id)
	st.ok(err)
	return st.edited(w, label, change)
}

func (st *station) edited(w warning.Warning, label string, change func(*warning.EditInput)) warning.Warning {
	st.Helper()
	in := warning.EditInput{Rev: w.Rev, Level: warning.Yellow, TLP: label, Content: w.Content}
	if change != nil {
		change(&in)
	}
	w, err := st.warnings.Edit(st.Context(), analyst, w.ID, in)
	st.ok(err)
	w, err = st.warnings.Release(st.Context(), reviewer, w.ID, w.Rev)
	st.ok(err)
	return w
}

func (st *station) feedToken(who string, scopes ...string) (plain, id string) {
	st.Helper()
	plain, t, err := st.members.IssueToken(st.Context(), st.people[who], "reader", scopes, 0)
	st.ok(err)
	return plain, t.ID
}

// read reads a feed in both forms, which must say the same.
func (st *station) read(root, query string) *gofeed.Feed {
	st.Helper()
	a, err := gofeed.NewParser().ParseString(st.get(root + "/warnings.atom" + query))
	st.ok(err)
	j, err := gofeed.NewParser().ParseString(st.get(root + "/warnings.json" + query))
	st.ok(err)
	if a.Title != j.Title || len(a.Items) != len(j.Items) {
		st.Fatalf("%q with %d and %q with %d", a.Title, len(a.Items), j.Title, len(j.Items))
	}
	for i, x := range a.Items {
		y := j.Items[i]
		if x.GUID != y.GUID || x.Title != y.Title || x.Description != y.Content || !x.UpdatedParsed.Equal(*y.UpdatedParsed) || x.Link != y.Link {
			st.Errorf("%+v\n%+v", x, y)
		}
	}
	return a
}

func titles(f *gofeed.Feed) (out []string) {
	for _, x := range f.Items {
		out = append(out, x.Title)
	}
	return out
}

func TestFeedsShowWhatTheirReaderMayRead(t *testing.T) {
	each(t, func(st *station) {
		st.desk()
		labels := []string{"CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"}
		for _, label := range labels {
			st.clock.Advance(time.Minute)
			st.warn("canary-"+label, label, nil)
		}
		public := st.read("/feeds", "")
		if len(public.Items) != 1 || !strings.Contains(public.Items[0].Title, "canary-CLEAR") || !strings.Contains(public.Items[0].Description, "升级 canary-CLEAR") {
			st.Errorf("public: %q", titles(public))
		}
		for scope, up := range map[string]int{member.ScopeFeed: 2, member.ScopeFeedAmber: 4} {
			token, _ := st.feedToken("other", scope)
			root := "/feeds/my/" + token
			f := st.read(root, "?lang=en")
			if len(f.Items) != 5 {
				st.Fatalf("%s: %q", scope, titles(f))
			}
			whole := st.get(root+"/warnings.atom") + st.get(root+"/warnings.json?lang=en")
			for i, label := range labels {
				number := strings.Fields(f.Items[4-i].Title)[1]
				alert := st.get(root + "/warnings/" + number + ".cap")
				shown := strings.Contains(whole, "canary-"+label+"<") || strings.Contains(whole, "canary-"+label+`"`)
				if want := i < up; shown != want || strings.Contains(alert, "canary-"+label) != want {
					st.Errorf("%s reads TLP:%s: %t in the feed, and in the alert:\n%s", scope, label, shown, alert)
				}
				if !strings.Contains(f.Items[4-i].Title, "[TLP:"+label+"] FS-W-2021-000") {
					st.Errorf("title %q", f.Items[4-i].Title)
				}
			}
		}
		if st.log.Len() > 0 {
			st.Error(st.log.String())
		}
	})
}

// A part with a stricter label than the reader's stays away; what is more open than the whole may be read.
func TestFeedsKeepToTheLabelsOfParts(t *testing.T) {
	each(t, func(st *station) {
		st.desk()
		st.warn("canary", "AMBER", func(in *warning.EditInput) {
			in.Content.Labels = warning.Labels{Summary: "GREEN", Pack: "RED"}
			in.Content.Summary, in.Content.Measures = "open-summary", "closed-measures"
			in.Content.Pack.Links = []string{"https://red.example/closed"}
		})
		token, _ := st.feedToken("hit", member.ScopeFeed)
		text := st.get("/feeds/my/" + token + "/warnings.json")
		if !strings.Contains(text, "open-summary") || strings.Contains(text, "canary") || strings.Contains(text, "closed") {
			st.Error(text)
		}
	})
}

func TestAddressesOfOthersAreNotThere(t *testing.T) {
	each(t, func(st *station) {
		st.desk()
		w := st.warn("canary", "GREEN", nil)
		good, id := st.feedToken("hit", member.ScopeFeed)
		st.get("/feeds/my/" + good + "/warnings.atom")
		api, _ := st.feedToken("hit", member.ScopeWarning)
		staff, _ := st.feedToken("desk", member.ScopeFeedAmber)
		if f := st.read("/feeds/my/"+staff, ""); len(f.Items) != 0 {
			st.Errorf("staff reads as a unit %q", titles(f))
		}
		paths := []string{"/warnings.atom", "/warnings.json", "/warnings/" + w.Number + ".cap"}
		gone := func(token string) {
			st.Helper()
			for _, p := range paths {
				if r := st.ask("GET", "/feeds/my/"+token+p); r.Code != http.StatusNotFound || strings.Contains(r.Body.String(), "canary") || strings.Contains(r.Header().Get("Cache-Control"), "public") {
					st.Errorf("%s%s: %d %s", token, p, r.Code, r.Body)
				}
			}
		}
		for _, token := range []string{api, "fst_nonsense", "x", good[:len(good)-1], "%00"} {
			gone(token)
		}
		// nor does the address open anything else
		by, err := st.members.ResolveToken(st.Context(), good, "api")
		st.ok(err)
		if _, _, err := st.warnings.Get(st.Context(), by, w.ID); !fault.Is(err, fault.Forbidden) {
			st.Errorf("the API by an address of a feed: %v", err)
		}
		if _, _, err := st.members.IssueToken(st.Context(), st.people["hit"], "x", []string{member.ScopeFeed, member.ScopeWarning}, 0); !fault.Is(err, fault.Invalid) {
			st.Errorf("a feed's token with other scopes: %v", err)
		}
		st.ok(st.members.RevokeToken(st.Context(), st.people["hit"], id))
		gone(good)
		for _, p := range []string{"/feeds/warnings/" + w.Number + ".cap", "/feeds/warnings/" + w.Number, "/feeds/warnings/x.cap", "/feeds/warnings/%00.cap"} {
			if r := st.ask("GET", p); r.Code != http.StatusNotFound {
				st.Errorf("%s: %d %s", p, r.Code, r.Body)
			}
		}
		if strings.Contains(st.log.String(), good) {
			st.Error("the log shows an address")
		}
	})
}

func TestFeedsAreAskedForAgain(t *testing.T) {
	each(t, func(st *station) {
		st.desk()
		st.warn("一", "GREEN", nil)
		token, _ := st.feedToken("hit", member.ScopeFeed)
		path := "/feeds/my/" + token + "/warnings.atom"
		first := st.ask("GET", path)
		if first.Code != 200 || first.Header().Get("Cache-Control") != "private, no-cache" || first.Header().Get("Access-Control-Allow-Origin") != "" || first.Header().Get("Referrer-Policy") != "no-referrer" ||
			first.Header().Get("Content-Type") != "application/atom+xml; charset=utf-8" {
			st.Errorf("%d %v", first.Code, first.Header())
		}
		for header, value := range map[string]string{"If-None-Match": first.Header().Get("ETag"), "If-Modified-Since": first.Header().Get("Last-Modified")} {
			if r := st.ask("GET", path, header, value); value == "" || r.Code != http.StatusNotModified || r.Body.Len() > 0 || r.Header().Get("Cache-Control") != "private, no-cache" {
				st.Errorf("%s %q: %d", header, value, r.Code)
			}
		}
		st.clock.Advance(time.Hour)
		st.warn("二", "GREEN", nil)
		if r := st.ask("GET", path, "If-None-Match", first.Header().Get("ETag")); r.Code != 200 || strings.Count(r.Body.String(), "<entry>") != 2 {
			st.Errorf("%d %s", r.Code, r.Body)
		}
	})
}

// alert is what of an alert these tests look at.
type alert struct {
	Identifier string   `xml:"identifier"`
	Status     string   `xml:"status"`
	Type       string   `xml:"msgType"`
	Scope      string   `xml:"scope"`
	References string   `xml:"references"`
	Severity   []string `xml:"info>severity"`
	Language   []string `xml:"info>language"`
	Response   []string `xml:"info>responseType"`
}

// TestAlertsForValidators follows a warning from its first revision to its lifting, and writes the alerts into the folder
// that FENGSUI_CONFORMANCE names, for the standard's own schema (scripts/conformance).
func TestAlertsForValidators(t *testing.T) {
	dir := filepath.Join(cmp.Or(os.Getenv("FENGSUI_CONFORMANCE"), t.TempDir()), "cap")
	each(t, func(st *station) {
		st.desk()
		st.ok(os.MkdirAll(dir, 0o755))
		take := func(path, name string) (a alert) {
			st.Helper()
			text := st.get(path)
			st.ok(xml.Unmarshal([]byte(text), &a))
			st.ok(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
			return a
		}
		w := st.warn("Log4j2 <远程> & \"code\"", "CLEAR", nil)
		path := "/feeds/warnings/" + w.Number + ".cap"
		a := take(path, "first.xml")
		if a.Type != "Alert" || a.Scope != "Public" || a.Status != "Actual" || a.Identifier != w.Number+"-r1" || a.References != "" || !slices.Equal(a.Language, []string{"zh-CN", "en"}) || a.Severity[0] != "Moderate" {
			st.Errorf("first: %+v", a)
		}
		token, _ := st.feedToken("hit", member.ScopeFeedAmber)
		own := "/feeds/my/" + token + "/warnings/" + w.Number + ".cap"
		released := w.ReleasedAt
		for _, x := range []struct {
			kind warning.Kind
			want string
		}{{warning.Amendment, "Update"}, {warning.Lift, "Cancel"}} {
			st.clock.Advance(time.Hour)
			next, err := st.warnings.Revise(st.Context(), analyst, w.ID, x.kind)
			st.ok(err)
			w = st.edited(next, "AMBER", func(in *warning.EditInput) { in.Content.Measures += "\n再升级" })
			a = take(own, "next-"+x.want+".xml")
			if a.Type != x.want || a.Scope != "Restricted" || !strings.HasPrefix(a.References, "fengsui.example,"+w.Number+"-r1,"+released.In(time.FixedZone("", 8*3600)).Format("2006-01-02T15:04:05-07:00")) ||
				len(strings.Fields(a.References)) != w.Revision-1 {
				st.Errorf("%s: %+v", x.kind, a)
			}
		}
		if a.Response[0] != "AllClear" {
			st.Errorf("lifted: %+v", a)
		}
		if r := st.ask("GET", path); r.Code != http.StatusNotFound {
			st.Errorf("it is public no more: %d", r.Code)
		}
		st.s.Publisher.Exercise = true
		if a = take(own, "exercise.xml"); a.Status != "Exercise" {
			st.Errorf("exercise: %+v", a)
		}
	})
}

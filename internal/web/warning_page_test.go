// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
	"github.com/fengsui/fengsui/internal/warning/warningtest"
)

// drafted is a house with three partner units and a drafted warning about a product of one of them, the cloud.
func drafted(h *house) (path string) {
	h.Helper()
	for _, who := range []string{"first", "second"} {
		h.person("desk", who, member.DutyOfficer)
	}
	h.org("grid", true, member.Operator)
	h.org("gridlab", true, member.Operator)
	h.person("grid", "engineer", member.Engineer)
	id, err := warningtest.Case(h.Context(), h.DB, h.Warnings.Seal, 3) // every third: the first partner unit
	h.ok(err)
	w, err := h.Warnings.Draft(h.Context(), h.actor("analyst", "desk"), id)
	h.ok(err)
	return "/warnings/" + w.ID
}

// text is a draft as its composer would send it, complete; more are further fields.
func text(v *visitor, path string, more url.Values) url.Values {
	v.Helper()
	out := url.Values{"level": {"orange"}, "tlp": {"AMBER"}, "title": {"灯笼"}, "title_en": {"The lantern"}, "summary": {"会烧"}, "summary_en": {"It <b>burns</b>"},
		"scope": {"到处"}, "scope_en": {"Everywhere"}, "measures": {"吹灭"}, "measures_en": {"Blow it out"}, "issuer": {"Duty office"}, "phone": {"010-5555-0100"}}
	m := regexp.MustCompile(`name="rev" value="(\d+)"`).FindStringSubmatch(v.get(path + "/edit").body)
	if m == nil {
		v.Fatal("the composer does not say which draft it shows")
	}
	out.Set("rev", m[1])
	maps.Copy(out, more)
	return out
}

// rows counts what a release would leave.
func (h *house) rows() (n int) {
	h.Helper()
	h.ok(h.DB.View(h.Context(), func(tx *db.Tx) error {
		for _, table := range []string{"warning_recipient", "warning_revision", "delivery", "delivery_batch", "digest_item", "event"} {
			k, err := db.Get(h.Context(), tx, db.Value[int], `SELECT count(*) FROM `+table)
			if err != nil {
				return err
			}
			n += k
		}
		return nil
	}))
	return n
}

// says checks that a page came with a status and holds words.
func (v *visitor) says(p page, status int, words ...string) {
	v.Helper()
	v.sound(p)
	if p.status != status {
		v.Errorf("%s: %d, want %d", p.path, p.status, status)
	}
	for _, w := range words {
		if !strings.Contains(p.body, w) {
			v.Errorf("%s lacks %q", p.path, w)
		}
	}
}

// TestComposer: it saves, says by the field what is wrong and keeps what was written; what is missing stands at its foot.
func TestComposer(t *testing.T) {
	each(t, func(h *house) {
		path := drafted(h)
		v := h.signedIn("en", "first", "desk")
		v.says(v.get(path), http.StatusOK, `id="composer"`, "Who receives what", "Still missing before the release", `href="#f-summary"`)
		if p := v.get(path); strings.Contains(p.body, `value="approve"`) {
			h.Error("an incomplete draft can be approved")
		}
		p := v.post(path+"/edit", text(v, path, url.Values{"do": {"save"}}))
		v.says(p, http.StatusOK, "Saved.", "It &lt;b&gt;burns&lt;/b&gt;", `value="approve"`)
		wrong := text(v, path, url.Values{"do": {"save"}, "title": {"<i>kept</i>"}, "respond_by": {"2001-01-01T00:00"}, "label_pack": {"PINK"}, "lead_sector": {strings.Repeat("长", 301)},
			"indicators": {"sha256 00"}, "links": {"ftp://files.example"}})
		p = v.post(path+"/edit", wrong)
		v.says(p, http.StatusUnprocessableEntity, "&lt;i&gt;kept&lt;/i&gt;")
		for _, name := range []string{"respond_by", "label_pack", "lead_sector", "indicators", "links"} {
			if !strings.Contains(p.body, `href="#f-`+name+`"`) || !strings.Contains(p.body, `id="f-`+name+`-wrong"`) {
				h.Errorf("nothing is said about %s at its place", name)
			}
		}
		stale := text(v, path, url.Values{"title_en": {"Mine"}})
		v.post(path+"/edit", text(v, path, url.Values{"title_en": {"Theirs"}}))
		if p = v.post(path+"/edit", stale); p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, `value="Mine"`) {
			h.Errorf("a draft that somebody else has changed: %d", p.status)
		}
		if p = v.get(path); !strings.Contains(p.body, "Theirs") || strings.Contains(p.body, "Mine") {
			h.Error("the later one has won")
		}
		for _, other := range []*visitor{h.signedIn("en", "engineer", "cloud"), h.signedIn("en", "administrator", "desk")} {
			for _, p := range []page{other.get(path), other.get(path + "/edit"), other.post(path+"/edit", stale), other.post(path+"/approve", url.Values{"rev": {"1"}})} {
				if p.status != http.StatusNotFound || strings.Contains(p.body, "burns") {
					h.Errorf("%s to somebody else: %d", p.path, p.status)
				}
			}
		}
		watch := h.signedIn("en", "supervisor", "desk")
		watch.says(watch.get(path), http.StatusOK, "Who receives what", "being written")
		if p = watch.post(path+"/edit", url.Values{"do": {"save"}}); p.status == http.StatusOK {
			h.Error("a supervisor saves")
		}
	})
}

// TestLabelsOfParts: each part has its label beside it; the strictest is that of the whole, and what is carried follows.
func TestLabelsOfParts(t *testing.T) {
	each(t, func(h *house) {
		path := drafted(h)
		v := h.signedIn("en", "first", "desk")
		p := v.post(path+"/edit", text(v, path, url.Values{"tlp": {"GREEN"}}))
		v.says(p, http.StatusOK, "Leaves by mail, webhook and feed.", "the whole text")
		p = v.post(path+"/edit", text(v, path, url.Values{"tlp": {"GREEN"}, "label_measures": {"RED"}}))
		v.says(p, http.StatusOK, "The whole is labelled as strictly as this part.", "TLP:RED", "thin, and: Summary", "On no channel")
		w, _, err := h.Warnings.Get(h.Context(), h.actor("first", "desk"), strings.TrimPrefix(path, "/warnings/"))
		h.ok(err)
		if w.TLP != "RED" || w.SummaryLabel() != "GREEN" || w.MeasuresLabel() != "RED" {
			h.Errorf("%s, %s, %s", w.TLP, w.SummaryLabel(), w.MeasuresLabel())
		}
		again := v.post(path+"/edit", text(v, path, url.Values{"tlp": {"RED"}, "label_summary": {"GREEN"}, "label_measures": {"RED"}, "label_pack": {"GREEN"}}))
		v.says(again, http.StatusOK)
		if x, _, err := h.Warnings.Get(h.Context(), h.actor("first", "desk"), w.ID); err != nil || x.Rev != w.Rev {
			h.Errorf("saving the same has made draft %d of %d, %v", x.Rev, w.Rev, err)
		}
		if p = v.post(path+"/edit", text(v, path, url.Values{"tlp": {"CLEAR"}})); p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, `id="f-tlp-wrong"`) {
			h.Errorf("clear before it is published: %d", p.status)
		}
	})
}

// TestTwoDecide: what is not saved is not decided, one officer approves, the same one cannot release, a change voids the
// approval, and the other releases.
func TestTwoDecide(t *testing.T) {
	each(t, func(h *house) {
		path := drafted(h)
		first, second, analyst := h.signedIn("en", "first", "desk"), h.signedIn("en", "second", "desk"), h.signedIn("en", "analyst", "desk")
		state := func(want warning.State) {
			h.Helper()
			if w, _, err := h.Warnings.Get(h.Context(), h.actor("analyst", "desk"), strings.TrimPrefix(path, "/warnings/")); err != nil || w.State != want {
				h.Errorf("it is %q, want %q: %v", w.State, want, err)
			}
		}
		full := func(v *visitor, do string) url.Values { return text(v, path, url.Values{"do": {do}}) }
		first.says(first.post(path+"/edit", full(first, "approve")), http.StatusOK, "it was saved first, and nothing is decided yet")
		state(warning.Draft)
		if p := analyst.post(path+"/edit", full(analyst, "approve")); p.status != http.StatusForbidden {
			h.Errorf("an analyst approves: %d", p.status)
		}
		state(warning.Draft)
		if p := first.post(path+"/edit", full(first, "release")); p.status == http.StatusOK {
			h.Error("released without an approval")
		}
		first.says(first.post(path+"/edit", full(first, "approve")), http.StatusOK, "another duty officer must release it")
		state(warning.Pending)
		rev := url.Values{"rev": {text(first, path, nil).Get("rev")}}
		if p := first.post(path+"/release", rev); p.status != http.StatusForbidden {
			h.Errorf("released by the one who approved: %d", p.status)
		}
		state(warning.Pending)
		first.says(first.post(path+"/edit", full(first, "try")), http.StatusOK, "nothing has left") // nothing was changed
		state(warning.Pending)
		analyst.post(path+"/edit", text(analyst, path, url.Values{"title_en": {"Another"}}))
		state(warning.Draft)
		if p := second.post(path+"/release", rev); p.status == http.StatusOK {
			h.Error("released what nobody has approved as it stands")
		}
		first.post(path+"/edit", text(first, path, url.Values{"title_en": {"Another"}, "do": {"approve"}}))
		state(warning.Pending)
		if p := second.post(path+"/release", rev); p.status == http.StatusOK {
			h.Error("released another text than was read")
		}
		second.says(second.get(path), http.StatusOK, "Release to 3 units", "Another")
		second.says(second.post(path+"/release", url.Values{"rev": {text(second, path, url.Values{}).Get("rev")}}), http.StatusOK, "Open the board")
		state(warning.Out)
		if p := first.get(path + "/edit"); p.path != path {
			h.Errorf("the composer of what is released: %s", p.path)
		}
		for _, p := range []page{first.post(path+"/edit", url.Values{"title": {"x"}}), first.post(path+"/approve", rev)} {
			if p.status == http.StatusOK {
				h.Errorf("a released warning is changed: %s", p.path)
			}
		}
	})
}

// TestViewAsAndDryRun: both stand in the composer, show what would be, and leave nothing.
func TestViewAsAndDryRun(t *testing.T) {
	each(t, func(h *house) {
		path := drafted(h)
		v := h.signedIn("en", "first", "desk")
		v.post(path+"/edit", text(v, path, nil))
		before := h.rows()
		same := func(do, as string) url.Values { return text(v, path, url.Values{"do": {do}, "as": {as}}) }
		p := v.post(path+"/edit", same("as", "member cloud"))
		v.says(p, http.StatusOK, "security@cloud.example", "[TLP:AMBER]", "/w/preview", "1 of your products")
		v.says(v.post(path+"/edit", same("as", "Member grid")), http.StatusOK, "security@grid.example")
		p = v.post(path+"/edit", same("as", "grid<"))
		v.says(p, http.StatusOK, "grid&lt;", "No recipient")
		p = v.post(path+"/edit", same("as", "ember g"))
		v.says(p, http.StatusOK, "2 units have such a name", `value="as:grid"`, `value="as:gridlab"`)
		v.says(v.post(path+"/edit", same("as:gridlab", "")), http.StatusOK, "security@gridlab.example")
		v.says(v.post(path+"/edit", same("as", "lab of nobody")), http.StatusOK, "No recipient")
		v.says(v.get(path+"/as/"+h.orgs["grid"]), http.StatusOK, "Member grid")
		p = v.post(path+"/edit", same("try", ""))
		v.says(p, http.StatusOK, "nothing has left", "3 at once")
		if strings.Contains(v.post(path+"/edit", same("as", "Member cloud")).body, h.Warnings.Link(strings.TrimPrefix(path, "/warnings/"), 1, h.orgs["cloud"])) {
			h.Error("the preview holds a link that answers")
		}
		if n := h.rows() - before; n != 0 {
			h.Errorf("looking left %d rows", n)
		}
		other := h.signedIn("en", "engineer", "cloud")
		for _, path := range []string{path + "?try=yes", path + "/edit?as=cloud", path + "/as/" + h.orgs["cloud"]} {
			if p := other.get(path); p.status != http.StatusNotFound {
				h.Errorf("%s to a member: %d", path, p.status)
			}
		}
		if p := v.get(path + "/as/" + h.orgs["lab"]); p.status != http.StatusNotFound {
			h.Errorf("as one who is not warned: %d", p.status)
		}
	})
}

// out is a house in which the warning is out, by two officers.
func out(h *house, tlp string) (path string) {
	h.Helper()
	path = drafted(h)
	first, second := h.signedIn("en", "first", "desk"), h.signedIn("en", "second", "desk")
	first.post(path+"/edit", text(first, path, url.Values{"tlp": {tlp}}))
	first.post(path+"/edit", text(first, path, url.Values{"tlp": {tlp}, "do": {"approve"}}))
	if p := second.post(path+"/release", url.Values{"rev": {text(second, path, nil).Get("rev")}}); p.status != http.StatusOK {
		h.Fatalf("it cannot be released: %d", p.status)
	}
	return path
}

// TestMyWarnings: a unit sees what it owes with why, answers on the list and on the page, and shows its proof.
func TestMyWarnings(t *testing.T) {
	each(t, func(h *house) {
		early := h.signedIn("en", "engineer", "cloud")
		early.says(early.get("/warnings"), http.StatusOK, "No warning has reached you")
		path := out(h, "AMBER")
		h.Warnings.Blobs = h.Reports.Blobs
		v, other, outside := early, h.signedIn("en", "engineer", "grid"), h.signedIn("en", "outsider", "lab")
		v.says(v.get("/warnings"), http.StatusOK, "The lantern", "网关", "2.0.7", `action="`+path+`/answer"`)
		if p := v.get("/warnings?part=done"); strings.Contains(p.body, path) {
			h.Error("what is owed stands among what is done")
		}
		if p := other.get("/warnings?own=yes"); strings.Contains(p.body, path) {
			h.Error("what concerns nothing of the unit's own is shown as if it did")
		}
		for _, p := range []page{outside.get(path), outside.post(path+"/answer", url.Values{"answer": {"fixed"}}), outside.get(path + "/sheet"), outside.get(path + "/vex")} {
			if p.status != http.StatusNotFound || strings.Contains(p.body, "lantern") {
				h.Errorf("to whom it was not sent: %d", p.status)
			}
		}
		v.says(v.get(path), http.StatusOK, "It &lt;b&gt;burns&lt;/b&gt;", `id="answer"`)
		p := v.post(path+"/answer", url.Values{"answer": {"gone"}, "comment": {"<u>why</u>"}, "assets": {"many"}})
		v.says(p, http.StatusUnprocessableEntity, "&lt;u&gt;why&lt;/u&gt;")
		p = v.post(path+"/answer", url.Values{"answer": {"checking"}, "back": {"list"}})
		if p.path != "/warnings" {
			h.Errorf("an answer on the list leads to %s", p.path)
		}
		v.says(v.post(path+"/answer", url.Values{"answer": {"fixed"}, "assets": {"12"}, "comment": {"All done"}}), http.StatusOK, "All done", `value="12"`)
		v.says(v.get("/warnings?part=done"), http.StatusOK, "The lantern")
		v.says(v.upload(path+"/proofs", "proof", []byte(`{"scan":"clean"}`)), http.StatusOK, "file.json")
		proof := regexp.MustCompile(path + `/proofs/[0-9a-f-]+`).FindString(v.get(path).body)
		if p := v.get(proof); p.status != http.StatusOK || !strings.HasPrefix(p.header.Get("Content-Disposition"), "attachment") || p.body != `{"scan":"clean"}` {
			h.Errorf("the proof: %d", p.status)
		}
		if p := other.get(proof); p.status != http.StatusNotFound {
			h.Errorf("another unit's proof: %d", p.status)
		}
		if p := other.get(path); strings.Contains(p.body, "All done") || strings.Contains(p.body, "Member cloud") {
			h.Error("a unit is told of another's answer")
		}
		sheet := v.get(path + "/sheet")
		v.says(sheet, http.StatusOK, "TLP:AMBER", "Blow it out")
		mute := h.signedIn("en", "supervisor", "desk")
		if p := mute.post(path+"/answer", url.Values{"answer": {"fixed"}}); p.status == http.StatusOK {
			h.Error("staff answer for a unit")
		}
	})
}

// TestSignedLink: opening it answers nothing, the button does; it tells no more than the mail that carried it.
func TestSignedLink(t *testing.T) {
	each(t, func(h *house) {
		path := out(h, "AMBER")
		id := strings.TrimPrefix(path, "/warnings/")
		link := "/w/" + h.Warnings.Link(id, 1, h.orgs["grid"])
		v := h.visitor("en")
		answer := func() warning.Answer {
			h.Helper()
			rows, _, err := h.Warnings.Board(h.Context(), h.actor("first", "desk"), id, warning.BoardQuery{Search: "Member grid"})
			h.ok(err)
			for _, r := range rows {
				if r.Org.ID == h.orgs["grid"] {
					return r.Recipient.Answer
				}
			}
			h.Fatal("the unit is not on the board")
			return ""
		}
		for range 3 { // as mail scanners do
			p := v.get(link)
			v.says(p, http.StatusOK, "Without signing in", "may not be shown without signing in", "Sign in to see the measures")
			if strings.Contains(p.body, "burns") || strings.Contains(p.body, "lantern") || strings.Contains(p.body, "Blow it out") {
				h.Error("the link tells what its mail may not")
			}
		}
		if a := answer(); a != warning.Unanswered {
			h.Errorf("opening the page has answered %q", a)
		}
		v.says(v.post(link, url.Values{"answer": {"perhaps"}}), http.StatusUnprocessableEntity)
		v.says(v.post(link, url.Values{"answer": {"checking"}}), http.StatusOK, "Thank you")
		if a := answer(); a != warning.Checking {
			h.Errorf("answered %q", a)
		}
		for _, wrong := range []string{link + "x", strings.Replace(link, ".1.", ".2.", 1), strings.Replace(link, h.orgs["grid"], h.orgs["cloud"], 1), "/w/x"} {
			if p := v.get(wrong); p.status != http.StatusNotFound {
				h.Errorf("%s: %d", wrong, p.status)
			}
			if p := v.post(wrong, url.Values{"answer": {"fixed"}}); p.status != http.StatusNotFound {
				h.Errorf("POST %s: %d", wrong, p.status)
			}
		}
	})
}

// TestBoardAsksAndTakesAlong: the board's filters narrow its rows and its file alike, and members see none of it.
func TestBoardAsksAndTakesAlong(t *testing.T) {
	each(t, func(h *house) {
		path := out(h, "GREEN")
		cloud := h.signedIn("en", "engineer", "cloud")
		cloud.post(path+"/answer", url.Values{"answer": {"affected"}, "comment": {"<s>three</s>"}})
		v := h.signedIn("en", "first", "desk")
		for query, want := range map[string][3]bool{ // cloud, grid, gridlab
			"":                               {true, true, true},
			"?answer=silent":                 {false, true, true},
			"?answer=affected":               {true, false, false},
			"?wave=1":                        {true, false, false},
			"?q=gridlab":                     {false, false, true},
			"?sector=cloud":                  {true, true, true},
			"?sector=-":                      {false, false, false},
			"?channel=email&delivery=queued": {true, true, true},
			"?delivery=failed":               {false, false, false},
			"?answer=fixed&wave=1":           {false, false, false},
		} {
			p := v.get(path + "/board" + query)
			v.says(p, http.StatusOK)
			file := v.get(path + "/board/export" + strings.Replace(query+"&format=csv", "&", map[bool]string{true: "?", false: "&"}[query == ""], 1))
			for i, slug := range []string{"cloud", "grid", "gridlab"} {
				if got := strings.Contains(p.body, `href="/members/`+h.orgs[slug]+`"`); got != want[i] {
					h.Errorf("%q shows %s: %v", query, slug, got)
				}
				if got := regexp.MustCompile(`Member ` + slug + `\b`).MatchString(file.body); file.status != http.StatusOK || got != want[i] {
					h.Errorf("the file of %q holds %s: %v (%d)", query, slug, got, file.status)
				}
			}
		}
		v.says(v.get(path+"/board"), http.StatusOK, "&lt;s&gt;three&lt;/s&gt;")
		for _, wrong := range []string{"?wave=x", "?wave=9", "?answer=maybe", "?after=1"} {
			if p := v.get(path + "/board" + wrong); p.status != http.StatusUnprocessableEntity {
				h.Errorf("%s: %d", wrong, p.status)
			}
		}
		h.clock.Advance(24 * time.Hour)
		v, cloud = h.signedIn("en", "first", "desk"), h.signedIn("en", "engineer", "cloud")
		v.says(v.get(path+"/board?answer=silent"), http.StatusOK, "Member grid")
		for _, at := range []string{"/board", "/board/export?format=csv"} {
			if p := cloud.get(path + at); p.status != http.StatusNotFound {
				h.Errorf("%s to a member: %d", at, p.status)
			}
		}
	})
}

// TestBundlePage: a unit without a network takes a file along and hands its answer back; a sheet that is none says so.
func TestBundlePage(t *testing.T) {
	each(t, func(h *house) {
		path := out(h, "AMBER")
		v := h.signedIn("en", "engineer", "cloud")
		v.says(v.get("/warning-bundle"), http.StatusOK, `href="/warning-bundle/file"`)
		for _, at := range []string{"/warning-bundle/file", path + "/bundle"} {
			p := v.get(at)
			if p.status != http.StatusOK || p.header.Get("Content-Type") != "application/zip" || !strings.HasPrefix(p.body, "PK") || !strings.Contains(p.header.Get("Cache-Control"), "no-store") {
				h.Errorf("%s: %d %v", at, p.status, p.header)
			}
		}
		for _, sheet := range []string{"", "{}", "<script>", `{"number":"FS-W-2021-0001"}`} {
			v.says(v.upload("/warning-bundle", "sheet", []byte(sheet)), http.StatusUnprocessableEntity)
		}
		v.says(v.post("/warning-bundle", url.Values{}), http.StatusUnprocessableEntity)
		staff := h.signedIn("en", "first", "desk")
		if p := staff.get("/warning-bundle"); p.status != http.StatusNotFound {
			h.Errorf("to staff: %d", p.status)
		}
		if p := h.signedIn("en", "outsider", "lab").get(path + "/bundle"); p.status != http.StatusNotFound {
			h.Errorf("to whom it was not sent: %d", p.status)
		}
	})
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package rulebook_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/rulebook"
	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	one      = member.Actor{AccountID: "one", OrgID: "platform", Roles: []member.Role{member.Supervisor}, Via: "web"}
	two      = member.Actor{AccountID: "two", OrgID: "platform", Roles: []member.Role{member.Administrator}, Via: "web"}
	analyst  = member.Actor{AccountID: "three", OrgID: "platform", Roles: []member.Role{member.Analyst}, Via: "web"}
	auditor  = member.Actor{AccountID: "four", OrgID: "platform", Roles: []member.Role{member.Auditor}, Via: "web"}
	engineer = member.Actor{AccountID: "five", OrgID: "cloud", Roles: []member.Role{member.Engineer}, Via: "web"}
)

// law is a version of the partner agreement: value is the time to report, from is its first day.
func law(version, from, value string) string {
	return pack("partner-agreement", "partner-report", version, from, value)
}

func pack(regime, rule, version, from, value string) string {
	days := map[string]int{"P1D": 1, "P2D": 2, "P3D": 3, "P5D": 5}[value]
	learned := time.Date(2030, 5, 6, 10, 0, 0, 0, calendar.Beijing())
	return strings.NewReplacer("REGIME", regime, "RULE", rule, "VERSION", version, "FROM", from, "VALUE", value, "LEARNED", learned.Format(time.RFC3339),
		"DUE", learned.AddDate(0, 0, days).Format(time.RFC3339)).Replace(`schema: lawpack/v1
regime: REGIME
version: VERSION
law: partner agreement
title: {zh: 合作单位协议, en: Partner agreement}
cite: {zh: 合作单位协议, en: Partner agreement}
jurisdiction: CN
zone: Asia/Shanghai
status: in_force
effective: {from: FROM}
confidence: secondary
source: a test
duties:
  - id: report
    rule: RULE
    name: {zh: 合作单位报送漏洞, en: Report as a partner unit}
    text: {zh: 在约定时限内向平台报送。, en: Report within the agreed time.}
    roles: [partner]
    force: contractual
    unless: {relation: [provider, embeds]}
    anchor: discovered_or_learned_at
    due: {kind: duration, value: VALUE}
    confidence: secondary
tests:
  - name: in time
    roles: [partner]
    anchors: {discovered_or_learned_at: LEARNED}
    want:
      report: {state: running, due: DUE}
`)
}

// A house is a rulebook with two keys, one of which it trusts.
type house struct {
	*rulebook.Book
	*testing.T
	ctx               context.Context
	clock             *calendar.Driven
	trusted, stranger string // secret keys
}

func each(t *testing.T, test func(h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		log, err := evidence.Open(d, t.TempDir(), "test.example/log")
		if err != nil {
			t.Fatal(err)
		}
		h := &house{T: t, ctx: t.Context(), clock: clock}
		skey, vkey, err := lawpack.NewKey("laws.example")
		if err != nil {
			t.Fatal(err)
		}
		h.trusted = skey
		if h.stranger, _, err = lawpack.NewKey("stranger.example"); err != nil {
			t.Fatal(err)
		}
		keys, err := lawpack.ParseKeys(vkey)
		if err != nil {
			t.Fatal(err)
		}
		h.Book = &rulebook.Book{DB: d, Events: &event.Log{DB: d, Evidence: log}, Trusted: keys}
		test(h)
	})
}

// signed signs a pack, right or wrong: the signature is made over the bytes that will be sent.
func signed(t testing.TB, text, skey string) []byte {
	t.Helper()
	p, err := lawpack.Parse("x", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	note, err := lawpack.Sign(p, skey)
	if err != nil {
		t.Fatal(err)
	}
	return lawpack.Embed([]byte(text), note)
}

func (h *house) load(text string) rulebook.Version {
	h.Helper()
	v, err := h.Load(h.ctx, one, signed(h.T, text, h.trusted), "")
	if err != nil {
		h.Fatal(err)
	}
	return v
}

func (h *house) activate(text string) rulebook.Version {
	h.Helper()
	v, err := h.Activate(h.ctx, two, h.load(text).ID)
	if err != nil {
		h.Fatal(err)
	}
	return v
}

// other is the book of another node on the same database.
func (h *house) other() *rulebook.Book {
	return &rulebook.Book{DB: h.DB, Events: h.Events, Trusted: h.Trusted}
}

// due is how long after learning on a day a partner's duty falls due, by a book, and from which version.
func (h *house) due(b *rulebook.Book, learned string) (time.Duration, string) {
	h.Helper()
	set, err := b.Current(h.ctx)
	if err != nil {
		h.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", learned, calendar.Beijing())
	if err != nil {
		h.Fatal(err)
	}
	ds := duty.ResolveBy(set, duty.Facts{Partner: true, Relation: duty.Found, LearnedAt: at})
	if len(ds) != 1 {
		h.Fatalf("%d duties", len(ds))
	}
	return ds[0].DueAt.Sub(at), ds[0].Pack
}

func (h *house) expect(b *rulebook.Book, learned string, hours int, pack string) {
	h.Helper()
	if d, ref := h.due(b, learned); d != time.Duration(hours)*time.Hour || ref != pack {
		h.Errorf("learned %s: due after %s by %s, want %d h by %s", learned, d, ref, hours, pack)
	}
}

func (h *house) refused(err error, kind fault.Kind, key string) {
	h.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != kind || !strings.Contains(err.Error(), key) {
		h.Errorf("%v; want %s %s", err, kind, key)
	}
}

func TestAVersionFromOutsideCountsOnceTwoPeopleWantIt(t *testing.T) {
	each(t, func(h *house) {
		node := h.other()
		h.expect(node, "2021-12-31 10:00", 48, "partner-agreement@1.0.0")
		v := h.load(law("1.1.0", "2022-01-01", "P1D"))
		h.expect(node, "2022-01-05 10:00", 48, "partner-agreement@1.0.0")
		_, err := h.Activate(h.ctx, one, v.ID)
		h.refused(err, fault.Forbidden, "rulebook.second-person")
		if v, err = h.Activate(h.ctx, two, v.ID); err != nil || v.State != rulebook.Active || v.ActivatedBy != "two" || v.Signers != "laws.example" {
			h.Fatal(v, err)
		}
		for _, b := range []*rulebook.Book{h.Book, node, h.other()} { // this node, one that had cached, one that has just started
			h.expect(b, "2021-12-31 23:59", 48, "partner-agreement@1.0.0")
			h.expect(b, "2022-01-01 00:00", 24, "partner-agreement@1.1.0")
		}
		_, err = h.Activate(h.ctx, two, v.ID)
		h.refused(err, fault.Conflict, "rulebook.state")
		_, err = h.Withdraw(h.ctx, two, v.ID, "no")
		h.refused(err, fault.Conflict, "rulebook.state")
		lines := events(h, v.ID)
		if strings.Join(lines, " ") != "lawpack.loaded lawpack.activated" {
			h.Errorf("recorded: %v", lines)
		}
	})
}

func events(h *house, id string) (kinds []string) {
	h.Helper()
	err := h.DB.View(h.ctx, func(tx *db.Tx) (err error) {
		kinds, err = db.List(h.ctx, tx, db.Value[string], `SELECT e.kind FROM event e JOIN event_subject s ON s.event_id = e.id WHERE s.subject = $1 ORDER BY e.id`, "law-pack/"+id)
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	return kinds
}

func TestARetiredVersionLeavesWhatWasDerivedFromIt(t *testing.T) {
	each(t, func(h *house) {
		v := h.activate(law("1.2.0", "2021-09-01", "P3D"))
		h.expect(h.Book, "2021-11-24 10:00", 72, "partner-agreement@1.2.0")
		_, err := h.Retire(h.ctx, two, v.ID, " ")
		h.refused(err, fault.Invalid, "rule.required")
		if _, err = h.Retire(h.ctx, two, v.ID, "the agreement was never signed"); err != nil {
			h.Fatal(err)
		}
		h.expect(h.Book, "2021-11-24 10:00", 72, "partner-agreement@1.2.0") // until somebody else confirms
		_, err = h.Confirm(h.ctx, two, v.ID, false)
		h.refused(err, fault.Forbidden, "rulebook.second-person")
		if v, err = h.Confirm(h.ctx, two, v.ID, true); err != nil || v.State != rulebook.Active || v.Why != "" {
			h.Fatal(v, err)
		}
		if _, err = h.Retire(h.ctx, one, v.ID, "the agreement was never signed"); err != nil {
			h.Fatal(err)
		}
		if v, err = h.Confirm(h.ctx, two, v.ID, false); err != nil || v.State != rulebook.Retired {
			h.Fatal(v, err)
		}
		h.expect(h.Book, "2021-11-24 10:00", 48, "partner-agreement@1.0.0")
		h.expect(h.other(), "2021-11-24 10:00", 48, "partner-agreement@1.0.0")
		learned := time.Date(2021, 11, 24, 10, 0, 0, 0, calendar.Beijing())
		old := duty.Due{Rule: duty.RulePartner, Anchor: duty.Learned, Pack: v.Ref(), Force: duty.Contractual, AnchorAt: learned, DueAt: learned.Add(72 * time.Hour), LatestAt: learned.Add(72 * time.Hour)}
		if s := duty.Sentence(i18n.For("en"), old); !strings.Contains(s, "within 3 days of learning") {
			h.Errorf("a stored duty no longer says what it was derived from: %s", s)
		}
		_, err = h.Load(h.ctx, one, signed(h.T, law("1.2.0", "2021-09-01", "P1D"), h.trusted), "")
		h.refused(err, fault.Conflict, "rulebook.older") // the name of a version stands for one text for ever
	})
}

func TestWhatIsRefused(t *testing.T) {
	each(t, func(h *house) {
		good := law("2.0.0", "2022-01-01", "P1D")
		ok := signed(h.T, good, h.trusted)
		for name, x := range map[string]struct {
			file []byte
			note string
			kind fault.Kind
			key  string
		}{
			"unsigned":               {[]byte(good), "", fault.Invalid, "rulebook.unsigned"},
			"signed by a stranger":   {signed(h.T, good, h.stranger), "", fault.Invalid, "rulebook.untrusted"},
			"changed after signing":  {[]byte(strings.Replace(string(ok), "P1D", "P9D", 1)), "", fault.Invalid, "rulebook.altered"},
			"the note of another":    {[]byte(good), noteOf(signed(h.T, law("2.0.1", "2022-01-01", "P1D"), h.trusted)), fault.Invalid, "rulebook.altered"},
			"no note":                {[]byte(good), "hello\n", fault.Invalid, "rulebook.no-note"},
			"no pack":                {sign(h, "hello: world\n", "x@1.0.0"), "", fault.Invalid, "pack:1"},
			"wrong at a line":        {sign(h, strings.Replace(good, "force: contractual", "force: strict", 1), "partner-agreement@2.0.0"), "", fault.Invalid, "pack:19"},
			"its own test fails":     {signed(h.T, strings.Replace(good, "value: P1D", "value: P5D", 1), h.trusted), "", fault.Invalid, "pack:25"},
			"older":                  {signed(h.T, law("0.9.0", "2022-01-01", "P1D"), h.trusted), "", fault.Conflict, "rulebook.older"},
			"as old":                 {signed(h.T, law("1.0.0", "2022-01-01", "P1D"), h.trusted), "", fault.Conflict, "rulebook.older"},
			"another regime's duty":  {signed(h.T, pack("my-law", "rmsv-7-2-report", "1.0.0", "2022-01-01", "P1D"), h.trusted), "", fault.Conflict, "rulebook.taken"},
			"the name of another":    {sign(h, good, "partner-agreement@3.0.0"), "", fault.Invalid, "rulebook.altered"},
			"too large":              {append(ok, strings.Repeat("#", lawpack.MaxSize)...), "", fault.TooLarge, "fault.too-large"},
			"a second note under it": {append(ok, "# fengsui.lawpack/v1\n# x\n"...), "", fault.Invalid, "rulebook.no-note"},
		} {
			_, err := h.Load(h.ctx, one, x.file, x.note)
			if h.refused(err, x.kind, x.key); h.Failed() {
				h.Fatalf("%s", name)
			}
		}
		if vs, err := h.Versions(h.ctx, one); err != nil || len(vs) != 0 {
			h.Errorf("something was kept: %v, %v", vs, err)
		}
		// beside it, the note does as well
		text, note := lawpack.Split(ok)
		v, err := h.Load(h.ctx, one, text, note)
		if err != nil {
			h.Fatal(err)
		}
		if string(v.Signed()) != string(ok) {
			h.Errorf("kept otherwise than it was sent:\n%s", v.Signed())
		}
	})
}

func noteOf(file []byte) string {
	_, note := lawpack.Split(file)
	return note
}

// sign signs any text under any name, as a pack of that name whose text it is.
func sign(h *house, text, ref string) []byte {
	h.Helper()
	note, err := lawpack.SignText([]byte(text), ref, h.trusted)
	if err != nil {
		h.Fatal(err)
	}
	return lawpack.Embed([]byte(text), note)
}

func TestWhoMayKeepTheBook(t *testing.T) {
	each(t, func(h *house) {
		file := signed(h.T, law("1.1.0", "2022-01-01", "P1D"), h.trusted)
		narrow := one
		narrow.Scopes = []string{member.ScopeReport}
		for _, x := range []struct {
			by   member.Actor
			kind fault.Kind
		}{{member.Anonymous("web"), fault.Unauthenticated}, {engineer, fault.Withheld}, {analyst, fault.Forbidden}, {auditor, fault.Forbidden}, {narrow, fault.Forbidden}, {member.System(), fault.Forbidden}} {
			if _, err := h.Load(h.ctx, x.by, file, ""); fault.KindOf(err) != x.kind {
				h.Errorf("%+v loads: %v", x.by, err)
			}
		}
		v := h.load(law("1.1.0", "2022-01-01", "P1D"))
		for _, x := range []struct {
			by   member.Actor
			kind fault.Kind
		}{{member.Anonymous("web"), fault.Unauthenticated}, {engineer, fault.Withheld}, {narrow, fault.Forbidden}} {
			if _, err := h.Version(h.ctx, x.by, v.ID); fault.KindOf(err) != x.kind {
				h.Errorf("%+v reads: %v", x.by, err)
			}
		}
		for _, by := range []member.Actor{analyst, auditor, two} {
			if _, err := h.Version(h.ctx, by, v.ID); err != nil {
				h.Errorf("%+v reads: %v", by, err)
			}
		}
		for _, id := range []string{"", "x", uuid.NewString()} {
			if _, err := h.Version(h.ctx, one, id); !fault.Is(err, fault.NotFound) {
				h.Errorf("%q: %v", id, err)
			}
		}
		// What is only loaded is not published.
		if _, err := h.Published(h.ctx, v.Ref(), h.clock.Now()); !fault.Is(err, fault.NotFound) {
			h.Errorf("published before it counts: %v", err)
		}
		if _, err := h.Withdraw(h.ctx, one, v.ID, "a slip"); err != nil {
			h.Error(err)
		}
		if p, err := h.Published(h.ctx, "partner-agreement", h.clock.Now()); err != nil || p.Version != "1.0.0" {
			h.Errorf("%v, %v", p, err)
		}
		// What was withdrawn never counted: its name is free again.
		h.activate(law("1.1.0", "2021-09-01", "P5D"))
		if p, err := h.Published(h.ctx, "partner-agreement", h.clock.Now()); err != nil || p.Version != "1.1.0" {
			h.Errorf("%v, %v", p, err)
		}
	})
}

// Of two versions that wait, the older cannot follow the newer; a key that is no longer trusted activates nothing.
func TestActivationLooksAgain(t *testing.T) {
	each(t, func(h *house) {
		first, second := h.load(law("1.1.0", "2022-01-01", "P1D")), h.load(law("1.3.0", "2022-01-01", "P3D"))
		if _, err := h.Activate(h.ctx, two, second.ID); err != nil {
			h.Fatal(err)
		}
		_, err := h.Activate(h.ctx, two, first.ID)
		h.refused(err, fault.Conflict, "rulebook.older")
		third := h.load(law("1.4.0", "2022-01-01", "P1D"))
		node := h.other()
		node.Trusted = nil
		_, err = node.Activate(h.ctx, two, third.ID)
		h.refused(err, fault.Invalid, "rulebook.untrusted")
		h.expect(node, "2022-02-01 10:00", 72, "partner-agreement@1.3.0")
	})
}

// Whoever rewrites a pack in the database changes no duty: the bytes are not those that were signed.
func TestARewrittenPackCountsNoMore(t *testing.T) {
	each(t, func(h *house) {
		v := h.activate(law("1.5.0", "2021-09-01", "P1D"))
		h.expect(h.other(), "2021-11-24 10:00", 24, "partner-agreement@1.5.0")
		err := h.DB.Tx(h.ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(h.ctx, `UPDATE law_pack SET text = $1, revision = revision + 1 WHERE id = $2`, []byte(strings.Replace(string(v.Text), "P1D", "P5D", 1)), v.ID)
			return err
		})
		if err != nil {
			h.Fatal(err)
		}
		h.expect(h.other(), "2021-11-24 10:00", 48, "partner-agreement@1.0.0")
	})
}

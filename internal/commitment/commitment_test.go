// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package commitment_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/commitment"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const words = "A look-up in a logged message loads a class from <afar>."

var (
	salt   = []byte("0123456789abcdef0123456789abcdef")
	digest = evidence.Digest(salt, []byte(words))
	finder = member.Actor{AccountID: "a", OrgID: "finders", Roles: []member.Role{member.Engineer}, Via: "web"}
	other  = member.Actor{AccountID: "b", OrgID: "others", Roles: []member.Role{member.Engineer}, Via: "web"}
	staff  = member.Actor{AccountID: "c", OrgID: "platform", Roles: []member.Role{member.Analyst}, Via: "web"}
)

// each runs test on a service whose evidence log is integrated all the time.
func each(t *testing.T, test func(t *testing.T, s *commitment.Service, clock *calendar.Driven)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clock *calendar.Driven) {
		log, err := evidence.Open(d, t.TempDir(), "test.example/log")
		if err != nil {
			t.Fatal(err)
		}
		keys, err := seal.Load(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			log.Run(ctx, 20*time.Millisecond, func(err error) { t.Error(err) })
		}()
		defer func() { cancel(); <-done }()
		test(t, &commitment.Service{DB: d, Events: &event.Log{DB: d, Evidence: log}, Evidence: log, Seal: keys, Prefix: "FS"}, clock)
	})
}

func verify(t *testing.T, s *commitment.Service, r evidence.Receipt, kind, says string) {
	t.Helper()
	v, err := evidence.Verify(r.Encode(), s.Evidence.PublicKey())
	if err != nil || !v.InLog || v.Entry.Kind != kind || !strings.Contains(string(r.Encode()), says) {
		t.Errorf("%+v, %v: %s", v, err, r.Encode())
	}
}

func TestADateIsFixedBeforeTheWordsAreSaid(t *testing.T) {
	each(t, func(t *testing.T, s *commitment.Service, clock *calendar.Driven) {
		ctx := t.Context()
		c, receipt, err := s.Make(ctx, finder, " "+strings.ToUpper(digest))
		if err != nil || c.Number != "FS-K-2021-000001" {
			t.Fatal(c, err)
		}
		verify(t, s, receipt, "commitment.made", digest)
		if strings.Contains(string(receipt.Encode()), "afar") {
			t.Error("the receipt says what nobody has said")
		}
		clock.Advance(15 * 24 * time.Hour)
		again, receipt, err := s.Make(ctx, finder, digest)
		if err != nil || again.ID != c.ID || !receipt.Entry.At.Equal(c.MadeAt) {
			t.Errorf("the same digest moved the date: %+v, %v", again, err)
		}
		if theirs, _, err := s.Make(ctx, other, digest); err != nil || theirs.ID == c.ID || theirs.Number != "FS-K-2021-000002" {
			t.Errorf("another organisation's: %+v, %v", theirs, err)
		}
		opened, receipt, err := s.Open(ctx, finder, c.ID, salt, words)
		if err != nil || opened.Words != words || !opened.OpenedAt.Equal(clock.Now()) {
			t.Fatal(opened, err)
		}
		verify(t, s, receipt, "commitment.opened", "a class from")
		for _, by := range []member.Actor{finder, staff} {
			if got, err := s.Get(ctx, by, c.ID); err != nil || got.Words != words || got.MadeAt != c.MadeAt {
				t.Errorf("%s: %+v, %v", by.AccountID, got, err)
			}
			if r, err := s.Receipt(ctx, by, c.ID, true); err != nil {
				t.Error(err)
			} else {
				verify(t, s, r, "commitment.opened", "a class from")
			}
		}
		if f, err := s.Events.Audit(ctx); err != nil || f.Err() != nil {
			t.Error(f, err)
		}
	})
}

func TestACommitmentOpensWithItsOwnWordsOnly(t *testing.T) {
	each(t, func(t *testing.T, s *commitment.Service, _ *calendar.Driven) {
		ctx := t.Context()
		c, _, err := s.Make(ctx, finder, digest)
		if err != nil {
			t.Fatal(err)
		}
		for name, x := range map[string]struct {
			by    member.Actor
			salt  []byte
			words string
			want  fault.Kind
		}{
			"other words":   {finder, salt, words + "!", fault.Invalid},
			"another salt":  {finder, []byte("0123456789abcdef0123456789abcdeg"), words, fault.Invalid},
			"words as salt": {finder, append(salt[:32:32], words[0]), words[1:], fault.Invalid},
			"no words":      {finder, salt, "", fault.Invalid},
			"a stranger":    {other, salt, words, fault.Withheld},
			"the platform":  {staff, salt, words, fault.Withheld},
			"nobody":        {member.Anonymous("api"), salt, words, fault.Unauthenticated},
			"a token":       {member.Actor{AccountID: "a", OrgID: "finders", Scopes: []string{member.ScopeCase}}, salt, words, fault.Forbidden},
		} {
			if _, _, err := s.Open(ctx, x.by, c.ID, x.salt, x.words); fault.KindOf(err) != x.want || err == nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := s.Receipt(ctx, finder, c.ID, true); !fault.Is(err, fault.NotFound) {
			t.Errorf("the receipt of an opening that was not: %v", err)
		}
		for _, by := range []member.Actor{other, staff} {
			if _, err := s.Get(ctx, by, c.ID); !fault.Is(err, fault.Withheld) {
				t.Errorf("%s: %v", by.AccountID, err)
			}
		}
		if _, _, err := s.Open(ctx, finder, c.ID, salt, words); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Open(ctx, finder, c.ID, salt, words); !fault.Is(err, fault.Conflict) {
			t.Errorf("opened twice: %v", err)
		}
		if _, _, err := s.Open(ctx, staff, c.ID, salt, words); !fault.Is(err, fault.Forbidden) {
			t.Errorf("opened by the platform: %v", err)
		}
		for _, bad := range []string{"", "00", digest + "00", strings.Repeat("g", 64)} {
			if _, _, err := s.Make(ctx, finder, bad); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

func TestCommitmentsAreListedInPages(t *testing.T) {
	each(t, func(t *testing.T, s *commitment.Service, _ *calendar.Driven) {
		ctx := t.Context()
		for i := range 3 {
			if _, _, err := s.Make(ctx, finder, evidence.Digest(salt, []byte{byte(i)})); err != nil {
				t.Fatal(err)
			}
		}
		one, next, err := s.List(ctx, finder, "", 2)
		if err != nil || len(one) != 2 || next == "" || one[0].Number != "FS-K-2021-000003" {
			t.Fatal(one, next, err)
		}
		two, next, err := s.List(ctx, finder, next, 2)
		if err != nil || len(two) != 1 || next != "" {
			t.Error(two, next, err)
		}
		if theirs, _, err := s.List(ctx, other, "", 2); err != nil || len(theirs) != 0 {
			t.Error(theirs, err)
		}
		if _, _, err := s.List(ctx, member.Anonymous("web"), "", 2); !fault.Is(err, fault.Unauthenticated) {
			t.Error(err)
		}
	})
}

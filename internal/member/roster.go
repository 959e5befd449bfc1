// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package member

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
)

// Post is a place on an organisation's duty roster: whom an escalation reaches, step by step (Measures on Threat
// Monitoring of 2017, art. 5: a responsible department, person and contact).
type Post string

// The posts, in the order in which an escalation climbs them.
const (
	OnDuty Post = "officer" // 值班长
	Deputy Post = "deputy"  // 副值班长
	Head   Post = "head"    // 负责人
)

// Posts lists them in that order.
var Posts = []Post{OnDuty, Deputy, Head}

// A Posting says who holds a post and by which number that person is called.
type Posting struct {
	Post      Post
	AccountID string
	Phone     string // "" for the organisation's own

	StandIn             string    // account that is reached instead while the holder is away; "" for whoever has the role
	AwayFrom, AwayUntil time.Time // zero while no absence is known
}

// AwayAt reports whether the holder is away at t.
func (p Posting) AwayAt(t time.Time) bool {
	return !p.AwayFrom.IsZero() && !t.Before(p.AwayFrom) && t.Before(p.AwayUntil)
}

func (p Posting) equal(q Posting) bool {
	return p.Post == q.Post && p.AccountID == q.AccountID && p.Phone == q.Phone && p.StandIn == q.StandIn && p.AwayFrom.Equal(q.AwayFrom) && p.AwayUntil.Equal(q.AwayUntil)
}

// Roster returns who holds the posts of an organisation's duty roster. Posts that nobody was named for are left out:
// the roles stand in for them (see Contacts.On). For the organisation's people, administrators and staff.
func (s *Service) Roster(ctx context.Context, by Actor, orgID string) (ps []Posting, err error) {
	if err := mayRead(by); err != nil {
		return nil, err
	}
	switch {
	case (orgID == "" || orgID != by.OrgID) && !readsAll(by):
		return nil, fault.Hidden()
	case !storable(orgID):
		return nil, fault.Missing()
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := orgByID(ctx, tx, orgID, ""); err != nil {
			return err
		}
		rs, err := rosters(ctx, tx, []string{orgID})
		ps = rs[orgID]
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("roster of %q: %w", orgID, err)
	}
	return ps, nil
}

// RosterSet: an organisation named who is reached when.
type RosterSet struct {
	OrgID string          `json:"org"`
	Posts map[Post]string `json:"posts"` // accounts
}

// Kind is the stored name.
func (RosterSet) Kind() string { return "member.roster-set" }

// About puts it on the organisation's time line.
func (e RosterSet) About() event.About { return about(e.OrgID) }

// SetRoster names who holds the posts of the actor's organisation, all at once; a post that is left out, or whose account
// is empty, falls back on the roles. For the organisation's administrator, also while it is suspended. Faults: Invalid
// when a post is unknown or named twice, its holder or stand-in is no active person of the organisation, or an absence does
// not end after it begins.
func (s *Service) SetRoster(ctx context.Context, by Actor, orgID string, in []Posting) (ps []Posting, err error) {
	if err := allow(by, OrgAdmin); err != nil {
		return nil, err
	}
	if by.Via != System().Via && (orgID == "" || orgID != by.OrgID) {
		return nil, fault.Hidden()
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := orgByID(ctx, tx, orgID, tx.ForUpdate()); err != nil {
			return err
		}
		people, err := peopleOf(ctx, tx, []string{orgID})
		if err != nil {
			return err
		}
		if ps, err = checkRoster(in, people[orgID]); err != nil {
			return err
		}
		old, err := rosters(ctx, tx, []string{orgID})
		if err != nil || slices.EqualFunc(old[orgID], ps, Posting.equal) {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM roster WHERE org_id = $1`, orgID); err != nil {
			return err
		}
		e, rows := RosterSet{OrgID: orgID, Posts: map[Post]string{}}, [][]any{}
		for _, p := range ps {
			rows = append(rows, []any{orgID, string(p.Post), p.AccountID, p.Phone, p.StandIn, db.At(p.AwayFrom), db.At(p.AwayUntil)})
			e.Posts[p.Post] = p.AccountID
		}
		if err := db.Bulk(ctx, tx, `roster (org_id, post, account_id, phone, stand_in, away_from, away_until)`, "", rows); err != nil {
			return err
		}
		_, err = s.Events.Record(ctx, tx, by.By(), e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("set roster: %w", err)
	}
	return ps, nil
}

// checkRoster returns the postings as they are kept, in the order of Posts.
func checkRoster(in []Posting, people []Account) (out []Posting, err error) {
	var f form
	seen := map[Post]Posting{}
	for _, p := range in {
		_, twice := seen[p.Post]
		if !slices.Contains(Posts, p.Post) {
			f.That(false, "post", "member.rule.unknown", string(OnDuty))
			continue
		}
		f.That(!twice, string(p.Post), "member.rule.post-twice", "")
		p.Phone = f.text(string(p.Post)+"_phone", p.Phone, maxShort)
		f.That(p.AccountID != "" || p.Phone == "", string(p.Post), "rule.required", "")
		f.That(p.AccountID == "" || slices.ContainsFunc(people, func(a Account) bool { return a.ID == p.AccountID }), string(p.Post), "member.rule.not-of-organisation", "")
		f.That(p.StandIn == "" || p.StandIn != p.AccountID && slices.ContainsFunc(people, func(a Account) bool { return a.ID == p.StandIn }), string(p.Post)+"_stand_in", "member.rule.stand-in", "")
		f.That(p.AwayFrom.IsZero() == p.AwayUntil.IsZero() && !p.AwayUntil.Before(p.AwayFrom), string(p.Post)+"_until", "member.rule.absence", "")
		f.That(p.AccountID != "" || p.StandIn == "" && p.AwayFrom.IsZero(), string(p.Post), "rule.required", "")
		p.AwayFrom, p.AwayUntil = p.AwayFrom.UTC().Truncate(time.Microsecond), p.AwayUntil.UTC().Truncate(time.Microsecond)
		seen[p.Post] = p
	}
	for _, post := range Posts {
		if p, ok := seen[post]; ok && p.AccountID != "" {
			out = append(out, p)
		}
	}
	return out, f.Err()
}

// Contacts are the ways to an organisation's people.
type Contacts struct {
	Org    Org
	People []Account // who can act for it, in the order in which they came
	Posts  []Posting
	At     time.Time // who is away is asked of this time
}

// On returns who holds a post: whom the roster names, whom it names in place of a holder who is away, or who stands in by
// role. Of a member these are its engineers for
// the duty officer, its administrators for the others; of the platform its duty officers and its supervisors.
func (c Contacts) On(p Post) []Account {
	if i := slices.IndexFunc(c.Posts, func(x Posting) bool { return x.Post == p }); i >= 0 {
		p := c.Posts[i]
		on := p.AccountID
		if p.AwayAt(c.At) {
			on = p.StandIn
		}
		if as := c.who(func(a Account) bool { return a.ID == on }); as != nil {
			return as
		}
	}
	switch {
	case c.Org.Has(Platform) && p == Head:
		return c.with(Supervisor)
	case c.Org.Has(Platform):
		return c.with(DutyOfficer)
	case p == OnDuty:
		return c.with(Engineer)
	}
	return c.with(OrgAdmin)
}

// Reachable reports whether the organisation is a member: a suspended one is told what it owes as before.
func (c Contacts) Reachable() bool { return c.Org.Status == Active || c.Org.Status == Suspended }

// Engineers are the people who do the work.
func (c Contacts) Engineers() []Account {
	if c.Org.Has(Platform) {
		return c.with(Analyst)
	}
	return c.with(Engineer)
}

// Person returns one of the people.
func (c Contacts) Person(id string) (Account, bool) {
	if i := slices.IndexFunc(c.People, func(a Account) bool { return a.ID == id }); i >= 0 {
		return c.People[i], true
	}
	return Account{}, false
}

// Phone is the number by which one of the people is called, or "" when there is none.
func (c Contacts) Phone(accountID string) string {
	for _, p := range c.Posts {
		if p.AccountID == accountID && p.Phone != "" {
			return p.Phone
		}
	}
	return c.Org.Phone
}

func (c Contacts) with(r Role) []Account {
	return c.who(func(a Account) bool { return slices.Contains(a.Roles, r) })
}

func (c Contacts) who(is func(Account) bool) (out []Account) {
	for _, a := range c.People {
		if is(a) {
			out = append(out, a)
		}
	}
	return out
}

// ContactsTx returns the ways to the people of organisations, by id; of one that is no member any more, nobody. The
// caller authorises.
func ContactsTx(ctx context.Context, tx *db.Tx, orgIDs []string) (map[string]Contacts, error) {
	out := map[string]Contacts{}
	for part := range slices.Chunk(orgIDs, 400) {
		var a db.Args
		os, err := db.List(ctx, tx, scanOrg, `SELECT `+orgColumns+` FROM org o WHERE o.id IN `+db.In(&a, part), a...)
		if err != nil {
			return nil, err
		}
		people, err := peopleOf(ctx, tx, part)
		if err != nil {
			return nil, err
		}
		posts, err := rosters(ctx, tx, part)
		if err != nil {
			return nil, err
		}
		for _, o := range os {
			c := Contacts{Org: o.standing(tx.Now), Posts: posts[o.ID], At: tx.Now}
			if c.Reachable() {
				c.People = people[o.ID]
			}
			out[o.ID] = c
		}
	}
	return out, nil
}

// DeskTx returns the platform's duty officers, or its supervisors when it has none.
func DeskTx(ctx context.Context, tx *db.Tx) ([]Account, error) {
	for _, r := range []Role{DutyOfficer, Supervisor} {
		as, err := db.List(ctx, tx, scanAccount, `SELECT `+accountColumns+` FROM account a WHERE a.status = $1 AND CAST(a.roles AS TEXT) LIKE $2 ORDER BY a.id`,
			AccountActive, `%"`+string(r)+`"%`)
		if err != nil || len(as) > 0 {
			return as, err
		}
	}
	return nil, nil
}

// peopleOf returns the active accounts of organisations, by organisation, in the order in which they came.
func peopleOf(ctx context.Context, tx *db.Tx, orgIDs []string) (map[string][]Account, error) {
	var args db.Args
	as, err := db.List(ctx, tx, scanAccount, `SELECT `+accountColumns+` FROM account a WHERE a.org_id IN `+db.In(&args, orgIDs)+` AND a.status = `+args.P(AccountActive)+` ORDER BY a.id`, args...)
	out := map[string][]Account{}
	for _, a := range as {
		a.PasswordHash = ""
		out[a.OrgID] = append(out[a.OrgID], a)
	}
	return out, err
}

// rosters returns the rosters of organisations, by organisation, in the order of Posts.
func rosters(ctx context.Context, tx *db.Tx, orgIDs []string) (map[string][]Posting, error) {
	type row struct {
		org string
		p   Posting
	}
	var a db.Args
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) {
		var from, until db.Time
		err = r.Scan(&x.org, &x.p.Post, &x.p.AccountID, &x.p.Phone, &x.p.StandIn, &from, &until)
		x.p.AwayFrom, x.p.AwayUntil = from.Time, until.Time
		return x, err
	}, `SELECT org_id, post, account_id, phone, stand_in, away_from, away_until FROM roster WHERE org_id IN `+db.In(&a, orgIDs), a...)
	out := map[string][]Posting{}
	for _, x := range rows {
		out[x.org] = append(out[x.org], x.p)
	}
	for _, ps := range out {
		slices.SortFunc(ps, func(x, y Posting) int { return slices.Index(Posts, x.Post) - slices.Index(Posts, y.Post) })
	}
	return out, err
}

// AccountTx returns a person, without the password's hash. The caller authorises.
func AccountTx(ctx context.Context, tx *db.Tx, id string) (Account, error) {
	if !storable(id) {
		return Account{}, fault.Missing()
	}
	a, err := db.Get(ctx, tx, scanAccount, `SELECT `+accountColumns+` FROM account a WHERE a.id = $1`, id)
	a.PasswordHash = ""
	return a, err
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/seal"
)

// owns reports whether the actor reported it, itself or through its organisation. Those who run or audit the platform
// read no reports of the organisation that they belong to.
func owns(by member.Actor, r Report) bool {
	return by.AccountID != "" && by.AccountID == r.AccountID || forOrg(by) && by.OrgID == r.OrgID
}

// forOrg reports whether the actor reads what its organisation reported.
func forOrg(by member.Actor) bool {
	return by.OrgID != "" && (!by.Is(member.Administrator, member.Auditor) || by.Is(member.Engineer, member.OrgAdmin))
}

// mayRead is the rule about reading reports: reporters read their own, staff reads all, authorities get transfers.
func mayRead(by member.Actor, r Report) bool {
	return owns(by, r) && by.Allows(member.ScopeReport) || by.Staff() && by.Allows(member.ScopeCase)
}

// scope says in SQL what mayRead says in Go; mine leaves out what only staff may read. A property test holds them equal.
func scope(by member.Actor, mine bool, a *db.Args) string {
	if !mine && by.Staff() && by.Allows(member.ScopeCase) {
		return `TRUE`
	}
	own := []string{`FALSE`}
	if by.AccountID != "" {
		own = append(own, `account_id = `+a.P(by.AccountID))
	}
	if forOrg(by) {
		own = append(own, `org_id = `+a.P(by.OrgID))
	}
	return `(` + strings.Join(own, ` OR `) + `)`
}

var numberForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,40}$`)

// readable returns the report whose column (id or number) is key, when the actor may read it.
func readable(ctx context.Context, tx *db.Tx, by member.Actor, column, key string) (Report, error) {
	if !by.SignedIn() {
		return Report{}, fault.SignIn()
	}
	if !numberForm.MatchString(key) {
		return Report{}, fault.Missing()
	}
	r, err := db.Get(ctx, tx, scan, `SELECT `+columns+` FROM report WHERE `+column+` = $1`, key)
	switch {
	case err != nil:
		return Report{}, err
	case mayRead(by, r):
		return r, nil
	case owns(by, r):
		return Report{}, fault.Deny("fault.scope", member.ScopeReport)
	case by.Staff():
		return Report{}, fault.Deny("fault.scope", member.ScopeCase)
	}
	return Report{}, fault.Hidden()
}

// Get returns a report with its newest content, to its reporter, the reporter's organisation and staff.
func (s *Service) Get(ctx context.Context, by member.Actor, id string) (Report, error) {
	return s.get(ctx, by, `id`, id)
}

// GetByNumber is Get by the report's number.
func (s *Service) GetByNumber(ctx context.Context, by member.Actor, number string) (Report, error) {
	return s.get(ctx, by, `number`, number)
}

func (s *Service) get(ctx context.Context, by member.Actor, column, key string) (r Report, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if r, err = readable(ctx, tx, by, column, key); err != nil {
			return err
		}
		r, err = s.whole(ctx, tx, r)
		return err
	})
	if err != nil {
		return Report{}, fmt.Errorf("get report: %w", err)
	}
	return r, nil
}

// ContentTx returns a report with its newest content. The caller authorises.
func (s *Service) ContentTx(ctx context.Context, tx *db.Tx, id string) (Report, error) {
	r, err := db.Get(ctx, tx, scan, `SELECT `+columns+` FROM report WHERE id = $1`, id)
	if err != nil {
		return Report{}, err
	}
	return s.whole(ctx, tx, r)
}

// Versions returns all stages of a report with their contents, oldest first, to whoever may read the report.
func (s *Service) Versions(ctx context.Context, by member.Actor, id string) (vs []Version, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err := readable(ctx, tx, by, `id`, id)
		if err != nil {
			return err
		}
		rows, err := db.List(ctx, tx, scanVersion, `SELECT `+versionColumns+` FROM report_version WHERE report_id = $1 ORDER BY version`, r.ID)
		if err != nil {
			return err
		}
		for _, v := range rows {
			if v.Content, err = seal.OpenJSON[Content](s.Seal, place(r.ID, v.N), v.sealed); err != nil {
				return err
			}
			vs = append(vs, v.Version)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list versions of report: %w", err)
	}
	return vs, nil
}

// A Filter asks for a page of reports.
type Filter struct {
	Mine  bool   // leave out what only staff may read
	After string // cursor: next of the page before
	Limit int    // 1 to 200; 0 means 50
}

// List returns a page of the reports that the actor may read, newest first, without contents, and the cursor of the
// next page, "" on the last one.
func (s *Service) List(ctx context.Context, by member.Actor, f Filter) (rs []Report, next string, err error) {
	all := by.Staff() && by.Allows(member.ScopeCase) && !f.Mine
	switch {
	case !by.SignedIn():
		return nil, "", fault.SignIn()
	case !all && !by.Allows(member.ScopeReport):
		return nil, "", fault.Deny("fault.scope", member.ScopeReport)
	}
	at, id, ok := position(f.After)
	var k fault.Check
	k.That(ok, "after", "report.rule.cursor", "")
	k.That(f.Limit >= 0 && f.Limit <= 200, "limit", "report.rule.limit", "50", 200)
	if err := k.Err(); err != nil {
		return nil, "", err
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	var a db.Args
	where := scope(by, f.Mine, &a)
	if f.After != "" {
		where += ` AND (received_at, id) < (` + a.P(db.At(at)) + `, ` + a.P(id) + `)`
	}
	query := `SELECT ` + columns + ` FROM report WHERE ` + where + ` ORDER BY received_at DESC, id DESC LIMIT ` + a.P(f.Limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rs, err = db.List(ctx, tx, scan, query, a...)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list reports: %w", err)
	}
	if len(rs) > f.Limit {
		rs = rs[:f.Limit]
		next = cursor(rs[f.Limit-1])
	}
	return rs, next, nil
}

// cursor names a report's place in the list.
func cursor(r Report) string {
	return base64.RawURLEncoding.EncodeToString([]byte(r.ReceivedAt.UTC().Format(time.RFC3339Nano) + " " + r.ID))
}

// position reads a cursor; "" is the top of the list.
func position(cursor string) (at time.Time, id string, ok bool) {
	if cursor == "" {
		return at, "", true
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return at, "", false
	}
	stamp, id, _ := strings.Cut(string(b), " ")
	at, err = time.Parse(time.RFC3339Nano, stamp)
	return at, id, err == nil && uuid.Validate(id) == nil
}

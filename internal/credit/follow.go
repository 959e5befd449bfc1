// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/orgname"
)

// follow compares a record with the members, or with one of them, and brings their leads in line with it. It returns how
// many leads are new. body is the record as it came, to be kept where a lead rests on it; nil when it is not at hand.
func (s *Service) follow(ctx context.Context, tx *db.Tx, by member.Actor, x *index, r Record, body []byte, only string) (fresh int, err error) {
	signs := map[string][]Sign{} // by organisation
	if !r.withdrawn {
		for i, ss := range x.compare(r) {
			if id := x.members[i].ID; only == "" || id == only {
				if signs[id], err = s.familiar(ctx, tx, id, ss); err != nil {
					return 0, err
				}
			}
		}
	}
	have, err := db.List(ctx, tx, db.Value[string], `SELECT org_id FROM credit_lead WHERE find_id = $1 ORDER BY org_id`, r.FindID)
	if err != nil {
		return 0, err
	}
	for i := range x.members {
		m := &x.members[i]
		if only != "" && m.ID != only || len(signs[m.ID]) == 0 && !slices.Contains(have, m.ID) {
			continue
		}
		isNew, err := s.followOne(ctx, tx, by, m, r, signs[m.ID])
		if err != nil {
			return fresh, err
		}
		if isNew {
			fresh++
		}
		if body != nil && len(signs[m.ID]) > 0 {
			if _, err := tx.Exec(ctx, `UPDATE credit_version SET body = $1 WHERE record_id = $2 AND sha256 = $3 AND body IS NULL`, compressed(body), r.ID, r.SHA256); err != nil {
				return fresh, err
			}
			body = nil
		}
	}
	return fresh, nil
}

// familiar leaves out the signs by a spelling that was found not to mean the organisation.
func (s *Service) familiar(ctx context.Context, tx *db.Tx, orgID string, ss []Sign) ([]Sign, error) {
	var a db.Args
	org := a.P(orgID)
	var keys []string
	for _, x := range ss {
		keys = append(keys, orgname.Key(x.Party))
	}
	strangers, err := db.List(ctx, tx, db.Value[string], `SELECT party FROM credit_stranger WHERE org_id = `+org+` AND party IN `+db.In(&a, keys), a...)
	return slices.DeleteFunc(slices.Clone(ss), func(x Sign) bool { return slices.Contains(strangers, orgname.Key(x.Party)) }), err
}

// followOne brings one member's lead in line with one record.
func (s *Service) followOne(ctx context.Context, tx *db.Tx, by member.Actor, m *member.Known, r Record, ss []Sign) (isNew bool, err error) {
	l, ok, err := s.leadOf(ctx, tx, r.FindID, m.ID)
	if err != nil {
		return false, err
	}
	if !ok {
		return s.begin(ctx, tx, by, m, r, ss)
	}
	before, was := l.Content, l.State
	l.Signs = slices.DeleteFunc(slices.Clone(l.Signs), func(x Sign) bool { return x.RecordID == r.ID })
	l.Signs = append(l.Signs, ss...)
	if err := s.gather(ctx, tx, &l); err != nil {
		return false, err
	}
	if equal(before, l.Content) {
		return false, nil
	}
	switch {
	case len(l.Signs) == 0:
		err = s.gone(ctx, tx, &l)
	case l.State == Withdrawn:
		if err = l.moveTo(Waiting); err == nil {
			err = s.tell(ctx, tx, l, SaysBack, "", Back{l.on()})
		}
	default:
		_, err = s.Events.Record(ctx, tx, by.By(), Changed{l.on(), best(l.Signs)})
	}
	if err != nil {
		return false, err
	}
	if len(l.Signs) > 0 {
		l.Confidence = best(l.Signs)
	}
	return false, s.updateLead(ctx, tx, &l, was)
}

// gone: no record names the member any more. An open question stays: a person decides about it.
func (s *Service) gone(ctx context.Context, tx *db.Tx, l *Lead) error {
	if CanMove(l.State, Withdrawn) {
		l.State = Withdrawn
	}
	return s.tell(ctx, tx, *l, SaysGone, "", Gone{l.on()})
}

// tell records an event of the platform's own and puts a word on the lead's record.
func (s *Service) tell(ctx context.Context, tx *db.Tx, l Lead, kind WordKind, text string, e event.Event) error {
	if err := s.say(ctx, tx, member.System(), l, kind, text); err != nil {
		return err
	}
	_, err := s.Events.Record(ctx, tx, member.System().By(), e)
	return err
}

func equal(a, b Content) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

// begin makes a lead, unless there is nothing to ask: the find was public before the organisation took part, the
// organisation only published the record of somebody else's product, or it has reported the find.
func (s *Service) begin(ctx context.Context, tx *db.Tx, by member.Actor, m *member.Known, r Record, ss []Sign) (bool, error) {
	if len(ss) == 0 || !r.PublicAt.IsZero() && r.PublicAt.Before(m.CreatedAt) {
		return false, nil
	}
	l := Lead{FindID: r.FindID, OrgID: m.ID, State: Waiting, Confidence: best(ss), Content: Content{Title: r.Title, Signs: ss}}
	if err := s.gather(ctx, tx, &l); err != nil {
		return false, err
	}
	if !slices.ContainsFunc(ss, func(x Sign) bool { return x.Rule != RuleAssigner }) {
		makes, err := s.makes(ctx, tx, m.ID, r.Affected)
		if err != nil || !makes {
			return false, err
		}
		if party, err := s.party(ctx, tx, m.ID, l.Idents); err != nil || party {
			return false, err // it takes part in the platform's own case of the flaw
		}
	}
	reports, err := s.reports(ctx, tx, m.ID, l.Idents)
	if err != nil || len(reports) > 0 {
		return false, err
	}
	if err := s.insertLead(ctx, tx, &l); err != nil {
		return false, err
	}
	_, err = s.Events.Record(ctx, tx, by.By(), Found{l.on(), l.Confidence})
	return true, err
}

// gather puts together what all records say of the find: its numbers, its title, and the dates from which clocks may run.
func (s *Service) gather(ctx context.Context, tx *db.Tx, l *Lead) error {
	ids, err := db.List(ctx, tx, db.Value[string], `SELECT ident FROM credit_ident WHERE find_id = $1 ORDER BY ident`, l.FindID)
	if err != nil {
		return err
	}
	l.Idents = ids
	rs, err := recordsOf(ctx, tx, l.FindID)
	if err != nil {
		return err
	}
	l.Anchors = anchors(rs)
	for _, r := range rs {
		if l.Title == "" {
			l.Title = r.Title
		}
	}
	return nil
}

// kinds of dates, the strongest first: what a record says of the find itself, then when somebody must have known of it.
var dateKinds = []string{DateDiscovered, DateReported, DateReserved, DatePublic}

// maxAnchors bounds how many dates are offered.
const maxAnchors = 20

// anchors are the dates of standing records, the strongest sort first and the earliest of a sort before the others.
func anchors(rs []Record) (out []Anchor) {
	for _, r := range rs {
		if r.withdrawn {
			continue
		}
		for _, d := range r.Dates {
			if !slices.ContainsFunc(out, func(a Anchor) bool { return a.What == d.What && a.At.Equal(d.At) }) {
				out = append(out, Anchor{d, r.Name})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Anchor) int {
		if c := slices.Index(dateKinds, a.What) - slices.Index(dateKinds, b.What); c != 0 {
			return c
		}
		return a.At.Compare(b.At)
	})
	return out[:min(len(out), maxAnchors)]
}

// makes reports whether the organisation provides one of the wares, by the directory of products.
func (s *Service) makes(ctx context.Context, tx *db.Tx, orgID string, wares []Ware) (bool, error) {
	for _, w := range wares[:min(len(wares), 20)] {
		ps, err := s.Products.Providers(ctx, tx, product.ProviderQuery{PURL: w.PURL, Vendor: w.Vendor, Product: w.Product})
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(ps, func(p product.Provider) bool { return p.OrgID == orgID && p.By != product.ByVendor }) {
			return true, nil
		}
	}
	return false, nil
}

// party reports whether the organisation takes part in a case about a find that goes by these numbers.
func (s *Service) party(ctx context.Context, tx *db.Tx, orgID string, idents []string) (bool, error) {
	like, err := s.Cases.LikeTx(ctx, tx, idents, nil)
	if err != nil {
		return false, err
	}
	for _, l := range like {
		n, err := db.Get(ctx, tx, db.Value[int], `SELECT count(*) FROM case_party WHERE case_id = $1 AND org_id = $2`, l.CaseID, orgID)
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}

// OnCase ends or marks leads when a report of the member about the find is here: it has come late, or under a number that
// nobody knew before. It follows whatever gives a case its numbers or its reports.
func (s *Service) OnCase(ctx context.Context, caseID string) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		ls, err := db.List(ctx, tx, s.scanLead, `SELECT `+leadColumns+` FROM credit_lead l WHERE l.report_id IS NULL AND l.state IN ('waiting','denied','asked')
			AND l.org_id IN (SELECT r.org_id FROM case_report c JOIN report r ON r.id = c.report_id WHERE c.case_id = $1) ORDER BY l.id`+tx.ForUpdate(), caseID)
		if err != nil {
			return err
		}
		for _, l := range ls {
			rs, err := s.reports(ctx, tx, l.OrgID, l.Idents)
			if err != nil {
				return err
			}
			if len(rs) > 0 {
				if err := s.answered(ctx, tx, l, rs[0]); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (s *Service) answered(ctx context.Context, tx *db.Tx, l Lead, r Near) error {
	was := l.State
	l.ReportID = r.ReportID
	if CanMove(l.State, Reported) {
		l.State = Reported
	}
	if err := s.tell(ctx, tx, l, SaysReported, r.Number, Answered{l.on(), r.ReportID, was == Asked}); err != nil {
		return err
	}
	return s.updateLead(ctx, tx, &l, was)
}

// OnOpened, OnJoined and OnEdited say when OnCase is asked.
func (s *Service) OnOpened(ctx context.Context, e casework.Opened) error {
	return s.OnCase(ctx, e.CaseID)
}

// OnJoined follows a report that turned out to belong to a case.
func (s *Service) OnJoined(ctx context.Context, e casework.Joined) error {
	return s.OnCase(ctx, e.CaseID)
}

// OnEdited follows a change of what the platform holds of a case, its numbers among it.
func (s *Service) OnEdited(ctx context.Context, e casework.Edited) error {
	return s.OnCase(ctx, e.CaseID)
}

// OnNameAdded compares the records that are here with an organisation that is known by a further name.
func (s *Service) OnNameAdded(ctx context.Context, e member.NameAdded) error {
	return s.compareAgain(ctx, e.OrgID)
}

// OnAffiliationAdded compares the records that are here with a person's organisation.
func (s *Service) OnAffiliationAdded(ctx context.Context, e member.AffiliationAdded) error {
	return s.compareAgain(ctx, e.OrgID)
}

// compareAgain compares all records with one member, page by page.
func (s *Service) compareAgain(ctx context.Context, orgID string) error {
	b, err := s.batch(ctx, member.System())
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(b.index.members, func(m member.Known) bool { return m.ID == orgID }) {
		return nil
	}
	const page = 500
	for after := ""; ; {
		var rs []Record
		err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			rs, err = db.List(ctx, tx, scanRecord, `SELECT `+recordColumns+` FROM credit_record r WHERE r.thanks AND r.id > $1 ORDER BY r.id LIMIT $2`, after, page)
			return err
		})
		if err != nil || len(rs) == 0 {
			return err
		}
		after = rs[len(rs)-1].ID
		named := slices.DeleteFunc(slices.Clone(rs), func(r Record) bool { return !b.index.names(r, orgID) })
		if len(named) == 0 {
			continue
		}
		err = s.DB.Tx(ctx, func(tx *db.Tx) error {
			if _, err := db.Next(ctx, tx, "credit/import"); err != nil {
				return err
			}
			for _, r := range named {
				now, err := db.Get(ctx, tx, scanRecord, `SELECT `+recordColumns+` FROM credit_record r WHERE r.id = $1`, r.ID)
				if err != nil && !fault.Is(err, fault.NotFound) {
					return err
				}
				if _, err := s.follow(ctx, tx, member.System(), b.index, now, nil, orgID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// names reports whether a record names a member.
func (x *index) names(r Record, orgID string) bool {
	for i := range x.compare(r) {
		if x.members[i].ID == orgID {
			return true
		}
	}
	return false
}

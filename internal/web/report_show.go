// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"mime"
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/report"
)

func (s *Server) reportList(v *view) error {
	rs, next, err := s.Reports.List(v.Context(), v.Actor, report.Filter{After: v.URL.Query().Get("after"), Limit: 50})
	if err != nil {
		return err
	}
	return v.ok(reportListPage(v, rs, next))
}

// reportView is a report as its reporter follows it.
type reportView struct {
	Report      report.Report
	Versions    []report.Version
	Duties      []duty.Duty
	Clocks      []duty.Duty // of the platform itself, owed to the reporter
	Tasks       []duty.Task // decisions about clashes of laws; for those with an account
	Lines       []event.Line
	Case        *casework.Case // once it is open to the reader
	Readers     []casework.Reading
	Transfers   []delivery.Delivery
	Attachments []report.Attachment
	Orgs        map[string]member.Org
	Asked       string    // what the platform asks the reporter for now
	AskedAt     time.Time // since when
	Secret      string    // when followed without an account
}

func (s *Server) reportShow(v *view) error {
	r, err := s.Reports.Get(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	x := reportView{Report: r}
	if x.Versions, err = s.Reports.Versions(v.Context(), v.Actor, r.ID); err != nil {
		return err
	}
	if x.Attachments, err = s.Reports.Attachments(v.Context(), v.Actor, r.ID); err != nil {
		return err
	}
	if x.Transfers, err = s.Reports.Transfers(v.Context(), v.Actor, r.ID); err != nil {
		return err
	}
	if err := s.reportSurroundings(v, &x); err != nil {
		return err
	}
	c, err := s.Cases.OfReport(v.Context(), v.Actor, r.ID)
	if err == nil {
		x.Case = &c
		if x.Readers, err = s.Cases.Readers(v.Context(), v.Actor, c.ID); err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Forbidden) {
			return err
		}
	} else if !fault.Is(err, fault.NotFound) {
		return err
	}
	ids := []string{r.OrgID}
	for _, d := range x.Transfers {
		ids = append(ids, d.OrgID)
	}
	for _, d := range x.Readers {
		ids = append(ids, d.OrgID)
	}
	if x.Orgs, err = s.names(v, ids); err != nil {
		return err
	}
	return v.ok(reportPage(v, x))
}

// reportSurroundings reads the duties and the time line of a report, and what is asked of its reporter. Whoever got so
// far is the reporter, by account or by secret, or staff: both may read the questions.
func (s *Server) reportSurroundings(v *view, x *reportView) error {
	return s.DB.View(v.Context(), func(tx *db.Tx) (err error) {
		if x.Duties, err = s.Duties.ForReport(v.Context(), tx, x.Report.ID); err != nil {
			return err
		}
		if x.Clocks, err = s.Duties.Clocks(v.Context(), tx, x.Report.ID); err != nil {
			return err
		}
		if x.Secret == "" {
			if x.Tasks, err = s.Duties.TasksOf(v.Context(), tx, x.Report.ID); err != nil {
				return err
			}
		}
		if x.Lines, err = event.TimeLine(v.Context(), tx, "report/"+x.Report.ID); err != nil {
			return err
		}
		if err := s.Cases.Reasons(v.Context(), tx, x.Lines); err != nil {
			return err
		}
		x.Asked, x.AskedAt, err = s.Cases.Asked(v.Context(), tx, x.Report.ID)
		return err
	})
}

func (s *Server) reportReceipt(v *view) error {
	n, err := version(v)
	if err != nil {
		return err
	}
	r, err := s.Reports.ReceiptOf(v.Context(), v.Actor, v.PathValue("id"), n)
	return v.receipt(r, err)
}

// version is the stage that a receipt is asked for; the first when nothing is said.
func version(v *view) (int, error) {
	f := v.blank(map[string]string{"version": v.URL.Query().Get("version")})
	n, err := f.Int("version")
	return max(n, 1), err
}

func (v *view) receipt(r evidence.Receipt, err error) error {
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "receipt-" + r.Entry.Subject + ".json"}))
	v.w.Header().Set("Cache-Control", "private, no-store")
	_, err = v.w.Write(r.Encode())
	return err
}

func (s *Server) reportAttachment(v *view) error {
	a, b, err := s.Reports.Attachment(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	// never shown in the browser: it is somebody else's file
	v.w.Header().Set("Content-Type", "application/octet-stream")
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	v.w.Header().Set("Cache-Control", "private, no-store")
	_, err = v.w.Write(b)
	return err
}

func (s *Server) draftList(v *view) error {
	ds, err := s.Reports.Drafts(v.Context(), v.Actor)
	if err != nil {
		return err
	}
	return v.ok(draftListPage(v, ds))
}

func (s *Server) draftDrop(v *view) error {
	if err := s.Reports.DropDraft(v.Context(), v.Actor, v.PathValue("id")); err != nil {
		return err
	}
	return v.see("/drafts")
}

// reportStatusForm takes a secret and sends its holder to the page.
func (s *Server) reportStatusForm(v *view) error {
	secret := v.URL.Query().Get("secret")
	if secret == "" {
		return v.ok(statusFormPage(v, v.blank(nil)))
	}
	return v.see("/status/" + pathEscape(secret))
}

// reportStatus follows a report without an account.
func (s *Server) reportStatus(v *view) error {
	secret := v.PathValue("secret")
	r, err := s.Reports.Status(v.Context(), secret)
	if err != nil {
		return err
	}
	x := reportView{Report: r, Secret: secret}
	if err := s.reportSurroundings(v, &x); err != nil {
		return err
	}
	return v.ok(reportPage(v, x))
}

func (s *Server) reportStatusReceipt(v *view) error {
	n, err := version(v)
	if err != nil {
		return err
	}
	r, err := s.Reports.ReceiptBySecret(v.Context(), v.PathValue("secret"), n)
	return v.receipt(r, err)
}

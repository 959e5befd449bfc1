// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/report"
)

// standStill signs, as the officer on duty, that the platform's clocks stand still while a reporter is asked for more.
func (st *stage) standStill(ctx context.Context) error {
	ps, err := st.s.Duties.Unsigned(ctx, st.as("officer"))
	if err != nil {
		return err
	}
	for _, p := range ps {
		if p.Kind != duty.Pausing {
			continue
		}
		if _, err := st.s.Duties.Sign(ctx, st.as("officer"), p.ID); err != nil {
			return err
		}
	}
	return nil
}

// remembers lets the reporter correct when it learned of the flaw: a mail shows that it was earlier.
func (st *stage) remembers(ctx context.Context) error {
	by := st.as("finder")
	ds, err := st.s.Duties.Owed(ctx, by, by.OrgID, false)
	if err != nil {
		return err
	}
	for _, d := range ds {
		if d.CaseID == st.caseID && !d.AnchorAt.IsZero() {
			_, err := st.s.Duties.CorrectAnchor(ctx, by, d.ID, duty.Correction{At: d.AnchorAt.Add(-40 * time.Minute), Why: "核对内部邮件后发现，值班邮箱收到告警的时间比填报的早 40 分钟。"})
			return err
		}
	}
	return nil
}

// dutyScreens are the files of duties: of one that was corrected when there is one, and of a clock that stands still.
func (d *Demo) dutyScreens(ctx context.Context, rs []report.Report, add func(name, who, path string)) error {
	ds, err := d.s.Duties.Owed(ctx, d.as("finder"), d.orgs[torch].ID, false)
	if err != nil {
		return err
	}
	for _, x := range ds {
		if !x.Since.IsZero() {
			add("duty-file", "finder", "/duties/"+x.ID)
			add("duty-file-staff", "analyst", "/duties/"+x.ID)
			break
		}
	}
	for _, r := range rs {
		var clocks []duty.Duty
		if err := d.s.DB.View(ctx, func(tx *db.Tx) (err error) { clocks, err = d.s.Duties.Clocks(ctx, tx, r.ID); return err }); err != nil {
			return err
		}
		for _, c := range clocks {
			if !c.PausedAt.IsZero() {
				add("duty-paused", "analyst", "/duties/"+c.ID)
				break
			}
		}
	}
	add("clashes", "finder", "/clashes")
	return nil
}

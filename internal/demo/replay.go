// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// Replay plays the whole time line on a driven clock, prints it as it goes, and ends with the head start that a
// report on the first day would have given.
func Replay(ctx context.Context, c app.Config, w io.Writer, english bool) (err error) {
	d := &Demo{clock: calendar.NewDriven(at(time.November, 22, 9, 0))}
	if err := d.open(ctx, c, "replay", slog.New(slog.DiscardHandler)); err != nil {
		return errors.Join(err, d.Close())
	}
	defer func() { err = errors.Join(err, d.s.Jobs.Stop(context.WithoutCancel(ctx)), d.s.Close(), d.Close()) }()
	lang := i18n.Chinese
	if english {
		lang = i18n.English
	}
	p := i18n.For(lang)
	scenes := tale()
	var released time.Time
	err = d.live(ctx, scenes, scenes[len(scenes)-1].at, func(x scene) {
		fmt.Fprintf(w, "%s  %s\n", p.DateTime(x.at), p.Pick(x.zh, x.en))
		for _, line := range d.remarks(ctx, p, x) {
			fmt.Fprintf(w, "                  %s\n", line)
		}
		if x.at.Equal(at(time.December, 9, 20, 0)) {
			released = x.at
		}
	})
	if err != nil {
		return err
	}
	learned, leaked := at(time.November, 24, 10, 0), at(time.December, 8, 20, 0)
	mails, hooks := d.world.Counts()
	fmt.Fprintf(w, "\n%s\n", p.T("demo.delivered", mails, hooks))
	fmt.Fprintf(w, "%s\n", p.T("demo.actual", days(released.Sub(leaked))))
	fmt.Fprintf(w, "%s\n", p.T("demo.head-start", days(leaked.Sub(learned)), days(released.Sub(learned))))
	return nil
}

// days rounds to whole days.
func days(d time.Duration) int { return int((d + 12*time.Hour) / (24 * time.Hour)) }

// remarks says what the platform itself did at a scene, asked of it afterwards.
func (d *Demo) remarks(ctx context.Context, p i18n.Printer, x scene) (lines []string) {
	now := d.clock.Now()
	if x.at.Equal(at(time.December, 9, 20, 0)) || x.at.Equal(at(time.December, 14, 9, 0)) || x.at.Equal(at(time.December, 18, 10, 0)) || x.at.Equal(at(time.December, 28, 10, 0)) {
		ws, _, err := d.s.Warnings.List(ctx, d.as("officer"), warning.Filter{Limit: 1})
		if err != nil || len(ws) == 0 {
			return nil
		}
		c, err := d.s.Warnings.Coverage(ctx, d.as("officer"), ws[0].ID)
		if err != nil {
			return nil
		}
		lines = append(lines, p.T("demo.warned", c.Recipients, c.Affected))
		lines = append(lines, d.reopened(ctx, p, ws[0].ID)...)
	}
	if x.at.Equal(at(time.December, 9, 9, 10)) {
		ds, err := d.s.Duties.Owed(ctx, d.as("finder"), d.orgs[torch].ID, false)
		if err != nil {
			return nil
		}
		for _, y := range ds {
			lines = append(lines, p.T("demo.duty", string(y.StateAt(now)), y.Rule, p.DateTime(y.DueAt)))
		}
	}
	if x.at.Equal(at(time.December, 22, 10, 0)) {
		o, err := d.s.Members.Org(ctx, member.System(), d.orgs[skyharbor].ID)
		if err != nil {
			return nil
		}
		lines = append(lines, p.T("demo.suspended", o.Name(p.Lang()), p.Date(o.SuspendedUntil.Add(-time.Second))))
	}
	return lines
}

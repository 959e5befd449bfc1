// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"time"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/web/look"
)

// past tells the moves whose time has come, the newest last.
func past(p i18n.Printer, ls []Line) (ms []look.Moment) {
	for _, l := range ls {
		note := p.T("drill.how."+l.How) + " "
		if l.Who != (Text{}) {
			note = l.Who.In(p) + " · " + note
		}
		if l.Remark != "" {
			note += l.Remark
		}
		kind := "person"
		if l.Who == (Text{}) {
			kind = ""
		}
		ms = append(ms, look.Moment{Kind: kind, At: p.DateTime(l.DueAt), ISO: l.DueAt.UTC().Format(time.RFC3339), Title: l.Say.In(p), Note: note})
	}
	return ms
}

// ahead tells who leads the exercise what comes next.
func ahead(b board) (ms []look.Moment) {
	for _, m := range b.Next {
		note := ""
		if b.X.seats[m.Who] {
			note = b.P.T("drill.by-participant")
		}
		ms = append(ms, look.Moment{Kind: "due", At: b.P.DateTime(m.when), ISO: m.when.UTC().Format(time.RFC3339), Title: m.Say.In(b.P), Note: note, Ahead: true})
	}
	return ms
}

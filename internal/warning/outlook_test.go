// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// place adds a further place at which a unit is reached.
func (w *world) place(id, org, channel string, verified, paused bool) {
	w.Helper()
	at := func(yes bool) any {
		if yes {
			return db.At(w.clock.Now())
		}
		return nil
	}
	w.exec(`INSERT INTO destination (id, org_id, channel, label, address_sealed, certificate, types, created_at, verified_at, paused_at)
		VALUES ($1,$2,$3,$1,$4,'','[]',$5,$6,$7)`, id, org, channel, w.key.Seal("destination/"+id+"/address", []byte("https://place.example/")), db.At(w.clock.Now()), at(verified), at(paused))
}

// queued are the deliveries of a revision by channel and wave, whether they have rows of their own or wait together.
func (w *world) queued(id string) map[string][warning.WaveAll]int {
	w.Helper()
	waves := w.waves(id, 1)
	out := map[string][warning.WaveAll]int{}
	note := func(channel, org string) {
		n := out[channel]
		n[waves[org]-1]++
		out[channel] = n
	}
	w.ok(w.d.View(ctx, func(tx *db.Tx) error {
		for _, query := range []string{`SELECT channel, org_id FROM delivery WHERE subject = $1 AND state = 'queued'`, `SELECT channel, items FROM delivery_batch WHERE subject = $1`} {
			type row struct{ channel, items string }
			rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.channel, &x.items) }, query, id+":1")
			if err != nil {
				return err
			}
			for _, x := range rows {
				for _, line := range strings.Split(strings.TrimSpace(x.items), "\n") {
					org, _, _ := strings.Cut(line, "\t")
					note(x.channel, org)
				}
			}
		}
		return nil
	}))
	return out
}

// What the composer shows of a release is what the release does: who, in which wave, by which ways.
func TestAnOutlookIsWhatComes(t *testing.T) {
	each(t, func(w *world) {
		w.org(member.Org{Slug: "hit", Sector: "cloud", Partner: true, Email: "h@member.example", WebhookURL: "https://h/"})
		w.org(member.Org{Slug: "hit-outsider", Email: "o@member.example"})
		w.partner("same", "cloud")
		w.partner("far", "energy")
		w.org(member.Org{Slug: "mute", Sector: "energy", Partner: true})
		w.org(member.Org{Slug: "outsider", Email: "x@member.example", WebhookURL: "https://x/"})
		w.place("p1", "far", delivery.Slack, true, false)
		w.place("p2", "far", delivery.Slack, false, false) // nobody has confirmed it
		w.place("p3", "same", delivery.Email, true, false)
		w.place("p4", "same", delivery.Webhook, true, true) // paused
		w.place("p5", "outsider", delivery.Slack, true, false)
		d := w.draft(map[string]int{"hit": 2, "hit-outsider": 1})
		in := edit(d)
		in.Rev, in.TLP = w.rev(d.ID), "GREEN"
		_, err := w.s.Edit(ctx, analyst, d.ID, in)
		w.ok(err)
		o, err := w.s.Outlook(ctx, watch, d.ID)
		w.ok(err)
		if n := w.number(`SELECT count(*) FROM delivery`) + w.number(`SELECT count(*) FROM delivery_batch`) + w.number(`SELECT count(*) FROM warning_recipient`); n != 0 {
			t.Errorf("a look left %d rows", n)
		}
		if o.Units != [warning.WaveAll]int{2, 1, 2} || len(o.Missing) > 0 {
			t.Errorf("%+v", o)
		}
		got := map[string][warning.WaveAll]int{}
		for _, m := range o.Means {
			n := got[m.Channel]
			for i := range m.N {
				n[i] += m.N[i]
			}
			got[m.Channel] = n
			if text := m.Channel == delivery.Email || m.Channel == delivery.Webhook; m.Share.Whole() != text || m.Share.Thin() == text {
				t.Errorf("%s carries %+v of a text for the community", m.Channel, m.Share)
			}
		}
		w.release(d.ID)
		if diff := cmp.Diff(w.queued(d.ID), got); diff != "" {
			t.Errorf("the release did something else:\n%s", diff)
		}
		_, err = w.s.Outlook(ctx, watch, d.ID)
		w.want(err, fault.Conflict)
		_, err = w.s.Outlook(ctx, engineer("hit"), d.ID)
		w.want(err, fault.NotFound)
	})
}

// Of a text above GREEN nothing goes by what may not carry it; what is more open than the rest goes alone.
func TestAnOutlookTellsHowMuchGoes(t *testing.T) {
	each(t, func(w *world) {
		w.org(member.Org{Slug: "hit", Sector: "cloud", Partner: true, Email: "h@member.example", WebhookURL: "https://h/"})
		d := w.draft(map[string]int{"hit": 1})
		for _, x := range []struct {
			whole  string
			labels warning.Labels
			want   warning.Share
		}{
			{"AMBER", warning.Labels{}, warning.Share{}},
			{"GREEN", warning.Labels{}, warning.Share{Rest: true, Summary: true, Measures: true, Pack: true}},
			{"AMBER", warning.Labels{Measures: "GREEN"}, warning.Share{Measures: true}},
			{"RED", warning.Labels{Summary: "AMBER"}, warning.Share{}},
		} {
			in := edit(d)
			in.Rev, in.TLP, in.Content.Labels = w.rev(d.ID), x.whole, x.labels
			_, err := w.s.Edit(ctx, analyst, d.ID, in)
			w.ok(err)
			o, err := w.s.Outlook(ctx, watch, d.ID)
			w.ok(err)
			if len(o.Means) != 2 {
				t.Fatalf("%+v", o.Means)
			}
			for _, m := range o.Means {
				if m.Share != x.want {
					t.Errorf("%s %+v: %s carries %+v, want %+v", x.whole, x.labels, m.Channel, m.Share, x.want)
				}
			}
		}
		in := edit(d)
		in.Rev, in.Content.Summary, in.Content.SummaryEN = w.rev(d.ID), "", ""
		_, err := w.s.Edit(ctx, analyst, d.ID, in)
		w.ok(err)
		o, err := w.s.Outlook(ctx, watch, d.ID)
		w.ok(err)
		if len(o.Missing) != 1 || o.Missing[0].Name != "content.summary" {
			t.Errorf("missing: %+v", o.Missing)
		}
	})
}

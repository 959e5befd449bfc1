// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/member"
)

// A Board is what waits, and why.
type Board struct {
	Lines    []delivery.Line
	Troubles []Trouble
	Gone     []delivery.Lane     // addresses that want no more
	Waiting  []delivery.Delivery // of what stands in Troubles, the oldest first
	Outages  []delivery.Outage   // that have ended of late, the latest first
	Keys     []delivery.OwnKey   // of the platform's own that have ended, or will within delivery.KeyNotice
}

// A Trouble is a destination that something waits for or that is left alone: a host, or a channel as a whole.
type Trouble struct {
	Channel, Host string // Host "" for the whole channel, or for recipients that want nothing now
	Waiting       int64
	Oldest        time.Time // when the oldest that waits was made; zero when nothing does
	Next          time.Time // when one is tried next
	Why           delivery.Reason
	Failures      int       // in a row, when it is left alone
	Since         time.Time // of the first of those
}

const (
	boardRows   = 50
	outagesBack = 30 * 24 * time.Hour
)

// Board says what waits in each channel and for which destination, since when, why, and when it is tried next; and which
// destinations did not answer of late. It says neither what a message is about nor an address.
func (s *Service) Board(ctx context.Context, by member.Actor) (b Board, err error) {
	if err := operator(by); err != nil {
		return b, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if b.Lines, err = s.Sender.Lines(ctx, tx); err != nil {
			return err
		}
		var alone []delivery.Lane
		if alone, b.Gone, err = delivery.Lanes(ctx, tx); err != nil {
			return err
		}
		waits, err := delivery.Waits(ctx, tx)
		if err != nil {
			return err
		}
		b.Troubles = troubles(b.Lines, alone, waits)
		if b.Waiting, err = delivery.Waiting(ctx, tx, boardRows); err != nil {
			return err
		}
		b.Waiting, b.Keys = s.named(b.Waiting), s.Sender.EndingKeys(tx.Now)
		b.Outages, err = delivery.Outages(ctx, tx, tx.Now.Add(-outagesBack), boardRows)
		return err
	})
	if err != nil {
		return Board{}, fmt.Errorf("show what waits to be delivered: %w", err)
	}
	return b, nil
}

// troubles puts together what waits and what is left alone, by destination: those that most waits for come first.
func troubles(lines []delivery.Line, alone []delivery.Lane, waits []delivery.Wait) (out []Trouble) {
	type place struct {
		channel, host string
		quiet         bool
	}
	at := map[place]int{}
	of := func(p place) *Trouble {
		i, ok := at[p]
		if !ok {
			i = len(out)
			at[p], out = i, append(out, Trouble{Channel: p.channel, Host: p.host})
		}
		return &out[i]
	}
	for _, w := range waits { // most first: that is the reason that is shown
		t := of(place{w.Channel, w.Why.Host, w.Why.Code == delivery.QuietHours})
		t.Why = cmp.Or(t.Why, w.Why)
		t.Waiting += w.N
		t.Oldest, t.Next = earlier(t.Oldest, w.Oldest), earlier(t.Next, w.Next)
	}
	for _, l := range alone {
		channel, host, _ := strings.Cut(l.Name, "/")
		t := of(place{channel, host, false})
		t.Failures, t.Since, t.Why = l.Failures, l.Since, cmp.Or(l.Why, t.Why)
		if host != "" {
			t.Next = later(t.Next, l.Until)
			continue
		}
		for _, x := range lines { // nothing of the channel gets through: all of it waits for that
			if x.Channel == channel {
				t.Waiting, t.Oldest, t.Next = x.First+x.Again, x.Oldest, later(x.Next, l.Until)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Trouble) int {
		return cmp.Or(cmp.Compare(b.Waiting, a.Waiting), strings.Compare(a.Channel, b.Channel), strings.Compare(a.Host, b.Host))
	})
	return out
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

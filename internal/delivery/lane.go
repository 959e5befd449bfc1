// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// How a destination is treated that does not answer.
const (
	openAfter = 5                // failures in a row
	openFirst = 30 * time.Second // doubled each time
	openMost  = 15 * time.Minute
	downAfter = 3              // failures in a row of a channel as a whole
	askedMost = 24 * time.Hour // by Retry-After
	giveUp    = 96 * time.Hour // a delivery of this age fails for good if its destination has been silent for as long, its schedule used up or not
	slow      = time.Second    // a destination that takes longer holds few messages of a node
	slowHolds = 16
	goneFor   = 100 * 365 * 24 * time.Hour
)

// A lane is one destination: a host that webhooks go to, a mail domain. A channel as a whole has one, too. Lanes belong
// to the goroutine of a Sender's Drain.
type lane struct {
	name    string
	gate    *lane // the channel's; nil for that one itself
	queue   []*item
	place   int // in the heap of lanes that may send, -1 outside
	busy    int
	held    int     // of a gate: messages of the channel that are claimed and have not ended
	parked  []*lane // of a gate: those that wait for the outcome of its one try
	oldest  time.Time
	took    time.Duration // of late
	tat     time.Time     // of the rate: when the next message may go, if none came before
	spilled int           // messages of this lane that were put off for the rate, since it was last free
	seenBy  int64         // the first claim that saw what was heard last; none has while it is not stored

	failures, opened int
	open             time.Time // left alone until then
	why              Reason    // of the last failure
	since            time.Time
}

// half reports whether the lane is tried by one message only.
func (l *lane) half() bool { return l.opened > 0 }

// limit is how many messages may be under way at once.
func (l *lane) limit(most int) int {
	switch {
	case l.took > slow:
		return min(most, 4)
	case l.took > slow/4:
		return min(most, max(most/2, 8))
	}
	return most
}

// heard takes what an answer says about the lane. It reports whether the lane's row must be written.
func (l *lane) heard(now time.Time, took time.Duration, ok bool, why Reason, after int) (changed bool) {
	l.took = (l.took*3 + took) / 4
	if ok && l.opened == 0 && l.open.After(now) { // it has asked for a pause meanwhile, which what was under way does not end
		l.failures = 0
		return false
	}
	if ok {
		changed = l.opened > 0 || !l.open.IsZero()
		l.failures, l.opened, l.open, l.why, l.since = 0, 0, time.Time{}, Reason{}, time.Time{}
		return changed
	}
	if l.failures == 0 {
		l.since = now
	}
	l.failures++
	l.why = why
	if l.failures < after && l.opened == 0 || l.open.After(now) {
		return false
	}
	l.opened++
	l.open = now.Add(min(openFirst<<min(l.opened-1, 10), openMost)).Truncate(time.Microsecond) // as it is stored
	return true
}

// asked takes what a destination says about when it wants to be tried again.
func (l *lane) asked(now, until time.Time, why Reason) bool {
	if until = until.Truncate(time.Microsecond); !until.After(l.open) {
		return false
	}
	l.open, l.why = until, why
	if l.since.IsZero() {
		l.since = now
	}
	return true
}

// agree takes what is stored of a lane, nil for nothing: what this node and others have heard.
func (l *lane) agree(x *lane, now time.Time) {
	switch {
	case x == nil || x.over(now):
		if l.opened > 0 {
			l.failures = 0
		}
		if l.opened, l.open = 0, (time.Time{}); l.failures == 0 {
			l.why, l.since = Reason{}, time.Time{}
		}
	case x.opened != l.opened || !x.open.Equal(l.open):
		l.opened, l.open, l.why, l.since = x.opened, x.open, x.why, x.since
		if x.opened > 0 {
			l.failures = x.failures
		}
	}
}

// over reports whether all that is known of a lane is a pause that it asked for and that has ended.
func (l *lane) over(now time.Time) bool { return l.opened == 0 && !l.open.After(now) }

// tooFast takes one message's turn under a rate, or says when there will be one.
func (l *lane) tooFast(now time.Time, rate float64) (until time.Time, wait bool) {
	if rate <= 0 {
		return time.Time{}, false
	}
	each := time.Duration(float64(time.Second) / rate)
	if l.tat.Before(now) {
		l.tat, l.spilled = now, 0
	}
	if l.tat.Sub(now) >= max(time.Second, each) { // a second's worth may go at once
		l.spilled++
		return l.tat.Add(time.Duration(l.spilled) * each), true
	}
	l.tat = l.tat.Add(each)
	return time.Time{}, false
}

// laneOf names the destination of a message.
func laneOf(d Delivery, m Message) string {
	if host := hostOf(d, m); host != "" {
		return d.Channel + "/" + host
	}
	return d.Channel + "/" + d.OrgID + d.Destination
}

// hostOf is the domain of mail, or the host of what is posted; "" where there is none.
func hostOf(d Delivery, m Message) string {
	if d.Channel == Email {
		_, domain, _ := strings.Cut(m.To.Email, "@")
		return strings.ToLower(domain)
	}
	if u, err := url.Parse(m.To.URL); err == nil {
		return strings.ToLower(u.Host)
	}
	return ""
}

// goneLane names an address that has said that it wants no more.
func goneLane(d Delivery, m Message) string {
	sum := sha256.Sum256([]byte(m.To.URL))
	return goneOf(d) + hex.EncodeToString(sum[:8])
}

func goneOf(d Delivery) string {
	return "gone/" + d.Channel + "/" + d.OrgID + "/" + d.Destination + "/"
}

const statusGone = 410

// lanes is a heap: first the lane whose first message is the oldest.
type lanes []*lane

func (h lanes) Len() int           { return len(h) }
func (h lanes) Less(i, j int) bool { return h[i].queue[0].seq < h[j].queue[0].seq }
func (h lanes) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push implements heap.Interface.
func (h *lanes) Push(x any) {
	l := x.(*lane)
	l.place = len(*h)
	*h = append(*h, l)
}

// Pop implements heap.Interface.
func (h *lanes) Pop() any {
	old := *h
	l := old[len(old)-1]
	*h, l.place = old[:len(old)-1], -1
	return l
}

// A Lane is a destination that is left alone at present, or that wants no more.
type Lane struct {
	Name     string // "email", "webhook/psirt.example.com"
	Failures int    // in a row
	Since    time.Time
	Until    time.Time // when it is tried again
	Why      Reason
}

const laneColumns = `name, failures, opened, open_until, last_error, since`

func scanLane(r db.Row) (l *lane, err error) {
	var until, since db.Time
	l = &lane{place: -1}
	var why string
	err = r.Scan(&l.name, &l.failures, &l.opened, &until, &why, &since)
	l.why = reasonIn(why)
	l.open, l.since = until.Time, since.Time
	return l, err
}

// Lanes returns the destinations that are left alone, the longest broken first; gone tells of addresses that want no more.
// At most 500 of each.
func Lanes(ctx context.Context, tx *db.Tx) (open, gone []Lane, err error) {
	scan := func(r db.Row) (Lane, error) {
		l, err := scanLane(r)
		return Lane{l.name, l.failures, l.since, l.open, l.why}, err
	}
	if open, err = db.List(ctx, tx, scan, `SELECT `+laneColumns+` FROM delivery_lane WHERE name NOT LIKE 'gone/%' AND (opened > 0 OR open_until > $1) ORDER BY since, name LIMIT 500`, db.At(tx.Now)); err != nil {
		return nil, nil, err
	}
	gone, err = db.List(ctx, tx, scan, `SELECT `+laneColumns+` FROM delivery_lane WHERE name LIKE 'gone/%' ORDER BY since, name LIMIT 500`)
	return open, gone, err
}

func saveLane(ctx context.Context, tx *db.Tx, l *lane) error {
	if l.opened == 0 && l.open.IsZero() {
		if _, err := tx.Exec(ctx, `DELETE FROM delivery_lane WHERE name = $1`, l.name); err != nil {
			return err
		}
		return endOutage(ctx, tx, l.name)
	}
	since := l.since
	if since.IsZero() {
		since = tx.Now
	}
	// another node may have heard more: a pause of hours is not made one of half a minute
	_, err := tx.Exec(ctx, `INSERT INTO delivery_lane (`+laneColumns+`) VALUES ($1,$2,$3,$4,$5,$6) ON CONFLICT (name) DO UPDATE
		SET failures = excluded.failures, last_error = excluded.last_error,
			since = CASE WHEN delivery_lane.opened > 0 AND delivery_lane.since < excluded.since THEN delivery_lane.since ELSE excluded.since END,
			opened = CASE WHEN delivery_lane.opened > excluded.opened THEN delivery_lane.opened ELSE excluded.opened END,
			open_until = CASE WHEN delivery_lane.open_until > excluded.open_until THEN delivery_lane.open_until ELSE excluded.open_until END`,
		l.name, l.failures, l.opened, db.At(l.open), l.why.Stored(), db.At(since))
	switch {
	case err != nil || strings.HasPrefix(l.name, "gone/"):
		return err
	case l.opened == 0: // it answers, and asks for a pause
		return endOutage(ctx, tx, l.name)
	}
	return noteOutage(ctx, tx, l, since)
}

// lives reports whether an error says that the destination works, although it did not take this message.
func lives(channel string, status int, err error) bool {
	var permanent Permanent
	if err == nil || errors.As(err, &permanent) && status != 0 {
		return true
	}
	if channel == Email {
		return status >= 400 && status < 500 // a mailbox, not the server
	}
	return status >= 300 && status < 500
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package delivery carries messages to the outside: every message is a row until it ends as delivered, failed for
// good or superseded, and every attempt is recorded. What a message says is asked of its purpose when it is sent.
package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
)

// State of a delivery.
type State string

// The states. Only Queued moves on.
const (
	Queued     State = "queued"
	Delivered  State = "delivered"
	Failed     State = "failed"     // for good: the schedule is exhausted, or the destination refused for good
	Superseded State = "superseded" // a newer message took its place before it was sent
)

// Channels.
const (
	Email   = "email"
	Webhook = "webhook"
)

// A Delivery is one message on its way to one recipient on one channel.
type Delivery struct {
	ID          string // also the idempotency key on the wire: constant over attempts
	Purpose     string // "transfer", "notice", "warning": says who renders it
	Subject     string // what it is about, in the purpose's terms: an id
	OrgID       string // the recipient, or "" for a guest
	Channel     string
	Guest       string // of a guest: stands for the address in the id, see Guest
	Destination string // of a guest: the address; of a member "" for the main address of its record, or the id of a further one. Addresses are asked for when sending
	State       State
	Attempts    int
	NextAt      time.Time
	Why         Reason // it has not arrived; none when nothing went wrong
	CreatedAt   time.Time
	DoneAt      time.Time
	Replayed    int // attempts that had been made when staff sent it once more
	ReplayedAt  time.Time
}

// key is the delivery's ID.
func (d Delivery) key() string {
	switch {
	case d.OrgID == "":
		return ID(d.Purpose, d.Subject, d.Guest, d.Channel)
	case d.Destination != "":
		return ID(d.Purpose, d.Subject, d.OrgID, d.Destination)
	}
	return ID(d.Purpose, d.Subject, d.OrgID, d.Channel)
}

// ID is the key of a delivery: one message per purpose, subject, recipient and channel exists, ever. That to a further
// destination of a member has its id in place of the channel.
func ID(purpose, subject, recipient, channel string) string {
	return purpose + ":" + subject + ":" + recipient + ":" + channel
}

// A Message is what a channel sends.
type Message struct {
	Type    string // event type on the wire: "warning.released"
	To      Address
	Subject string // of a mail
	Text    string // of a mail
	HTML    string // of a mail
	Data    any    // of a webhook
	Thread  string // id of the conversation, "" for none: mails of one warning hang together
	TLP     string // label, for headers

	After       []string // ids of the earlier deliveries that this one follows up in the same conversation, oldest first
	Short       string   // all that robots and SMS show: number, level, label, never a text
	Link        string   // where a person reads on
	Class       string   // "mandatory", "prompt" or "digest": how the recipient may have it sent
	Unsubscribe string   // URL that ends optional mail of the class by one POST (RFC 8058), "" where it cannot be ended
	ReplyTo     string   // of a mail: where answers are taken in; "" for the sender
	Urgent      bool     // red: shown as such by mail programs
	Sealed      bool     // the text leaves only when it is encrypted for To.Certificate
}

// An Address is where a recipient can be reached.
type Address struct {
	Email  string
	URL    string
	Secret []byte // signs webhooks
	Former []byte // a secret that Secret has replaced a short while ago: webhooks are signed with both

	Certificate []byte // the recipient's S/MIME certificate in PEM, or OpenPGP key in ASCII armour; nil: mail to it is not encrypted
	Phone       string // in international form: "+8613800000000"
}

// A Channel sends a message. An error means: try again later, by the schedule; Later says when at the earliest, Down that
// no message of the channel gets through, and Permanent that trying again cannot mend it. A Reason in it is what is
// recorded and shown.
type Channel interface {
	Send(ctx context.Context, id string, at time.Time, m Message) (status int, err error)
}

// A Readier is a channel that may lack what it needs. While it is not ready nothing is tried: what is due waits, and the
// reason is shown to the operator. The reason says in words what is missing and by which setting it is given.
type Readier interface {
	Ready() error
}

// A Purpose renders deliveries when they are sent, and hears how they ended.
type Purpose interface {
	// Render returns the message, or ErrSuperseded when it should not go out any more.
	Render(ctx context.Context, d Delivery) (Message, error)
	// Ended runs in the transaction that ends d as Delivered or Failed.
	Ended(ctx context.Context, tx *db.Tx, d Delivery) error
}

// A Bulk purpose renders many deliveries of one subject at once: what they share is loaded once.
type Bulk interface {
	Purpose
	// RenderMany returns as many results as deliveries, in their order. All have one subject and one channel.
	RenderMany(ctx context.Context, ds []Delivery) []Rendered
}

// Rendered is what Render returns.
type Rendered struct {
	Message Message
	Err     error
}

// ErrSuperseded says that a message must not go out any more.
var ErrSuperseded = errors.New("superseded")

// Permanent marks an error that trying again cannot mend.
type Permanent struct{ Err error }

func (p Permanent) Error() string { return p.Err.Error() }

// Unwrap returns the cause.
func (p Permanent) Unwrap() error { return p.Err }

// Later marks an error of a destination that has said when it wants to be asked again (Retry-After).
type Later struct {
	Err   error
	After time.Duration
	Whole bool // it is what the whole channel goes through: a gateway
}

func (l Later) Error() string { return l.Err.Error() }

// Unwrap returns the cause.
func (l Later) Unwrap() error { return l.Err }

// Down marks an error that concerns the whole channel: the platform's own mail server is not reached, or refuses us.
type Down struct{ Err error }

func (d Down) Error() string { return d.Err.Error() }

// Unwrap returns the cause.
func (d Down) Unwrap() error { return d.Err }

// Queue adds deliveries in the caller's transaction, due at NextAt or at once; one that exists already stays as it is.
// Subjects of QueueSet are not given to it.
func Queue(ctx context.Context, tx *db.Tx, ds ...Delivery) error {
	rows := make([][]any, 0, len(ds))
	for _, d := range ds {
		if d.NextAt.IsZero() {
			d.NextAt = tx.Now
		}
		if d.OrgID == "" {
			if d.Guest == "" {
				return fmt.Errorf("a delivery about %s %s has neither an organisation nor a name of a guest", d.Purpose, d.Subject)
			}
			var a db.Args // it may stand under an id of an older kind
			had, err := db.List(ctx, tx, db.Value[string], `SELECT id FROM delivery WHERE id IN `+db.In(&a, d.older()), a...)
			if err != nil {
				return err
			}
			if len(had) > 0 {
				continue
			}
		}
		rows = append(rows, []any{d.key(), d.Purpose, d.Subject, d.OrgID, d.Channel, d.Destination, Queued, 0, db.At(d.NextAt), "", db.At(tx.Now)})
	}
	return db.Bulk(ctx, tx, `delivery (id, purpose, subject, org_id, channel, destination, state, attempts, next_at, last_error, created_at)`,
		`ON CONFLICT (id) DO NOTHING`, rows)
}

// Supersede ends the queued deliveries of a subject that must not go out any more, and returns how many those were.
func Supersede(ctx context.Context, tx *db.Tx, purpose, subject string) (int64, error) {
	// batches first, as those do who record: what gets its row meanwhile would be overlooked
	bs, err := db.List(ctx, tx, db.Value[int64], `UPDATE delivery_batch SET state = 'superseded', done_at = $1, next_at = NULL
		WHERE purpose = $2 AND subject = $3 AND state = 'queued' RETURNING waiting`, db.At(tx.Now), purpose, subject)
	if err != nil {
		return 0, err
	}
	n, err := tx.Exec(ctx, `UPDATE delivery SET state = 'superseded', done_at = $1, next_at = NULL WHERE purpose = $2 AND subject = $3 AND state = 'queued'`,
		db.At(tx.Now), purpose, subject)
	for _, waiting := range bs {
		n += waiting
	}
	return n, err
}

const columns = `id, purpose, subject, org_id, channel, destination, state, attempts, next_at, last_error, created_at, done_at, replayed, replayed_at`

func scan(r db.Row) (d Delivery, err error) {
	var next, created, done, again db.Time
	var why string
	err = r.Scan(&d.ID, &d.Purpose, &d.Subject, &d.OrgID, &d.Channel, &d.Destination, &d.State, &d.Attempts, &next, &why, &created, &done, &d.Replayed, &again)
	d.Why = reasonIn(why)
	d.NextAt, d.CreatedAt, d.DoneAt, d.ReplayedAt = next.Time, created.Time, done.Time, again.Time
	return d, err
}

// Of returns the deliveries of a subject.
func Of(ctx context.Context, tx *db.Tx, purpose, subject string) ([]Delivery, error) {
	rows, err := db.List(ctx, tx, scan, `SELECT `+columns+` FROM delivery WHERE purpose = $1 AND subject = $2 ORDER BY id`, purpose, subject)
	if err != nil {
		return nil, err
	}
	bs, err := batches(ctx, tx, purpose, []string{subject}, nil)
	if len(bs) > 0 {
		rows = standing(rows, bs, nil)
		slices.SortFunc(rows, func(a, b Delivery) int { return strings.Compare(a.ID, b.ID) })
	}
	return rows, err
}

// An Attempt is one try of a delivery.
type Attempt struct {
	N       int
	At      time.Time
	Outcome string // "delivered", "retry", "failed"
	Status  int    // HTTP or SMTP status, 0 when none was given
	Why     Reason
	Took    time.Duration
}

// Attempts returns the tries of a delivery, oldest first.
func Attempts(ctx context.Context, tx *db.Tx, id string) ([]Attempt, error) {
	return db.List(ctx, tx, func(r db.Row) (a Attempt, err error) {
		var at db.Time
		var ms int64
		var why string
		err = r.Scan(&a.N, &at, &a.Outcome, &a.Status, &why, &ms)
		a.Why = reasonIn(why)
		a.At, a.Took = at.Time, time.Duration(ms)*time.Millisecond
		return a, err
	}, `SELECT n, at, outcome, status, detail, ms FROM delivery_attempt WHERE delivery_id = $1 ORDER BY n`, id)
}

// Counts are deliveries by state.
func Counts(ctx context.Context, tx *db.Tx, purpose, subject string) (map[State]int64, error) {
	by, err := ByChannel(ctx, tx, purpose, subject)
	out := map[State]int64{}
	for _, states := range by {
		for s, n := range states {
			out[s] += n
		}
	}
	return out, err
}

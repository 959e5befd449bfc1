// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/outbox"
)

// OutboxBoard is what waits to leave the platform, and why.
type OutboxBoard struct {
	Channels []OutboxChannel  `json:"channels" nullable:"false"`
	Troubles []OutboxTrouble  `json:"destinations" nullable:"false" doc:"that something waits for, or that do not answer and are left alone: one message tries when the time comes"`
	Gone     []OutboxLane     `json:"gone" nullable:"false" doc:"addresses that answered 410 and are not written to any more; by channel and organisation"`
	Waiting  []OutboxDelivery `json:"to_be_tried_again" nullable:"false" doc:"the oldest 50"`
	Outages  []OutboxOutage   `json:"outages" nullable:"false" doc:"that have ended within 30 days"`
	Keys     []OutboxKey      `json:"ending_keys" nullable:"false" doc:"with which the platform signs what leaves, and that end within 30 days or have ended"`
}

// OutboxTrouble is a destination that messages wait for.
type OutboxTrouble struct {
	Channel  string          `json:"channel"`
	Host     string          `json:"host,omitempty" doc:"absent: the whole channel, or recipients that want nothing now"`
	Waiting  int64           `json:"waiting"`
	Oldest   time.Time       `json:"oldest_waiting,omitzero"`
	Next     time.Time       `json:"next_try,omitzero"`
	Failures int             `json:"failures,omitempty" doc:"in a row, when the destination is left alone"`
	Since    time.Time       `json:"since,omitzero" doc:"of the first of them"`
	Why      string          `json:"why" doc:"in the language that was asked for"`
	Reason   *DeliveryReason `json:"reason,omitempty"`
}

// OutboxOutage is a time in which a destination did not answer.
type OutboxOutage struct {
	Name     string          `json:"destination" doc:"'email' for the whole channel, 'webhook/HOST' for one destination"`
	Since    time.Time       `json:"since"`
	Ended    time.Time       `json:"ended"`
	Failures int             `json:"failures" doc:"in a row"`
	Why      string          `json:"why" doc:"of the last failure, in the language that was asked for"`
	Reason   *DeliveryReason `json:"reason,omitempty"`
}

// OutboxKey is a key or certificate of the platform's own.
type OutboxKey struct {
	Channel string    `json:"channel"`
	Kind    string    `json:"kind" enum:"smime,openpgp"`
	Ends    time.Time `json:"ends" doc:"from then on nothing is signed with it"`
}

// OutboxOne is one message with its attempts, the oldest first.
type OutboxOne struct {
	OutboxDelivery
	Tries []OutboxAttempt `json:"tries" nullable:"false"`
}

// OutboxAttempt is one try.
type OutboxAttempt struct {
	N       int             `json:"n"`
	At      time.Time       `json:"at"`
	Outcome string          `json:"outcome" enum:"delivered,retry,failed,superseded"`
	Status  int             `json:"status,omitempty" doc:"of HTTP or SMTP"`
	Ms      int64           `json:"ms" doc:"how long it took"`
	Why     string          `json:"why,omitempty" doc:"in the language that was asked for"`
	Reason  *DeliveryReason `json:"reason,omitempty"`
}

// OutboxChannel says how a channel is doing.
type OutboxChannel struct {
	Channel  string    `json:"channel"`
	NotReady string    `json:"not_ready,omitempty" doc:"what it lacks; nothing is tried meanwhile"`
	First    int64     `json:"not_tried_yet"`
	Again    int64     `json:"to_be_tried_again"`
	Failed   int64     `json:"failed_for_good"`
	Oldest   time.Time `json:"oldest_waiting,omitzero"`
}

// OutboxLane is a destination that is left alone.
type OutboxLane struct {
	Name     string          `json:"destination" doc:"'email' for the whole channel, 'webhook/HOST' for one destination"`
	Failures int             `json:"failures" doc:"in a row"`
	Since    time.Time       `json:"since"`
	Until    time.Time       `json:"next_try"`
	Why      string          `json:"why" doc:"in the language that was asked for"`
	Reason   *DeliveryReason `json:"reason,omitempty"`
}

// OutboxDelivery is one message, without what it says and where it goes.
type OutboxDelivery struct {
	ID        string          `json:"id" doc:"also the idempotency key on the wire"`
	Purpose   string          `json:"purpose"`
	OrgID     string          `json:"organisation,omitempty" doc:"absent for a contact outside the platform"`
	Channel   string          `json:"channel"`
	State     string          `json:"state" enum:"queued,delivered,failed,superseded"`
	Attempts  int             `json:"attempts"`
	NextAt    time.Time       `json:"next_at,omitzero"`
	DoneAt    time.Time       `json:"done_at,omitzero"`
	CreatedAt time.Time       `json:"created_at"`
	Why       string          `json:"why,omitempty" doc:"in the language that was asked for"`
	Reason    *DeliveryReason `json:"reason,omitempty"`
}

// DeliveryReason is why a message has not arrived, in a code and facts.
type DeliveryReason struct {
	Code     string    `json:"code" example:"answered" doc:"docs/channels.md lists them; '' for what was recorded before there were codes"`
	Status   int       `json:"status,omitempty" doc:"of HTTP, or the reply code of SMTP"`
	Enhanced string    `json:"enhanced_status,omitempty" doc:"of SMTP, RFC 3463"`
	Own      int64     `json:"platform_code,omitempty" doc:"of a platform of robots"`
	Host     string    `json:"host,omitempty"`
	Since    time.Time `json:"since,omitzero"`
	Detail   string    `json:"detail,omitempty"`
}

func reasonOf(r delivery.Reason) *DeliveryReason {
	if r.None() {
		return nil
	}
	return &DeliveryReason{string(r.Code), r.Status, r.Enhanced, r.Own, r.Host, r.Since, r.Detail}
}

func outboxDelivery(p i18n.Printer) func(delivery.Delivery) OutboxDelivery {
	return func(d delivery.Delivery) OutboxDelivery {
		return OutboxDelivery{ID: d.Name(), Purpose: d.Purpose, OrgID: d.OrgID, Channel: d.Channel, State: string(d.State), Attempts: d.Attempts, NextAt: d.NextAt, DoneAt: d.DoneAt, CreatedAt: d.CreatedAt, Why: d.Why.In(p), Reason: reasonOf(d.Why)}
	}
}

func outboxLane(p i18n.Printer) func(delivery.Lane) OutboxLane {
	return func(l delivery.Lane) OutboxLane {
		return OutboxLane{Name: l.Name, Failures: l.Failures, Since: l.Since, Until: l.Until, Why: l.Why.In(p), Reason: reasonOf(l.Why)}
	}
}

func (s *Server) outboxBoard(ctx context.Context, by member.Actor, _ *struct{}) (*reply[OutboxBoard], error) {
	b, err := s.Outbox.Board(ctx, by)
	p := printer(ctx)
	return answer(OutboxBoard{
		Channels: each(b.Lines, func(l delivery.Line) OutboxChannel {
			return OutboxChannel{Channel: l.Channel, NotReady: l.NotReady, First: l.First, Again: l.Again, Failed: l.Failed, Oldest: l.Oldest}
		}),
		Troubles: each(b.Troubles, func(t outbox.Trouble) OutboxTrouble {
			return OutboxTrouble{t.Channel, t.Host, t.Waiting, t.Oldest, t.Next, t.Failures, t.Since, t.Why.In(p), reasonOf(t.Why)}
		}),
		Outages: each(b.Outages, func(o delivery.Outage) OutboxOutage {
			return OutboxOutage{o.Name, o.Since, o.Ended, o.Failures, o.Why.In(p), reasonOf(o.Why)}
		}),
		Keys: each(b.Keys, func(k delivery.OwnKey) OutboxKey { return OutboxKey{k.Channel, k.Kind, k.Ends} }),
		Gone: each(b.Gone, outboxLane(p)), Waiting: each(b.Waiting, outboxDelivery(p)),
	}, err)
}

type outboxFailedInput struct {
	Page
	Channel string `query:"channel" maxLength:"20" doc:"only of this channel"`
}

func (s *Server) outboxFailed(ctx context.Context, by member.Actor, in *outboxFailedInput) (*reply[list[OutboxDelivery]], error) {
	ds, next, err := s.Outbox.Failed(ctx, by, outbox.Filter{Channel: in.Channel, After: in.After, Limit: in.Limit})
	return answer(lists(ds, next, outboxDelivery(printer(ctx))), err)
}

func (s *Server) outboxOne(ctx context.Context, by member.Actor, in *struct {
	ID string `path:"id" maxLength:"400"`
}) (*reply[OutboxOne], error) {
	d, as, err := s.Outbox.Show(ctx, by, in.ID)
	p := printer(ctx)
	return answer(OutboxOne{outboxDelivery(p)(d), each(as, func(a delivery.Attempt) OutboxAttempt {
		return OutboxAttempt{a.N, a.At, a.Outcome, a.Status, a.Took.Milliseconds(), a.Why.In(p), reasonOf(a.Why)}
	})}, err)
}

// NewRetry says what to send once more.
type NewRetry struct {
	IDs     []string `json:"ids,omitempty" maxItems:"500"`
	Channel string   `json:"channel,omitempty" maxLength:"20" doc:"without ids: the latest 500 of this channel that failed"`
}

// Retried says how many messages are sent once more.
type Retried struct {
	Queued int `json:"queued"`
}

func (s *Server) outboxRetry(ctx context.Context, by member.Actor, in *struct{ Body NewRetry }) (*reply[Retried], error) {
	n, err := s.Outbox.Retry(ctx, by, outbox.RetryInput{IDs: in.Body.IDs, Channel: in.Body.Channel})
	return answer(Retried{n}, err)
}

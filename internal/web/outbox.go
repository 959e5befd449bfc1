// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/outbox"
	"github.com/fengsui/fengsui/internal/web/look"
)

// outboxView is what the page of deliveries shows.
type outboxView struct {
	outbox.Board
	Channel string // of the failed ones that are shown, "" for all
	Failed  []delivery.Delivery
	Next    string // address of the next page
	More    bool   // not the first page: only failed ones are shown
	Sent    int    // of deliveries that were sent once more just now
	Orgs    map[string]member.Org
}

// outboxShow shows the operator what waits to leave, why, and what failed.
func (s *Server) outboxShow(v *view) (err error) {
	q := v.URL.Query()
	x := outboxView{Channel: q.Get("channel"), More: q.Get("after") != ""}
	x.Sent, _ = strconv.Atoi(q.Get("sent"))
	if x.Board, err = s.Outbox.Board(v.Context(), v.Actor); err != nil {
		return err
	}
	var next string
	if x.Failed, next, err = s.Outbox.Failed(v.Context(), v.Actor, outbox.Filter{Channel: x.Channel, After: q.Get("after"), Limit: 50}); err != nil {
		return err
	}
	if next != "" {
		x.Next = "/deliveries?" + url.Values{"channel": {x.Channel}, "after": {next}}.Encode()
	}
	var ids []string
	for _, d := range append(x.Failed, x.Waiting...) {
		ids = append(ids, d.OrgID)
	}
	if x.Orgs, err = s.names(v, ids); err != nil {
		return err
	}
	return v.ok(outboxPage(v, x))
}

// outboxRetry sends once more what failed.
func (s *Server) outboxRetry(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	n, err := s.Outbox.Retry(v.Context(), v.Actor, outbox.RetryInput{IDs: f.All("id"), Channel: f.Get("channel")})
	if err != nil {
		return err
	}
	return v.see("/deliveries?sent=" + strconv.Itoa(n))
}

// waits, again, failed count over all channels.
func (x outboxView) sums() (first, again, failed int) {
	for _, l := range x.Lines {
		first, again, failed = first+int(l.First), again+int(l.Again), failed+int(l.Failed)
	}
	return first, again, failed
}

// channelState says whether a channel works, in a word.
func (x outboxView) channelState(v *view, l delivery.Line) (tone, word string) {
	if l.NotReady != "" {
		return "wait", v.T("web.outbox.state-not-ready")
	}
	for _, a := range x.Alone {
		if a.Name == l.Channel {
			return "bad", v.T("web.outbox.state-down")
		}
	}
	if l.First+l.Again > 0 {
		return "work", v.T("web.outbox.state-sending")
	}
	return "good", v.T("web.outbox.state-idle")
}

// stuck are the channels that something waits for and that cannot send.
func (x outboxView) stuck() (out []delivery.Line) {
	for _, l := range x.Lines {
		if l.NotReady != "" && l.First+l.Again > 0 {
			out = append(out, l)
		}
	}
	return out
}

// notReady says what a channel lacks.
func (v *view) notReady(l delivery.Line) string {
	if l.Channel == delivery.Email || l.Channel == delivery.SMS {
		return v.T("web.outbox.lacks-" + l.Channel)
	}
	return v.T("web.outbox.lacks", l.NotReady)
}

// laneName names a destination that is left alone: a host, or a channel as a whole.
func (v *view) laneName(l delivery.Lane) (channel, host string) {
	channel, host, _ = strings.Cut(l.Name, "/")
	if host == "" {
		host = v.T("web.outbox.whole-channel")
	}
	return v.channelWord(channel), host
}

func (v *view) channelWord(channel string) string { return v.T("web.outbox.channel-" + channel) }

// about says what a delivery is, and to whom.
func (x outboxView) to(v *view, d delivery.Delivery) string {
	if d.OrgID == "" {
		return v.T("web.outbox.guest")
	}
	return v.orgName(x.Orgs, d.OrgID)
}

func (x outboxView) purpose(v *view, d delivery.Delivery) string {
	switch d.Purpose {
	case "transfer", "notice", "warning", "inquiry", "reminder":
		return v.T("web.outbox.purpose-" + d.Purpose)
	}
	return v.T("web.outbox.purpose-other")
}

func (x outboxView) channels(v *view) (out []look.Option) {
	out = append(out, look.Option{Value: "", Label: v.T("web.outbox.all-channels")})
	for _, l := range x.Lines {
		if l.Failed > 0 {
			out = append(out, look.Option{Value: l.Channel, Label: v.channelWord(l.Channel)})
		}
	}
	return out
}

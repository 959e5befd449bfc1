// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/i18n"
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
	var held int64 // by destinations that do not answer
	for _, t := range x.Troubles {
		switch {
		case t.Channel != l.Channel || t.Failures == 0:
		case t.Host == "":
			return "bad", v.T("web.outbox.state-down")
		default:
			held += t.Waiting
		}
	}
	switch waits := l.First + l.Again; {
	case waits > 0 && held >= waits:
		return "wait", v.T("web.outbox.state-held")
	case waits > 0:
		return "work", v.T("web.outbox.state-sending")
	}
	return "good", v.T("web.outbox.state-idle")
}

// busy are the channels of which something is to be said, and idle those that work and have nothing to do.
func (x outboxView) busy() (busy, idle []delivery.Line) {
	for _, l := range x.Lines {
		if l.First+l.Again+l.Failed == 0 && l.NotReady == "" && !slices.ContainsFunc(x.Troubles, func(t outbox.Trouble) bool { return t.Channel == l.Channel }) {
			idle = append(idle, l)
		} else {
			busy = append(busy, l)
		}
	}
	return busy, idle
}

func (x outboxView) channelList(v *view, ls []delivery.Line) string {
	var names []string
	for _, l := range ls {
		names = append(names, v.channelWord(l.Channel))
	}
	return strings.Join(names, v.T("web.comma"))
}

// took says how long an attempt took.
func (v *view) took(d time.Duration) string {
	if d < time.Millisecond {
		return v.T("web.outbox.under-ms")
	}
	return v.T("web.outbox.ms", int(d.Milliseconds()))
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
func (v *view) laneName(name string) (channel, host string) {
	channel, host, _ = strings.Cut(name, "/")
	if host == "" {
		host = v.T("web.outbox.whole-channel")
	}
	return v.channelWord(channel), host
}

func (v *view) channelWord(channel string) string { return v.T("web.outbox.channel-" + channel) }

// troubleName names a destination that something waits for.
func (v *view) troubleName(t outbox.Trouble) string {
	switch {
	case t.Host != "":
		return t.Host
	case t.Failures == 0 && t.Why.Code == delivery.QuietHours:
		return v.T("web.outbox.asleep", v.channelWord(t.Channel))
	}
	return v.T("web.outbox.whole", v.channelWord(t.Channel))
}

// troublesShown bounds what the page lists; the API and the command line have the rest.
const troublesShown = 100

// alone counts the destinations that are left alone.
func (x outboxView) alone() (n int) {
	for _, t := range x.Troubles {
		if t.Failures > 0 {
			n++
		}
	}
	return n
}

// in says how long it is until a time.
func (v *view) in(t time.Time) string {
	if !t.After(v.Now) {
		return v.T("web.outbox.now")
	}
	return v.T("web.outbox.in", v.P.Span(t.Sub(v.Now)))
}

func deliveryURL(d delivery.Delivery) templ.SafeURL {
	return templ.SafeURL("/deliveries/" + pathEscape(d.Name()))
}

func (v *view) deliveryState(d delivery.Delivery) (tone, word string) {
	tones := map[delivery.State]string{delivery.Queued: look.Wait, delivery.Delivered: look.Good, delivery.Failed: look.Bad, delivery.Superseded: look.Off}
	return tones[d.State], v.T("web.outbox.delivery-" + string(d.State))
}

func (v *view) attemptState(a delivery.Attempt) (tone, word string) {
	tones := map[string]string{"delivered": look.Good, "retry": look.Wait, "failed": look.Bad, "superseded": look.Off}
	return tones[a.Outcome], v.T("web.outbox.outcome-" + a.Outcome)
}

// outboxOne shows one message's attempts.
func (s *Server) outboxOne(v *view) error {
	d, as, err := s.Outbox.Show(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	x := outboxView{}
	if x.Orgs, err = s.names(v, []string{d.OrgID}); err != nil {
		return err
	}
	return v.ok(outboxShowPage(v, x, d, as))
}

// to says to whom a delivery goes.
func (x outboxView) to(v *view, d delivery.Delivery) string {
	if d.OrgID == "" {
		return v.T("web.outbox.guest")
	}
	return v.orgName(x.Orgs, d.OrgID)
}

func (v *view) purpose(d delivery.Delivery) string {
	if key := "web.outbox.purpose-" + d.Purpose; i18n.Has(key) {
		return v.T(key)
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

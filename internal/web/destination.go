// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/spec/pgp"
	"github.com/fengsui/fengsui/internal/web/look"
)

// reachView is how an organisation is reached.
type reachView struct {
	destination.Reach
	New, Choose *form  // one of them may be shown again
	Wrong       string // what stood in the way of a button
	Secret      string // shown this once
	Done        string // i18n key
}

// reachTarget is one place, main or further.
type reachTarget struct {
	ID, Channel, Label, Address string
	Main                        bool
	Certificate                 string
	FormerUntil                 time.Time
	D                           destination.Destination
}

func (x reachView) targets(v *view) (out []reachTarget) {
	if x.Email != "" {
		out = append(out, reachTarget{ID: destination.MainEmail, Channel: destination.MainEmail, Label: v.T("web.reach.main"), Address: x.Email, Main: true, Certificate: x.Certificate})
	}
	if x.WebhookURL != "" {
		out = append(out, reachTarget{ID: destination.MainWebhook, Channel: destination.MainWebhook, Label: v.T("web.reach.main"), Address: x.WebhookURL, Main: true, FormerUntil: x.FormerUntil})
	}
	for _, d := range x.Destinations {
		out = append(out, reachTarget{ID: d.ID, Channel: d.Channel, Label: d.Label, Address: d.Address, D: d, Certificate: d.Certificate, FormerUntil: d.FormerUntil})
	}
	return out
}

func (s *Server) reachShow(v *view) error { return s.reachAgain(v, reachView{}, http.StatusOK) }

func (s *Server) reachAgain(v *view, x reachView, status int) (err error) {
	if x.Reach, err = s.Destinations.Reach(v.Context(), v.Actor); err != nil {
		return err
	}
	if x.New == nil {
		x.New = v.blank(nil)
	}
	if x.Choose == nil {
		p := x.Pace
		values := map[string]string{"zone": p.Zone, "from": minuteText(p.From), "until": minuteText(p.Until), "daily": minuteText(p.Daily), "per_hour": strconv.Itoa(p.PerHour)}
		if p.Quiet {
			values["quiet"] = "yes"
		}
		for _, t := range x.targets(v) {
			for _, c := range destination.Classes {
				values[choiceField(t.ID, c)] = string(x.Choices.How(t.ID, t.Channel, c))
			}
		}
		x.Choose = v.blank(values)
	}
	return v.show(status, reachPage(v, x))
}

// reachDo is what the buttons of the page do.
func (s *Server) reachDo(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	var x reachView
	ctx, id := v.Context(), f.Get("id")
	switch f.Get("do") {
	case "add":
		f.prefix = "new-"
		_, x.Secret, err = s.Destinations.Add(ctx, v.Actor, destination.Input{Channel: f.Get("channel"), Label: f.Get("label"), Address: f.Get("address"), Secret: f.Get("secret"),
			Certificate: f.Get("certificate"), Types: f.Lines("types")})
		x.New, x.Done = f, "web.reach.added"
	case "choose":
		err = s.reachChoose(v, f)
		x.Choose, x.Done = f, "web.reach.saved"
	case "rotate":
		if id == destination.MainWebhook {
			_, x.Secret, err = s.Members.RotateSecret(ctx, v.Actor)
		} else {
			_, x.Secret, err = s.Destinations.Rotate(ctx, v.Actor, id)
		}
		x.Done = "web.reach.rotated"
	case "test":
		_, err = s.Destinations.Test(ctx, v.Actor, id)
		x.Done = "web.reach.tested"
	case "pause", "resume":
		var d destination.Destination
		if d, err = s.Destinations.Get(ctx, v.Actor, id); err == nil {
			_, err = s.Destinations.Change(ctx, v.Actor, id, destination.Input{Label: d.Label, Address: d.Address, Certificate: d.Certificate, Types: d.Types}, f.Get("do") == "pause")
		}
		x.Done = "web.reach.saved"
	case "remove":
		err = s.Destinations.Remove(ctx, v.Actor, id)
		x.Done = "web.reach.removed"
	default:
		err = fault.FieldError("do", "rule.one-of", "test", "add, choose, rotate, test, pause, resume, remove")
	}
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		if x.Done = ""; f.Err != nil && x.New == nil && x.Choose == nil {
			x.Wrong = v.T(f.Err.Key, f.Err.Args...)
		}
		return s.reachAgain(v, x, http.StatusUnprocessableEntity)
	}
	x.New, x.Choose = nil, nil
	return s.reachAgain(v, x, http.StatusOK)
}

func (s *Server) reachChoose(v *view, f *form) error {
	r, err := s.Destinations.Reach(v.Context(), v.Actor)
	if err != nil {
		return err
	}
	var cs []destination.Choice
	for _, t := range (reachView{Reach: r}).targets(v) {
		for _, c := range destination.Classes {
			if how := f.Get(choiceField(t.ID, c)); how != "" {
				cs = append(cs, destination.Choice{Target: t.ID, Class: c, How: destination.How(how)})
			}
		}
	}
	n, err := f.Int("per_hour")
	if err != nil {
		return err
	}
	p := destination.Pace{Zone: f.Get("zone"), Quiet: f.Get("quiet") != "", From: minuteOf(f.Get("from")), Until: minuteOf(f.Get("until")), Daily: minuteOf(f.Get("daily")), PerHour: n}
	return s.Destinations.Choose(v.Context(), v.Actor, cs, &p)
}

// choiceField names the choice of a class on a target.
func choiceField(target string, c destination.Class) string {
	return "how-" + target + "-" + string(c)
}

func minuteText(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }

// minuteOf is the minute of the day of "22:30"; of anything else one that is refused.
func minuteOf(s string) int {
	h, m, ok := strings.Cut(s, ":")
	hour, err := strconv.Atoi(h)
	minute, err2 := strconv.Atoi(m)
	if !ok || err != nil || err2 != nil || hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		return -1
	}
	return hour*60 + minute
}

func minuteOptions() (out []look.Option) {
	for m := 0; m < 24*60; m += 30 {
		out = append(out, look.Option{Value: minuteText(m), Label: minuteText(m)})
	}
	return out
}

func (v *view) reachHealth(x reachView, t reachTarget) (tone, word string) {
	h := x.Health[t.ID]
	switch {
	case !t.Main && !t.D.PausedAt.IsZero():
		return look.Off, v.T("web.reach.state.paused")
	case !t.Main && !t.D.DownAt.IsZero():
		return look.Bad, v.T("web.reach.state.failed")
	case !t.Main && t.D.VerifiedAt.IsZero() && h.At(x.At) != destination.Dead:
		return look.Wait, v.T("web.reach.state.unverified")
	}
	tones := map[destination.State]string{destination.Untested: look.Plain, destination.Waiting: look.Wait, destination.Answered: look.Good, destination.Silent: look.Bad, destination.Dead: look.Bad}
	return tones[h.At(x.At)], v.T("web.reach.state." + string(h.At(x.At)))
}

// sealing says what mail to a target is encrypted with, or that it cannot be any more; "" where nothing was handed in.
func (v *view) sealing(t reachTarget) (tone, word string) {
	if t.Certificate == "" {
		return "", ""
	}
	if err := delivery.CheckKey([]byte(t.Certificate), v.Now); err != nil {
		return look.Bad, v.T("web.reach.sealing.unusable")
	}
	if pgp.Armoured([]byte(t.Certificate)) {
		return look.Good, v.T("web.reach.sealing.openpgp")
	}
	return look.Good, v.T("web.reach.sealing.smime")
}

// reachResult says in our words what came back of the newest test of a target.
func (v *view) reachResult(x reachView, t reachTarget) string {
	try, ok := x.Tries[t.ID]
	switch {
	case !ok:
		return ""
	case try.N == 0:
		return v.T("web.reach.on-its-way")
	case try.Outcome == "delivered" && try.Status != 0:
		return v.T("web.reach.taken-status", try.Took.Milliseconds(), try.Status)
	case try.Outcome == "delivered":
		return v.T("web.reach.taken", try.Took.Milliseconds())
	}
	return try.Why.In(v.P)
}

func (v *view) channelOptions() (out []look.Option) {
	for _, c := range destination.Channels {
		if v.s.Destinations.Offers == nil || v.s.Destinations.Offers(c) {
			out = append(out, look.Option{Value: c, Label: v.channelWord(c)})
		}
	}
	return out
}

// reachedShow asks a person to confirm a test; opening it changes nothing.
func (s *Server) reachedShow(v *view) error {
	h, orgID, err := s.Destinations.ByLink(v.Context(), v.PathValue("token"))
	if err != nil {
		return err
	}
	return v.ok(reachedPage(v, h, orgID != "" && h.At(v.Now) == destination.Answered))
}

func (s *Server) reachedPost(v *view) error {
	if _, err := v.parse(); err != nil {
		return err
	}
	if err := s.Destinations.Answer(v.Context(), v.PathValue("token")); err != nil {
		return err
	}
	return v.see(v.URL.Path)
}

// muteShow asks whether messages of a class are to end.
func (s *Server) muteShow(v *view) error {
	_, _, c, err := s.Destinations.MutedByLink(v.PathValue("token"))
	if err != nil {
		return err
	}
	return v.ok(mutePage(v, c, false))
}

func (s *Server) mutePost(v *view) error {
	if _, err := v.parse(); err != nil {
		return err
	}
	token := v.PathValue("token")
	if err := s.Destinations.MuteByLink(v.Context(), token); err != nil {
		return err
	}
	_, _, c, err := s.Destinations.MutedByLink(token)
	if err != nil {
		return err
	}
	return v.ok(mutePage(v, c, true))
}

// reachabilityShow lists members that cannot be reached.
func (s *Server) reachabilityShow(v *view) error {
	ls, next, err := s.Destinations.Unreached(v.Context(), v.Actor, v.URL.Query().Get("after"), 0)
	if err != nil {
		return err
	}
	return v.ok(reachabilityPage(v, ls, next))
}

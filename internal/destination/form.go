// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/fault"
)

// Limits of what a member may say of a destination, in characters.
const (
	maxLabel = 100
	maxURL   = 500
	maxTypes = 20
)

// Input is what a member says of a destination.
type Input struct {
	Channel     string
	Label       string
	Address     string
	Secret      string // of a robot, which its owner got when it made the robot; webhooks get theirs here
	Certificate string
	Types       []string
}

var (
	phoneForm = regexp.MustCompile(`^\+?[0-9]{5,15}$`)
	typeForm  = regexp.MustCompile(`^[a-z][a-z-]*(?:\.[a-z-]+)+$`)
)

// check returns the input as it is kept. A certificate that stands already is not judged again: it may have ended since.
func (s *Service) check(in Input, stands string) (Input, error) {
	var f fault.Check
	line := func(name, v string, limit int) string {
		v = strings.TrimSpace(v)
		f.That(utf8.ValidString(v) && !strings.ContainsFunc(v, unicode.IsControl), name, "member.rule.characters", "")
		f.That(utf8.RuneCountInString(v) <= limit, name, "rule.too-long", "", limit)
		return v
	}
	known := slices.Contains(Channels, in.Channel)
	f.That(known, "channel", "rule.one-of", delivery.Email, strings.Join(Channels, ", "))
	f.That(!known || s.offers(in.Channel), "channel", "destination.rule.not-offered", delivery.Email)
	in.Label, in.Address, in.Secret = line("label", in.Label, maxLabel), line("address", in.Address, maxURL), line("secret", in.Secret, maxLabel)
	f.That(in.Address != "", "address", "rule.required", example(in.Channel))
	if in.Address != "" && known {
		in.Address = s.checkAddress(&f, in.Channel, in.Address)
	}
	in.Certificate = strings.TrimSpace(in.Certificate)
	if in.Certificate != "" && in.Certificate != stands {
		f.That(in.Channel == delivery.Email, "certificate", "mailkey.rule.mail-only", "")
		if err := delivery.CheckKey([]byte(in.Certificate), s.DB.Clock.Now()); err != nil {
			f.That(false, "certificate", delivery.KeyRule(err), delivery.KeyExample)
		}
	}
	types := []string{}
	for _, t := range in.Types {
		if t = strings.TrimSpace(t); t != "" && !slices.Contains(types, t) {
			f.That(len(t) <= maxLabel && typeForm.MatchString(t), "types", "destination.rule.type", "warning.released")
			types = append(types, t)
		}
	}
	slices.Sort(types)
	f.That(len(types) <= maxTypes && (len(types) == 0 || in.Channel == delivery.Webhook), "types", "destination.rule.types", "", maxTypes)
	in.Types = types
	return in, f.Err()
}

func (s *Service) checkAddress(f *fault.Check, channel, v string) string {
	switch channel {
	case delivery.Email:
		v = strings.ToLower(v)
		a, err := mail.ParseAddress(v)
		f.That(err == nil && a.Address == v && len(v) <= 254, "address", "rule.email", example(channel))
	case delivery.SMS:
		v = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(v)
		f.That(phoneForm.MatchString(v), "address", "destination.rule.phone", example(channel))
	default:
		u, err := url.Parse(v)
		ok := err == nil && u.Hostname() != "" && u.User == nil && u.Fragment == ""
		f.That(ok && (u.Scheme == "https" || s.Private && u.Scheme == "http"), "address", "rule.url", example(channel))
	}
	return v
}

// example is an address that would do on a channel.
func example(channel string) string {
	switch channel {
	case delivery.Email:
		return "soc@example.com"
	case delivery.SMS:
		return "+8613800000000"
	}
	return "https://soc.example.com/hooks/fengsui"
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/outbound"
)

// A Code says why a message has not arrived. Codes are stored: a new meaning gets a new one.
type Code string

// Reasons at the destination.
const (
	NoAnswer       Code = "no-answer"       // none in time
	NoName         Code = "no-name"         // its name cannot be looked up
	BadCertificate Code = "bad-certificate" // it shows one that cannot be verified
	NotListening   Code = "not-listening"   // the connection was refused
	NoConnection   Code = "no-connection"   // it was not made or broke off
	BadAnswer      Code = "bad-answer"      // none that can be read
	Answered       Code = "answered"        // with a status that is no success
	Busy           Code = "busy"            // it wants to be asked more slowly
	Unclear        Code = "unclear"         // it does not say whether it took the message
	Gone           Code = "gone"            // it wants no more
	GoneBefore     Code = "gone-before"     // it said so at Since: nothing was sent
	RobotSaid      Code = "robot-said"      // a code of its platform's own
	RobotGone      Code = "robot-gone"      // the robot is there no more
	MailboxRefuses Code = "mailbox-refuses" // the mail server refused the recipient or the mail for good
	MailboxBusy    Code = "mailbox-busy"    // the mail server takes nothing for the recipient now
	Silent         Code = "silent"          // it has not answered since Since: given up
)

// Reasons on our side.
const (
	MailServer        Code = "mail-server"         // our own is not reached
	MailServerRefuses Code = "mail-server-refuses" // our own takes nothing from us
	Gateway           Code = "gateway"             // that for short messages is not reached
	GatewayRefuses    Code = "gateway-refuses"
	NotReady          Code = "not-ready" // the channel lacks a setting
	NoChannel         Code = "no-channel"
	NotMade           Code = "not-made" // the message could not be made
	Broke             Code = "broke"    // the program failed at it
	Unknown           Code = "unknown"
)

// Reasons in the address or the message.
const (
	NoRecipient   Code = "no-recipient" // it is no member any more, or the person has left
	NoAddress     Code = "no-address"
	BadAddress    Code = "bad-address"
	NotPublic     Code = "not-public" // the address leads into a private network
	NoSecret      Code = "no-secret"  // that signs webhooks
	NotSealable   Code = "not-sealable"
	TooLong       Code = "too-long"
	NothingToShow Code = "nothing-to-show" // nothing that the channel may carry
	QuietHours    Code = "quiet-hours"     // not tried: the recipient wants none now
)

// A Reason says in a code and facts why a message has not arrived. It names neither an address nor what was sent or
// answered. Channels and purposes return it as an error; what is missing of Status and Host is added when it is recorded.
type Reason struct {
	Code     Code      `json:"code"`
	Status   int       `json:"status,omitempty"`   // of HTTP, or the reply code of SMTP
	Enhanced string    `json:"enhanced,omitempty"` // status code of SMTP, RFC 3463
	Own      int64     `json:"own,omitempty"`      // code of a platform of robots
	Host     string    `json:"host,omitempty"`     // that it was to go to, or the domain of mail
	Since    time.Time `json:"since,omitzero"`
	Detail   string    `json:"detail,omitempty"` // in the program's words, where the code does not say enough
}

// None reports whether there is no reason: nothing has gone wrong.
func (r Reason) None() bool { return r == Reason{} }

// Error implements error.
func (r Reason) Error() string { return r.In(i18n.For(i18n.English)) }

// In says it in a sentence. What was recorded before there were codes is said as it stands.
func (r Reason) In(p i18n.Printer) string {
	switch r.Code {
	case "":
		return r.Detail
	case MailboxRefuses, MailboxBusy, MailServerRefuses:
		return p.T("delivery.why."+string(r.Code), strings.TrimSpace(number(int64(r.Status))+" "+r.Enhanced))
	case RobotSaid, RobotGone:
		return p.T("delivery.why."+string(r.Code), number(r.Own))
	case GoneBefore:
		return p.T("delivery.why.gone-before", p.Date(r.Since))
	case Silent:
		return p.T("delivery.why.silent", p.DateTime(r.Since))
	case MailServer, Gateway:
		return colon(p, r.Code, Reason{Code: Code(r.Detail)}.In(p))
	case NotMade, Unknown:
		return colon(p, r.Code, r.Detail)
	}
	if key := "delivery.why." + string(r.Code); i18n.Has(key) {
		return p.T(key, number(int64(r.Status)))
	}
	return string(r.Code) // of a newer node
}

// colon says a reason with what is behind it, if anything is.
func colon(p i18n.Printer, code Code, more string) string {
	text := p.T("delivery.why." + string(code))
	if more == "" {
		return text
	}
	return p.T("delivery.why-more", text, more)
}

// number writes a code as people read it aloud: ungrouped, and nothing for none.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// Stored is how a reason stands in a row: as JSON, and nothing when there is none.
func (r Reason) Stored() string {
	switch {
	case r.None():
		return ""
	case r.Code == "":
		return r.Detail
	}
	r.Detail = clip(r.Detail)
	b, err := json.Marshal(r)
	if err != nil { // a time out of range
		return string(r.Code)
	}
	return string(b)
}

// reasonIn reads what Stored has written, or the sentence of an older row.
func reasonIn(s string) (r Reason) {
	if strings.HasPrefix(s, `{"code":"`) && json.Unmarshal([]byte(s), &r) == nil {
		return r
	}
	return Reason{Detail: s}
}

// CodeOf is the code of what outbound.Why says, "" for anything else.
func CodeOf(err error) Code {
	for _, x := range []struct {
		is   error
		code Code
	}{
		{outbound.ErrTimeout, NoAnswer}, {outbound.ErrName, NoName}, {outbound.ErrCertificate, BadCertificate}, {outbound.ErrRefused, NotListening},
		{outbound.ErrConnection, NoConnection}, {outbound.ErrPrivate, NotPublic}, {outbound.ErrAddress, BadAddress}, {outbound.ErrAnswer, BadAnswer},
	} {
		if errors.Is(err, x.is) {
			return x.code
		}
	}
	return ""
}

// reason works out why a try failed.
func (o outcome) reason() (r Reason) {
	if code := CodeOf(o.err); code != "" {
		r.Code = code
	} else if !errors.As(o.err, &r) {
		r = Reason{Code: Unknown, Detail: clip(o.err.Error())}
		if o.lane == nil {
			r.Code = NotMade
		}
	}
	if r.Status == 0 {
		r.Status = o.status
	}
	if down := (Down{}); r.Host == "" && o.lane != nil && !errors.As(o.err, &down) { // else it is not that destination's
		r.Host = hostOf(o.d, o.m)
	}
	return r
}

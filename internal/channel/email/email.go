// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package email sends messages by SMTP.
package email

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/outbound"
	"github.com/fengsui/fengsui/internal/spec/pgp"
)

// Ways to protect the connection to the mail server. "" is StartTLS.
const (
	StartTLS = "starttls" // RFC 3207, and no mail without it
	Implicit = "implicit" // RFC 8314
	None     = "none"     // for a server on the same machine
)

const patience = 15 * time.Second

// A Channel sends by one mail server. It is safe for use by many at once.
type Channel struct {
	Addr     string // "host:port" of the mail server
	From     string // "Fengsui <warnings@example.org>"
	User     string // "" means that the server asks for none
	Password string
	TLS      string
	Exercise bool             // every mail says that it belongs to an exercise
	Pool     *Pool            // of connections; nil: each mail has its own
	Sign     *tls.Certificate // signs every mail (S/MIME), but what OpenPGP encrypts
	OpenPGP  *pgp.Signer      // signs what is encrypted with OpenPGP, and without Sign every mail that is not encrypted
}

// Ready says which setting is missing.
func (c Channel) Ready() error {
	if c.Addr == "" {
		return errors.New("no mail server is set: mail.addr")
	}
	return nil
}

// Send sends m as text and HTML, signed and encrypted as far as there are certificates. The Message-ID follows from id,
// so that a mail sent twice is recognised as one; mails of one Thread hang together. An address that the server refuses
// for good is delivery.Permanent.
func (c Channel) Send(ctx context.Context, id string, at time.Time, m delivery.Message) (status int, err error) {
	msg, err := c.compose(id, at, m)
	if err != nil {
		return 0, err
	}
	err = c.deliver(ctx, msg)
	var down delivery.Down
	switch {
	case err == nil:
		return 250, nil
	case errors.As(err, &down):
		return 0, err
	}
	return refusal(err)
}

// dial makes a connection.
func (c Channel) dial(ctx context.Context) (*connection, error) {
	client, err := c.client()
	if err != nil {
		return nil, delivery.Down{Err: delivery.Reason{Code: delivery.MailServer, Detail: err.Error()}}
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return nil, delivery.Down{Err: unreached(err)}
	}
	return &connection{client: client, smtp: conn}, nil
}

// unreached says why the mail server was not reached, or did not let us in.
func unreached(err error) delivery.Reason {
	var said *textproto.Error
	if errors.As(err, &said) {
		return delivery.Reason{Code: delivery.MailServerRefuses, Status: said.Code}
	}
	return delivery.Reason{Code: delivery.MailServer, Detail: string(delivery.CodeOf(outbound.Why(err)))}
}

// refusal reads the server's code out of an error and drops the rest of its text, which may repeat the message.
func refusal(err error) (int, error) {
	var se *mail.SendError
	if !errors.As(err, &se) {
		return 0, delivery.Reason{Code: delivery.Unknown, Detail: err.Error()}
	}
	code := se.ErrorCode()
	short := delivery.Reason{Code: delivery.MailboxBusy, Status: code, Enhanced: se.EnhancedStatusCode()}
	about := se.Reason == mail.ErrSMTPRcptTo || se.Reason == mail.ErrSMTPData || se.Reason == mail.ErrSMTPDataClose
	if about && code >= 500 && code < 600 { // of the recipient or the mail; elsewhere a 5xx says that our own settings are wrong
		short.Code = delivery.MailboxRefuses
		return code, delivery.Permanent{Err: short}
	}
	if !about || code == 421 { // 421: the server is closing (RFC 5321, section 3.8)
		if short.Code = delivery.MailServerRefuses; code == 0 {
			short = unreached(err)
		}
		return code, delivery.Down{Err: short}
	}
	return code, short
}

func (c Channel) client() (*mail.Client, error) {
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return nil, fmt.Errorf("mail server %q: %w", c.Addr, err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("mail server %q: %w", c.Addr, err)
	}
	opts := []mail.Option{mail.WithPort(n), mail.WithTimeout(patience), mail.WithoutNoop()}
	switch c.TLS {
	case "", StartTLS:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	case Implicit:
		opts = append(opts, mail.WithSSL())
	case None:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return nil, fmt.Errorf("mail server: %q is none of starttls, implicit, none", c.TLS)
	}
	if c.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.User), mail.WithPassword(c.Password))
	}
	return mail.NewClient(host, opts...)
}

// compose makes the mail: signed when the channel has a certificate or key, and encrypted when the recipient has one. A
// sealed text that cannot be encrypted does not leave.
func (c Channel) compose(id string, at time.Time, m delivery.Message) (*mail.Msg, error) {
	msg, err := c.envelope(id, at, m)
	if err != nil {
		return nil, delivery.Permanent{Err: err}
	}
	if c.Exercise {
		m.Text = exercise + "\n\n" + m.Text
		if m.HTML != "" {
			m.HTML = "<p><strong>" + exercise + "</strong></p>" + m.HTML
		}
	}
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	return c.protect(id, at, m, msg)
}

// protect signs and encrypts a mail by what the recipient has handed in.
func (c Channel) protect(id string, at time.Time, m delivery.Message, msg *mail.Msg) (_ *mail.Msg, err error) {
	if c.OpenPGP != nil && !c.OpenPGP.Signs(at) { // a warning that is not signed is better than none
		c.OpenPGP = nil
	}
	if pgp.Armoured(m.To.Certificate) {
		var key pgp.Key
		if key, err = pgp.ReadKey(m.To.Certificate, at); err == nil {
			return c.encryptPGP(id, at, m, msg, key)
		}
	}
	if c.Sign != nil {
		if err := msg.SignWithTLSCertificate(c.Sign); err != nil {
			return nil, fmt.Errorf("sign mail: %w", err)
		}
	}
	if err == nil {
		var to *x509.Certificate
		if to, err = delivery.ReadCertificate(m.To.Certificate, at); err == nil {
			return c.encrypt(id, at, m, msg, to)
		}
	}
	switch {
	case m.Sealed: // asked again later, it is made anew by what the recipient has then
		return nil, delivery.Reason{Code: delivery.NotSealable}
	case c.Sign == nil && c.OpenPGP != nil:
		return c.signPGP(id, at, m, msg)
	}
	return msg, nil
}

// envelope is a mail without its text.
func (c Channel) envelope(id string, at time.Time, m delivery.Message) (*mail.Msg, error) {
	if m.To.Email == "" {
		return nil, delivery.Reason{Code: delivery.NoAddress}
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(c.From); err != nil {
		return nil, errors.New("the sender is no e-mail address")
	}
	if err := msg.To(m.To.Email); err != nil {
		return nil, delivery.Reason{Code: delivery.BadAddress}
	}
	if m.ReplyTo != "" {
		if err := msg.ReplyTo(m.ReplyTo); err != nil {
			return nil, errors.New("the reply address is no e-mail address")
		}
	}
	msg.SetMessageIDWithValue(c.messageID(id))
	msg.SetDateWithValue(at)
	if c.Exercise {
		m.Subject = "[演练 EXERCISE] " + m.Subject
		msg.SetGenHeader("X-Fengsui-Exercise", "yes")
	}
	msg.Subject(oneLine(m.Subject))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	c.thread(msg, m)
	if m.TLP != "" {
		msg.SetGenHeader("X-TLP", oneLine(m.TLP))
	}
	if m.Urgent {
		msg.SetGenHeader("X-Priority", "1")
		msg.SetGenHeader("Importance", "high")
	}
	if m.Class != "" {
		msg.SetGenHeader("List-Id", "<"+oneLine(m.Class)+"."+c.domain()+">") // RFC 2919
	}
	if m.Unsubscribe != "" && m.Class != Mandatory {
		msg.SetGenHeader("List-Unsubscribe", "<"+oneLine(m.Unsubscribe)+">")
		msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click") // RFC 8058
	}
	return msg, nil
}

// Mandatory is the class of mail that nobody can unsubscribe from, whatever a message says.
const Mandatory = "mandatory"

// longestThread bounds how many earlier mails a mail refers to.
const longestThread = 20

// thread hangs a mail below the earlier ones of its conversation (RFC 5322, section 3.6.4). All refer to one root, which
// is nobody's id, so that they stand together even where an earlier one was never sent.
func (c Channel) thread(msg *mail.Msg, m delivery.Message) {
	if m.Thread == "" {
		return
	}
	all := []string{"<" + c.messageID(m.Thread) + ">"}
	for _, id := range m.After[max(0, len(m.After)-longestThread):] {
		all = append(all, "<"+c.messageID(id)+">")
	}
	msg.SetGenHeaderPreformatted(mail.HeaderInReplyTo, all[len(all)-1])
	msg.SetGenHeaderPreformatted(mail.HeaderReferences, strings.Join(all, "\r\n "))
}

func (c Channel) messageID(id string) string { return digest(id) + "@" + c.domain() }

func (c Channel) domain() string {
	return strings.TrimRight(c.From[strings.LastIndexByte(c.From, '@')+1:], "> ")
}

// exercise stands before the text of every mail of an exercise.
const exercise = "本邮件属于演练，所述情况均为虚构。This mail belongs to an exercise; nothing in it is real."

// digest makes a Message-ID's left part of any text.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// oneLine keeps a header on its line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

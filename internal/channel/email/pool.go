// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package email

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

const (
	poolIdle  = 32               // connections that are kept
	poolFor   = 20 * time.Second // servers hang up on who says nothing for longer; RFC 5321 allows minutes
	poolMails = 100              // by one connection: some servers take no more
)

// A Pool keeps connections to the mail server for the next mail. The zero value is ready.
type Pool struct {
	mu   sync.Mutex
	idle []*connection
}

type connection struct {
	client *mail.Client
	smtp   *smtp.Client
	last   time.Time
	mails  int
}

func (c *connection) close() {
	c.client.CloseWithSMTPClient(c.smtp) //nolint:errcheck // nothing waits for its goodbye
}

// take returns the connection that was used last, or nil.
func (p *Pool) take() *connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	var old []*connection
	defer func() {
		for _, c := range old {
			go c.close()
		}
	}()
	for len(p.idle) > 0 {
		c := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if time.Since(c.last) < poolFor {
			return c
		}
		old = append(old, c)
	}
	return nil
}

func (p *Pool) put(c *connection) {
	c.last = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.mails < poolMails && len(p.idle) < poolIdle {
		p.idle = append(p.idle, c)
		return
	}
	go c.close()
}

// Close ends the connections that are kept.
func (c Channel) Close() error {
	if c.Pool == nil {
		return nil
	}
	c.Pool.mu.Lock()
	defer c.Pool.mu.Unlock()
	for _, n := range c.Pool.idle {
		n.close()
	}
	c.Pool.idle = nil
	return nil
}

// deliver sends one mail, by a kept connection if there is one. That a server has hung up on a kept connection is no
// failure: before the mail has begun, a new one is made.
func (c Channel) deliver(ctx context.Context, msg *mail.Msg) error {
	if c.Pool == nil {
		n, err := c.dial(ctx)
		if err != nil {
			return err
		}
		err = n.client.SendWithSMTPClient(n.smtp, msg)
		n.close() // the mail is accepted or not by now; a failed goodbye must not send it twice
		return err
	}
	for n := c.Pool.take(); n != nil; n = c.Pool.take() {
		err := c.by(n, msg)
		if !unsaid(err) {
			return err
		}
	}
	n, err := c.dial(ctx)
	if err != nil {
		return err
	}
	return c.by(n, msg)
}

// by sends a mail by a connection, and keeps the connection when the server is still there.
func (c Channel) by(n *connection, msg *mail.Msg) error {
	err := n.client.SendWithSMTPClient(n.smtp, msg)
	n.mails++
	var se *mail.SendError
	if err == nil || errors.As(err, &se) && se.ErrorCode() >= 400 && se.ErrorCode() != 421 && se.Reason == mail.ErrSMTPRcptTo {
		c.Pool.put(n)
	} else {
		go n.close()
	}
	return err
}

// unsaid reports whether the connection broke before the server had heard of the mail.
func unsaid(err error) bool {
	var se *mail.SendError
	return errors.As(err, &se) && (se.ErrorCode() == 0 || se.ErrorCode() == 421) && (se.Reason == mail.ErrSMTPMailFrom || se.Reason == mail.ErrConnCheck)
}

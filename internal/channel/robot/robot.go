// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package robot tells the group robots of DingTalk, WeCom, Feishu, Slack and Teams that there is something to read. What
// they show passes through somebody else's servers: a number, a level, a label and a link, never a text.
package robot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/outbound"
)

const (
	patience   = 20 * time.Second
	perHost    = 16              // connections to one platform
	answerMax  = 64 << 10        // bytes of an answer that are read: it says whether the robot took the message
	slowly     = time.Minute     // what a platform wants that answers "too often" by a code of its own
	shortest   = 5 * time.Second // what one wants that answers 429 and names no time
	contentMax = 1800            // bytes of a message; WeCom takes 2048
)

// A Channel posts to the robots of one platform. It is safe for use by many at once.
type Channel struct {
	Exercise bool // every message says that it belongs to an exercise

	platform     platform
	client       *http.Client
	allowPrivate bool
}

// A platform is how its robots are spoken to.
type platform struct {
	// request makes the address and the body of a message; secret may be nil.
	request func(address string, secret []byte, at time.Time, text, link string) (url string, body any, err error)
	// judge reads an answer 2xx: nil when the robot took the message.
	judge func(status int, answer []byte) error
	// gone are the statuses that mean that the robot is there no more.
	gone []int
}

// All returns the channels of all platforms by their names. allowPrivate is for tests and closed networks.
func All(allowPrivate, exercise bool) map[string]*Channel {
	client := outbound.Client(allowPrivate, patience, perHost)
	out := map[string]*Channel{}
	for name, p := range platforms {
		out[name] = &Channel{Exercise: exercise, platform: p, client: client, allowPrivate: allowPrivate}
	}
	return out
}

// exercise stands before every message of an exercise.
const exercise = "【演练 EXERCISE】"

// Send posts m's thin text and link. The platforms answer 200 to most of what they refuse: a message counts as delivered
// when the robot says so. Errors name neither the address nor what was sent or answered.
func (c *Channel) Send(ctx context.Context, _ string, at time.Time, m delivery.Message) (status int, err error) {
	if m.Short == "" {
		return 0, delivery.Permanent{Err: delivery.Reason{Code: delivery.NothingToShow}}
	}
	if err := outbound.Check(m.To.URL, c.allowPrivate); err != nil {
		return 0, delivery.Permanent{Err: err}
	}
	text := m.Short
	if c.Exercise {
		text = exercise + text
	}
	if len(text)+len(m.Link) > contentMax {
		return 0, delivery.Permanent{Err: delivery.Reason{Code: delivery.TooLong}}
	}
	address, body, err := c.platform.request(m.To.URL, m.To.Secret, at, text, m.Link)
	if err != nil {
		return 0, delivery.Permanent{Err: err}
	}
	b, err := encode(body)
	if err != nil {
		return 0, delivery.Permanent{Err: err}
	}
	rq, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(b))
	if err != nil {
		return 0, delivery.Permanent{Err: delivery.Reason{Code: delivery.BadAddress}}
	}
	rq.Header.Set("Content-Type", "application/json; charset=utf-8")
	rq.Header.Set("User-Agent", "Fengsui")
	return c.post(rq, at)
}

func (c *Channel) post(rq *http.Request, at time.Time) (int, error) {
	rs, err := c.client.Do(rq)
	if err != nil {
		if err = outbound.Why(err); errors.Is(err, outbound.ErrPrivate) {
			err = delivery.Permanent{Err: err}
		}
		return 0, err
	}
	defer rs.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(rs.Body, answerMax))
	if err != nil {
		return rs.StatusCode, outbound.Why(err)
	}
	refused := delivery.Reason{Code: delivery.Answered, Status: rs.StatusCode}
	switch {
	case rs.StatusCode == http.StatusTooManyRequests:
		return rs.StatusCode, delivery.Later{Err: delivery.Reason{Code: delivery.Busy, Status: rs.StatusCode}, After: max(outbound.RetryAfter(rs.Header, at), shortest)}
	case rs.StatusCode >= 200 && rs.StatusCode < 300:
		return rs.StatusCode, c.platform.judge(rs.StatusCode, answer)
	}
	for _, gone := range c.platform.gone {
		if rs.StatusCode == gone {
			return rs.StatusCode, delivery.Permanent{Err: delivery.Reason{Code: delivery.RobotGone, Status: rs.StatusCode}}
		}
	}
	return rs.StatusCode, refused
}

// encode writes JSON as these platforms read it: with "&" as it is.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

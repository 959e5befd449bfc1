// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package webhook sends messages by HTTPS as Standard Webhooks 1.0.0: signed, never redirected, and never into the
// platform's own network.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/outbound"
)

const (
	patience = 20 * time.Second
	perHost  = 64 // connections to one destination
	bodyMax  = 20_000
	answer   = 4 << 10 // bytes of an answer that are read, so that the connection can be used again
)

// A Channel posts messages. It is safe for use by many at once.
type Channel struct {
	Client       *http.Client // nil means the channel's own, which refuses private destinations
	AllowPrivate bool         // http and private addresses are allowed: for the demo and tests
	Exercise     bool         // every message says that it belongs to an exercise

	once sync.Once
	own  *http.Client
}

// New returns a channel. allowPrivate is for the demo and tests.
func New(allowPrivate bool) *Channel { return &Channel{AllowPrivate: allowPrivate} }

// Send posts m. A destination that can never work, an answer 410 Gone and a message over 20 kB are delivery.Permanent;
// every other answer but 2xx is worth another try, at the earliest when a Retry-After of 429 and 503 says. Errors name neither the address nor what was sent or answered.
func (c *Channel) Send(ctx context.Context, id string, at time.Time, m delivery.Message) (status int, err error) {
	if err := outbound.Check(m.To.URL, c.AllowPrivate); err != nil {
		return 0, delivery.Permanent{Err: err}
	}
	keys, err := secrets(m.To)
	if err != nil {
		return 0, delivery.Permanent{Err: err}
	}
	body, err := json.Marshal(struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Exercise  bool      `json:"exercise,omitempty"`
		Data      any       `json:"data"`
	}{m.Type, at.UTC(), c.Exercise, m.Data})
	if err != nil {
		return 0, delivery.Permanent{Err: fmt.Errorf("encode %s: %w", m.Type, err)}
	}
	if len(body) > bodyMax {
		return 0, delivery.Permanent{Err: delivery.Reason{Code: delivery.TooLong}}
	}
	rq, err := http.NewRequestWithContext(ctx, http.MethodPost, m.To.URL, bytes.NewReader(body))
	if err != nil {
		return 0, delivery.Permanent{Err: delivery.Reason{Code: delivery.BadAddress}}
	}
	sign(rq.Header, keys, id, at, body)
	return c.post(rq, at)
}

func (c *Channel) post(rq *http.Request, at time.Time) (int, error) {
	rs, err := c.client().Do(rq)
	if err != nil {
		if err = outbound.Why(err); errors.Is(err, outbound.ErrPrivate) {
			err = delivery.Permanent{Err: err}
		}
		return 0, err
	}
	defer rs.Body.Close()
	io.CopyN(io.Discard, rs.Body, answer) //nolint:errcheck // the answer's body means nothing
	switch {
	case rs.StatusCode >= 200 && rs.StatusCode < 300:
		return rs.StatusCode, nil
	case rs.StatusCode == http.StatusGone:
		return rs.StatusCode, delivery.Permanent{Err: delivery.Reason{Code: delivery.Gone, Status: rs.StatusCode}}
	}
	err = delivery.Reason{Code: delivery.Answered, Status: rs.StatusCode}
	if rs.StatusCode == http.StatusTooManyRequests || rs.StatusCode == http.StatusServiceUnavailable {
		if wait := outbound.RetryAfter(rs.Header, at); wait > 0 {
			return rs.StatusCode, delivery.Later{Err: delivery.Reason{Code: delivery.Busy, Status: rs.StatusCode}, After: wait}
		}
	}
	return rs.StatusCode, err
}

// client is the channel's own, unless it was given one.
func (c *Channel) client() *http.Client {
	if c.Client != nil {
		return c.Client
	}
	c.once.Do(func() { c.own = outbound.Client(c.AllowPrivate, patience, perHost) })
	return c.own
}

// sign sets the three headers of Standard Webhooks 1.0.0, with one signature for each key, and what else the request needs.
func sign(h http.Header, keys [][]byte, id string, at time.Time, body []byte) {
	id = name.Replace(id)
	stamp := strconv.FormatInt(at.Unix(), 10)
	var signatures []byte
	for i, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + stamp + ".")) //nolint:errcheck // a hash takes everything
		mac.Write(body)                           //nolint:errcheck // a hash takes everything
		if i > 0 {
			signatures = append(signatures, ' ')
		}
		signatures = base64.StdEncoding.AppendEncode(append(signatures, "v1,"...), mac.Sum(nil))
	}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", stamp)
	h.Set("webhook-signature", string(signatures))
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "Fengsui")
}

// name makes an id of what the standard allows there.
var name = strings.NewReplacer(":", "_", ".", "_")

// secrets are the keys to sign with: the receiver may know only the one that was replaced.
func secrets(to delivery.Address) (out [][]byte, err error) {
	key, err := secret(to.Secret)
	if err != nil {
		return nil, err
	}
	out = [][]byte{key}
	if len(to.Former) > 0 {
		if key, err := secret(to.Former); err == nil {
			out = append(out, key)
		}
	}
	return out, nil
}

// secret returns the key of a secret, which is "whsec_" and base64, or the bare bytes.
func secret(s []byte) ([]byte, error) {
	if text, ok := bytes.CutPrefix(s, []byte("whsec_")); ok {
		key, err := base64.StdEncoding.DecodeString(string(text))
		if err != nil {
			return nil, delivery.Reason{Code: delivery.NoSecret}
		}
		s = key
	}
	if len(s) < 16 {
		return nil, delivery.Reason{Code: delivery.NoSecret}
	}
	return s, nil
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fengsui/fengsui/internal/channel/email"
	"github.com/fengsui/fengsui/internal/channel/webhook"
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
)

// deliver measures how fast messages leave: real rows, real channels, sinks on this machine.
func deliver(ctx context.Context, b *bench) error {
	for _, x := range []struct {
		name  string
		n     int
		delay time.Duration
		many  bool // a host for each recipient, as members are
	}{
		{"webhooks to one local sink", 40_000, 0, false},
		{"webhooks to 10 000 local hosts", 10_000, 0, true},
		{"webhooks to 10 000 hosts that take 50 ms", 10_000, 50 * time.Millisecond, true},
	} {
		if err := b.webhooks(ctx, x.name, b.scaled(x.n), x.delay, x.many); err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
	}
	if err := b.mails(ctx, b.scaled(5_000)); err != nil {
		return fmt.Errorf("mails: %w", err)
	}
	return b.oneDead(ctx, b.scaled(10_000))
}

// target renders every message alike, to an address that follows from the recipient.
type target struct {
	address func(org string) delivery.Address
}

func (t target) Render(_ context.Context, d delivery.Delivery) (delivery.Message, error) {
	return delivery.Message{Type: "warning.released", To: t.address(d.OrgID), Subject: "[TLP:AMBER] FS-W-2026-0001", Text: "FS-W-2026-0001\n",
		Data: map[string]any{"id": d.Subject, "number": "FS-W-2026-0001", "revision": 1, "level": "red", "tlp": "AMBER", "wave": 3, "products": []string{}}}, nil
}

func (t target) RenderMany(ctx context.Context, ds []delivery.Delivery) []delivery.Rendered {
	out := make([]delivery.Rendered, len(ds))
	for i, d := range ds {
		out[i].Message, out[i].Err = t.Render(ctx, d)
	}
	return out
}

func (target) Ended(context.Context, *db.Tx, delivery.Delivery) error { return nil }

// queueMany queues a subject to n recipients on a channel.
func (b *bench) queueMany(ctx context.Context, subject, channel string, n int) error {
	return b.DB.Tx(ctx, func(tx *db.Tx) error {
		when := "$2"
		if tx.Engine == db.PostgreSQL {
			when = "CAST($2 AS TIMESTAMPTZ)"
		}
		err := delivery.QueueSet(ctx, tx, "bench", subject, `WITH RECURSIVE n (i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1)
			SELECT '00000000-0000-7000-8000-' || substr(CAST(1000000000000 + i AS TEXT), 2), '`+channel+`', '', `+when+` FROM n`, n, db.At(tx.Now))
		return err
	})
}

func ordinal(org string) int {
	n, _ := strconv.Atoi(org[strings.LastIndexByte(org, '-')+1:]) // our own ids
	return n
}

// sink listens on every address of 127.0.0.0/8, so that each recipient can have a host of its own.
func sink(h http.HandlerFunc) (port int, stop func(), err error) {
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		return 0, nil, err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go s.Serve(l) //nolint:errcheck // it ends when it is closed
	return l.Addr().(*net.TCPAddr).Port, func() { s.Close() }, nil
}

var benchSecret = []byte("0123456789abcdef0123456789abcdef")

func hostOf(i, port int) string {
	return fmt.Sprintf("http://127.%d.%d.%d:%d/", 1+i>>16, i>>8&255, i&255, port)
}

func (b *bench) webhooks(ctx context.Context, name string, n int, delay time.Duration, many bool) error {
	var got atomic.Int64
	port, stop, err := sink(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // what arrives counts
		if delay > 0 {
			time.Sleep(delay)
		}
		got.Add(1)
	})
	if err != nil {
		return err
	}
	defer stop()
	s := &delivery.Sender{DB: b.DB, Channels: map[string]delivery.Channel{"webhook": webhook.New(true)}, Purposes: map[string]delivery.Purpose{"bench": target{func(org string) delivery.Address {
		i := 0
		if many {
			i = ordinal(org)
		}
		return delivery.Address{URL: hostOf(i, port), Secret: benchSecret}
	}}}}
	if delay > 0 {
		s.Parallel = 1024
	}
	if err := b.queueMany(ctx, name, "webhook", n); err != nil {
		return err
	}
	start := time.Now()
	if err := drain(ctx, s, &got, n); err != nil {
		return err
	}
	took := time.Since(start)
	if got.Load() < int64(n) {
		return b.missing(ctx, got.Load(), n)
	}
	b.say(name, float64(n)/took.Seconds(), "messages/s", n, "signed, sent, answered and recorded")
	return nil
}

// mails measures mail to a local server.
func (b *bench) mails(ctx context.Context, n int) error {
	var got, connections atomic.Int64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			go smtp(c, &got)
		}
	}()
	s := &delivery.Sender{DB: b.DB, Channels: map[string]delivery.Channel{"email": email.Channel{Addr: l.Addr().String(), From: "warnings@fengsui.example", TLS: email.None, Pool: &email.Pool{}}},
		Purposes: map[string]delivery.Purpose{"bench": target{func(org string) delivery.Address {
			return delivery.Address{Email: fmt.Sprintf("security@unit-%d.example", ordinal(org))}
		}}}}
	if err := b.queueMany(ctx, "mails", "email", n); err != nil {
		return err
	}
	start := time.Now()
	if err := drain(ctx, s, &got, n); err != nil {
		return err
	}
	took := time.Since(start)
	if got.Load() < int64(n) {
		return b.missing(ctx, got.Load(), n)
	}
	b.say("mails to a local server", float64(n)/took.Seconds(), "messages/s", n, fmt.Sprintf("%d connections", connections.Load()))
	return nil
}

// smtp is the least of a mail server.
func smtp(c net.Conn, got *atomic.Int64) {
	defer c.Close()
	r := bufio.NewReader(c)
	fmt.Fprint(c, "220 sink ESMTP\r\n")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " "); verb {
		case "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			for line != ".\r\n" {
				if line, err = r.ReadString('\n'); err != nil {
					return
				}
			}
			got.Add(1)
			fmt.Fprint(c, "250 kept\r\n")
		case "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 fine\r\n")
		}
	}
}

// oneDead measures when the others get theirs while one destination never answers and one takes two seconds.
func (b *bench) oneDead(ctx context.Context, n int) error {
	measure := func(subject string, bad bool) ([]time.Duration, error) {
		var mu sync.Mutex
		var took []time.Duration
		start, hang := time.Now(), make(chan struct{})
		defer close(hang)
		port, stop, err := sink(func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) //nolint:errcheck // what arrives counts
			switch host, _, _ := net.SplitHostPort(r.Host); {
			case bad && host == "127.1.0.0":
				select {
				case <-hang:
				case <-r.Context().Done():
				}
				return
			case bad && host == "127.1.0.1":
				time.Sleep(2 * time.Second)
				return
			}
			mu.Lock()
			took = append(took, time.Since(start))
			mu.Unlock()
		})
		if err != nil {
			return nil, err
		}
		defer stop()
		s := &delivery.Sender{DB: b.DB, Channels: map[string]delivery.Channel{"webhook": webhook.New(true)}, Purposes: map[string]delivery.Purpose{"bench": target{func(org string) delivery.Address {
			i := ordinal(org)
			if i%100 < 2 { // each of the two has a hundredth of all
				i %= 100
			}
			return delivery.Address{URL: hostOf(i, port), Secret: benchSecret}
		}}}}
		if err := b.queueMany(ctx, subject, "webhook", n); err != nil {
			return nil, err
		}
		start = time.Now()
		done := make(chan error, 1)
		run, end := context.WithCancel(ctx)
		defer end()
		go func() {
			_, err := s.Drain(run)
			done <- err
		}()
		want := n
		if bad {
			want = n - 2*((n+99)/100)
		}
		for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
			mu.Lock()
			k := len(took)
			mu.Unlock()
			if k >= want {
				break
			}
			if time.Now().After(deadline) {
				return nil, errors.New("the others did not get theirs")
			}
		}
		end()
		if err := <-done; err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		return took, nil
	}
	all, err := measure("all well", false)
	if err != nil {
		return err
	}
	b.quantiles("until a webhook arrives, all destinations well", all, "")
	rest, err := measure("one dead, one slow", true)
	if err != nil {
		return err
	}
	b.quantiles("until a webhook arrives, one destination dead and one slow", rest, "the others; each of the two has a hundredth of the messages")
	return nil
}

// missing says why deliveries have not arrived.
func (b *bench) missing(ctx context.Context, got int64, n int) error {
	why := ""
	err := b.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.List(ctx, tx, func(r db.Row) (string, error) {
			var state, text string
			var n int
			err := r.Scan(&state, &text, &n)
			return fmt.Sprintf("; %d %s: %q", n, state, text), err
		}, `SELECT state, last_error, count(*) FROM delivery WHERE state <> 'delivered' GROUP BY state, last_error
			UNION ALL SELECT state || ' in batches', 'next ' || min(next_at) || ', claimed at most ' || max(claims), sum(waiting) FROM delivery_batch GROUP BY state
			UNION ALL SELECT 'lane ' || name, last_error, failures FROM delivery_lane`)
		for _, x := range rows {
			why += x
		}
		return err
	})
	return errors.Join(fmt.Errorf("%d of %d arrived%s", got, n, why), err)
}

// drain sends until n have arrived. Where one destination gets more than a node holds for it, some are put off for a moment,
// and come with a later round, as they do when the sender runs by itself.
func drain(ctx context.Context, s *delivery.Sender, got *atomic.Int64, n int) error {
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err := s.Drain(ctx); err != nil || got.Load() >= int64(n) {
			return err
		}
	}
	return nil
}

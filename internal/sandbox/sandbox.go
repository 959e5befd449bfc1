// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package sandbox is the outside world of a platform that has none: a mail server that keeps what it gets, and one
// receiver of signed webhooks for everybody. The demo and exercises talk to it, so that nothing leaves the machine.
package sandbox

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A World is what the platform talks to instead of the outside.
type World struct {
	mail   net.Listener
	hooks  *http.Server
	hook   net.Listener
	secret []byte
	wg     sync.WaitGroup
	apart  map[string]*receiver // by the organisation's short name

	mu          sync.Mutex
	letters     []Letter // the newest at the end, at most kept
	mails, seen int      // mails and webhooks that arrived, each webhook once
	ids         map[string]bool
	open        map[net.Conn]bool // to the mail server
}

// kept bounds what can be looked at.
const kept = 500

// A letter is a mail or a webhook that arrived somewhere.
type Letter struct {
	At       time.Time // by the platform's clock
	Webhook  bool
	Exercise bool   // of a webhook: it says that it belongs to an exercise
	To       string // address, or short name of the organisation
	Subject  string // of a mail, or the type of a webhook
	Text     string
	Links    []string // to this platform
}

// A receiver is an organisation's own.
type receiver struct {
	server *http.Server
	at     net.Listener
	status atomic.Int64 // with which it answers to everything; 0 for as it should
}

// Start opens both receivers on this machine.
func Start() (*World, error) {
	w := &World{secret: make([]byte, 32), ids: map[string]bool{}, open: map[net.Conn]bool{}, apart: map[string]*receiver{}}
	rand.Read(w.secret) //nolint:errcheck // never fails
	var err error
	if w.mail, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	if w.hook, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		w.mail.Close()
		return nil, err
	}
	w.hooks = &http.Server{Handler: w.handler(), ReadHeaderTimeout: 5 * time.Second}
	w.wg.Go(func() { w.hooks.Serve(w.hook) }) //nolint:errcheck // it ends with ErrServerClosed
	w.wg.Go(w.accept)
	return w, nil
}

func (w *World) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /hooks/{org}", w.receive)
	return mux
}

// Apart opens a receiver for one organisation alone, so that what becomes of it holds up nobody else's messages. It is to be
// called before HookURL is.
func (w *World) Apart(org string) error {
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	x := &receiver{at: at}
	take := w.handler()
	x.server = &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if status := x.status.Load(); status != 0 {
			rw.WriteHeader(int(status))
			return
		}
		take.ServeHTTP(rw, r)
	})}
	w.wg.Go(func() { x.server.Serve(at) }) //nolint:errcheck // it ends with ErrServerClosed
	w.apart[org] = x
	return nil
}

// Answer lets an organisation's own receiver answer to everything with a status from now on, and take nothing in.
func (w *World) Answer(org string, status int) { w.apart[org].status.Store(int64(status)) }

// MailAddr is where the mail server listens.
func (w *World) MailAddr() string { return w.mail.Addr().String() }

// HookURL is where an organisation, by its short name, receives webhooks.
func (w *World) HookURL(org string) string {
	at := w.hook
	if x, ok := w.apart[org]; ok {
		at = x.at
	}
	return "http://" + at.Addr().String() + "/hooks/" + org
}

// receive answers a webhook as its receiver should: 204 once the signature holds (Standard Webhooks 1.0.0), else 401.
func (w *World) receive(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	id, stamp := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	mac := hmac.New(sha256.New, w.secret)
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	if !hmac.Equal([]byte(r.Header.Get("webhook-signature")), []byte("v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))) {
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	seconds, _ := strconv.ParseInt(stamp, 10, 64)
	w.keep(id, webhookLetter(r.PathValue("org"), time.Unix(seconds, 0), body))
	rw.WriteHeader(http.StatusNoContent)
}

func webhookLetter(org string, at time.Time, body []byte) Letter {
	l := Letter{At: at, Webhook: true, To: org, Text: string(body)}
	var head struct {
		Type     string          `json:"type"`
		Exercise bool            `json:"exercise"`
		Data     json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &head) == nil {
		l.Subject, l.Exercise = head.Type, head.Exercise
		if b, err := json.MarshalIndent(head.Data, "", "  "); err == nil {
			l.Text = string(b)
		}
	}
	return l
}

// keep keeps a letter; id tells repetitions of a webhook, and is "" for mails.
func (w *World) keep(id string, l Letter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case id == "":
		w.mails++
	case w.ids[id]:
		return
	default:
		w.ids[id] = true
		w.seen++
	}
	if w.letters = append(w.letters, l); len(w.letters) > kept {
		w.letters = w.letters[len(w.letters)-kept:]
	}
}

// Secret signs every webhook.
func (w *World) Secret() []byte { return w.secret }

// Counts tells how many mails and webhooks arrived.
func (w *World) Counts() (mails, hooks int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mails, w.seen
}

// Find returns the letters to whose receiver's name contains part, the newest first.
func (w *World) Find(part string) (out []Letter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range slices.Backward(w.letters) {
		if strings.Contains(strings.ToLower(l.To), strings.ToLower(part)) {
			out = append(out, l)
		}
	}
	return out
}

// Close closes all receivers.
func (w *World) Close() error {
	err := errors.Join(w.hooks.Close(), w.mail.Close())
	for _, x := range w.apart {
		err = errors.Join(err, x.server.Close())
	}
	w.wg.Wait()
	return err
}

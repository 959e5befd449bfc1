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
	"time"
)

// A World is what the platform talks to instead of the outside.
type World struct {
	mail   net.Listener
	hooks  *http.Server
	hook   net.Listener
	secret []byte
	wg     sync.WaitGroup

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

// Start opens both receivers on this machine.
func Start() (*World, error) {
	w := &World{secret: make([]byte, 32), ids: map[string]bool{}, open: map[net.Conn]bool{}}
	rand.Read(w.secret) //nolint:errcheck // never fails
	var err error
	if w.mail, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	if w.hook, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		w.mail.Close()
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /hooks/{org}", w.receive)
	w.hooks = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	w.wg.Go(func() { w.hooks.Serve(w.hook) }) //nolint:errcheck // it ends with ErrServerClosed
	w.wg.Go(w.accept)
	return w, nil
}

// MailAddr is where the mail server listens.
func (w *World) MailAddr() string { return w.mail.Addr().String() }

// HookURL is where an organisation, by its short name, receives webhooks.
func (w *World) HookURL(org string) string {
	return "http://" + w.hook.Addr().String() + "/hooks/" + org
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

// Close closes both receivers.
func (w *World) Close() error {
	err := errors.Join(w.hooks.Close(), w.mail.Close())
	w.wg.Wait()
	return err
}

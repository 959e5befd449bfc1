// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

//go:build wip

package demo

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// world is what the platform talks to in the demo: a mail server that keeps what it gets, and one receiver of
// webhooks for everybody.
type world struct {
	mail   net.Listener
	hooks  *http.Server
	hook   net.Listener
	secret []byte
	wg     sync.WaitGroup
	mu     sync.Mutex
	mails  int
	calls  map[string]int // webhooks by receiver
}

func startWorld() (*world, error) {
	w := &world{secret: make([]byte, 32), calls: map[string]int{}}
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

func (w *world) mailAddr() string { return w.mail.Addr().String() }

func (w *world) hookURL(org string) string {
	return "http://" + w.hook.Addr().String() + "/hooks/" + org
}

func (w *world) receive(rw http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20)); err != nil {
		return
	}
	w.mu.Lock()
	w.calls[r.PathValue("org")]++
	w.mu.Unlock()
	rw.WriteHeader(http.StatusNoContent)
}

// counts tells how many mails and webhooks arrived.
func (w *world) counts() (mails, hooks int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.calls {
		hooks += n
	}
	return w.mails, hooks
}

func (w *world) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := errors.Join(w.hooks.Shutdown(ctx), w.mail.Close())
	w.wg.Wait()
	return err
}

func (w *world) accept() {
	var conns sync.WaitGroup
	defer conns.Wait()
	for {
		c, err := w.mail.Accept()
		if err != nil {
			return
		}
		conns.Go(func() { w.talk(c) })
	}
}

// talk is the server's side of SMTP (RFC 5321), as far as a catcher on this machine needs it.
func (w *world) talk(c net.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second)) //nolint:errcheck // a connection without deadlines ends with the demo
	r := bufio.NewReader(c)
	say := func(s string) bool {
		_, err := io.WriteString(c, s+"\r\n")
		return err == nil
	}
	for ok := say("220 demo"); ok; {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		switch verb {
		case "EHLO", "HELO":
			ok = say("250-demo\r\n250 8BITMIME")
		case "DATA":
			ok = say("354 go on") && w.swallow(r) && say("250 kept")
		case "QUIT":
			say("221 bye")
			return
		default:
			ok = say("250 ok")
		}
	}
}

// swallow reads a message up to the line with a dot.
func (w *world) swallow(r *bufio.Reader) bool {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			w.mu.Lock()
			w.mails++
			w.mu.Unlock()
			return true
		}
	}
}

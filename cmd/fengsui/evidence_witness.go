// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/spec/cosign"
	"github.com/fengsui/fengsui/internal/witness"
)

type evidenceWitnessCmd struct {
	Keygen evidenceWitnessKeygenCmd `cmd:"" help:"Make a witness's key."`
	Serve  evidenceWitnessServeCmd  `cmd:"" help:"Answer add-checkpoint (c2sp.org/tlog-witness)."`
}

type evidenceWitnessKeygenCmd struct {
	Name string `arg:"" help:"Name of the witness: a domain of yours."`
	Out  string `help:"File for the private half." default:"witness.key" placeholder:"FILE"`
}

// Help is the example.
func (evidenceWitnessKeygenCmd) Help() string {
	return "Example:\n  fengsui evidence witness keygen witness.example.org --out witness.key"
}

// Run makes a key. It never overwrites one.
func (k *evidenceWitnessKeygenCmd) Run(e *env) error {
	skey, vkey, err := cosign.NewKey(k.Name)
	if err != nil {
		return usage{err}
	}
	f, err := os.OpenFile(k.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(skey + "\n")
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.Stdout, vkey)
	return err
}

type evidenceWitnessServeCmd struct {
	Key    string   `help:"File with the witness's private key." default:"witness.key" placeholder:"FILE"`
	Log    []string `help:"Public key or list of keys of a log to vouch for, or the file that holds it. May be repeated." required:"" placeholder:"KEY|FILE"`
	Memory string   `help:"File in which the last tree of each log is kept: never lose it, never copy it back." default:"witness.json" placeholder:"FILE"`
	Listen string   `help:"Address to listen on." default:"127.0.0.1:8091"`
}

// Help is the example.
func (evidenceWitnessServeCmd) Help() string {
	return "Example:\n  fengsui evidence witness serve --key witness.key --log evidence.vkey --listen 127.0.0.1:8091\n" +
		"The log's operator enters the address and the witness's public key under witnesses in the platform's configuration."
}

// Run serves until it is interrupted.
func (w *evidenceWitnessServeCmd) Run(ctx context.Context, e *env, c *client) error {
	skey, err := os.ReadFile(w.Key)
	if err != nil {
		return err
	}
	signer, err := cosign.NewSigner(string(skey), calendar.System{}.Now)
	if err != nil {
		return err
	}
	var logs []evidence.Keys
	for _, key := range w.Log {
		keys, err := evidence.ParseKeys(c.keyText(key))
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		logs = append(logs, keys)
	}
	s, err := witness.NewServer(signer, w.Memory, logs...)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", w.Listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "witness %s listens on http://%s\n", signer.Key(), l.Addr())
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 20 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	down, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return srv.Shutdown(down)
}

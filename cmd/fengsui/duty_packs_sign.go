// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/fengsui/fengsui/internal/spec/lawpack"
)

type dutyPacksKeygenCmd struct {
	Name string `arg:"" help:"Name of the key, such as laws.example.org: no blanks, no plus signs."`
	Key  string `help:"Where to keep the secret key." default:"lawpack.key" placeholder:"FILE"`
}

// Help is the example.
func (dutyPacksKeygenCmd) Help() string {
	return "Example:\n  fengsui duty packs keygen laws.example.org\nThe line that is printed goes into law_packs.trusted_keys of the platform's configuration."
}

// Run makes a key; one that is there already is never overwritten.
func (x *dutyPacksKeygenCmd) Run(c *client) error {
	skey, vkey, err := lawpack.NewKey(x.Name)
	if err != nil {
		return usage{err}
	}
	f, err := os.OpenFile(x.Key, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return usage{err}
	}
	_, err = f.WriteString(skey + "\n")
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return c.print(map[string]string{"verifier_key": vkey, "secret_key_file": x.Key}, func(w io.Writer) { fmt.Fprintln(w, vkey) })
}

type dutyPacksSignCmd struct {
	File     string `arg:"" help:"A pack; a wrong one is not signed." type:"existingfile"`
	Key      string `help:"The secret key." default:"lawpack.key" placeholder:"FILE"`
	Out      string `help:"Where to write; the file itself when left out." placeholder:"FILE"`
	Detached bool   `help:"Write the signed note alone, to FILE.sig unless --out says otherwise."`
}

// Help is the example.
func (dutyPacksSignCmd) Help() string {
	return "Example:\n  fengsui duty packs sign my-law.yaml\nThe signature stands under the pack as comments; it is a signed note (golang.org/x/mod/sumdb/note, Ed25519) about the name and the SHA-256 of everything above it."
}

// Run signs.
func (x *dutyPacksSignCmd) Run(c *client) error {
	p, err := readPack(x.File)
	if err != nil {
		return err
	}
	skey, err := os.ReadFile(x.Key)
	if err != nil {
		return usage{err}
	}
	note, err := lawpack.Sign(p, string(skey))
	if err != nil {
		return usage{err}
	}
	out, file := lawpack.Embed(p.Text(), note), cmp.Or(x.Out, x.File)
	if x.Detached {
		out, file = []byte(note), cmp.Or(x.Out, x.File+".sig")
	}
	if err := os.WriteFile(file, out, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(c.env.Stdout, "%s: %s signed\n", file, p.Ref())
	return nil
}

type dutyPacksDiffCmd struct {
	Old string `arg:"" help:"A file, or the name of a pack in this binary such as cn-rmsv-2021."`
	New string `arg:"" help:"A file."`
}

// Help is the example.
func (dutyPacksDiffCmd) Help() string {
	return "Example:\n  fengsui duty packs diff cn-rmsv-2021 my-law.yaml"
}

// Run shows the changes.
func (x *dutyPacksDiffCmd) Run(c *client) error {
	old, err := knownPack(x.Old)
	if err != nil {
		return err
	}
	p, err := readPack(x.New)
	if err != nil {
		return err
	}
	changes := lawpack.Diff(old, p)
	return c.print(changes, func(w io.Writer) {
		for _, d := range changes {
			fmt.Fprintf(w, "%-20s %-20s %s → %s\n", cmp.Or(d.Duty, "(pack)"), d.Item, cmp.Or(d.From, "(none)"), cmp.Or(d.To, "(none)"))
		}
		if len(changes) == 0 {
			fmt.Fprintln(w, "no difference")
		}
	})
}

// knownPack reads a file, or finds a pack in this binary by its name or by its regime.
func knownPack(name string) (*lawpack.Pack, error) {
	if _, err := os.Stat(name); err == nil {
		return readPack(name)
	}
	for _, p := range lawpack.Builtin() {
		if p.Ref() == name || p.Regime == name {
			return p, nil
		}
	}
	return nil, usage{fmt.Errorf("%s is no file, and no pack in this binary; 'fengsui duty packs list' names those", name)}
}

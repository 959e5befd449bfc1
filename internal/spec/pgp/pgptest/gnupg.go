// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package pgptest makes OpenPGP keys with GnuPG, and reads and verifies with it what our own code wrote. Debian's package
// is gnupg; a machine without it cannot run the tests.
package pgptest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A Holder has a GnuPG of its own, with one key.
type Holder struct {
	t    testing.TB
	home string
	at   time.Time
	id   string
}

// New makes a key, as gpg --quick-generate-key takes algorithm, usage and expiry, at a time in the past.
func New(t testing.TB, at time.Time, id, algorithm, usage, expires string) *Holder {
	t.Helper()
	home, err := os.MkdirTemp("", "gnupg") // the agent's socket needs a short path
	if err != nil {
		t.Fatal(err)
	}
	h := &Holder{t, home, at, id}
	t.Cleanup(func() {
		exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run() //nolint:errcheck // there may be none
		os.RemoveAll(home)                                                //nolint:errcheck // a temporary directory
	})
	h.must("--quick-generate-key", id, algorithm, usage, expires)
	return h
}

// gpg runs GnuPG with what it reads, and returns what it writes and what it says of it.
func (h *Holder) gpg(in []byte, args ...string) (out []byte, status string, err error) {
	all := append([]string{"--homedir", h.home, "--batch", "--yes", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", "", "--trust-model", "always", "--status-fd", "2",
		"--faked-system-time", fmt.Sprintf("%d!", h.at.Unix()), "--ignore-time-conflict", "--no-auto-check-trustdb"}, args...)
	cmd := exec.Command("gpg", all...)
	var said bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &said
	out, err = cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		h.t.Fatal("GnuPG is missing: apt-get install gnupg")
	}
	return out, said.String(), err
}

func (h *Holder) must(args ...string) []byte {
	h.t.Helper()
	out, said, err := h.gpg(nil, args...)
	if err != nil {
		h.t.Fatalf("gpg %s: %v\n%s", strings.Join(args, " "), err, said)
	}
	return out
}

func (h *Holder) fingerprint() string {
	for line := range strings.Lines(string(h.must("--with-colons", "--list-keys", h.id))) {
		if f := strings.Split(line, ":"); f[0] == "fpr" {
			return f[9]
		}
	}
	h.t.Fatal("the key has no fingerprint")
	return ""
}

// AddSub adds a key below the first one.
func (h *Holder) AddSub(algorithm, usage, expires string) {
	h.t.Helper()
	h.must("--quick-add-key", h.fingerprint(), algorithm, usage, expires)
}

// Public is the public key in ASCII armour.
func (h *Holder) Public() []byte { return h.must("--armor", "--export", h.id) }

// Private is the private key, without a passphrase.
func (h *Holder) Private() []byte { return h.must("--armor", "--export-secret-keys", h.id) }

// Locked is the private key with a passphrase. It changes the key.
func (h *Holder) Locked(passphrase string) []byte {
	h.t.Helper()
	cmd := exec.Command("gpg", "--homedir", h.home, "--no-tty", "--yes", "--pinentry-mode", "loopback", "--command-fd", "0", "--change-passphrase", h.id)
	cmd.Stdin = strings.NewReader(passphrase + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		h.t.Fatalf("lock the key: %v\n%s", err, out)
	}
	out, said, err := h.gpg(nil, "--passphrase", passphrase, "--armor", "--export-secret-keys", h.id)
	if err != nil {
		h.t.Fatalf("%v\n%s", err, said)
	}
	return out
}

// Revoked is the public key with its revocation. It leaves the holder's own as it is.
func (h *Holder) Revoked() []byte {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.home, "openpgp-revocs.d", h.fingerprint()+".rev"))
	if err != nil {
		h.t.Fatal(err)
	}
	other := New(h.t, h.at, "other@unit.example", "ed25519", "cert,sign", "1y")
	other.id = h.id
	other.Import(h.Public())
	other.Import(bytes.Replace(b, []byte(":-----BEGIN"), []byte("-----BEGIN"), 1)) // the colon keeps it from being used by mistake
	return other.Public()
}

// Import takes another's public key.
func (h *Holder) Import(key []byte) {
	h.t.Helper()
	if _, said, err := h.gpg(key, "--import"); err != nil {
		h.t.Fatalf("import: %v\n%s", err, said)
	}
}

// Decrypt opens a message.
func (h *Holder) Decrypt(message []byte) (plain []byte, status string, err error) {
	return h.gpg(message, "--decrypt")
}

// Verify checks a detached signature.
func (h *Holder) Verify(text, signature []byte) (status string, err error) {
	h.t.Helper()
	path := filepath.Join(h.t.TempDir(), "signature.asc")
	if err := os.WriteFile(path, signature, 0o600); err != nil {
		h.t.Fatal(err)
	}
	_, status, err = h.gpg(text, "--verify", path, "-")
	return status, err
}

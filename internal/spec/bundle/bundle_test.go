// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package bundle_test

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/spec/bundle"
)

var files = []bundle.File{{Name: "manifest.json", Bytes: []byte(`{"n":1}`)}, {Name: "README.txt", Bytes: []byte("read 读\n")}, {Name: "FS-W-2021-0001/sheet.html", Bytes: []byte("<p>x</p>")}, {Name: "FS-W-2021-0001/empty.txt"}}

func pair(t testing.TB) (ed25519.PublicKey, func([]byte) ([]byte, error)) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return public, func(b []byte) ([]byte, error) { return ed25519.Sign(private, b), nil }
}

// Stock tools of others take a bundle apart and verify it.
func TestStockToolsVerify(t *testing.T) {
	public, sign := pair(t)
	b, err := bundle.Write(files, sign)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string][]byte{"b.zip": b, "key.pem": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(name string, args ...string) error {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", name, err, out)
		}
		return nil
	}
	verify := []string{"pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", bundle.Sums, "-sigfile", bundle.Signature}
	for _, x := range [][]string{{"python3", "-m", "zipfile", "-t", "b.zip"}, {"python3", "-m", "zipfile", "-e", "b.zip", "."}, append([]string{"openssl"}, verify...), {"sha256sum", "--check", "--strict", bundle.Sums}} {
		if err := run(x[0], x[1:]...); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "README.txt"), []byte("read it\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run("sha256sum", "--check", "--strict", bundle.Sums); err == nil {
		t.Error("sha256sum takes an altered file")
	}
	if err := os.WriteFile(filepath.Join(dir, bundle.Sums), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run("openssl", verify...); err == nil {
		t.Error("openssl takes altered sums")
	}
}

// Every bit counts: no byte can be changed, left out or added unseen.
func TestAChangedByteAnywhereIsFound(t *testing.T) {
	public, sign := pair(t)
	b, err := bundle.Write(files, sign)
	if err != nil {
		t.Fatal(err)
	}
	found := func(b []byte) bool {
		x, err := bundle.Read(b)
		return err != nil || !ed25519.Verify(public, x.Sums, x.Signature)
	}
	x, err := bundle.Read(b)
	if err != nil || found(b) || string(x.File("README.txt")) != "read 读\n" || x.File("none") != nil || len(x.Files) != len(files) {
		t.Fatalf("%+v, %v", x, err)
	}
	for i := range b {
		for _, bit := range []byte{1, 0x20, 0x80} {
			c := bytes.Clone(b)
			c[i] ^= bit
			if !found(c) {
				t.Errorf("byte %d of %d changed unseen", i, len(b))
			}
		}
		if !found(append(bytes.Clone(b[:i]), b[i+1:]...)) {
			t.Errorf("byte %d left out unseen", i)
		}
	}
	for name, c := range map[string][]byte{"behind": append(bytes.Clone(b), 0), "before": append([]byte("MZ"), b...), "twice": append(bytes.Clone(b), b...), "nothing": nil} {
		if !found(c) {
			t.Errorf("something stands %s unseen", name)
		}
	}
	again, err := bundle.Write(append(files[2:], files[:2]...), sign)
	if err != nil || !bytes.Equal(again, b) {
		t.Errorf("the same files in another order are another bundle: %v", err)
	}
}

// Archives that other programs would fall for are refused without being unpacked.
func TestTricksAreRefused(t *testing.T) {
	_, sign := pair(t)
	for _, name := range []string{"", "../x", "/etc/passwd", "a/../../x", `a\..\x`, "C:x", "a//b", "a/", ".ssh", "a/.x", "x\x00y", "名", "a b", "a/b/c/d/e", "a..b", "con.", bundle.Sums, strings.Repeat("a", 300)} {
		if _, err := bundle.Write([]bundle.File{{Name: name}}, sign); !errors.Is(err, bundle.ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := bundle.Write([]bundle.File{{Name: "a"}, {Name: "A"}, {Name: "B"}}, sign); !errors.Is(err, bundle.ErrName) {
		t.Errorf("two names that are one on some machines: %v", err)
	}
	written := func(method uint16, names ...string) []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, n := range names {
			f, err := w.CreateHeader(&zip.FileHeader{Name: n, Method: method})
			if err != nil {
				t.Fatal(err)
			}
			if n == bundle.Signature {
				f.Write(make([]byte, 64)) //nolint:errcheck // into memory
			} else {
				f.Write(make([]byte, 1<<24)) //nolint:errcheck // into memory
			}
		}
		w.Close()
		return b.Bytes()
	}
	for what, b := range map[string][]byte{
		"a bomb":          written(zip.Deflate, bundle.Sums, bundle.Signature, "a"),
		"a path upwards":  written(zip.Store, bundle.Sums, bundle.Signature, "../a"),
		"twice one name":  written(zip.Store, bundle.Sums, bundle.Signature, "a", "a"),
		"no sums":         written(zip.Store, "a"),
		"another archive": written(zip.Store, bundle.Sums, bundle.Signature, "a"),
		"no archive":      []byte("PK"),
		"too big":         make([]byte, bundle.MaxBytes+1),
	} {
		if x, err := bundle.Read(b); err == nil {
			t.Errorf("%s: %d files", what, len(x.Files))
		}
	}
	if _, err := bundle.Write(files, func([]byte) ([]byte, error) { return []byte("short"), nil }); !errors.Is(err, bundle.ErrSigning) {
		t.Error(err)
	}
}

// Whatever is read as a bundle is one: it is written again the same.
func FuzzRead(f *testing.F) {
	_, sign := pair(f)
	b, err := bundle.Write(files, sign)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("PK\x05\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := bundle.Read(b)
		if err != nil {
			return
		}
		again, err := bundle.Write(x.Files, func([]byte) ([]byte, error) { return x.Signature, nil })
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%v: %s", err, cmp.Diff(b, again))
		}
	})
}

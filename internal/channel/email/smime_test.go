// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package email_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/channel/email"
	"github.com/fengsui/fengsui/internal/delivery"
)

// identity is a key with its certificate, in files for openssl.
type identity struct {
	pair      tls.Certificate
	pem       []byte
	cert, key string // files
}

func newIdentity(t *testing.T, key crypto.Signer, usage x509.KeyUsage, until time.Time) identity {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "warnings@fengsui.example"}, NotBefore: at.Add(-time.Hour), NotAfter: until,
		KeyUsage: usage, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}, EmailAddresses: []string{"warnings@fengsui.example"}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	id := identity{pair: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
	id.cert = write(t, "cert.pem", id.pem)
	id.key = write(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: bytes}))
	return id
}

func write(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// openssl is on every Debian; a machine without it cannot run these tests.
func openssl(args ...string) ([]byte, error) {
	out, err := exec.Command("openssl", args...).Output()
	var x *exec.ExitError
	if errors.As(err, &x) {
		err = errors.New(err.Error() + ": " + string(x.Stderr))
	}
	return out, err
}

func sent(t *testing.T, c email.Channel, got chan string, m delivery.Message) []byte {
	t.Helper()
	if _, err := c.Send(context.Background(), "warning:w:1:o:email", at, m); err != nil {
		t.Fatal(err)
	}
	return []byte(strings.ReplaceAll(<-got, "\r\n..", "\r\n."))
}

const checkedAt = "1639098123" // at

// OpenSSL accepts the signature of what was sent, and of nothing else.
func TestOpenSSLVerifiesTheSignature(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"RSA": rsaKey(t, 2048), "ECDSA": ec} {
		for form, html := range map[string]string{"text and HTML": warning.HTML, "text": ""} {
			t.Run(name+", "+form, func(t *testing.T) {
				us := newIdentity(t, key, x509.KeyUsageDigitalSignature, at.Add(24*time.Hour))
				addr, got := server(t, nil)
				c := channel(addr)
				c.Sign = &us.pair
				m := warning
				m.HTML, m.After, m.Class, m.Unsubscribe, m.Urgent = html, []string{"a", "b", "c"}, "prompt", "https://fengsui.example/u/x", true
				raw := sent(t, c, got, m)
				text, err := openssl("cms", "-verify", "-in", write(t, "mail.eml", raw), "-CAfile", us.cert, "-purpose", "any", "-attime", checkedAt)
				if err != nil || !bytes.Contains(text, []byte("=E8=AF=B7")) { // 请, quoted-printable
					t.Fatalf("%v\n%s\n%s", err, text, raw)
				}
				forged := bytes.Replace(raw, []byte("=E8=AF=B7"), []byte("=E8=AF=B8"), 1)
				if _, err := openssl("cms", "-verify", "-in", write(t, "mail.eml", forged), "-CAfile", us.cert, "-purpose", "any", "-attime", checkedAt); err == nil {
					t.Error("an altered mail is accepted")
				}
			})
		}
	}
}

// OpenSSL opens what was encrypted with the recipient's key, and finds our signature inside; on the way nothing of the
// text can be read.
func TestOpenSSLDecryptsWhatWasSealed(t *testing.T) {
	us := newIdentity(t, rsaKey(t, 2048), x509.KeyUsageDigitalSignature, at.Add(24*time.Hour))
	them := newIdentity(t, rsaKey(t, 3072), x509.KeyUsageKeyEncipherment|x509.KeyUsageDigitalSignature, at.Add(24*time.Hour))
	other := newIdentity(t, rsaKey(t, 2048), 0, at.Add(24*time.Hour))
	addr, got := server(t, nil)
	c := channel(addr)
	c.Sign = &us.pair
	m := warning
	m.Subject, m.Sealed, m.To.Certificate, m.Text = "[TLP:AMBER] FS-W-2021-0001", true, them.pem, "canary-of-the-text"
	raw := sent(t, c, got, m)
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if kind := parsed.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/pkcs7-mime; smime-type=enveloped-data") || len(parsed.Header["Content-Type"]) != 1 {
		t.Errorf("content type %q", parsed.Header["Content-Type"])
	}
	if bytes.Contains(raw, []byte("canary")) || parsed.Header.Get("X-TLP") != "AMBER" {
		t.Errorf("on the way:\n%s", raw)
	}
	inner, err := openssl("cms", "-decrypt", "-in", write(t, "mail.eml", raw), "-recip", them.cert, "-inkey", them.key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := openssl("cms", "-verify", "-in", write(t, "inner.eml", inner), "-CAfile", us.cert, "-purpose", "any", "-attime", checkedAt)
	if err != nil || !bytes.Contains(text, []byte("canary-of-the-text")) {
		t.Fatalf("%v\n%s", err, inner)
	}
	if out, err := openssl("cms", "-decrypt", "-in", write(t, "mail.eml", raw), "-recip", other.cert, "-inkey", other.key); err == nil && bytes.Contains(out, []byte("canary")) {
		t.Error("another key opens it")
	}
}

// A text that may leave encrypted only does not leave otherwise, whatever is wrong with the certificate; a thin one does.
func TestSealedTextsNeverLeaveInClear(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	addr, got := server(t, nil)
	for name, text := range map[string][]byte{
		"none":        nil,
		"no PEM":      []byte("certificate"),
		"a key":       pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte{1}}),
		"broken":      pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{48, 3, 1}}),
		"huge":        bytes.Repeat([]byte("x"), 1<<20),
		"elliptic":    newIdentity(t, ec, 0, at.Add(time.Hour)).pem,
		"short":       newIdentity(t, rsaKey(t, 1024), 0, at.Add(time.Hour)).pem,
		"for signing": newIdentity(t, rsaKey(t, 2048), x509.KeyUsageDigitalSignature, at.Add(time.Hour)).pem,
		"expired":     newIdentity(t, rsaKey(t, 2048), 0, at.Add(-time.Minute)).pem,
	} {
		m := warning
		m.To.Certificate, m.Sealed = text, true
		_, err := channel(addr).Send(context.Background(), "id", at, m)
		var p delivery.Permanent
		if err == nil || errors.As(err, &p) || m.To.Seals(at) {
			t.Errorf("%s: %v, want another try", name, err)
		}
		if len(got) != 0 {
			t.Fatalf("%s: it left", name)
		}
		m.Sealed = false
		if _, err := channel(addr).Send(context.Background(), "id", at, m); err != nil || len(got) != 1 {
			t.Errorf("%s: a thin text: %v", name, err)
		}
		<-got
	}
}

// Optional mail can be ended by one click (RFC 8058), mandatory mail cannot; only red is shown as urgent.
func TestHeadersOfClasses(t *testing.T) {
	addr, got := server(t, nil)
	head := func(class, unsubscribe string, urgent bool) mail.Header {
		m := warning
		m.Class, m.Unsubscribe, m.Urgent, m.After = class, unsubscribe, urgent, []string{"warning:w:1:o:email"}
		parsed, err := mail.ReadMessage(bytes.NewReader(sent(t, channel(addr), got, m)))
		if err != nil {
			t.Fatal(err)
		}
		return parsed.Header
	}
	h := head("digest", "https://fengsui.example/u/abc", false)
	if h.Get("List-Unsubscribe") != "<https://fengsui.example/u/abc>" || h.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" || h.Get("List-Id") != "<digest.fengsui.example>" || h.Get("X-Priority") != "" {
		t.Errorf("optional: %v", h)
	}
	refs := strings.Fields(h.Get("References"))
	if len(refs) != 2 || refs[1] != h.Get("In-Reply-To") || refs[1] != h.Get("Message-Id") { // it follows itself here: the same id
		t.Errorf("References %q, In-Reply-To %q, Message-ID %q", refs, h.Get("In-Reply-To"), h.Get("Message-Id"))
	}
	if h = head("mandatory", "https://fengsui.example/u/abc", true); h.Get("List-Unsubscribe") != "" || h.Get("List-Unsubscribe-Post") != "" || h.Get("X-Priority") != "1" {
		t.Errorf("mandatory: %v", h)
	}
	if h = head("", "", false); h.Get("List-Id") != "" {
		t.Errorf("no class: %v", h)
	}
}

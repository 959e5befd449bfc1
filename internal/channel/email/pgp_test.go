// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package email_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/spec/pgp"
	"github.com/fengsui/fengsui/internal/spec/pgp/pgptest"
)

func signer(t *testing.T) (*pgp.Signer, *pgptest.Holder) {
	t.Helper()
	us := pgptest.New(t, at, "warnings@fengsui.example", "ed25519", "cert,sign", "1y")
	s, err := pgp.ReadSigner(us.Private(), at)
	if err != nil {
		t.Fatal(err)
	}
	return s, us
}

// halves are the two parts of a mail of PGP/MIME, as they stood on the wire, with what the mail says that it is.
func halves(t *testing.T, raw []byte) (kind string, params map[string]string, first, second []byte) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Header["Content-Type"]) != 1 {
		t.Errorf("content types %q", m.Header["Content-Type"])
	}
	if kind, params, err = mime.ParseMediaType(m.Header.Get("Content-Type")); err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	parts := bytes.Split(append([]byte("\r\n"), body...), []byte("\r\n--"+params["boundary"]))
	if len(parts) != 4 || !bytes.HasPrefix(parts[3], []byte("--")) {
		t.Fatalf("%d parts in\n%s", len(parts), raw)
	}
	return kind, params, bytes.TrimPrefix(parts[1], []byte("\r\n")), bytes.TrimPrefix(parts[2], []byte("\r\n"))
}

// GnuPG opens mail for who has handed in an OpenPGP key, and finds the platform's signature in it.
func TestGnuPGOpensMail(t *testing.T) {
	by, us := signer(t)
	them := pgptest.New(t, at, "psirt@member.example", "ed25519", "cert,sign", "1y")
	them.AddSub("cv25519", "encr", "1y")
	them.Import(us.Public())
	addr, got := server(t, nil)
	c := channel(addr)
	c.OpenPGP = by
	smime := newIdentity(t, rsaKey(t, 2048), x509.KeyUsageDigitalSignature, at.Add(24*time.Hour))
	for _, c.Sign = range []*tls.Certificate{nil, &smime.pair} { // what OpenPGP encrypts it signs as well
		m := warning
		m.Subject, m.Sealed, m.To.Certificate, m.Text = "[TLP:AMBER] FS-W-2021-0001", true, them.Public(), "canary-of-the-text"
		m.HTML = "<p>canary-of-the-page</p>"
		raw := sent(t, c, got, m)
		if bytes.Contains(raw, []byte("canary")) || bytes.Contains(bytes.ReplaceAll(raw, []byte("\r\n"), nil), []byte("\n")) {
			t.Errorf("on the way:\n%s", raw)
		}
		kind, params, first, second := halves(t, raw)
		if kind != "multipart/encrypted" || params["protocol"] != "application/pgp-encrypted" || !bytes.Contains(first, []byte("\r\n\r\nVersion: 1")) {
			t.Errorf("%s %v\n%s", kind, params, first)
		}
		plain, said, err := them.Decrypt(second[bytes.Index(second, []byte("-----BEGIN")):])
		if err != nil || !strings.Contains(said, "GOODSIG") {
			t.Fatalf("%v\n%s", err, said)
		}
		inner, err := mail.ReadMessage(bytes.NewReader(plain))
		if err != nil {
			t.Fatal(err)
		}
		_, params, err = mime.ParseMediaType(inner.Header.Get("Content-Type"))
		if err != nil || len(inner.Header) != 1 {
			t.Fatalf("%v: %v", inner.Header, err)
		}
		parts := multipart.NewReader(inner.Body, params["boundary"])
		for _, want := range []string{"canary-of-the-text", "<p>canary-of-the-page</p>"} {
			p, err := parts.NextPart()
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(p); err != nil || strings.TrimSpace(string(text)) != want {
				t.Errorf("%q, %v; want %q", text, err, want)
			}
		}
	}
}

// GnuPG accepts the signature of mail to who has handed in nothing, and of nothing else.
func TestGnuPGVerifiesMail(t *testing.T) {
	by, us := signer(t)
	them := pgptest.New(t, at, "psirt@member.example", "ed25519", "cert,sign", "1y")
	them.Import(us.Public())
	addr, got := server(t, nil)
	c := channel(addr)
	c.OpenPGP = by
	for form, html := range map[string]string{"text and HTML": warning.HTML, "text": ""} {
		t.Run(form, func(t *testing.T) {
			m := warning
			m.HTML = html
			m.Text += "\nFrom here on: trailing blanks   \n"
			raw := sent(t, c, got, m)
			kind, params, first, second := halves(t, raw)
			if kind != "multipart/signed" || params["protocol"] != "application/pgp-signature" || params["micalg"] != "pgp-sha256" {
				t.Errorf("%s %v", kind, params)
			}
			if bytes.Contains(first, []byte("\nFrom ")) || bytes.Contains(first, []byte(" \r\n")) {
				t.Errorf("it may be altered on the way:\n%s", first)
			}
			signature := second[bytes.Index(second, []byte("-----BEGIN")):]
			if said, err := them.Verify(first, signature); err != nil || !strings.Contains(said, "VALIDSIG") {
				t.Fatalf("%v\n%s\n%s", err, said, raw)
			}
			if said, err := them.Verify(bytes.Replace(first, []byte("=E8=AF=B7"), []byte("=E8=AF=B8"), 1), signature); err == nil {
				t.Errorf("an altered mail is accepted:\n%s", said)
			}
		})
	}
}

// A text that may leave encrypted only does not leave when the key has expired, and is tried again; a thin one does.
func TestSealedTextsWaitForAKey(t *testing.T) {
	them := pgptest.New(t, at, "psirt@member.example", "ed25519", "cert,sign", "1y")
	them.AddSub("cv25519", "encr", "2d")
	addr, got := server(t, nil)
	later := at.AddDate(0, 0, 3)
	m := warning
	m.To.Certificate, m.Sealed = them.Public(), true
	if !m.To.Seals(at) || m.To.Seals(later) {
		t.Errorf("seals: %t, %t", m.To.Seals(at), m.To.Seals(later))
	}
	if _, err := channel(addr).Send(context.Background(), "id", later, m); err == nil || len(got) != 0 {
		t.Fatalf("it left, or nothing was wrong: %v", err)
	}
	m.Sealed = false
	if _, err := channel(addr).Send(context.Background(), "id", later, m); err != nil || len(got) != 1 {
		t.Errorf("a thin text: %v", err)
	}
}

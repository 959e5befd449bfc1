// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
	"github.com/smallstep/pkcs7"

	"github.com/fengsui/fengsui/internal/db/dbtest"
	"github.com/fengsui/fengsui/internal/delivery"
)

// keys are what mails are signed and encrypted with: the platform's own and its recipients', in both forms.
type keys struct {
	key  *rsa.PrivateKey
	cert *x509.Certificate
	pgp  *openpgp.Entity
}

func newKeys(t *testing.T) (k keys) {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	k.key, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "unit"}, NotBefore: dbtest.Start.Add(-time.Hour), NotAfter: dbtest.Start.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &k.key.PublicKey, k.key)
	must(err)
	k.cert, err = x509.ParseCertificate(der)
	must(err)
	k.pgp, err = openpgp.NewEntity("unit", "", "soc@unit.example", &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA, DefaultHash: crypto.SHA256, Time: func() time.Time { return dbtest.Start.Add(-time.Hour) }})
	must(err)
	return k
}

func (k keys) pkcs8(t *testing.T) []byte {
	t.Helper()
	b, err := x509.MarshalPKCS8PrivateKey(k.key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// armoured is the OpenPGP key as text.
func (k keys) armoured(t *testing.T, private bool) []byte {
	t.Helper()
	var b bytes.Buffer
	kind, write := openpgp.PublicKeyType, k.pgp.Serialize
	if private {
		kind, write = openpgp.PrivateKeyType, func(w io.Writer) error { return k.pgp.SerializePrivate(w, nil) }
	}
	w, err := armor.Encode(&b, kind, nil)
	if err == nil {
		err = errors.Join(write(w), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func kept(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens a mail as its recipient does; nil for one that is not encrypted.
func (k keys) open(m *mail.Message, at time.Time) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return nil, err
	case kind == "application/pkcs7-mime" && params["smime-type"] == "enveloped-data":
		der, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
		if err != nil {
			return nil, err
		}
		p, err := pkcs7.Parse(der)
		if err != nil {
			return nil, err
		}
		return p.Decrypt(k.cert, k.key)
	case kind == "multipart/mixed" || kind == "multipart/encrypted":
		parts := multipart.NewReader(m.Body, params["boundary"])
		for p, err := parts.NextPart(); err == nil; p, err = parts.NextPart() {
			body, err := io.ReadAll(p)
			if err != nil {
				return nil, err
			}
			if strings.HasPrefix(p.Header.Get("Content-Type"), "multipart/encrypted") {
				return k.open(&mail.Message{Header: mail.Header(p.Header), Body: bytes.NewReader(body)}, at)
			}
			if !bytes.Contains(body, []byte("BEGIN PGP MESSAGE")) {
				continue
			}
			block, err := armor.Decode(bytes.NewReader(body))
			if err != nil {
				return nil, err
			}
			sealed, err := openpgp.ReadMessage(block.Body, openpgp.EntityList{k.pgp}, nil, &packet.Config{Time: func() time.Time { return at }})
			if err != nil {
				return nil, err
			}
			return io.ReadAll(sealed.UnverifiedBody)
		}
	}
	return nil, nil
}

// writer keeps what is written as something that left.
type writer struct {
	m   *mine
	way string
}

// Write implements io.Writer.
func (w writer) Write(p []byte) (int, error) {
	w.m.take(w.way, "", bytes.Clone(p))
	return len(p), nil
}

// post is where webhooks, robots and short messages arrive: /ORGANISATION/WAY.
func (m *mine) post(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var head bytes.Buffer
	r.Header.Write(&head) //nolint:errcheck // into memory
	to, way, _ := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
	m.take(way, to, slices.Concat([]byte(r.URL.String()+"\n"), head.Bytes(), []byte("\n"), body))
	if m.fails() { // and says back what it got, as some do
		w.WriteHeader(http.StatusInternalServerError)
		w.Write(body) //nolint:errcheck // a test's sink
		return
	}
	answers := map[string]string{delivery.DingTalk: `{"errcode":0}`, delivery.WeCom: `{"errcode":0}`, delivery.Feishu: `{"code":0}`, delivery.Slack: "ok", delivery.Teams: "1"}
	io.WriteString(w, answers[way]) //nolint:errcheck // a test's sink
}

// fails says of every sixth message that it does not arrive at the first time.
func (m *mine) fails() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.arrived++
	return m.arrived%6 == 0
}

// mailServer keeps mails; what was encrypted is kept twice, as it was on the way and as its recipient reads it.
func (m *mine) mailServer() (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	m.ok(err)
	m.Cleanup(func() { l.Close() })
	got := func(rcpt string, raw []byte) (answer string) {
		answer = "250 ok\r\n"
		if m.fails() {
			answer = "451 4.3.0 not now: " + strings.Join(words(raw), " ") + "\r\n"
		}
		_, domain, _ := strings.Cut(rcpt, "@")
		to, _, _ := strings.Cut(domain, ".")
		way := "mail"
		if to == "authority" {
			way = "authority"
		}
		m.take(way, to, raw)
		parsed, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			m.Error(err)
			return answer
		}
		for name, values := range parsed.Header { // whoever carries a mail reads its head
			m.take("head of a mail", to, []byte(name+": "+strings.Join(values, "\n")))
		}
		text, err := m.keys.open(parsed, m.clock.Now())
		if err != nil {
			m.Error(err)
		}
		if text != nil {
			m.take("sealed mail", to, text)
		}
		return answer
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answering(c, got)
		}
	}()
	return l.Addr().String()
}

// smtp takes every mail.
func smtp(c net.Conn, got func(to string, raw []byte)) {
	answering(c, func(to string, raw []byte) string {
		got(to, raw)
		return "250 ok\r\n"
	})
}

// answering is a mail server that answers each mail as it is told.
func answering(c net.Conn, got func(to string, raw []byte) (answer string)) {
	defer c.Close()
	io.WriteString(c, "220 sink\r\n") //nolint:errcheck // a test's sink
	r := bufio.NewReader(c)
	var to string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		answer := "250 ok\r\n"
		switch verb := strings.ToUpper(strings.TrimSpace(strings.SplitN(line, " ", 2)[0])); verb {
		case "RCPT":
			to = line
		case "QUIT":
			return
		case "DATA":
			io.WriteString(c, "354 go on\r\n") //nolint:errcheck // a test's sink
			var b bytes.Buffer
			for line, err = r.ReadString('\n'); err == nil && line != ".\r\n"; line, err = r.ReadString('\n') {
				b.WriteString(strings.TrimPrefix(line, "."))
			}
			answer = got(to, b.Bytes())
		}
		io.WriteString(c, answer) //nolint:errcheck // a test's sink
	}
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package email

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/spec/pgp"
)

// encryptPGP puts a finished mail into a message that only the owner of the key opens, with the platform's signature
// inside (RFC 3156, sections 4 and 6.2).
func (c Channel) encryptPGP(id string, at time.Time, m delivery.Message, inner *mail.Msg, to pgp.Key) (*mail.Msg, error) {
	content, err := content(inner)
	if err != nil {
		return nil, err
	}
	sealed, err := pgp.Encrypt(content, to, c.OpenPGP, at)
	if err != nil {
		return nil, err
	}
	return c.multipart(id, at, m, `encrypted; protocol="application/pgp-encrypted"`,
		[]byte("Content-Type: application/pgp-encrypted\r\nContent-Description: PGP/MIME version identification\r\n\r\nVersion: 1\r\n"),
		append([]byte("Content-Type: application/octet-stream; name=\"encrypted.asc\"\r\nContent-Disposition: inline; filename=\"encrypted.asc\"\r\n\r\n"), sealed...))
}

// signPGP puts the platform's signature beside a finished mail (RFC 3156, section 5).
func (c Channel) signPGP(id string, at time.Time, m delivery.Message, inner *mail.Msg) (*mail.Msg, error) {
	content, err := content(inner)
	if err != nil {
		return nil, err
	}
	// some servers on the way put a ">" before such a line, and the signature would be void (section 3)
	content = bytes.ReplaceAll(content, []byte("\r\nFrom "), []byte("\r\n=46rom "))
	signature, micalg, err := c.OpenPGP.Sign(content, at)
	if err != nil {
		return nil, err
	}
	return c.multipart(id, at, m, `signed; protocol="application/pgp-signature"; micalg=`+micalg, content,
		append([]byte("Content-Type: application/pgp-signature; name=\"signature.asc\"\r\nContent-Disposition: attachment; filename=\"signature.asc\"\r\n\r\n"), signature...))
}

// content is the entity that a mail's text and HTML make.
func content(msg *mail.Msg) ([]byte, error) {
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("protect mail: %w", err)
	}
	return entity(b.Bytes())
}

// multipart is a mail of two parts that stay as they are, byte for byte: the library would write them anew.
func (c Channel) multipart(id string, at time.Time, m delivery.Message, kind string, first, second []byte) (*mail.Msg, error) {
	msg, err := c.envelope(id, at, m)
	if err != nil {
		return nil, delivery.Permanent{Err: err}
	}
	boundary := "fengsui-" + rand.Text()
	var b bytes.Buffer
	for _, part := range [][]byte{first, second} {
		b.WriteString("--" + boundary + "\r\n")
		b.Write(part)
		b.WriteString("\r\n")
	}
	b.WriteString("--" + boundary + "--\r\n")
	err = msg.AttachReader("protected", &b, mail.WithFileEncoding(mail.NoEncoding), func(f *mail.File) {
		f.Header.Set("Content-Type", "multipart/"+kind+"; boundary=\""+boundary+"\"")
		f.Header.Set("Content-Disposition", "inline")
	})
	if err != nil {
		return nil, fmt.Errorf("protect mail: %w", err)
	}
	return msg, nil
}

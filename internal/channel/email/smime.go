// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package email

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/smallstep/pkcs7"
	"github.com/wneessen/go-mail"

	"github.com/fengsui/fengsui/internal/delivery"
)

func init() { // the library's only switch; its default is DES
	pkcs7.ContentEncryptionAlgorithm = pkcs7.EncryptionAlgorithmAES256CBC // RFC 8551, section 2.7: what every mail program reads
}

// encrypt puts a finished mail, with its signature, into an envelope that only the owner of the certificate opens
// (RFC 8551, section 3.3).
func (c Channel) encrypt(id string, at time.Time, m delivery.Message, inner *mail.Msg, to *x509.Certificate) (*mail.Msg, error) {
	entity, err := content(inner)
	if err != nil {
		return nil, err
	}
	sealed, err := pkcs7.Encrypt(entity, []*x509.Certificate{to})
	if err != nil {
		return nil, fmt.Errorf("encrypt mail: %w", err)
	}
	msg, err := c.envelope(id, at, m)
	if err != nil {
		return nil, err
	}
	err = msg.AttachReader("smime.p7m", bytes.NewReader(sealed), mail.WithFileContentType("application/pkcs7-mime; smime-type=enveloped-data"), mail.WithFileEncoding(mail.EncodingB64))
	if err != nil {
		return nil, fmt.Errorf("encrypt mail: %w", err)
	}
	return msg, nil
}

// entity is what of a mail describes its content, with the content: the part that is encrypted. Who writes to whom about
// what stays outside.
func entity(mail []byte) ([]byte, error) {
	head, body, ok := bytes.Cut(mail, []byte("\r\n\r\n"))
	if !ok {
		return nil, errors.New("encrypt mail: it has no text")
	}
	var out bytes.Buffer
	keep := false
	for line := range strings.SplitSeq(string(head), "\r\n") {
		if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
			keep = strings.HasPrefix(strings.ToLower(line), "content-")
		}
		if keep {
			out.WriteString(line + "\r\n")
		}
	}
	out.WriteString("\r\n")
	out.Write(body)
	return out.Bytes(), nil
}

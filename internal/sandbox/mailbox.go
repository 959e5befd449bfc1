// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

func (w *World) accept() {
	var conns sync.WaitGroup
	defer conns.Wait()
	defer w.hangUp() // on those who keep their connection for the next mail
	for {
		c, err := w.mail.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		w.open[c] = true
		w.mu.Unlock()
		conns.Go(func() {
			w.talk(c)
			w.mu.Lock()
			delete(w.open, c)
			w.mu.Unlock()
		})
	}
}

func (w *World) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		c.Close()
	}
}

// talk is the server's side of SMTP (RFC 5321), as far as a catcher on this machine needs it.
func (w *World) talk(c net.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second)) //nolint:errcheck // a connection without deadlines ends with the world
	r := bufio.NewReader(c)
	say := func(s string) bool {
		_, err := io.WriteString(c, s+"\r\n")
		return err == nil
	}
	for ok := say("220 sandbox"); ok; {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		switch verb {
		case "EHLO", "HELO":
			ok = say("250-sandbox\r\n250 8BITMIME")
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
func (w *World) swallow(r *bufio.Reader) bool {
	var b bytes.Buffer
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			w.keep("", mailLetter(b.Bytes()))
			return true
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}

// mailLetter reads the headers and the plain text of a mail. What it cannot read stays empty: it is a mirror.
func mailLetter(raw []byte) (l Letter) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return l
	}
	l.At, _ = m.Header.Date() //nolint:errcheck // no date stays the zero time
	l.To = strings.Trim(m.Header.Get("To"), "<>")
	l.Subject = m.Header.Get("Subject")
	if s, err := new(mime.WordDecoder).DecodeHeader(l.Subject); err == nil {
		l.Subject = s
	}
	l.Text = plain(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
	l.Links = links(l.Text)
	return l
}

func plain(contentType, encoding string, body io.Reader) string {
	kind, params, err := mime.ParseMediaType(contentType)
	if err == nil && strings.HasPrefix(kind, "multipart/") {
		for parts := multipart.NewReader(body, params["boundary"]); ; {
			p, err := parts.NextPart() // which undoes quoted-printable
			if err != nil {
				return ""
			}
			if text := plain(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p); text != "" {
				return text
			}
		}
	}
	if err == nil && kind != "text/plain" {
		return ""
	}
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

var address = regexp.MustCompile(`https?://[^\s]+`)

// links are the places on this platform that a text points to, each once, without the host.
func links(text string) (out []string) {
	for _, s := range address.FindAllString(text, -1) {
		if u, err := url.Parse(s); err == nil && !slices.Contains(out, u.RequestURI()) {
			out = append(out, u.RequestURI())
		}
	}
	return out
}

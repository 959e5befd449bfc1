// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package email_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/channel/email"
	"github.com/fengsui/fengsui/internal/delivery"
)

var at = time.Date(2021, 12, 10, 1, 2, 3, 0, time.UTC)

// server is a mail server that answers each command by its verb, with 250 where nothing else is said.
func server(t *testing.T, answers map[string]string) (addr string, got chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	got = make(chan string, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go talk(c, answers, got)
		}
	}()
	return l.Addr().String(), got
}

func talk(c net.Conn, answers map[string]string, got chan string) {
	defer c.Close()
	fmt.Fprint(c, "220 test.example ESMTP\r\n")
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		verb := strings.ToUpper(strings.TrimRight(strings.SplitN(line, " ", 2)[0], "\r\n"))
		answer, ok := answers[verb]
		switch {
		case ok:
		case verb == "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			var b strings.Builder
			for line, err = r.ReadString('\n'); err == nil && line != ".\r\n"; line, err = r.ReadString('\n') {
				b.WriteString(line)
			}
			got <- b.String()
			if answer = answers["."]; answer == "" {
				answer = "250 kept"
			}
		default:
			answer = "250 fine"
		}
		if answer == "drop" {
			return
		}
		fmt.Fprint(c, answer+"\r\n")
	}
}

func channel(addr string) email.Channel {
	return email.Channel{Addr: addr, From: "烽燧 <warnings@fengsui.example>", TLS: email.None}
}

var warning = delivery.Message{
	To: delivery.Address{Email: "psirt@member.example"}, Subject: "[TLP:AMBER] 红色预警\r\nBcc: all@evil.example", Text: "请于 4 小时内答复。\n.\nend",
	HTML: "<p>请于 4 小时内答复。</p>", Thread: "warning/w", TLP: "AMBER",
}

func TestMailOnTheWire(t *testing.T) {
	addr, got := server(t, map[string]string{"QUIT": "drop"}) // a failed goodbye changes nothing
	status, err := channel(addr).Send(context.Background(), "warning:w:1:o:email", at, warning)
	if err != nil || status != 250 {
		t.Fatalf("status %d, %v", status, err)
	}
	m, err := mail.ReadMessage(strings.NewReader(<-got))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "[TLP:AMBER] 红色预警 Bcc: all@evil.example"; subject != want || m.Header.Get("Bcc") != "" {
		t.Errorf("subject %q, Bcc %q", subject, m.Header.Get("Bcc"))
	}
	headers := map[string]string{}
	for _, k := range []string{"To", "Date", "Auto-Submitted", "X-TLP"} {
		headers[k] = m.Header.Get(k)
	}
	want := map[string]string{"To": "<psirt@member.example>", "Date": "Fri, 10 Dec 2021 01:02:03 +0000", "Auto-Submitted": "auto-generated", "X-TLP": "AMBER"}
	if diff := cmp.Diff(want, headers); diff != "" {
		t.Error(diff)
	}
	if ref := m.Header.Get("References"); !strings.HasSuffix(ref, "@fengsui.example>") || ref != m.Header.Get("In-Reply-To") {
		t.Errorf("References %q, In-Reply-To %q", ref, m.Header.Get("In-Reply-To"))
	}
	parts := read(t, m)
	if diff := cmp.Diff([]string{"text/plain: 请于 4 小时内答复。\n.\nend", "text/html: <p>请于 4 小时内答复。</p>"}, parts); diff != "" {
		t.Error(diff)
	}
}

func read(t *testing.T, m *mail.Message) (parts []string) {
	t.Helper()
	_, p, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	r := multipart.NewReader(m.Body, p["boundary"])
	for {
		part, err := r.NextRawPart()
		if err == io.EOF {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(part.Header.Get("Content-Type"), ";")
		body := strings.ReplaceAll(string(b), "\r\n", "\n")
		body = strings.ReplaceAll(body, "\n..", "\n.") // dot-stuffing
		parts = append(parts, kind+": "+strings.TrimSuffix(body, "\n"))
	}
}

// A mail that is sent again has the same Message-ID, another one has another.
func TestMessageIDFollowsTheDelivery(t *testing.T) {
	addr, got := server(t, nil)
	var ids []string
	for _, id := range []string{"a", "a", "b"} {
		if _, err := channel(addr).Send(context.Background(), id, at, warning); err != nil {
			t.Fatal(err)
		}
		m, err := mail.ReadMessage(strings.NewReader(<-got))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.Header.Get("Message-ID"))
	}
	if ids[0] != ids[1] || ids[0] == ids[2] || !strings.HasSuffix(ids[0], "@fengsui.example>") {
		t.Errorf("Message-IDs %q", ids)
	}
}

// Mails share connections; one that the server has dropped meanwhile costs no mail, and a refused recipient no connection.
func TestConnectionsAreKept(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got, opened := make(chan string, 100), make(chan net.Conn, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			opened <- c
			go talk(c, nil, got)
		}
	}()
	c := channel(l.Addr().String())
	c.Pool = &email.Pool{}
	send := func() {
		t.Helper()
		if status, err := c.Send(context.Background(), "id", at, warning); err != nil || status != 250 {
			t.Fatalf("status %d, %v", status, err)
		}
	}
	for range 5 {
		send()
	}
	if len(opened) != 1 || len(got) != 5 {
		t.Fatalf("%d connections for %d mails", len(opened), len(got))
	}
	(<-opened).Close() // the server hangs up
	send()
	if len(opened) != 1 || len(got) != 6 {
		t.Fatalf("%d new connections, %d mails", len(opened), len(got))
	}
	for range 120 {
		send()
		<-got
	}
	if len(opened) != 2 {
		t.Errorf("%d connections: one carries a hundred mails", len(opened))
	}
}

func TestRefusals(t *testing.T) {
	for name, x := range map[string]struct {
		answers   map[string]string
		status    int
		permanent bool
	}{
		"unknown mailbox":   {map[string]string{"RCPT": "550 5.1.1 no such user: 内容"}, 550, true},
		"mailbox is full":   {map[string]string{"RCPT": "452 4.2.2 full"}, 452, false},
		"content refused":   {map[string]string{".": "554 5.7.1 no"}, 554, true},
		"sender not wanted": {map[string]string{"MAIL": "550 5.7.1 not from you"}, 550, false},
		"greylisted":        {map[string]string{".": "451 4.7.1 later"}, 451, false},
	} {
		t.Run(name, func(t *testing.T) {
			addr, _ := server(t, x.answers)
			status, err := channel(addr).Send(context.Background(), "id", at, warning)
			var p delivery.Permanent
			if err == nil || status != x.status || errors.As(err, &p) != x.permanent {
				t.Errorf("status %d, error %v", status, err)
			}
			if err != nil && strings.Contains(err.Error(), "内容") {
				t.Errorf("the error repeats the server's text: %v", err)
			}
		})
	}
}

func TestNoMailInClearUnlessTold(t *testing.T) {
	addr, got := server(t, nil)
	for _, way := range []string{"", email.StartTLS, email.Implicit, "whatever"} {
		c := channel(addr)
		c.TLS = way
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		if _, err := c.Send(ctx, "id", at, warning); err == nil {
			t.Errorf("TLS %q: sent in clear", way)
		}
		cancel()
	}
	stranger := httptest.NewTLSServer(nil) // with a certificate that nobody vouches for
	defer stranger.Close()
	c := channel(stranger.Listener.Addr().String())
	c.TLS = email.Implicit
	if _, err := c.Send(context.Background(), "id", at, warning); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a stranger's certificate: %v", err)
	}
	if len(got) != 0 {
		t.Errorf("%d mails arrived", len(got))
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	addr, got := server(t, nil)
	for name, to := range map[string]string{"none": "", "no address": "psirt", "two lines": "a@b.example>\r\nRCPT TO:<c@d.example"} {
		m := warning
		m.To.Email = to
		_, err := channel(addr).Send(context.Background(), "id", at, m)
		var p delivery.Permanent
		if !errors.As(err, &p) {
			t.Errorf("%s: %v, want a refusal for good", name, err)
		}
	}
	for name, c := range map[string]email.Channel{
		"no port":   {Addr: "localhost", From: "a@b.example", TLS: email.None},
		"no number": {Addr: "localhost:smtp!", From: "a@b.example", TLS: email.None},
	} {
		if _, err := c.Send(context.Background(), "id", at, warning); err == nil {
			t.Errorf("%s: sent", name)
		}
	}
	if len(got) != 0 {
		t.Errorf("%d mails arrived", len(got))
	}
}

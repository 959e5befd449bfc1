// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package sms sends short messages through an HTTP gateway that the operator describes by a template: there is no
// standard for them. What leaves is a number, a level, a label and a link.
package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"text/template"
	"time"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/outbound"
)

const (
	patience  = 20 * time.Second
	perHost   = 16 // connections to the gateway
	answerMax = 64 << 10
	textMax   = 300 // characters: five parts of a long message
)

// Settings describe a gateway.
type Settings struct {
	URL           string // "" sends no short messages; may hold the template's fields, as may Body
	Method        string // POST unless something else is said
	ContentType   string // of Body
	Authorization string // header, "" for none
	Secret        string // .Secret of the templates: of gateways that want theirs in the address or the body
	Body          string // text/template over .Phone, .Text, .Link, .ID and .Secret, with the functions json and urlquery
	Accepts       string // regular expression that the answer to an accepted message matches, "" for any answer 2xx
}

// A Channel sends through one gateway. It is safe for use by many at once.
type Channel struct {
	Exercise bool // every message says that it belongs to an exercise

	settings  Settings
	url, body *template.Template
	accepts   *regexp.Regexp
	client    *http.Client
}

// New reads the settings. The gateway is the operator's own choice: it may stand in a closed network.
func New(s Settings) (*Channel, error) {
	c := &Channel{settings: s, client: outbound.Client(true, patience, perHost)}
	if s.URL == "" {
		return c, nil
	}
	var err error
	if c.url, err = parse(s.URL); err != nil {
		return nil, fmt.Errorf("sms.url: %w", err)
	}
	if c.body, err = parse(s.Body); err != nil {
		return nil, fmt.Errorf("sms.body: %w", err)
	}
	if c.accepts, err = regexp.Compile(s.Accepts); err != nil {
		return nil, fmt.Errorf("sms.accepts: %w", err)
	}
	probe, err := c.request(context.Background(), fields{Phone: "+8613800000000", Text: "x", Link: "https://x.example/", ID: "x"})
	if err != nil {
		return nil, fmt.Errorf("sms: %w", err)
	}
	if probe.URL.Host == "" || probe.URL.Scheme != "http" && probe.URL.Scheme != "https" {
		return nil, errors.New("sms.url: a URL such as https://sms.example.org/send")
	}
	return c, nil
}

// fields are what the templates may name.
type fields struct{ Phone, Text, Link, ID, Secret string }

func parse(text string) (*template.Template, error) {
	return template.New("sms").Option("missingkey=error").Funcs(template.FuncMap{"json": func(s string) (string, error) {
		b, err := json.Marshal(s)
		return string(b), err
	}}).Parse(text)
}

// Ready says which setting is missing.
func (c *Channel) Ready() error {
	if c.settings.URL == "" {
		return errors.New("no gateway is set: sms.url")
	}
	return nil
}

// exercise stands before every message of an exercise.
const exercise = "【演练】"

// Send sends m's thin text and link. Errors name neither the number nor what was sent or answered.
func (c *Channel) Send(ctx context.Context, id string, at time.Time, m delivery.Message) (status int, err error) {
	switch {
	case c.Ready() != nil:
		return 0, c.Ready()
	case !phone.MatchString(m.To.Phone):
		return 0, delivery.Permanent{Err: delivery.Reason{Code: delivery.NoAddress}}
	case m.Short == "":
		return 0, delivery.Permanent{Err: delivery.Reason{Code: delivery.NothingToShow}}
	}
	text := m.Short
	if c.Exercise {
		text = exercise + text
	}
	if len([]rune(text+m.Link)) > textMax {
		return 0, delivery.Permanent{Err: delivery.Reason{Code: delivery.TooLong}}
	}
	rq, err := c.request(ctx, fields{m.To.Phone, text, m.Link, id, c.settings.Secret})
	if err != nil {
		return 0, delivery.Permanent{Err: err}
	}
	rs, err := c.client.Do(rq)
	if err != nil {
		return 0, delivery.Down{Err: delivery.Reason{Code: delivery.Gateway, Detail: string(delivery.CodeOf(outbound.Why(err)))}}
	}
	defer rs.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(rs.Body, answerMax))
	if err != nil {
		return rs.StatusCode, outbound.Why(err)
	}
	switch {
	case rs.StatusCode == http.StatusTooManyRequests:
		return rs.StatusCode, delivery.Later{Err: delivery.Reason{Code: delivery.Busy, Status: rs.StatusCode}, After: max(outbound.RetryAfter(rs.Header, at), time.Second), Whole: true}
	case rs.StatusCode == http.StatusUnauthorized || rs.StatusCode == http.StatusForbidden:
		return rs.StatusCode, delivery.Down{Err: delivery.Reason{Code: delivery.GatewayRefuses, Status: rs.StatusCode}}
	case rs.StatusCode < 200 || rs.StatusCode > 299:
		return rs.StatusCode, delivery.Reason{Code: delivery.Answered, Status: rs.StatusCode}
	case !c.accepts.Match(answer):
		return rs.StatusCode, delivery.Reason{Code: delivery.Unclear, Status: rs.StatusCode}
	}
	return rs.StatusCode, nil
}

// phone is a number in international form, or as people at home dial it: which of them a gateway takes is its business.
var phone = regexp.MustCompile(`^\+?[0-9]{5,15}$`)

func (c *Channel) request(ctx context.Context, f fields) (*http.Request, error) {
	var address, body bytes.Buffer
	escaped := f
	for _, x := range []*string{&escaped.Phone, &escaped.Text, &escaped.Link, &escaped.ID, &escaped.Secret} {
		*x = url.QueryEscape(*x)
	}
	if err := c.url.Execute(&address, escaped); err != nil { // in an address, fields are escaped whatever the template says
		return nil, errors.New("the address cannot be made of the template")
	}
	if err := c.body.Execute(&body, f); err != nil {
		return nil, errors.New("the body cannot be made of the template")
	}
	method := c.settings.Method
	if method == "" {
		method = http.MethodPost
	}
	rq, err := http.NewRequestWithContext(ctx, method, address.String(), &body)
	if err != nil {
		return nil, errors.New("the address or the method is none")
	}
	rq.Header.Set("User-Agent", "Fengsui")
	if c.settings.ContentType != "" {
		rq.Header.Set("Content-Type", c.settings.ContentType)
	}
	if c.settings.Authorization != "" {
		rq.Header.Set("Authorization", c.settings.Authorization)
	}
	return rq, nil
}

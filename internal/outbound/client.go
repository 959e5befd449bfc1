// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Client returns a client that follows no redirect, uses no proxy (it would dial in our place) and, unless private
// addresses are allowed, connects to public ones only. perHost bounds the connections to one destination.
func Client(allowPrivate bool, patience time.Duration, perHost int) *http.Client {
	d := &net.Dialer{Timeout: patience / 2, KeepAlive: 30 * time.Second}
	if !allowPrivate {
		d.Control = RefusePrivate
	}
	return &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            d.DialContext,
			ForceAttemptHTTP2:      true,
			MaxConnsPerHost:        perHost,
			MaxIdleConnsPerHost:    perHost,
			MaxIdleConns:           1024,
			MaxResponseHeaderBytes: 64 << 10,
			IdleConnTimeout:        time.Minute,
			TLSHandshakeTimeout:    patience / 2,
		},
	}
}

// Check refuses an address that may not be posted to, before its name is looked up: it must be https, and hold no
// name or password.
func Check(address string, allowPrivate bool) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("%w: it is not a URL", ErrAddress)
	case u.Scheme != "https" && (u.Scheme != "http" || !allowPrivate):
		return fmt.Errorf("%w: it is not https", ErrAddress)
	case u.User != nil:
		return fmt.Errorf("%w: it holds a name or password", ErrAddress)
	}
	return nil
}

// Why a destination was not reached.
var (
	ErrAddress     = errors.New("the address cannot be used")
	ErrTimeout     = errors.New("no answer in time")
	ErrName        = errors.New("the destination's name cannot be looked up")
	ErrCertificate = errors.New("the destination's certificate cannot be verified")
	ErrRefused     = errors.New("the destination refuses connections")
	ErrConnection  = errors.New("no connection")
	ErrAnswer      = errors.New("the destination gave no valid answer")
)

// Why says in our own words why a destination was not reached: the library's repeat the address, which may hold a token
// or name a machine, and parts of the answer.
func Why(err error) error {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var code syscall.Errno
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, ErrPrivate):
		return ErrPrivate
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &timeout) && timeout.Timeout():
		return ErrTimeout
	case errors.As(err, &name):
		return ErrName
	case errors.As(err, &certificate):
		return ErrCertificate
	case errors.Is(err, syscall.ECONNREFUSED):
		return ErrRefused
	case errors.As(err, &code), errors.Is(err, io.EOF):
		return ErrConnection
	}
	return ErrAnswer
}

// longestWait bounds what a destination may ask for.
const longestWait = 24 * time.Hour

// RetryAfter reads how long an answer asks to wait (RFC 9110, section 10.2.3), 0 when it does not.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	s := strings.TrimSpace(h.Get("Retry-After"))
	wait := time.Duration(0)
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		wait = time.Duration(n) * time.Second
	} else if t, err := http.ParseTime(s); err == nil {
		wait = t.Sub(now)
	}
	return min(max(wait, 0), longestWait)
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/fengsui/fengsui/internal/outbound"
)

// check refuses an address that may not be posted to, before its name is looked up.
func (c *Channel) check(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return errors.New("the address is not a URL")
	case u.Scheme != "https" && (u.Scheme != "http" || !c.AllowPrivate):
		return errors.New("the address is not https")
	case u.User != nil:
		return errors.New("the address holds a name or password")
	}
	return nil
}

func (c *Channel) client() *http.Client {
	if c.Client != nil {
		return c.Client
	}
	c.once.Do(func() {
		d := &net.Dialer{Timeout: patience / 2, KeepAlive: 30 * time.Second}
		if !c.AllowPrivate {
			d.Control = outbound.RefusePrivate
		}
		c.own = &http.Client{
			Timeout:       patience,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{ // no proxy: it would dial in our place, past outbound.RefusePrivate
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
	})
	return c.own
}

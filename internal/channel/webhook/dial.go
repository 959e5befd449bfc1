// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

var errPrivate = errors.New("the destination is not a public address")

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
			d.Control = refusePrivate
		}
		c.own = &http.Client{
			Timeout:       patience,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{ // no proxy: it would dial in our place, past refusePrivate
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

// refusePrivate looks at the very address that is about to be connected to, so that no name, redirect or changed
// DNS answer leads inside.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !Public(ap.Addr()) {
		return errPrivate
	}
	return nil
}

// special are the address blocks that are not globally reachable, or that embed an IPv4 address which a gateway
// would unwrap (IANA special-purpose address registries, RFC 6890).
var special = func() (ps []netip.Prefix) {
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
		"3fff::/20", "5f00::/16", "fec0::/10",
	} {
		ps = append(ps, netip.MustParsePrefix(s))
	}
	return ps
}()

// Public reports whether an address belongs to the public internet.
func Public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

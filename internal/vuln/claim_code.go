// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"encoding/binary"
	"errors"

	"github.com/fengsui/fengsui/internal/spec/cpe"
	"github.com/fengsui/fengsui/internal/spec/osv"
)

// A claim rests as bytes that are read ten times faster than JSON: every claim is read when everything is matched again.
// Numbers are uvarints, texts have their length before them. What an OSV record says of one database or ecosystem only
// (ecosystem_specific, database_specific) stays in the record's document.

// claimForm is the first byte.
const claimForm = 1

var errClaim = errors.New("vuln: a claim cannot be read")

// The fields of an event.
const (
	eventIntroduced = iota
	eventFixed
	eventLastAffected
	eventLimit
)

func (c Claim) encode() []byte {
	b := []byte{claimForm}
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	count := func(n int) { b = binary.AppendUvarint(b, uint64(n)) }
	flag := func(is bool) {
		if is {
			count(1)
		} else {
			count(0)
		}
	}
	if p := c.Says.Package; p == nil {
		count(0)
	} else {
		count(1)
		text(p.Ecosystem)
		text(p.Name)
		text(p.PURL)
	}
	count(len(c.Says.Severity))
	for _, x := range c.Says.Severity {
		text(x.Type)
		text(x.Score)
	}
	count(len(c.Says.Ranges))
	for _, r := range c.Says.Ranges {
		text(r.Type)
		text(r.Repo)
		count(len(r.Events))
		for _, e := range r.Events {
			switch {
			case e.Introduced != "":
				count(eventIntroduced)
				text(e.Introduced)
			case e.Fixed != "":
				count(eventFixed)
				text(e.Fixed)
			case e.LastAffected != "":
				count(eventLastAffected)
				text(e.LastAffected)
			default:
				count(eventLimit)
				text(e.Limit)
			}
		}
	}
	count(len(c.Says.Versions))
	for _, v := range c.Says.Versions {
		text(v)
	}
	count(len(c.CPEs))
	for _, x := range c.CPEs {
		text(string(x.Operator))
		flag(x.Negate)
		count(len(x.Nodes))
		for _, n := range x.Nodes {
			text(string(n.Operator))
			flag(n.Negate)
			count(len(n.Matches))
			for _, m := range n.Matches {
				flag(m.Vulnerable)
				for _, v := range m.Criteria {
					text(string(v))
				}
				for _, v := range []string{m.StartIncluding, m.StartExcluding, m.EndIncluding, m.EndExcluding} {
					text(v)
				}
			}
		}
	}
	return b
}

func (c *Claim) decode(b []byte) error {
	if len(b) == 0 || b[0] != claimForm {
		return errClaim
	}
	b = b[1:]
	ok := true
	count := func() int {
		n, k := binary.Uvarint(b)
		if k <= 0 || n > uint64(len(b)) { // nothing that is counted takes less than a byte
			ok, b = false, nil
			return 0
		}
		b = b[k:]
		return int(n)
	}
	all := string(b) // texts share one copy
	text := func() string {
		n := count()
		if n > len(b) {
			ok, b = false, nil
		}
		if !ok {
			return ""
		}
		at := len(all) - len(b)
		b = b[n:]
		return all[at : at+n]
	}
	if count() == 1 {
		c.Says.Package = &osv.Package{Ecosystem: text(), Name: text(), PURL: text()}
	}
	for range count() {
		c.Says.Severity = append(c.Says.Severity, osv.Severity{Type: text(), Score: text()})
	}
	if n := count(); n > 0 {
		c.Says.Ranges = make([]osv.Range, 0, n)
		for range n {
			r := osv.Range{Type: text(), Repo: text()}
			if n := count(); n > 0 {
				r.Events = make([]osv.Event, 0, n)
				for range n {
					var e osv.Event
					switch kind, at := count(), text(); kind {
					case eventIntroduced:
						e.Introduced = at
					case eventFixed:
						e.Fixed = at
					case eventLastAffected:
						e.LastAffected = at
					default:
						e.Limit = at
					}
					r.Events = append(r.Events, e)
				}
			}
			c.Says.Ranges = append(c.Says.Ranges, r)
		}
	}
	if n := count(); n > 0 {
		c.Says.Versions = make([]string, 0, n)
		for range n {
			c.Says.Versions = append(c.Says.Versions, text())
		}
	}
	for range count() {
		x := cpe.Configuration{Operator: cpe.Operator(text()), Negate: count() == 1}
		for range count() {
			n := cpe.Node{Operator: cpe.Operator(text()), Negate: count() == 1}
			for range count() {
				m := cpe.Criterion{Vulnerable: count() == 1}
				for i := range m.Criteria {
					m.Criteria[i] = cpe.Value(text())
				}
				m.StartIncluding, m.StartExcluding, m.EndIncluding, m.EndExcluding = text(), text(), text(), text()
				n.Matches = append(n.Matches, m)
			}
			x.Nodes = append(x.Nodes, n)
		}
		c.CPEs = append(c.CPEs, x)
	}
	if !ok {
		return errClaim
	}
	return nil
}

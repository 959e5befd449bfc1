// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"fmt"
	"runtime/debug"
)

// make makes messages. What cannot be made has its error.
func (s *Sender) make(ctx context.Context, part []*item) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	now := s.DB.Clock.Now()
	for _, it := range part {
		it.made, it.err = now, nil
	}
	d := part[0].d
	p, ok := s.Purposes[d.Purpose]
	if _, ok2 := s.Channels[d.Channel]; !ok || !ok2 {
		for _, it := range part {
			it.err = Permanent{Reason{Code: NoChannel, Detail: fmt.Sprintf("purpose %q, channel %q", d.Purpose, d.Channel)}}
		}
		return
	}
	if b, ok := p.(Bulk); ok && len(part) > 1 && s.makeMany(ctx, b, part) {
		return
	}
	for _, it := range part {
		s.makeOne(ctx, p, it)
	}
}

// makeMany makes messages together. It reports false when that broke, so that each is made alone and only the bad one fails.
func (s *Sender) makeMany(ctx context.Context, b Bulk, part []*item) (ok bool) {
	defer func() {
		if x := recover(); x != nil {
			s.report(fmt.Errorf("making messages of %s: panic at %s", part[0].d.Purpose, debug.Stack()))
			ok = false
		}
	}()
	ds := make([]Delivery, len(part))
	for i, it := range part {
		ds[i] = it.d
	}
	out := b.RenderMany(ctx, ds)
	if len(out) != len(part) {
		return false
	}
	for i, it := range part {
		it.m, it.err = out[i].Message, out[i].Err
	}
	return true
}

var errPoison = Reason{Code: Broke}

func (s *Sender) makeOne(ctx context.Context, p Purpose, it *item) {
	defer func() {
		if x := recover(); x != nil {
			s.report(fmt.Errorf("making message %s: panic at %s", it.d.ID, debug.Stack()))
			it.err = Permanent{errPoison}
		}
	}()
	it.m, it.err = p.Render(ctx, it.d)
}

func (s *Sender) report(err error) {
	if s.trouble != nil {
		s.trouble(err)
	}
}

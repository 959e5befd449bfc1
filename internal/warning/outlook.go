// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/destination"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/tlp"
)

// An Outlook is what the release of a draft would meet at this moment: how many units of each wave, by which ways, how much
// of the text goes each way, and what the draft lacks. What a unit has chosen beside – quiet hours, digests, another way for
// a class – only DryRun tells.
type Outlook struct {
	Units   [WaveAll]int  // by wave, the affected first
	Means   []Means       // in the order of channels
	Missing []fault.Field // for which Release would refuse the draft as it is saved; none when it is complete
}

// Means are the places of one kind at which a release reaches units.
type Means struct {
	Channel string       // of a delivery, or FeedGreen or FeedAmber
	Sealed  bool         // of mail: encrypted for its recipient
	N       [WaveAll]int // addresses by wave; of feeds: units that have one
	Share   Share        // of the draft as it is saved
}

// Private feeds among Means: what their addresses may read.
const (
	FeedGreen = member.ScopeFeed
	FeedAmber = member.ScopeFeedAmber
)

// A Share is what of a warning's text goes a way. Number, level, label and link always go.
type Share struct {
	Rest                    bool // title, scope, sentences to the waves
	Summary, Measures, Pack bool
}

// WholeText is all of it.
var WholeText = Share{Rest: true, Summary: true, Measures: true, Pack: true}

// Whole reports whether all of the text goes.
func (s Share) Whole() bool { return s == WholeText }

// Thin reports whether none of it does.
func (s Share) Thin() bool { return s == Share{} }

// In says in words how much of the text goes.
func (s Share) In(p i18n.Printer) string {
	switch {
	case s.Whole():
		return p.T("warning.share.whole")
	case s.Thin():
		return p.T("warning.share.thin")
	}
	var parts []string
	for _, x := range []struct {
		goes bool
		key  string
	}{{s.Rest, "warning.share.rest"}, {s.Summary, "warning.field.summary"}, {s.Measures, "warning.field.measures"}, {s.Pack, "warning.share.pack"}} {
		if x.goes {
			parts = append(parts, p.T(x.key))
		}
	}
	return p.T("warning.share.some", strings.Join(parts, p.T("web.comma")))
}

// In names the way, and whether it is encrypted.
func (m Means) In(p i18n.Printer) string {
	switch {
	case m.Channel == FeedGreen || m.Channel == FeedAmber:
		return p.T("warning.means." + m.Channel)
	case m.Sealed:
		return p.T("warning.means.sealed")
	}
	return p.T("warning.channel." + m.Channel)
}

// Share is what of the warning goes a way. A pack that is empty follows the rest.
func (w Warning) Share(way Way) Share {
	s := Share{Rest: way(w.TLP), Summary: way(w.SummaryLabel()), Measures: way(w.MeasuresLabel()), Pack: way(w.PackLabel())}
	if w.Content.Pack.Empty() {
		s.Pack = s.Rest && s.Summary && s.Measures
	}
	return s
}

// Outlook looks at the release of a draft and does nothing. Fault: Conflict for what is released.
func (s *Service) Outlook(ctx context.Context, by member.Actor, id string) (o Outlook, err error) {
	if err := watcher(by); err != nil {
		return o, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w, err := s.load(ctx, tx, id)
		if err != nil {
			return err
		}
		if w.State == Out {
			return fault.Clash("warning.is-released", w.Number)
		}
		if o, err = outlook(ctx, tx, w); err != nil {
			return err
		}
		err = s.releasable(ctx, tx, w, w.Limited)
		var lacks *fault.Error
		if errors.As(err, &lacks) && lacks.Kind == fault.Invalid {
			o.Missing, err = lacks.Fields, nil
		}
		return err
	})
	if err != nil {
		return Outlook{}, fmt.Errorf("look at the release of warning %s: %w", id, err)
	}
	return o, nil
}

func outlook(ctx context.Context, tx *db.Tx, w Warning) (o Outlook, err error) {
	type row struct {
		wave, n int
		channel string
		sealed  bool
	}
	var a db.Args
	r := reachOf(&a, w, tx.Now)
	now := a.P(db.At(tx.Now))
	rows, err := db.List(ctx, tx, func(r db.Row) (x row, err error) {
		var certificate string
		err = r.Scan(&x.wave, &x.channel, &certificate, &x.n)
		x.sealed = certificate != "" && delivery.Address{Certificate: []byte(certificate)}.Seals(tx.Now)
		return x, err
	}, `WITH r AS (SELECT o.id AS org_id, `+r.wave+` AS wave, CASE WHEN o.email = '' THEN 0 WHEN o.certificate = '' THEN 1 ELSE 2 END AS mail,
			CASE WHEN o.webhook_url = '' THEN 0 ELSE 1 END AS hook`+r.from+r.where+`),
		main AS (SELECT wave, mail, hook, count(*) AS n FROM r GROUP BY wave, mail, hook)
		SELECT wave, '', '', n FROM main
		UNION ALL SELECT wave, 'email', '', n FROM main WHERE mail = 1
		UNION ALL SELECT wave, 'webhook', '', n FROM main WHERE hook = 1
		UNION ALL SELECT r.wave, 'email', o.certificate, 1 FROM r JOIN org o ON o.id = r.org_id WHERE r.mail = 2
		UNION ALL SELECT r.wave, x.channel, x.certificate, count(*) FROM r JOIN destination x ON x.org_id = r.org_id AND x.verified_at IS NOT NULL AND x.paused_at IS NULL
			GROUP BY r.wave, x.channel, x.certificate
		UNION ALL SELECT f.wave, f.scope, '', count(*) FROM (SELECT r.wave AS wave, r.org_id,
			CASE WHEN max(CASE WHEN CAST(t.scopes AS TEXT) LIKE '%"`+FeedAmber+`"%' THEN 1 ELSE 0 END) = 1 THEN '`+FeedAmber+`' ELSE '`+FeedGreen+`' END AS scope
			FROM r JOIN account c ON c.org_id = r.org_id AND c.status = 'active' JOIN token t ON t.account_id = c.id
			WHERE (CAST(t.scopes AS TEXT) LIKE '%"`+FeedAmber+`"%' OR CAST(t.scopes AS TEXT) LIKE '%"`+FeedGreen+`"%') AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > `+now+`)
			GROUP BY r.wave, r.org_id) f GROUP BY f.wave, f.scope`, a...)
	if err != nil {
		return o, err
	}
	for _, x := range rows {
		if x.channel == "" {
			o.Units[x.wave-1] += x.n
			continue
		}
		i := slices.IndexFunc(o.Means, func(m Means) bool { return m.Channel == x.channel && m.Sealed == x.sealed })
		if i < 0 {
			i = len(o.Means)
			o.Means = append(o.Means, Means{Channel: x.channel, Sealed: x.sealed, Share: w.Share(wayOf(x.channel, x.sealed))})
		}
		o.Means[i].N[x.wave-1] += x.n
	}
	slices.SortFunc(o.Means, func(a, b Means) int { return a.rank() - b.rank() })
	return o, nil
}

// wayOf is the way of Means.
func wayOf(channel string, sealed bool) Way {
	switch channel {
	case FeedGreen:
		return UpTo(tlp.Green)
	case FeedAmber:
		return UpTo(tlp.AmberStrict)
	}
	return By(channel, sealed)
}

// meansOrder is the order of Means: that of channels, and private feeds behind the others that carry text.
var meansOrder = slices.Insert(slices.Clone(destination.Channels), 2, FeedGreen, FeedAmber)

func (m Means) rank() int {
	n := 2 * slices.Index(meansOrder, m.Channel)
	if m.Sealed {
		n++
	}
	return n
}

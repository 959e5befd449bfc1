// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/spreadsheet"
)

// PeerFigures are Peers as a program reads them. A cell that may not be told is not there.
type PeerFigures struct {
	Number   string      `json:"number"`
	Revision int         `json:"revision"`
	AsOf     time.Time   `json:"as_of"`
	K        int         `json:"k"`
	Cells    []PeersCell `json:"cells"` // the reader's sector, then everybody
}

// A PeersCell is a Peer with what it is about.
type PeersCell struct {
	Of       string `json:"of"` // "sector" or "everybody"
	Sector   string `json:"sector,omitempty"`
	Units    int    `json:"units_at_least"`
	Answered int    `json:"answered_at_least"`
	Fixed    int    `json:"fixed_at_least"`
	Median   int    `json:"median_within,omitempty"` // seconds, of Bands; -1 beyond them
}

// Figures are what may be told and nothing else: they are made of p alone.
func (p Peers) Figures(number string) PeerFigures {
	f := PeerFigures{Number: number, Revision: p.Revision, AsOf: p.AsOf.UTC(), K: p.K, Cells: []PeersCell{}}
	add := func(of, sector string, x *Peer) {
		if x == nil {
			return
		}
		c := PeersCell{of, sector, x.Units, x.Answered, x.Fixed, int(x.Median.Seconds())}
		if x.Median == Longer {
			c.Median = -1
		}
		f.Cells = append(f.Cells, c)
	}
	add("sector", p.Sector, p.Own)
	add("everybody", "", p.All)
	return f
}

// ExportPeers writes how others are doing, as Peers tells it, with the same held back. begin is told the file's name before
// the first byte. Access is as of Peers. Faults: Invalid, NotFound.
func (s *Service) ExportPeers(ctx context.Context, by member.Actor, id string, f Format, p i18n.Printer, w io.Writer, begin func(name string)) error {
	peers, err := s.Peers(ctx, by, id)
	if err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	var number string
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		number, err = db.Get(ctx, tx, db.Value[string], `SELECT number FROM warning WHERE id = $1`, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("export the peers of warning %s: %w", id, err)
	}
	begin("peers-" + f.FileName(number, peers.Revision, peers.AsOf))
	x := peers.Figures(number)
	if f == JSON {
		return json.NewEncoder(w).Encode(x)
	}
	t := spreadsheet.New(w)
	var heads []string
	for _, name := range []string{"of", "units", "answered", "fixed", "median", "k", "revision", "as_of"} {
		heads = append(heads, p.T("warning.peers."+name))
	}
	t.Row(heads...) //nolint:errcheck // Flush says it, here and below
	for _, c := range x.Cells {
		of, median := p.T("warning.peers.everybody"), ""
		if c.Of == "sector" {
			of = p.T("warning.peers.sector", c.Sector)
		}
		switch {
		case c.Median < 0:
			median = p.T("warning.peers.longer")
		case c.Median > 0:
			median = strconv.Itoa(c.Median / 3600)
		}
		t.Row(of, strconv.Itoa(c.Units), strconv.Itoa(c.Answered), strconv.Itoa(c.Fixed), median, strconv.Itoa(x.K), strconv.Itoa(x.Revision), stamp(x.AsOf)) //nolint:errcheck // see above
	}
	return t.Flush()
}

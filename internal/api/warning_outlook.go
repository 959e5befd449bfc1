// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/warning"
)

// ReleaseOutlook is what the release of a draft would meet at this moment.
type ReleaseOutlook struct {
	Waves   map[int]int    `json:"waves" doc:"units by wave: 1 affected, 2 same sector, 3 all partner units"`
	Ways    []ReleaseWay   `json:"ways" nullable:"false" doc:"by which they are reached beside the inbox, which every one has"`
	Missing []ProblemField `json:"missing" nullable:"false" doc:"for which the release of the draft as it is saved would be refused"`
}

// ReleaseWay is one way by which a release reaches units.
type ReleaseWay struct {
	Channel   string      `json:"channel" doc:"of the delivery; feed and feed-amber are private feeds, by what their addresses may read" example:"email"`
	Encrypted bool        `json:"encrypted" doc:"of mail: for its recipient"`
	Waves     map[int]int `json:"waves" doc:"addresses by wave; of feeds, units that have one"`
	Carries   WayShare    `json:"carries"`
}

// WayShare is what of a warning's text goes a way. Number, level, label and link always go.
type WayShare struct {
	Rest     bool `json:"rest" doc:"title, scope, sentences to the waves"`
	Summary  bool `json:"summary"`
	Measures bool `json:"measures"`
	Pack     bool `json:"pack" doc:"what machines take in"`
}

func (s *Server) warningOutlook(ctx context.Context, by member.Actor, in *ByID) (*reply[ReleaseOutlook], error) {
	o, err := s.Warnings.Outlook(ctx, by, in.ID)
	return answer(ReleaseOutlook{byWave(o.Units), each(o.Means, func(m warning.Means) ReleaseWay {
		return ReleaseWay{m.Channel, m.Sealed, byWave(m.N), WayShare(m.Share)}
	}), fieldsIn(printer(ctx), o.Missing)}, err)
}

func byWave(n [warning.WaveAll]int) map[int]int {
	out := map[int]int{}
	for i, k := range n {
		out[i+1] = k
	}
	return out
}

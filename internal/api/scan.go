// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/scan"
)

// Scan is what is publicly known of what a component list names.
type Scan struct {
	Format     string          `json:"format" doc:"of the document: \"CycloneDX 1.6\""`
	Components int             `json:"components" doc:"packages of ecosystems that it names, each once"`
	Passed     int             `json:"passed_over" doc:"components that no ecosystem's records can be about"`
	Affected   int             `json:"affected" doc:"findings that are certain"`
	Check      int             `json:"check" doc:"findings that a person must look at"`
	Findings   []ScanComponent `json:"findings" doc:"components that something is found about"`
	Records    []ScanRecord    `json:"records" doc:"the public records of the findings, by id"`
}

// ScanComponent is a component with what is found about it.
type ScanComponent struct {
	PURL      string        `json:"purl"`
	Ecosystem string        `json:"ecosystem" doc:"with its release: \"Debian:12\""`
	Package   string        `json:"package"`
	Version   string        `json:"version"`
	Records   []ScanFinding `json:"records"`
}

// ScanFinding says that a record is about a component.
type ScanFinding struct {
	ID           string `json:"id" doc:"of the record"`
	Verdict      string `json:"verdict" enum:"affected,check"`
	Why          string `json:"why" doc:"what of the record says so"`
	Introduced   string `json:"introduced,omitempty" doc:"where the affected stretch begins"`
	Fixed        string `json:"fixed,omitempty" doc:"the first version that is not affected any more"`
	LastAffected string `json:"last_affected,omitempty" doc:"the last version that is affected"`
}

// ScanRecord is a public record.
type ScanRecord struct {
	ID       string   `json:"id"`
	Aliases  []string `json:"aliases,omitempty"`
	Severity string   `json:"severity,omitempty" enum:"critical,high,medium,low,none"`
	Score    float64  `json:"score,omitempty" doc:"CVSS base score"`
	Title    string   `json:"title,omitempty"`
}

type scanInput struct {
	RawBody []byte `contentType:"application/octet-stream"`
}

func (s *Server) scan(ctx context.Context, by member.Actor, in *scanInput) (*reply[Scan], error) {
	x, err := s.Scans.Ask(ctx, by, in.RawBody)
	if err != nil {
		return nil, err
	}
	return answer(scanOf(x), nil)
}

func scanOf(x *scan.Scan) Scan {
	d := x.Documents[0]
	out := Scan{Format: d.Format, Components: len(d.Components), Passed: d.Passed, Findings: []ScanComponent{}, Records: []ScanRecord{}}
	told := map[*scan.Record]bool{}
	all := make([]ScanFinding, 0, len(x.Findings))
	for i, f := range x.Findings {
		c := &x.Components[f.Component]
		if i == 0 || x.Findings[i-1].Component != f.Component {
			out.Findings = append(out.Findings, ScanComponent{PURL: c.PURL, Ecosystem: c.Distribution(), Package: c.Name, Version: c.Version})
		}
		all = append(all, ScanFinding{ID: f.Record.ID, Verdict: f.Word(), Why: string(f.Verdict.Reason), Introduced: f.Introduced(), Fixed: f.Fixed(), LastAffected: f.LastAffected()})
		at := &out.Findings[len(out.Findings)-1]
		at.Records = all[len(all)-1-len(at.Records):]
		if f.Certain() {
			out.Affected++
		} else {
			out.Check++
		}
		if r := f.Record; !told[r] {
			told[r] = true
			out.Records = append(out.Records, ScanRecord{ID: r.ID, Aliases: r.Aliases, Severity: string(r.Severity), Score: float64(r.Score) / 10, Title: r.Summary})
		}
	}
	return out
}

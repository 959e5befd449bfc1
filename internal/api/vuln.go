// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"time"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/vuln"
)

// Vulnerability is what the public records of one vulnerability come to.
type Vulnerability struct {
	Name       string    `json:"name" doc:"the best known of its names"`
	Title      string    `json:"title"`
	State      string    `json:"state" enum:"published,withdrawn,rejected"`
	Severity   string    `json:"severity,omitempty" enum:"critical,high,medium,low,none" doc:"the worst that a record says, in CVSS's words; absent when none does"`
	Score      float64   `json:"score,omitempty" doc:"the highest CVSS base score of a record"`
	Published  time.Time `json:"published,omitzero"`
	Modified   time.Time `json:"modified,omitzero"`
	Exploited  bool      `json:"exploited" doc:"it is known to be exploited (KEV)"`
	EPSS       *EPSS     `json:"epss,omitempty"`
	Records    int       `json:"records" doc:"how many public records there are"`
	Ecosystems []string  `json:"ecosystems" nullable:"false"`
}

// EPSS is how probably a vulnerability is exploited within 30 days, as FIRST's model estimates it.
type EPSS struct {
	CVE        string  `json:"cve"`
	Score      float64 `json:"score" minimum:"0" maximum:"1"`
	Percentile float64 `json:"percentile" minimum:"0" maximum:"1"`
	Day        string  `json:"day"`
	Model      string  `json:"model"`
	Was        float64 `json:"was,omitempty" doc:"the score before it changed last"`
	WasDay     string  `json:"was_day,omitempty"`
}

// VulnerabilityPage is a page of vulnerabilities.
type VulnerabilityPage struct {
	Named []Vulnerability `json:"named" nullable:"false" doc:"that go by the very name that was asked for; on the first page only"`
	Items []Vulnerability `json:"items" nullable:"false"`
	Next  string          `json:"next,omitempty" doc:"cursor of the next page; absent on the last one"`
}

// VulnerabilityDetail is everything that is publicly known of one vulnerability.
type VulnerabilityDetail struct {
	Vulnerability
	Names      []string               `json:"names" nullable:"false" doc:"the best known first"`
	Sources    []VulnerabilityRecord  `json:"sources" nullable:"false" doc:"what each public record says"`
	Exploits   []VulnerabilityExploit `json:"exploits" nullable:"false" doc:"entries of CISA's catalogue of known exploited vulnerabilities"`
	Scores     []EPSS                 `json:"scores" nullable:"false" doc:"by CVE number"`
	Affected   []VulnerabilityClaim   `json:"affected" nullable:"false" doc:"the first 500"`
	More       int                    `json:"more_affected,omitempty" doc:"how many beyond those"`
	References []VulnerabilityLink    `json:"references" nullable:"false"`
}

// VulnerabilityRecord is what one public source says, and where it is from.
type VulnerabilityRecord struct {
	Source     string    `json:"source" enum:"osv,cve,csaf,kev"`
	Key        string    `json:"key" doc:"the source's own name for it"`
	State      string    `json:"state" enum:"published,withdrawn,rejected"`
	Issuer     string    `json:"issuer,omitempty"`
	Title      string    `json:"title"`
	Summary    string    `json:"summary,omitempty"`
	CVSS       string    `json:"cvss,omitempty"`
	Score      float64   `json:"score,omitempty"`
	Severity   string    `json:"severity,omitempty" enum:"critical,high,medium,low,none"`
	Published  time.Time `json:"published,omitzero"`
	Modified   time.Time `json:"modified,omitzero"`
	Withdrawn  time.Time `json:"withdrawn,omitzero"`
	SHA256     string    `json:"sha256" doc:"of the document as it came"`
	ImportedAt time.Time `json:"imported_at"`
}

// VulnerabilityExploit is an entry of the catalogue of known exploited vulnerabilities.
type VulnerabilityExploit struct {
	CVE        string `json:"cve"`
	Added      string `json:"added"`
	Due        string `json:"due,omitempty"`
	Ransomware string `json:"ransomware" enum:"known,unknown"`
	Action     string `json:"action"`
}

// VulnerabilityClaim says that a package or product is affected.
type VulnerabilityClaim struct {
	Kind      string   `json:"kind" enum:"package,cpe,ware"`
	Ecosystem string   `json:"ecosystem,omitempty"`
	Name      string   `json:"name"`
	Versions  []string `json:"versions,omitempty"`
	Ranges    []string `json:"ranges,omitempty" doc:"from the first affected version to the first that is not: '1.0 .. 1.4.2'"`
}

// VulnerabilityLink is a link that a record gives.
type VulnerabilityLink struct {
	URL  string `json:"url"`
	Kind string `json:"kind,omitempty"`
}

func vulnerabilityOf(v vuln.Vuln) Vulnerability {
	out := Vulnerability{Name: v.Name, Title: v.Title, State: string(v.State), Severity: string(v.Severity), Score: float64(v.Score) / 10, Published: v.Published, Modified: v.Modified, Exploited: v.KEV,
		Records: v.Records, Ecosystems: append([]string{}, v.Ecosystems...)}
	if v.EPSS != nil {
		e := epssOf(v.Name, *v.EPSS)
		out.EPSS = &e
	}
	return out
}

func epssOf(cve string, e vuln.EPSS) EPSS {
	out := EPSS{CVE: cve, Score: e.Score, Percentile: e.Percentile, Day: e.Day, Model: e.Model, WasDay: e.WasDay}
	if e.Was >= 0 {
		out.Was = e.Was
	}
	return out
}

type vulnListInput struct {
	Page
	Text      string        `query:"text" maxLength:"500" doc:"words in Chinese or English that must all occur, or any name of a vulnerability"`
	Ecosystem string        `query:"ecosystem" maxLength:"100" doc:"npm, Maven, PyPI …"`
	Severity  vuln.Severity `query:"severity" enum:"critical,high,medium,low,none"`
	Exploited bool          `query:"exploited" doc:"only what is known to be exploited"`
	Since     time.Time     `query:"since" doc:"published on that day (UTC) or later"`
	Withdrawn bool          `query:"withdrawn" doc:"also what was withdrawn or rejected"`
}

func (s *Server) vulnList(ctx context.Context, _ member.Actor, in *vulnListInput) (*reply[VulnerabilityPage], error) {
	p, err := s.Vulns.List(ctx, vuln.Filter{Text: in.Text, Ecosystem: in.Ecosystem, Severity: in.Severity, KEV: in.Exploited, Since: in.Since, Withdrawn: in.Withdrawn, After: in.After, Limit: in.Limit})
	return answer(VulnerabilityPage{each(p.Named, vulnerabilityOf), each(p.Items, vulnerabilityOf), p.Next}, err)
}

type vulnGetInput struct {
	Name string `path:"name" maxLength:"200" doc:"any name of the vulnerability: CVE-2021-44228, GHSA-…, CNVD-…"`
}

func (s *Server) vulnGet(ctx context.Context, _ member.Actor, in *vulnGetInput) (*reply[VulnerabilityDetail], error) {
	d, err := s.Vulns.Get(ctx, in.Name)
	out := VulnerabilityDetail{Vulnerability: vulnerabilityOf(d.Vuln), Names: append([]string{}, d.Names...), More: d.More, Scores: []EPSS{},
		Sources: each(d.Records, func(r vuln.Record) VulnerabilityRecord {
			return VulnerabilityRecord{string(r.Source), r.Key, string(r.State), r.Issuer, r.Title, r.Summary, r.CVSS, float64(r.Score) / 10, string(r.Severity), r.Published, r.Modified, r.Withdrawn, r.Digest, r.Imported}
		}),
		Exploits: each(d.Exploited, func(x vuln.Exploited) VulnerabilityExploit {
			return VulnerabilityExploit{x.CVE, x.Added, x.Due, x.Ransomware, x.Action}
		}),
		Affected:   each(d.Claims, claimOf),
		References: each(d.References, func(r vuln.Reference) VulnerabilityLink { return VulnerabilityLink{r.URL, r.Kind} })}
	for _, n := range d.Names {
		if e, ok := d.Scores[n]; ok {
			out.Scores = append(out.Scores, epssOf(n, e))
		}
	}
	return answer(out, err)
}

func claimOf(c vuln.Claim) VulnerabilityClaim {
	out := VulnerabilityClaim{Kind: string(c.Kind), Ecosystem: c.Ecosystem, Name: c.Name, Versions: c.Says.Versions, Ranges: c.Ranges()}
	if c.Kind != vuln.ByPackage {
		out.Ecosystem = ""
	} else if p := c.Says.Package; p != nil {
		out.Ecosystem, out.Name = p.Ecosystem, p.Name
	}
	return out
}

type vulnRecordInput struct {
	Source vuln.Source `path:"source" enum:"osv,cve,csaf,kev"`
	Key    string      `query:"key" required:"true" maxLength:"400" doc:"the source's own name for the record"`
}

func (s *Server) vulnRecord(ctx context.Context, _ member.Actor, in *vulnRecordInput) (*fileReply, error) {
	_, doc, err := s.Vulns.Document(ctx, in.Source, in.Key)
	if err != nil {
		return nil, err
	}
	return &fileReply{"application/octet-stream", "attachment", doc}, nil
}

// ImportRun is one import of public records.
type ImportRun struct {
	ID        string          `json:"id"`
	Kind      string          `json:"kind" enum:"osv,cve,csaf,kev,epss"`
	Source    string          `json:"source" doc:"path or URL"`
	State     string          `json:"state" enum:"running,done,cancelled,failed,interrupted"`
	StartedAt time.Time       `json:"started_at"`
	EndedAt   time.Time       `json:"ended_at,omitzero"`
	Total     int             `json:"total" doc:"documents to read; 0 when nobody can tell"`
	Place     int             `json:"place" doc:"documents that were dealt with"`
	New       int             `json:"new" doc:"records"`
	Changed   int             `json:"changed"`
	Same      int             `json:"same"`
	Older     int             `json:"older" doc:"known in a newer state"`
	Withdrawn int             `json:"withdrawn" doc:"of the new and changed ones"`
	Refused   int             `json:"refused" doc:"documents that are no such record"`
	Digest    string          `json:"digest,omitempty" doc:"over the digests of what was taken, in order"`
	Error     string          `json:"error,omitempty"`
	Refusals  []ImportRefusal `json:"refusals,omitempty" doc:"of one run: the first of them"`
}

// ImportRefusal says why a document was not taken.
type ImportRefusal struct {
	File   string `json:"file"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
	Detail string `json:"detail,omitempty"`
}

// ImportStand says how old what is known from one place is.
type ImportStand struct {
	Kind     string     `json:"kind" enum:"osv,cve,csaf,kev,epss"`
	Source   string     `json:"source"`
	Last     *ImportRun `json:"last,omitempty"`
	GoodAt   time.Time  `json:"good_at,omitzero" doc:"when an import ended last as it should"`
	NextAt   time.Time  `json:"next_at,omitzero" doc:"when it is looked at again"`
	Failures int        `json:"failures" doc:"in a row"`
}

func runOf(r vuln.Run) ImportRun {
	return ImportRun{ID: r.ID, Kind: r.Kind, Source: r.Source, State: string(r.State), StartedAt: r.Started, EndedAt: r.Ended, Total: r.Total, Place: r.Place, New: r.New, Changed: r.Changed, Same: r.Same,
		Older: r.Older, Withdrawn: r.Withdrawn, Refused: r.Refused, Digest: r.Digest, Error: r.Error}
}

func (s *Server) importList(ctx context.Context, by member.Actor, in *Page) (*reply[list[ImportRun]], error) {
	rs, next, err := s.Vulns.Imports(ctx, by, in.After, in.Limit)
	return answer(lists(rs, next, runOf), err)
}

func (s *Server) importGet(ctx context.Context, by member.Actor, in *ByID) (*reply[ImportRun], error) {
	r, refused, err := s.Vulns.Run(ctx, by, in.ID)
	out, p := runOf(r), printer(ctx)
	out.Refusals = each(refused, func(x vuln.Refusal) ImportRefusal { return ImportRefusal{x.File, x.Field, p.T(x.Reason), x.Detail} })
	return answer(out, err)
}

type importUploadInput struct {
	Kind    string `query:"kind" required:"true" enum:"osv,cve,csaf,kev,epss"`
	Name    string `query:"name" maxLength:"300" doc:"what the file is called where it comes from"`
	RawBody []byte `contentType:"application/octet-stream"`
}

func (s *Server) importUpload(ctx context.Context, by member.Actor, in *importUploadInput) (*reply[ImportRun], error) {
	if in.Name == "" {
		in.Name = in.Kind
	}
	r, err := s.Vulns.Upload(ctx, by, in.Kind, in.Name, in.RawBody)
	var no *vuln.Refusal
	if errors.As(err, &no) { // the whole file is no catalogue, or no table
		err = fault.FieldError("file", no.Reason, "")
	}
	if err != nil {
		return nil, err
	}
	return s.importGet(ctx, by, &ByID{ID: r.ID})
}

func (s *Server) importStop(ctx context.Context, by member.Actor, in *ByID) (*struct{}, error) {
	return nil, s.Vulns.Stop(ctx, by, in.ID)
}

func (s *Server) importStands(ctx context.Context, by member.Actor, _ *struct{}) (*reply[list[ImportStand]], error) {
	xs, err := s.Vulns.Stands(ctx, by)
	return answer(lists(xs, "", func(x vuln.Stand) ImportStand {
		out := ImportStand{Kind: x.Kind, Source: x.Source, GoodAt: x.Good, NextAt: x.Next, Failures: x.Failures}
		if x.Last.ID != "" {
			r := runOf(x.Last)
			out.Last = &r
		}
		return out
	}), err)
}

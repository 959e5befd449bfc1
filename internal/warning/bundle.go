// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/event"
	"github.com/fengsui/fengsui/internal/evidence"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/bundle"
	"github.com/fengsui/fengsui/internal/spec/tlp"
)

// maxBundle bounds the warnings in one bundle; vouching and vouchingBytes are what is kept free for the files about them.
const (
	maxBundle     = 200
	vouching      = 3
	vouchingBytes = 1 << 20
)

// BundleFormat names this kind of bundle in its manifest.
const BundleFormat = "fengsui-bundle/1"

// A Manifest says what a bundle is, and of whom for whom.
type Manifest struct {
	Format   string          `json:"format"`
	MadeAt   time.Time       `json:"made_at"`
	Platform string          `json:"platform"` // its address
	Key      string          `json:"key"`      // verifier key of its log: to be compared with one that came another way
	OrgID    string          `json:"organisation"`
	TLP      string          `json:"tlp"` // strictest label of what is in it
	Warnings []ManifestEntry `json:"warnings"`
	LeftOut  bool            `json:"left_out,omitempty"` // there are more in force than a bundle holds: the affected and the newest are here
}

// A ManifestEntry is one warning in a bundle.
type ManifestEntry struct {
	ID        string    `json:"id"`
	Number    string    `json:"number"`
	Revision  int       `json:"revision"`
	Level     Level     `json:"level"`
	TLP       string    `json:"tlp"`
	RespondBy time.Time `json:"respond_by,omitzero"`
	Exercise  bool      `json:"exercise,omitempty"`
	Withheld  []string  `json:"withheld,omitempty"` // parts that are read by people who have signed in
}

// Bundled: a unit took warnings along for machines without a network.
type Bundled struct {
	OrgID    string   `json:"org"`
	Warnings []string `json:"warnings"`
	SHA256   string   `json:"sha256"` // of the signed list of digests
}

// Kind is the stored name.
func (Bundled) Kind() string { return "warning.bundled" }

// About puts it on the unit's time line.
func (e Bundled) About() event.About { return event.About{Subjects: []string{"org/" + e.OrgID}} }

// Bundle returns a signed file with a warning as the actor's unit has it, or with all that are in force when id is "": sheet,
// text, alert, VEX template, machine pack, public documents, and an answer sheet to fill in. What is in it obeys the same
// function as what is fetched: up to TLP:AMBER+STRICT. name is what the file is called. Faults: NotFound, also when there
// is nothing.
func (s *Service) Bundle(ctx context.Context, by member.Actor, id string) (name string, out []byte, err error) {
	if err := reader(by); err != nil {
		return "", nil, err
	}
	if by.OrgID == "" || handles(by) {
		return "", nil, fault.Hidden()
	}
	m := Manifest{Format: BundleFormat, Platform: s.BaseURL, Key: s.Events.Evidence.PublicKey(), OrgID: by.OrgID, TLP: string(tlp.Clear), Warnings: []ManifestEntry{}}
	var files []bundle.File
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		files, m.Warnings, m.MadeAt = nil, nil, tx.Now.UTC()
		copies, err := s.inForce(ctx, tx, by, id)
		if err != nil {
			return err
		}
		m.LeftOut, m.TLP = false, string(tlp.Clear)
		size := 0
		for _, r := range copies {
			fs, entry, err := s.bundled(ctx, tx, by, r)
			if err != nil {
				return err
			}
			more := 0
			for _, f := range fs {
				more += len(f.Bytes)
			}
			if n := len(m.Warnings); n > 0 && (n == maxBundle || len(files)+len(fs) > bundle.MaxFiles-vouching || size+more > bundle.MaxContent-vouchingBytes) {
				m.LeftOut = true
				break
			}
			files, m.Warnings, size = append(files, fs...), append(m.Warnings, entry), size+more
			label := tlp.Label(entry.TLP)
			if len(entry.Withheld) > 0 {
				label = tlp.AmberStrict
			}
			m.TLP = string(tlp.Stricter(tlp.Label(m.TLP), label))
		}
		return nil
	})
	if err == nil {
		out, err = s.vouch(ctx, by, m, files)
	}
	if err != nil {
		return "", nil, fmt.Errorf("bundle warnings: %w", err)
	}
	name = "fengsui-" + m.MadeAt.Format("20060102-150405") + ".zip"
	if id != "" {
		name = fmt.Sprintf("fengsui-%s-r%d.zip", m.Warnings[0].Number, m.Warnings[0].Revision)
	}
	return name, out, nil
}

// inForce are the unit's newest copies of a warning, or of all that are not lifted or recalled: the affected first, and one
// more than a bundle holds.
func (s *Service) inForce(ctx context.Context, tx *db.Tx, by member.Actor, id string) ([]Recipient, error) {
	if id != "" {
		r, err := s.mine(ctx, tx, by, id, "")
		return []Recipient{r}, err
	}
	query := `SELECT ` + recipientColumns + ` FROM warning_recipient r JOIN warning_revision v ON v.warning_id = r.warning_id AND v.revision = r.revision
		WHERE r.org_id = $1 AND v.kind NOT IN ('lift', 'recall') AND NOT EXISTS (SELECT 1 FROM warning_recipient n WHERE n.warning_id = r.warning_id AND n.org_id = r.org_id AND n.revision > r.revision)`
	if !by.May(member.ToWarnings) {
		query += ` AND r.wave = 1`
	}
	rs, err := db.List(ctx, tx, s.scanRecipient, query+` ORDER BY r.wave, r.at DESC, r.warning_id LIMIT $2`, by.OrgID, maxBundle+1)
	if err == nil && len(rs) == 0 {
		err = fault.Missing()
	}
	return rs, err
}

// bundled are the files of one warning.
func (s *Service) bundled(ctx context.Context, tx *db.Tx, by member.Actor, r Recipient) (files []bundle.File, entry ManifestEntry, err error) {
	l, err := Purpose{s}.letter(ctx, tx, &stock{}, r.WarningID, r.Revision, by.OrgID)
	if err != nil {
		return nil, entry, err
	}
	l.way = UpTo(tlp.AmberStrict)
	w, open := l.w.Within(l.way)
	entry = ManifestEntry{ID: w.ID, Number: w.Number, Revision: w.Revision, Level: w.Level, TLP: w.TLP, RespondBy: w.RespondBy, Exercise: w.Exercise}
	for _, part := range []struct {
		name, label string
		there       bool
	}{{"title", w.TLP, true}, {"summary", w.SummaryLabel(), l.w.Content.Summary+l.w.Content.SummaryEN != ""}, {"measures", w.MeasuresLabel(), l.w.Content.Measures+l.w.Content.MeasuresEN != ""}, {"pack", w.PackLabel(), !l.w.Content.Pack.Empty()}} {
		if part.there && !l.way(part.label) {
			entry.Withheld = append(entry.Withheld, part.name)
		}
	}
	add := func(name string, b []byte) { files = append(files, bundle.File{Name: w.Number + "/" + name, Bytes: b}) }
	sheet, text, err := s.sheet(l)
	if err != nil {
		return nil, entry, err
	}
	add("sheet.html", sheet)
	add("warning.txt", text)
	before, err := dated(ctx, tx, l.w, by.OrgID)
	if err != nil {
		return nil, entry, err
	}
	alert, err := s.CAP(l.w, before, l.way, false).Encode()
	if err != nil {
		return nil, entry, err
	}
	add("alert.cap.xml", alert)
	blank, err := json.MarshalIndent(newAnswerSheet(l.w, by.OrgID), "", "  ")
	if err != nil {
		return nil, entry, err
	}
	add("answer.json", append(blank, '\n'))
	for name, b := range w.Content.Pack.files() {
		add(name, b)
	}
	if open && unit(by) == nil {
		vex, err := s.vex(ctx, tx, by, r)
		if err != nil {
			return nil, entry, err
		}
		add("openvex.json", vex)
	}
	if s.Documents != nil {
		docs, err := s.Documents(ctx, tx, w.CaseID)
		if err != nil {
			return nil, entry, err
		}
		for name, b := range docs {
			add(name, b)
		}
	}
	return files, entry, nil
}

// files are the parts of a pack under the names that their tools know.
func (p Pack) files() map[string][]byte {
	out := map[string][]byte{}
	for name, text := range map[string]string{"indicators.txt": WriteIndicators(p.Indicators), "rules.sigma.yml": p.Sigma, "rules.yara": p.YARA, "suricata.rules": p.Suricata, "links.txt": strings.Join(p.Links, "\n")} {
		if text != "" {
			out[name] = []byte(strings.TrimRight(text, "\n") + "\n")
		}
	}
	if len(p.Indicators) > 0 {
		out["indicators.json"] = append([]byte(Pack{Indicators: p.Indicators}.String()), '\n')
	}
	return out
}

// readme says how to verify a bundle with what is on every machine.
func readme(m Manifest) []byte {
	var b strings.Builder
	for i, lang := range []string{i18n.Chinese, i18n.English} {
		if i > 0 {
			b.WriteString("\n" + strings.Repeat("-", 60) + "\n\n")
		}
		p := i18n.For(lang)
		b.WriteString("TLP:" + m.TLP + "\n\n" + p.T("warning.bundle.readme", m.Platform, p.DateTime(m.MadeAt), p.Zone()) + "\n\n" +
			"    sha256sum --check SHA256SUMS\n    openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig\n    fengsui bundle verify FILE.zip --key evidence.vkey\n\n" +
			leftOut(p, m) + p.T("warning.bundle.readme-key") + "\n\n    " + m.Key + "\n\n" + p.T("warning.bundle.readme-answer") + "\n")
	}
	return []byte(b.String())
}

// leftOut says that a bundle does not hold all, where it does not.
func leftOut(p i18n.Printer, m Manifest) string {
	if !m.LeftOut {
		return ""
	}
	return p.T("warning.bundle.left-out", len(m.Warnings)) + "\n\n"
}

// vouch adds what says what the bundle is, signs it and puts it on record.
func (s *Service) vouch(ctx context.Context, by member.Actor, m Manifest, files []bundle.File) (out []byte, err error) {
	manifest, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	key, err := evidence.PEM(m.Key)
	if err != nil {
		return nil, err
	}
	files = append(files, bundle.File{Name: "manifest.json", Bytes: append(manifest, '\n')}, bundle.File{Name: "key.pem", Bytes: key}, bundle.File{Name: "README.txt", Bytes: readme(m)})
	var digest string
	out, err = bundle.Write(files, func(sums []byte) (signature []byte, err error) {
		var used string
		if signature, used, err = s.Events.Evidence.SignSums(sums); err == nil && used != m.Key {
			err = fault.Clash("fault.stale") // the key was replaced in this moment
		}
		digest = evidence.Digest(nil, sums)
		return signature, err
	})
	if err != nil {
		return nil, err
	}
	e := Bundled{OrgID: by.OrgID, SHA256: digest}
	for _, w := range m.Warnings {
		e.Warnings = append(e.Warnings, fmt.Sprintf("%s:%d", w.ID, w.Revision))
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := s.Events.Record(ctx, tx, by.By(), e)
		return err
	})
	return out, err
}

// sheet is a warning on paper, and as plain text.
func (s *Service) sheet(l letter) (page, text []byte, err error) {
	var parts []part
	for _, p := range l.printers() {
		x := s.part(p, l)
		x.Link = action{p.T("warning.bundle.answer"), "answer.json"}
		parts = append(parts, x)
	}
	var b bytes.Buffer
	if err := sheetLayout.Execute(&b, struct {
		Title string
		Parts []part
	}{l.w.Number, parts}); err != nil {
		return nil, nil, err
	}
	var t strings.Builder
	for i, p := range parts {
		if i > 0 {
			t.WriteString("\n" + strings.Repeat("-", 60) + "\n\n")
		}
		p.text(&t)
	}
	return b.Bytes(), []byte(t.String()), nil
}

// sheetLayout fits one page of A4, and needs nothing beside itself.
var sheetLayout = template.Must(template.New("sheet").Parse(`<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title>
<style>
@page { size: A4; margin: 14mm }
body { font: 11pt/1.5 "Source Han Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; max-width: 46em; margin: 0 auto; padding: 1em; color: #111; background: #fff }
article + article { border-top: 2px solid #111; margin-top: 1.5em; padding-top: 1em }
h1 { font-size: 16pt; line-height: 1.3; margin: .2em 0 }
h2 { font-size: 11pt; margin: .8em 0 0 }
p { margin: .3em 0 }
.label { font-weight: 700; display: inline-block; border: 1.5pt solid #111; padding: 0 .5em }
.pre { white-space: pre-line }
.foot { color: #444; font-size: 9.5pt; overflow-wrap: anywhere }
@media print { body { padding: 0 } article + article { break-before: page; border: 0; margin: 0; padding: 0 } }
</style></head><body>
{{range .Parts}}<article lang="{{.Lang}}">
<p class="label">{{.Label}}</p>
<h1>{{.Heading}}</h1>
{{with .Exercise}}<p><strong>{{.}}</strong></p>
{{end}}<p><strong>{{.Title}}</strong></p>
{{with .Standing}}<p>{{.}}</p>
{{end}}{{range .Sections}}<h2>{{.Name}}</h2>
<p class="pre">{{.Text}}</p>
{{end}}<p>{{.Concern}}</p>
{{with .Hits}}<ul>{{range .}}<li>{{.}}</li>{{end}}</ul>
{{end}}{{with .Answer}}<p><strong>{{.}}</strong></p>
{{end}}<p class="foot">{{.Link.Text}}: {{.Link.URL}}<br>{{.Page.Text}}: {{.Page.URL}}<br>{{.Issuer}}</p>
<p class="label">{{.Label}}</p>
</article>
{{end}}</body></html>
`))

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/delivery"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/spec/openvex"
	"github.com/fengsui/fengsui/internal/spec/tlp"
	"github.com/fengsui/fengsui/internal/warning"
	"github.com/fengsui/fengsui/internal/web/look"
)

// whyNotAffected is the reason of an answer "not affected", in the terms of VEX.
func (v *view) whyNotAffected(f *form, r warning.Recipient) look.Field {
	x := f.field("justification", v.T("web.known.justification"))
	x.Hint = v.T("web.known.justification-hint")
	x.Options = []look.Option{{Label: "—"}}
	for _, j := range openvex.Justifications {
		x.Options = append(x.Options, look.Option{Value: string(j), Label: v.T("web.known.justification." + string(j))})
	}
	if x.Value == "" && f.Err == nil {
		x.Value = string(r.Justification)
	}
	return x
}

// revisionChoice is what a revision can be, each with what it does.
func (v *view) revisionChoice(f *form) look.Field {
	x := f.field("kind", v.T("web.warning.kind"))
	x.Required = true
	if x.Value == "" {
		x.Value = string(warning.Amendment)
	}
	for _, k := range warning.Chosen {
		x.Options = append(x.Options, look.Option{Value: string(k), Label: v.T("warning.kind." + string(k)), Hint: v.T("web.warning.kind." + string(k))})
	}
	return x
}

// changeValue is one side of a change in the reader's words.
func (v *view) changeValue(what, s string) string {
	if s == "" {
		return "—"
	}
	switch what {
	case warning.ChangedLevel:
		return v.levelWord(warning.Level(s))
	case warning.ChangedGrade:
		return v.gradeWord(s)
	case warning.ChangedExploited:
		return v.T("web.warning.exploited." + s)
	case warning.ChangedLimit:
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			return v.P.DateTime(t)
		}
	case warning.ChangedLabel:
		return "TLP:" + s
	}
	return s
}

func (v *view) territoryField(f *form, from warning.Issuer) look.Field {
	x := f.field("territory", v.T("warning.change.territory"))
	x.Hint, x.Short = v.T("web.warning.territory.help"), true
	if from.Region != "" {
		x.Hint = v.T("web.warning.right.province", from.Region)
	}
	return x
}

func (v *view) basisField(f *form, from warning.Issuer) look.Field {
	x := f.field("basis", v.T("web.warning.basis"))
	x.Hint = v.T("web.warning.basis.help")
	return x
}

// partChoice is the label of a part of a draft.
func (v *view) partChoice(f *form, name string) look.Field {
	x := f.field(name, v.T("web.warning.field."+name))
	x.Options = []look.Option{{Label: v.T("web.warning.parts.same")}}
	for _, l := range tlp.Labels() {
		x.Options = append(x.Options, look.Option{Value: string(l), Label: l.String()})
	}
	return x
}

// carried says by which ways a part with a label leaves.
func (v *view) carried(label string) string {
	switch {
	case warning.By(delivery.Email, false)(label):
		return v.T("web.compose.carried.open")
	case warning.By(delivery.Email, true)(label):
		return v.T("web.compose.carried.sealed")
	}
	return v.T("web.compose.carried.page")
}

// packOf reads the pack from its form.
func packOf(f *form) warning.Pack {
	p := warning.Pack{Indicators: warning.ReadIndicators(f.Get("indicators")), Sigma: f.Get("sigma"), YARA: f.Get("yara"), Suricata: f.Get("suricata")}
	for l := range strings.Lines(f.Get("links")) {
		if l = strings.TrimSpace(l); l != "" {
			p.Links = append(p.Links, l)
		}
	}
	return p
}

func (s *Server) warningExercise(v *view) error {
	return s.caseDo(v, func(_ *form, id string) error {
		_, err := s.Warnings.DraftExercise(v.Context(), v.Actor, id)
		return err
	})
}

// warningAs shows a draft as one recipient would get it.
func (s *Server) warningAs(v *view) error {
	x, err := s.Warnings.ViewAs(v.Context(), v.Actor, v.PathValue("id"), v.PathValue("org"))
	if err != nil {
		return err
	}
	return v.ok(warningAsPage(v, x))
}

// warningProve adds a file to an answer.
func (s *Server) warningProve(v *view) error {
	return s.warningDo(v, func(f *form, id string) error {
		files, err := f.Files("proof")
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return fault.FieldError("proof", "rule.required", "scan.pdf")
		}
		for _, x := range files {
			if _, err := s.Warnings.AddProof(v.Context(), v.Actor, id, x.Name, x.Bytes); err != nil {
				return err
			}
		}
		return nil
	})
}

// warningProof gives a proof as a file: it is never shown within the platform's own pages.
func (s *Server) warningProof(v *view) error {
	p, body, err := s.Warnings.ReadProof(v.Context(), v.Actor, v.PathValue("id"), v.PathValue("proof"))
	if err != nil {
		return err
	}
	return v.attach(p.Name, "application/octet-stream", body)
}

// warningVEX gives the unit's own VEX template.
func (s *Server) warningVEX(v *view) error {
	body, err := s.Warnings.VEX(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	return v.attach("vex.json", "application/json; charset=utf-8", body)
}

func (v *view) attach(name, media string, body []byte) error {
	h := v.w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	_, err := v.w.Write(body)
	return err
}

// warningCall notes a call to a unit that is silent.
func (s *Server) warningCall(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	err = s.Warnings.RecordCall(v.Context(), v.Actor, v.PathValue("id"), v.PathValue("org"), duty.CallInput{To: f.Get("to"), Outcome: duty.Outcome(f.Get("outcome")), Note: f.Get("note")})
	if err == nil {
		return v.see("/calls")
	}
	if err := f.refuse(err, ""); err != nil {
		return err
	}
	return s.callsAgain(v, f, http.StatusUnprocessableEntity)
}

// publicText is a warning as it is told to everybody: what was learned, what it is about, what to do.
func (v *view) publicText(w warning.Warning) string {
	c := w.Content
	parts := []string{v.T("warning.lead.public", v.warningTitle(w)), v.P.Pick(c.Summary, c.SummaryEN), v.P.Pick(c.Measures, c.MeasuresEN), c.Issuer + " " + c.Phone}
	return strings.Join(parts, "\n\n")
}

// byWarning puts calls about one warning together, in the order in which the warnings come.
func byWarning(cs []warning.Call) (out [][]warning.Call) {
	at := map[string]int{}
	for _, c := range cs {
		i, ok := at[c.Warning.ID]
		if !ok {
			i = len(out)
			at[c.Warning.ID], out = i, append(out, nil)
		}
		out[i] = append(out[i], c)
	}
	return out
}

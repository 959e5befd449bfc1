// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package cap

import (
	"encoding/xml"
	"strings"
	"time"
)

// The elements in the order in which the schema has them: it is a sequence.
type (
	alertElement struct {
		XMLName     xml.Name      `xml:"urn:oasis:names:tc:emergency:cap:1.2 alert"`
		Identifier  string        `xml:"identifier"`
		Sender      string        `xml:"sender"`
		Sent        string        `xml:"sent"`
		Status      string        `xml:"status"`
		Type        string        `xml:"msgType"`
		Source      string        `xml:"source,omitempty"`
		Scope       string        `xml:"scope"`
		Restriction string        `xml:"restriction,omitempty"`
		Note        string        `xml:"note,omitempty"`
		References  string        `xml:"references,omitempty"`
		Infos       []infoElement `xml:"info"`
	}
	infoElement struct {
		Language      string        `xml:"language,omitempty"`
		Categories    []string      `xml:"category"`
		Event         string        `xml:"event"`
		ResponseTypes []string      `xml:"responseType"`
		Urgency       string        `xml:"urgency"`
		Severity      string        `xml:"severity"`
		Certainty     string        `xml:"certainty"`
		Audience      string        `xml:"audience,omitempty"`
		EventCodes    []Value       `xml:"eventCode"`
		Effective     string        `xml:"effective,omitempty"`
		SenderName    string        `xml:"senderName,omitempty"`
		Headline      string        `xml:"headline,omitempty"`
		Description   string        `xml:"description,omitempty"`
		Instruction   string        `xml:"instruction,omitempty"`
		Web           string        `xml:"web,omitempty"`
		Contact       string        `xml:"contact,omitempty"`
		Parameters    []Value       `xml:"parameter"`
		Areas         []areaElement `xml:"area"`
	}
	areaElement struct {
		Desc string `xml:"areaDesc"`
	}
)

func (a Alert) element() alertElement {
	out := alertElement{Identifier: a.Identifier, Sender: a.Sender, Sent: stamp(a.Sent), Status: a.Status, Type: a.Type, Source: a.Source,
		Scope: a.Scope, Restriction: a.Restriction, Note: a.Note}
	var refs []string
	for _, r := range a.References {
		refs = append(refs, r.Sender+","+r.Identifier+","+stamp(r.Sent))
	}
	out.References = strings.Join(refs, " ")
	for _, i := range a.Infos {
		x := infoElement{Language: i.Language, Categories: i.Categories, Event: i.Event, ResponseTypes: i.ResponseTypes, Urgency: i.Urgency, Severity: i.Severity,
			Certainty: i.Certainty, Audience: i.Audience, EventCodes: i.EventCodes, SenderName: i.SenderName, Headline: headline(i.Headline),
			Description: i.Description, Instruction: i.Instruction, Web: i.Web, Contact: i.Contact, Parameters: i.Parameters}
		if !i.Effective.IsZero() {
			x.Effective = stamp(i.Effective)
		}
		for _, d := range i.Areas {
			x.Areas = append(x.Areas, areaElement{d})
		}
		out.Infos = append(out.Infos, x)
	}
	return out
}

// headline keeps to the 160 characters that some receivers show.
func headline(s string) string {
	if r := []rune(s); len(r) > 160 {
		return string(r[:159]) + "…"
	}
	return s
}

// stamp writes a time with its offset; "Z" is forbidden, and UTC is -00:00 (section 3.3.2).
func stamp(t time.Time) string {
	if _, offset := t.Zone(); offset == 0 {
		return t.Format("2006-01-02T15:04:05") + "-00:00"
	}
	return t.Format("2006-01-02T15:04:05-07:00")
}

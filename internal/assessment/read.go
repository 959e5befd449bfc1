// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package assessment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/bound"
	"github.com/fengsui/fengsui/internal/spec/csaf"
	"github.com/fengsui/fengsui/internal/spec/openvex"
	"github.com/fengsui/fengsui/internal/spec/sbom"
)

// The formats of documents.
const (
	OpenVEX   = "OpenVEX"
	CSAF      = "CSAF"
	CycloneDX = "CycloneDX"
)

// A document is what was read, in one form for all formats.
type document struct {
	format, name, author string
	said                 []said
	bom                  *sbom.Document // of CycloneDX: what references without a link name
}

// A said is one statement about one thing, as the document names it.
type said struct {
	vuln          string
	aliases       []string
	status        Status
	justification Justification
	reason        string
	at            time.Time // zero where the document does not say

	meant  product.Meant
	part   *product.Meant // the component within, where the statement is about one
	ranged bool           // of versions that are not listed
	ref    string         // of CycloneDX: a bom-ref or a BOM-Link
	label  string         // how people call it
}

// read tells the formats apart. Every error is a fault that names the field.
func read(b []byte) (document, error) {
	start := bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\ufeff")), " \t\r\n")
	if !bytes.HasPrefix(start, []byte("{")) {
		return readCycloneDX(b) // XML, compressed, or nothing that is known
	}
	var x struct {
		Context  json.RawMessage `json:"@context"`
		Document json.RawMessage `json:"document"`
	}
	switch err := bound.Document.Check(start); {
	case errors.Is(err, bound.ErrLarge):
		return document{}, &fault.Error{Kind: fault.TooLarge, Key: "fault.too-large", Args: []any{"32 MiB"}}
	case err != nil || json.Unmarshal(start, &x) != nil:
		return document{}, fault.FieldError("document", "assessment.rule.syntax", "")
	case x.Context != nil:
		return readOpenVEX(start)
	case x.Document != nil:
		return readCSAF(start)
	}
	return readCycloneDX(start)
}

func readOpenVEX(b []byte) (document, error) {
	d, err := openvex.Read(b)
	if r := (*openvex.Refused)(nil); errors.As(err, &r) {
		where := r.Field
		if where == "" {
			where = "document"
		}
		return document{}, fault.FieldError("document", "assessment.openvex."+string(r.Rule), r.Example, where, r.Limit)
	}
	if err != nil {
		return document{}, err
	}
	out := document{format: OpenVEX, name: d.ID, author: d.Author}
	meant := func(p openvex.Product) product.Meant {
		m := product.Meant{CPE: p.CPE}
		if p.PURL != "" {
			m.PURLs = []string{p.PURL}
		}
		return m
	}
	for _, s := range d.Statements {
		x := said{vuln: s.Vulnerability, aliases: s.Aliases, status: s.Status, justification: s.Justification, reason: s.Reason, at: s.At}
		for _, p := range s.Products {
			x.meant, x.part, x.label = meant(p), nil, first(p.ID, p.PURL, p.CPE)
			if len(p.Components) == 0 {
				out.said = append(out.said, x)
			}
			for _, c := range p.Components {
				m := meant(c)
				x.part = &m
				out.said = append(out.said, x)
			}
		}
	}
	return out, nil
}

func readCSAF(b []byte) (document, error) {
	d, err := csaf.ReadVEX(b)
	switch {
	case errors.Is(err, csaf.ErrVersion):
		return document{}, fault.FieldError("document", "assessment.csaf.version", "2.0")
	case errors.Is(err, csaf.ErrID):
		return document{}, fault.FieldError("document", "assessment.csaf.id", "")
	case errors.Is(err, csaf.ErrNoStatements):
		return document{}, fault.FieldError("document", "assessment.csaf.nothing", "")
	case errors.Is(err, csaf.ErrStatements):
		return document{}, fault.FieldError("document", "assessment.rule.many", "", maxStatements)
	case err != nil:
		return document{}, fault.FieldError("document", "assessment.rule.syntax", "")
	}
	out := document{format: CSAF, name: d.ID, author: d.Publisher}
	meant := func(p csaf.VEXProduct) product.Meant {
		name := p.Product
		if name == "" {
			name = p.Name
		}
		return product.Meant{PURLs: p.PURLs, CPE: p.CPE, Vendor: p.Vendor, Name: name, Version: p.Version}
	}
	for _, s := range d.Statements {
		p := d.Products[s.Product]
		x := said{vuln: s.Vulnerability, aliases: s.Aliases, status: Status(s.Status), justification: Justification(s.Label), reason: s.Detail, at: d.At, meant: meant(p), label: p.Name, ranged: p.Range != "" && p.Version == ""}
		if p.Part != nil {
			m := meant(*p.Part)
			x.part = &m
		}
		out.said = append(out.said, x)
	}
	return out, nil
}

// states are CycloneDX's words for the four statuses.
var states = map[string]Status{"exploitable": Affected, "in_triage": UnderInvestigation, "resolved": Fixed, "resolved_with_pedigree": Fixed,
	"false_positive": NotAffected, "not_affected": NotAffected}

// justifications are CycloneDX's words for the five justifications. What needs something that is not there cannot be
// reached; what is protected is mitigated.
var justifications = map[string]Justification{"code_not_present": openvex.CodeNotPresent, "code_not_reachable": openvex.CodeNotInExecutePath,
	"requires_configuration": openvex.CodeNotControllable, "requires_dependency": openvex.CodeNotControllable, "requires_environment": openvex.CodeNotControllable,
	"protected_by_compiler": openvex.InlineMitigationsExist, "protected_at_runtime": openvex.InlineMitigationsExist,
	"protected_at_perimeter": openvex.InlineMitigationsExist, "protected_by_mitigating_control": openvex.InlineMitigationsExist}

func readCycloneDX(b []byte) (document, error) {
	d, err := sbom.ParseVEX(b)
	if r := (*sbom.Refused)(nil); errors.As(err, &r) {
		switch r.Rule {
		case sbom.Size:
			return document{}, &fault.Error{Kind: fault.TooLarge, Key: "fault.too-large", Args: []any{"64 MiB"}}
		case sbom.Format, sbom.Form:
			return document{}, fault.FieldError("document", "assessment.rule.format", "")
		}
		where := r.Field
		if where == "" {
			where = "document"
		}
		return document{}, fault.FieldError("document", "product.sbom."+string(r.Rule), r.Example, where, max(r.Line, 1), r.Limit)
	}
	if err != nil {
		return document{}, err
	}
	out := document{format: CycloneDX, name: d.Serial, author: d.RootName, bom: &d}
	if d.Serial != "" && d.Revision > 0 {
		out.name = fmt.Sprintf("%s/%d", d.Serial, d.Revision)
	}
	for _, a := range d.Analyses {
		status, ok := states[strings.ToLower(a.State)]
		if !ok {
			return document{}, fault.FieldError("document", "assessment.cyclonedx.state", "not_affected", a.ID)
		}
		x := said{vuln: a.ID, aliases: a.Aliases, status: status, justification: justifications[strings.ToLower(a.Justification)], reason: a.Detail, at: a.At}
		for _, ref := range a.Affects {
			x.ref, x.label = ref, ref
			out.said = append(out.said, x)
		}
	}
	return out, nil
}

func first(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}

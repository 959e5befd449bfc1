// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/report"
)

// reportNew shows the form: flash (four facts) or full. A draft or, in the demo, an example may fill it in.
func (s *Server) reportNew(v *view) error {
	q := v.URL.Query()
	f := v.blank(map[string]string{"flash": q.Get("flash"), "exploited": "unknown", "public": "unknown", "upstream": "unknown"})
	if id := q.Get("draft"); id != "" {
		c, err := s.Reports.Draft(v.Context(), v.Actor, id)
		if err != nil {
			return err
		}
		f = contentForm(v, c)
		f.values["draft"] = []string{id}
	}
	if q.Get("example") != "" && s.Demo != nil {
		f = contentForm(v, example(v.Now))
	}
	return v.ok(reportFormPage(v, f, ""))
}

// contentForm fills the form with a content.
func contentForm(v *view, c report.Content) *form {
	f := v.blank(map[string]string{"title": c.Title, "vendor": c.Vendor, "product": c.Product, "model": c.Model, "versions": c.Versions, "purl": c.PURL,
		"technical": c.Technical, "harm": c.Harm, "scope": c.Scope, "cwe": c.CWE, "cvss": c.CVSS, "aliases": strings.Join(c.Aliases, ", "), "exploited": c.Exploited,
		"public": c.Public, "fix": c.Fix, "upstream": c.Upstream, "relation": string(c.Relation), "learned_at": input(c.LearnedAt), "learned_by": c.LearnedBy, "credit": c.Credit, "kind": c.Kind})
	fillRows(f, c)
	return f
}

// formContent reads a content from the form.
func formContent(f *form) (c report.Content, err error) {
	c = report.Content{Title: f.Get("title"), Vendor: f.Get("vendor"), Product: f.Get("product"), Model: f.Get("model"), Versions: f.Get("versions"), PURL: f.Get("purl"),
		Technical: f.Get("technical"), Harm: f.Get("harm"), Scope: f.Get("scope"), CWE: f.Get("cwe"), CVSS: f.Get("cvss"), Aliases: f.Lines("aliases"),
		Exploited: f.Get("exploited"), Public: f.Get("public"), Fix: f.Get("fix"), Upstream: f.Get("upstream"), Relation: duty.Relation(f.Get("relation")),
		LearnedBy: f.Get("learned_by"), Credit: f.Get("credit"), Kind: f.Get("kind")}
	if c.LearnedAt, err = f.Time("learned_at"); err != nil {
		return c, err
	}
	r, err := readRows(f, c)
	c.Told, c.Affected = r.told, r.affected
	return c, err
}

// reportSubmit receives a report, keeps a draft, or shows the duties that the facts give rise to, by the button used.
func (s *Server) reportSubmit(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	c, err := formContent(f)
	if err != nil {
		return s.reportAgain(v, f, err, "")
	}
	if do := f.Get("do"); do == "owe" || do == "more" {
		return v.ok(reportFormPage(v, f, ""))
	}
	if f.Get("do") == "draft" {
		if !v.Actor.SignedIn() {
			return fault.SignIn()
		}
		if _, err := s.Reports.SaveDraft(v.Context(), v.Actor, f.Get("draft"), c); err != nil {
			return s.reportAgain(v, f, err, "")
		}
		return v.see("/drafts")
	}
	in, err := s.reportInput(f, c)
	if err != nil {
		return err
	}
	in.IdempotencyKey = f.Get("key")
	r, err := s.Reports.Submit(v.Context(), v.Actor, in)
	if err != nil {
		return s.reportAgain(v, f, err, "")
	}
	if id := f.Get("draft"); id != "" && v.Actor.SignedIn() {
		if err := s.Reports.DropDraft(v.Context(), v.Actor, id); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	s.clashesOf(v, f, r)
	v.Now = s.Clock.Now() // what the report itself has met has been met by now
	return v.ok(receiptPage(v, r))
}

func (s *Server) reportInput(f *form, c report.Content) (report.Input, error) {
	in := report.Input{Content: c, Flash: f.Get("flash") != "", Contact: f.Get("contact")}
	files, err := f.Files("attachments")
	for _, x := range files {
		in.Attachments = append(in.Attachments, report.File{Name: x.Name, MediaType: x.MediaType, Bytes: x.Bytes})
	}
	return in, err
}

// reportAgain shows the form again with what was wrong; to as of reportFormPage.
func (s *Server) reportAgain(v *view, f *form, err error, to string) error {
	if err := f.refuse(err, "content."); err != nil {
		return err
	}
	if c, err := formContent(f); err == nil {
		r, _ := readRows(f, c)
		r.locate(f)
	}
	return v.show(http.StatusUnprocessableEntity, reportFormPage(v, f, to))
}

func (s *Server) reportSupplement(v *view) error {
	r, err := s.Reports.Get(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	return v.ok(reportFormPage(v, contentForm(v, r.Content), "/reports/"+pathEscape(r.ID)))
}

func (s *Server) reportSupplementPost(v *view) error {
	id := v.PathValue("id")
	return s.supplement(v, "/reports/"+pathEscape(id), func(in report.Input) (report.Result, error) {
		return s.Reports.Supplement(v.Context(), v.Actor, id, in)
	})
}

// statusSupplement and statusSupplementPost let the holder of a secret answer without an account.
func (s *Server) statusSupplement(v *view) error {
	secret := v.PathValue("secret")
	c, err := s.Reports.ContentBySecret(v.Context(), secret)
	if err != nil {
		return err
	}
	return v.ok(reportFormPage(v, contentForm(v, c), "/status/"+pathEscape(secret)))
}

func (s *Server) statusSupplementPost(v *view) error {
	secret := v.PathValue("secret")
	return s.supplement(v, "/status/"+pathEscape(secret), func(in report.Input) (report.Result, error) {
		r, err := s.Reports.SupplementBySecret(v.Context(), v.Actor, secret, in)
		r.Secret = secret
		return r, err
	})
}

// supplement receives a further stage of the report whose page is at to.
func (s *Server) supplement(v *view, to string, send func(report.Input) (report.Result, error)) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	c, err := formContent(f)
	if err != nil {
		return s.reportAgain(v, f, err, to)
	}
	if do := f.Get("do"); do == "owe" || do == "more" {
		return v.ok(reportFormPage(v, f, to))
	}
	in, err := s.reportInput(f, c)
	if err != nil {
		return err
	}
	r, err := send(in)
	if err != nil {
		return s.reportAgain(v, f, err, to)
	}
	s.clashesOf(v, f, r)
	v.Now = s.Clock.Now() // what the report itself has met has been met by now
	return v.ok(receiptPage(v, r))
}

// example fills the form for visitors of the demo: an invented flaw of an invented product.
func example(now time.Time) report.Content {
	return report.Content{Title: "驿路企业路由器 XR-5600 命令注入漏洞", Vendor: "驿路网络设备", Product: "驿路企业路由器", Model: "XR-5600", Versions: "V3.0.0 至 V3.2.1",
		Technical: "管理页面的诊断功能没有过滤目标地址参数，登录后的管理员可以让设备执行任意系统命令。", Harm: "攻击者可以完全控制设备，窥探和篡改经过它的流量。",
		Scope: "XR-5600 固件 V3.0.0 至 V3.2.1，估计在网约 4 万台。", CWE: "CWE-78", CVSS: "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H", Exploited: "no", Public: "no", Upstream: "no",
		Fix: "升级到固件 V3.2.2。", Relation: duty.Found, LearnedAt: now.Add(-3 * time.Hour), LearnedBy: "安全研究",
		Affected: []report.Affected{{Vendor: "驿路网络设备", Product: "驿路企业路由器", Model: "XR-5600", Introduced: "V3.0.0", Fixed: "V3.2.2"}}}
}

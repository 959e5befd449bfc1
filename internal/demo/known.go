// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/assessment"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/openvex"
	"github.com/fengsui/fengsui/internal/vuln"
)

// known is what the world publicly knew that evening, as far as the demo needs it: real numbers, packages and versions
// in our own words. EPSS values are for demonstration, and say so in their model.
//
//go:embed known
var known embed.FS

// place lays what is publicly known into the demo's directory, and has it imported from there every night, as an operator
// configures it.
func (d *Demo) place(c *app.Config) error {
	d.known = filepath.Join(c.Data, "known")
	from, err := fs.Sub(known, "known")
	if err != nil {
		return err
	}
	if err := os.CopyFS(d.known, from); err != nil {
		return err
	}
	c.Import = slices.Clone(c.Import)
	for _, x := range [][2]string{{"osv", "osv"}, {"kev", "kev.json"}, {"epss", "epss.csv"}} {
		c.Import = append(c.Import, app.Import{Kind: x[0], Source: filepath.Join(d.known, x[1]), Every: 24 * time.Hour})
	}
	return nil
}

// learn is the night's import; a provider's notices are taken in by hand.
func (st *stage) learn(ctx context.Context) error {
	if err := st.s.Vulns.Refresh(ctx); err != nil {
		return err
	}
	if _, err := st.s.Vulns.Import(ctx, st.as("administrator"), vuln.Input{Kind: "csaf", Source: filepath.Join(st.known, "csaf")}); err != nil {
		return err
	}
	rs, _, err := st.s.Vulns.Imports(ctx, st.as("administrator"), "", 10)
	if err != nil {
		return err
	}
	for _, r := range rs {
		if r.State != vuln.Done || r.Refused > 0 {
			return fmt.Errorf("import %s: %s, %d refused", r.Kind, r.State, r.Refused)
		}
	}
	return nil
}

// words are what members say of what is publicly known.
func words() []scene {
	return []scene{
		{at: at(time.December, 9, 9, 0), en: "the cloud provider says that it sends no mail with Log4j", do: word("provider", "云帆日志服务", assessment.Input{Vuln: "CVE-2020-9488", Status: assessment.NotAffected,
			Justification: openvex.CodeNotInExecutePath, Reason: "检索组件自带 Log4j，配置中没有启用邮件输出；平台组于 12 月 8 日核对全部节点。"})},
		{at: at(time.December, 9, 9, 30), en: "the grid looks into an old upload library", do: word("engineer", "营销业务系统", assessment.Input{Vuln: "CVE-2016-1000031", Status: assessment.UnderInvestigation,
			Reason: "正在核对是否反序列化外部数据。"})},
	}
}

// knownScreens are the pages about what is publicly known.
func (d *Demo) knownScreens(ctx context.Context, add func(name, who, path string)) error {
	add("vulns", "", "/vulnerabilities")
	add("vulns-search", "engineer", "/vulnerabilities?q=远程代码执行")
	add("vulns-nothing", "engineer", "/vulnerabilities?q=CVE-2021-44228")
	add("vuln", "engineer", "/vulnerabilities/CVE-2020-17530")
	add("vuln-public", "", "/vulnerabilities/CVE-2020-9488")
	add("vuln-staff", "analyst", "/vulnerabilities/CVE-2020-9488")
	add("vuln-clear", "engineer", "/vulnerabilities/CVE-2021-44420")
	add("products-import", "engineer", "/products/import")
	add("concern", "engineer", "/concerns?q=struts2-core")
	add("concern-ask", "engineer", "/concerns")
	add("concern-nothing", "engineer", "/concerns?q=CVE-2021-44228")
	add("portfolio-staff", "analyst", "/products")
	add("portfolio-provider", "provider", "/products")
	for _, x := range [][3]string{{"product-known-engineer", "engineer", "营销业务系统"}, {"product-known-provider", "provider", "云帆日志服务"}, {"product-private", "engineer", "电力监控系统网关"}} {
		who, name := x[1], x[2]
		ps, _, err := d.s.Products.List(ctx, d.as(who), product.Filter{Text: name})
		if err != nil {
			return err
		}
		for _, p := range ps[:min(1, len(ps))] {
			add(x[0], who, "/products/"+p.ID)
		}
	}
	add("imports", "administrator", "/imports")
	rs, _, err := d.s.Vulns.Imports(ctx, d.as("administrator"), "", 10)
	if err != nil {
		return err
	}
	for _, r := range rs[:min(1, len(rs))] {
		add("import", "administrator", "/imports/"+r.ID)
	}
	return nil
}

// errNone says that nothing was found.
var errNone = errors.New("nothing found")

// word is what a member says of a known vulnerability in one of its products.
func word(who, name string, in assessment.Input) func(*stage, context.Context) error {
	return func(st *stage, ctx context.Context) error {
		ps, _, err := st.s.Products.List(ctx, st.as(who), product.Filter{Text: name})
		if err != nil || len(ps) == 0 {
			return fmt.Errorf("%s has no product %s: %w", who, name, cmp.Or(err, errNone))
		}
		in.ProductID = ps[0].ID
		_, err = st.s.Assessments.Assess(ctx, st.as(who), in)
		return err
	}
}

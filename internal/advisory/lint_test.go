// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package advisory

import (
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/report"
)

func TestLint(t *testing.T) {
	good := Content{FixReady: true, Composite: "high", Content: casework.Content{Title: "标题", Fix: "升级", Affected: []report.Affected{{Product: "Gateway", Introduced: "9.3.0.1", Versions: []string{"10.1.2.3"}}}}}
	for text, want := range map[string]string{
		"": "", "升级到 10.0.1.2 或更高版本": "", "version 10.0.1.2": "", "10.0.1.2 及以下": "", "8.8.8.8 and earlier": "", ">=1.2.3.4": "",
		"1.2.3.4.5": "", "1.2.3.45678": "", "build 12.1.2.3.4": "", "999.1.1.1": "", "9.3.0.1、10.1.2.3": "", "127.0.0.1:8080 192.0.2.7": "",
		"目标 10.20.30.40": "P2!", "版本 10.0.1.2，目标 10.0.1.2": "P2!", "见http://8.8.8.8/x": "P2!", "从10.20.30.40发起": "P2!",
		"联系 somebody@example.org": "P8", "史诗级漏洞": "P3!", "a Nuclear option": "P3!",
		"${jndi:ldap://a}": "P4!", "${${lower:j}ndi": "P4!", "' UNION ALL SELECT 1": "P4!", "/bin/sh -c id": "P4!", "run ysoserial": "P4!",
	} {
		c := good
		c.Description = text
		var got []string
		for _, f := range Lint(c) {
			s := f.Rule
			if f.Blocking {
				s += "!"
			}
			got = append(got, s)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v, want %q", text, got, want)
		}
	}
	critical := good
	critical.Composite, critical.Title = "critical", "核弹级"
	if fs := Lint(critical); len(fs) != 1 || Blocked(fs) {
		t.Errorf("of a critical flaw the reviewer decides: %+v", fs)
	}
	if fs := Lint(Content{}); len(fs) != 2 || !Blocked(fs) || fs[0].Rule != "P1" || fs[1].Rule != "P5" {
		t.Errorf("nothing to offer: %+v", fs)
	}
}

func TestLintReadsAllThatIsPublic(t *testing.T) {
	const ip = "10.20.30.40"
	for where, change := range map[string]func(*Content){
		"title": func(c *Content) { c.Title = ip }, "title_en": func(c *Content) { c.TitleEN = ip }, "description_en": func(c *Content) { c.DescriptionEN = ip },
		"fix": func(c *Content) { c.Fix = ip }, "fix_en": func(c *Content) { c.FixEN = ip }, "workaround": func(c *Content) { c.Workaround = ip },
		"workaround_en": func(c *Content) { c.WorkaroundEN = ip }, "summary": func(c *Content) { c.Summary = ip },
		"references[0].url": func(c *Content) { c.References = []casework.Reference{{URL: "https://" + ip + "/x"}} },
		"credits[0]":        func(c *Content) { c.Credits = []string{ip} },
	} {
		c := Content{FixReady: true, Content: casework.Content{Fix: "x", Workaround: "x"}}
		change(&c)
		if fs := Lint(c); len(fs) != 1 || fs[0].Where != where || fs[0].What != ip {
			t.Errorf("%s: %+v", where, fs)
		}
	}
}

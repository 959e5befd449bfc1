// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package gbt30279

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const full = "GBT30279:2020/AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H"

func TestParse(t *testing.T) {
	whole := Vector{"N", "L", "N", "N", "H", "H", "H", "L", "H", "H"}
	bare := whole
	bare.E, bare.RL, bare.S = "", "", ""
	for _, e := range []struct {
		in   string
		want Vector
		text string
	}{
		{full, whole, full},
		{strings.TrimPrefix(full, Prefix), whole, full},
		{"S:H/RL:H/E:L/A:H/I:H/C:H/UI:N/PR:N/AC:L/AV:N", whole, full},
		{"AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H", bare, "GBT30279:2020/AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H"},
	} {
		got, err := Parse(e.in)
		if diff := cmp.Diff(e.want, got); diff != "" || err != nil {
			t.Errorf("Parse(%q): %v (-want +got)\n%s", e.in, err, diff)
		}
		if got.String() != e.text {
			t.Errorf("Parse(%q).String() = %s", e.in, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for in, want := range map[string]Refused{
		"":                                    {"", Form, ""},
		"AV:N/":                               {"", Form, ""},
		"AV:":                                 {"AV:", Form, ""},
		"AV:N/XX:N":                           {"XX", Unknown, ""},
		"CNVRS:1.0/AV:N":                      {"CNVRS", Unknown, ""},
		"AV:N/AV:L":                           {"AV", Twice, ""},
		"AV:N":                                {"AC", Missing, "LH"},
		"AV:X/AC:L/PR:N/UI:N/C:H/I:H/A:H":     {"AV", Value, "NALP"},
		"AV:NA/AC:L/PR:N/UI:N/C:H/I:H/A:H":    {"AV", Value, "NALP"},
		"AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L": {"RL", Missing, "HML"},
		strings.Repeat("AV:N/", 100):          {"AV:N/AV:…", Length, ""},
	} {
		_, err := Parse(in)
		var got *Refused
		if !errors.As(err, &got) {
			t.Errorf("Parse(%q): %v", in, err)
			continue
		}
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("Parse(%q) (-want +got)\n%s", in, diff)
		}
	}
	if got := (&Refused{"AV", Value, "NALP"}).Error(); got != "gbt30279: AV: value, one of NALP" {
		t.Error(got)
	}
}

func TestGradingRefuses(t *testing.T) {
	bare, err := Parse("AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bare.Composite(); !errors.Is(err, ErrNoEnvironment) {
		t.Errorf("a composite grade without an environment: %v", err)
	}
	var refused *Refused
	if _, err := (Vector{}).Composite(); !errors.As(err, &refused) || refused.Rule != Missing {
		t.Errorf("an empty vector: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(full)
	f.Add("AV:N/AC:L/PR:N/UI:N/C:N/I:N/A:N")
	f.Add("AV:N//AC:é")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := Parse(s)
		if err != nil {
			return
		}
		again, err := Parse(v.String())
		if err != nil || again != v {
			t.Fatalf("%q reads as %s, and that as %s, %v", s, v, again, err)
		}
		if g, err := v.Technical(); err == nil && g.Grade.Rank() == 0 {
			t.Fatalf("%s has no grade", v)
		}
	})
}

func TestCategoriesFormATree(t *testing.T) {
	seen := map[string]bool{"": true}
	for _, c := range Categories() {
		if seen[c.Code] || !seen[c.Parent] {
			t.Errorf("%s stands twice, or before its parent %q", c.Code, c.Parent)
		}
		if i := strings.LastIndexByte(c.Code, '.'); c.Parent != c.Code[:max(i, 0)] {
			t.Errorf("%s has the parent %s", c.Code, c.Parent)
		}
		if c.Chinese == "" || c.English == "" {
			t.Errorf("%+v lacks a name", c)
		}
		seen[c.Code] = true
	}
	if len(seen) != 1+32 {
		t.Errorf("%d categories, want 32", len(seen)-1)
	}
	Categories()[0].Chinese = "changed"
	if Categories()[0].Chinese != "代码问题" {
		t.Error("a caller can change the tree")
	}
}

func TestCategoryForCWE(t *testing.T) {
	for cwe, want := range map[string]string{
		"CWE-20": "输入验证错误", "CWE-22": "路径遍历", "CWE-78": "操作系统命令注入", "CWE-79": "跨站脚本", "CWE-89": "SQL注入", "CWE-94": "代码注入",
		"CWE-787": "缓冲区错误", "CWE-134": "格式化字符串错误", "CWE-190": "数字错误", "CWE-200": "信息泄露", "CWE-287": "授权问题", "CWE-798": "信任管理问题",
		"CWE-327": "加密问题", "CWE-352": "跨站请求伪造", "CWE-362": "竞争条件问题", "CWE-416": "资源管理错误", "CWE-1188": "配置错误", "CWE-999999": "其他", "": "其他",
	} {
		if got := CategoryForCWE(cwe); got.Chinese != want {
			t.Errorf("%s is %q, want %q", cwe, got.Chinese, want)
		}
	}
	for cwe, code := range byCWE {
		if got := CategoryForCWE(cwe); got.Code != code {
			t.Errorf("%s is mapped to %q, which is no category", cwe, code)
		}
	}
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadSpelled(t *testing.T) {
	upTo, through := func(v string) Interval { return Interval{To: v} }, func(v string) Interval { return Interval{To: v, Through: true} }
	from := func(v string) Interval { return Interval{From: v} }
	span := func(a, b string) Interval { return Interval{From: a, To: b, Through: true} }
	half := func(a, b string) Interval { return Interval{From: a, To: b} }
	for s, want := range map[string][]Interval{
		"1.2.3":                                 {Only("1.2.3")},
		"V3.0.1b":                               {Only("V3.0.1b")},
		"V100R002C00SPC100":                     {Only("V100R002C00SPC100")},
		"8.2.*":                                 {Only("8.2.*")},
		"1.0 SP1":                               {Only("1.0 SP1")},
		"7.0 Build 1234":                        {Only("7.0 Build 1234")},
		"3.0（P2）":                               {Only("3.0(P2)")},
		"15.2(4)M10":                            {Only("15.2(4)M10")},
		"version 4.1":                           {Only("4.1")},
		"*":                                     {{}},
		"All versions":                          {{}},
		"所有版本":                                  {{}},
		"All versions < V4.8 HF4":               {upTo("V4.8 HF4")},
		"< 2.8.0":                               {upTo("2.8.0")},
		"<=2.8.0":                               {through("2.8.0")},
		"＜＝2.8.0":                               {through("2.8.0")},
		"≤ 2.8":                                 {through("2.8")},
		"> 1.0":                                 {{From: "1.0", After: true}},
		">= 1.0":                                {from("1.0")},
		"= 0.6.1":                               {Only("0.6.1")},
		">= 2.8.0, < 3.0.0-alpha.7":             {half("2.8.0", "3.0.0-alpha.7")},
		">=8.1.0，<=9.1.0":                       {span("8.1.0", "9.1.0")},
		">= 1.0 < 1.4":                          {half("1.0", "1.4")},
		">=1.0 && <1.4 || >=2.0, <2.2":          {half("1.0", "1.4"), half("2.0", "2.2")},
		">=6.0;<=6.0.5":                         {span("6.0", "6.0.5")},
		"V3.0.1b（build 7）":                      {Only("V3.0.1b(build 7)")},
		">= 1.0; < 0.4":                         {from("1.0"), upTo("0.4")},
		"< 1.4, >= 2.0":                         {upTo("1.4"), from("2.0")},
		">= 1.0, < 1.4, >= 2.0, < 2.2":          {half("1.0", "1.4"), half("2.0", "2.2")},
		"9.4.0 to 9.4.4":                        {span("9.4.0", "9.4.4")},
		"6.50 - 11.11":                          {span("6.50", "11.11")},
		"1.0 ～ 1.3":                             {span("1.0", "1.3")},
		"1.0至1.3版本":                             {span("1.0", "1.3")},
		"from 1.0 before 1.4":                   {half("1.0", "1.4")},
		"from version 1.0 through version 1.4":  {span("1.0", "1.4")},
		"1.0 before 1.4":                        {half("1.0", "1.4")},
		"before version 7.12.0.29":              {upTo("7.12.0.29")},
		"Versions prior to sv4.20":              {upTo("sv4.20")},
		"earlier than 3.1":                      {upTo("3.1")},
		"up to and including 3.1":               {through("3.1")},
		"8.0.19 and prior":                      {through("8.0.19")},
		"5.7.19 and earlier":                    {through("5.7.19")},
		"firmware Ver. 1.06 and earlier":        {through("1.06")},
		"6.5.4.4-44v-21-2079 or lower versions": {through("6.5.4.4-44v-21-2079")},
		"2.0 and later":                         {from("2.0")},
		"later than 2.0":                        {{From: "2.0", After: true}},
		"3.2及以下版本":                              {through("3.2")},
		"3.2以下":                                 {through("3.2")},
		"3.2之前版本":                               {upTo("3.2")},
		"3.2及之前的版本":                             {through("3.2")},
		"低于 3.2":                                {upTo("3.2")},
		"3.2及以上版本":                              {from("3.2")},
		"8.1, 8.2, 9.1":                         {Only("8.1"), Only("8.2"), Only("9.1")},
		"1.0、1.1和1.2":                           {Only("1.0"), Only("1.1"), Only("1.2")},
		"1.0 and 1.1":                           {Only("1.0"), Only("1.1")},
		"6.0 before 6.0.5, 6.2 before 6.2.1":    {half("6.0", "6.0.5"), half("6.2", "6.2.1")},
	} {
		got, ok := ReadSpelled(s)
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%q: %v\n%s", s, ok, diff)
		}
	}
	for _, s := range []string{"", "n/a", "unspecified", "See references", "latest", "earlier", "various", "FastConnect 7800", "Snapdragon 8 Gen 1 Mobile Platform", "tests-passed < 3.2.0.beta1", "Android 12.0, 13.0", "<", ">= ", "!= 1.0", "before the fix",
		"1.0 to", "up to", "All versions before", "1.0 with the plugin", "某些版本", "3.2修订版", "1.0 >", "from", "\xff1.0", strings.Repeat("1,", 3000), strings.Repeat("1,", 1000), "1.0 <> 2"} {
		if got, ok := ReadSpelled(s); ok {
			t.Errorf("%.40q was read as %+v", s, got)
		}
	}
	if !Only("1").Single() || (Interval{From: "1", To: "1"}).Single() || (Interval{}).Single() {
		t.Error("single versions are not told from others")
	}
}

func FuzzSpelled(f *testing.F) {
	for _, s := range []string{">= 2.8.0, < 3.0.0-alpha.7", "1.0至1.3及以下版本", "All versions < V4.8 HF4", "from 1.0 before 1.4 or 2.0 (build 7) and later", "＞＝8.1.*，≤9.1.0（P2）", "6.50 - 11.11; 12 up to and including 13"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, ok := ReadSpelled(s)
		if !ok {
			return
		}
		if len(list) == 0 || len(list) > maxIntervals {
			t.Fatalf("%q has %d intervals", s, len(list))
		}
		for _, i := range list {
			for _, v := range []string{i.From, i.To} {
				if v != "" && !strings.ContainsAny(v, "0123456789") {
					t.Fatalf("%q has the bound %q", s, v)
				}
			}
			if i.From == "" && i.After || i.To == "" && i.Through {
				t.Fatalf("%q has the interval %+v", s, i)
			}
		}
	})
}

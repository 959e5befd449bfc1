// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package cvss

import (
	"errors"
	"strings"
	"testing"
)

// Vectors and scores of the examples that FIRST publishes with each version.
var examples = []struct {
	vector string
	score  string
	word   Severity
}{
	{"CVSS:3.0/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", "3.1", Low},       // CVE-2014-3566
	{"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "9.8", Critical},  // CVE-2014-6271
	{"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", "6.4", Medium},    // CVE-2013-0375
	{"CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", "3.1", Low},       // CVE-2014-3566
	{"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", "9.9", Critical},  // CVE-2012-1516
	{"CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:L", "4.2", Medium},    // CVE-2009-0783
	{"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", "8.8", High},      // CVE-2012-0384
	{"CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", "7.8", High},      // CVE-2015-1098
	{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "7.5", High},      // CVE-2014-0160
	{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "9.8", Critical},  // CVE-2014-6271
	{"CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:C/C:N/I:H/A:N", "6.8", Medium},    // CVE-2008-1447
	{"CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "6.8", Medium},    // CVE-2014-2005
	{"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:H/A:H", "9.6", Critical},  // CVE-2012-5376
	{"CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "8.8", High},      // CVE-2011-1265
	{"CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N", "4.6", Medium},    // CVE-2014-2019
	{"CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:C/C:L/I:L/A:N", "5.4", Medium},    // CVE-2014-9253
	{"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", "6.1", Medium},    // CVE-2013-1937
	{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "10.0", Critical}, // CVE-2021-44228
	{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", "0.0", None},
	{"CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "7.3", High},      // CVE-2022-41741
	{"CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "7.7", High},      // CVE-2020-3549
	{"CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N", "8.3", High},      // CVE-2023-3089
	{"CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N", "4.6", Medium},    // CVE-2021-44714
	{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N", "5.1", Medium},    // CVE-2022-21830
	{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N", "6.9", Medium},    // CVE-2022-22186
	{"CVSS:4.0/AV:L/AC:L/AT:N/PR:H/UI:N/VC:N/VI:N/VA:N/SC:H/SI:N/SA:N", "5.9", Medium},    // CVE-2023-21989
	{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N", "8.7", High},      // CVE-2014-0160
	{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", "10.0", Critical}, // CVE-2021-44228
	{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "9.3", Critical},  // CVE-2014-6271
	{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", "0.0", None},
}

func TestExamples(t *testing.T) {
	for _, e := range examples {
		v, err := Parse(e.vector)
		if err != nil || v.Score() != e.score || v.Severity != e.word || v.String() != e.vector {
			t.Errorf("%s: %s %s %s, %v; want %s %s", e.vector, v.Score(), v.Severity, v, err, e.score, e.word)
		}
		if n := len(v.Metrics); n != map[Version]int{V30: 8, V31: 8, V40: 11}[v.Version] || v.Metrics[0].Name != "AV" {
			t.Errorf("%s has metrics %v", e.vector, v.Metrics)
		}
	}
}

// Threat, temporal and environmental metrics are kept, and do not change the base score.
func TestBaseScore(t *testing.T) {
	for in, want := range map[string]string{
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/E:U/RL:O/RC:U/MC:L":                            "10.0",
		"CVSS:3.1/A:H/I:H/C:H/S:C/UI:N/PR:N/AC:L/AV:N":                                               "10.0", // in any order
		"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U/CR:L/MVC:N/S:P/U:Clear": "9.3",
	} {
		v, err := Parse(in)
		if err != nil || v.Score() != want || len(v.Metrics) < 8 {
			t.Errorf("%s: %s, %v; want %s", in, v.Score(), err, want)
		}
		again, err := Parse(v.String())
		if err != nil || again.String() != v.String() {
			t.Errorf("%s is written %s, which reads %s, %v", in, v, again, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for in, want := range map[string]Refused{
		"":                           {Header, ""},
		"AV:N/AC:L/Au:N/C:C/I:C/A:C": {Header, ""},
		"CVSS:2.0/AV:N":              {Header, ""},
		"3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H": {Header, ""},
		"cvss:3.1/AV:N":      {Header, ""},
		"CVSS:3.1/AV:N":      {Missing, "AC"},
		"CVSS:3.0/AV:N/AC:L": {Missing, "PR"},
		"CVSS:3.1/AV:N/AV:L": {Twice, "AV"},
		"CVSS:3.0/AV:N/AV:L": {Twice, "AV"},
		"CVSS:3.1/AV:N/XX:L": {Unknown, "XX"},
		"CVSS:3.1/AV:Q":      {Value, ""},
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:h":                    {Value, ""},
		"CVSS:4.0/AC:L/AV:N/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N": {Form, ""},
		"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:S": {Value, ""},
		"CVSS:3.1/" + strings.Repeat("AV:N/", 100):                        {Length, ""},
	} {
		_, err := Parse(in)
		var got *Refused
		if !errors.As(err, &got) || *got != want {
			t.Errorf("Parse(%q): %v, want %v", in, err, &want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, e := range examples {
		f.Add(e.vector)
	}
	f.Add("CVSS:4.0")
	f.Add("CVSS:4.0/")
	f.Add("CVSS:3.1//::")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := Parse(s)
		var r *Refused
		if err != nil {
			if !errors.As(err, &r) {
				t.Fatalf("%q: %v is no Refused", s, err)
			}
			return
		}
		again, err := Parse(v.String())
		if err != nil || again.String() != v.String() || again.Base != v.Base || v.Base < 0 || v.Base > 10 {
			t.Fatalf("%q is written %s, which reads %s (%v), %v", s, v, again, again.Base, err)
		}
	})
}

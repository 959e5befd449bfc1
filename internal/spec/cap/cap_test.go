// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package cap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var at = time.Date(2021, 12, 10, 8, 0, 0, 5, time.FixedZone("CST", 8*3600))

func whole() Alert {
	return Alert{Identifier: "FS-W-2021-0001-r2", Sender: "fengsui.example", Sent: at, Status: Exercise, Type: Update, Source: "值班室", Scope: Restricted, Restriction: "TLP:AMBER", Note: "n",
		References: []Reference{{"fengsui.example", "FS-W-2021-0001-r1", at.Add(-time.Hour).UTC()}},
		Infos: []Info{{Language: "zh-CN", Categories: []string{"Infra", "Security"}, Event: "预警", ResponseTypes: []string{"Execute"}, Urgency: "Immediate", Severity: "Extreme", Certainty: "Likely",
			Audience: "a", EventCodes: []Value{{"level", "red"}}, Effective: at, SenderName: "值班室", Headline: strings.Repeat("标", 200), Description: "说明 <&> ]]>", Instruction: "升级",
			Web: "https://fengsui.example/warnings/1?a=1&b=2", Contact: "010", Parameters: []Value{{"TLP", "AMBER"}}, Areas: []string{"全国"}}, minimal()}}
}

func minimal() Info {
	return Info{Categories: []string{"Other"}, Event: "e", Urgency: "Unknown", Severity: "Unknown", Certainty: "Unknown"}
}

// The sequences of the schema in the annex of the standard: an element, and how often it may stand ("1", "?", "*", "+").
var sequences = map[string][][2]string{
	"alert": {{"identifier", "1"}, {"sender", "1"}, {"sent", "1"}, {"status", "1"}, {"msgType", "1"}, {"source", "?"}, {"scope", "1"}, {"restriction", "?"}, {"addresses", "?"},
		{"code", "*"}, {"note", "?"}, {"references", "?"}, {"incidents", "?"}, {"info", "*"}},
	"info": {{"language", "?"}, {"category", "+"}, {"event", "1"}, {"responseType", "*"}, {"urgency", "1"}, {"severity", "1"}, {"certainty", "1"}, {"audience", "?"}, {"eventCode", "*"},
		{"effective", "?"}, {"onset", "?"}, {"expires", "?"}, {"senderName", "?"}, {"headline", "?"}, {"description", "?"}, {"instruction", "?"}, {"web", "?"}, {"contact", "?"},
		{"parameter", "*"}, {"resource", "*"}, {"area", "*"}},
	"eventCode": {{"valueName", "1"}, {"value", "1"}},
	"parameter": {{"valueName", "1"}, {"value", "1"}},
	"area":      {{"areaDesc", "1"}, {"polygon", "*"}, {"circle", "*"}, {"geocode", "*"}, {"altitude", "?"}, {"ceiling", "?"}},
}

var moment = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d$`)

// held says where a document is not as the schema wants it.
func held(b []byte) (wrong []string) {
	type node struct {
		name     string
		children []string
		text     string
	}
	var open []*node
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return wrong
		}
		if err != nil {
			return append(wrong, err.Error())
		}
		switch x := token.(type) {
		case xml.StartElement:
			if x.Name.Space != Namespace {
				wrong = append(wrong, "namespace of "+x.Name.Local)
			}
			if len(open) > 0 {
				open[len(open)-1].children = append(open[len(open)-1].children, x.Name.Local)
			}
			open = append(open, &node{name: x.Name.Local})
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(x)
			}
		case xml.EndElement:
			n := open[len(open)-1]
			open = open[:len(open)-1]
			rest := n.children
			for _, want := range sequences[n.name] {
				count := 0
				for len(rest) > 0 && rest[0] == want[0] {
					rest, count = rest[1:], count+1
				}
				if (want[1] == "1" || want[1] == "+") && count == 0 || (want[1] == "1" || want[1] == "?") && count > 1 {
					wrong = append(wrong, want[0]+" of "+n.name)
				}
			}
			if len(rest) > 0 {
				wrong = append(wrong, "order of "+n.name)
			}
			if slices.Contains([]string{"sent", "effective"}, n.name) && !moment.MatchString(n.text) {
				wrong = append(wrong, "time "+n.text)
			}
		}
	}
}

func TestAlertsAreAsTheSchemaWants(t *testing.T) {
	first := whole()
	first.Type, first.References, first.Scope, first.Restriction, first.Infos = First, nil, Public, "", []Info{minimal()}
	for name, a := range map[string]Alert{"whole": whole(), "least": {Identifier: "1", Sender: "s", Sent: at, Status: Actual, Type: First, Scope: Public}, "first": first} {
		b, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if wrong := held(b); len(wrong) > 0 {
			t.Errorf("%s: %v\n%s", name, wrong, b)
		}
	}
	b, err := whole().Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<sent>2021-12-10T08:00:00+08:00</sent>", "<references>fengsui.example,FS-W-2021-0001-r1,2021-12-09T23:00:00-00:00</references>",
		"<headline>" + strings.Repeat("标", 159) + "…</headline>", "<web>https://fengsui.example/warnings/1?a=1&amp;b=2</web>", "说明 &lt;&amp;&gt; ]]&gt;"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s is missing in\n%s", want, b)
		}
	}
	if wrong := held(bytes.Replace(b, []byte("<status>Exercise</status>"), nil, 1)); len(wrong) == 0 {
		t.Error("the check of this test finds nothing")
	}
}

func TestWhatIsNoAlertIsNotWritten(t *testing.T) {
	for name, c := range map[string]struct {
		breaks func(*Alert)
		want   error
	}{
		"blank in the identifier":   {func(a *Alert) { a.Identifier = "a b" }, ErrValue},
		"comma in the sender":       {func(a *Alert) { a.Sender = "a,b" }, ErrValue},
		"no time":                   {func(a *Alert) { a.Sent = time.Time{} }, ErrRequired},
		"status":                    {func(a *Alert) { a.Status = "Real" }, ErrValue},
		"type":                      {func(a *Alert) { a.Type = "alert" }, ErrValue},
		"scope":                     {func(a *Alert) { a.Scope = "" }, ErrValue},
		"private without addresses": {func(a *Alert) { a.Scope = "Private" }, ErrRequired},
		"restricted to nobody":      {func(a *Alert) { a.Restriction = "" }, ErrRequired},
		"public but restricted":     {func(a *Alert) { a.Scope = Public }, ErrRequired},
		"update of nothing":         {func(a *Alert) { a.References = nil }, ErrRequired},
		"reference without time":    {func(a *Alert) { a.References[0].Sent = time.Time{} }, ErrValue},
		"no category":               {func(a *Alert) { a.Infos[0].Categories = nil }, ErrRequired},
		"category":                  {func(a *Alert) { a.Infos[0].Categories = []string{"Cyber"} }, ErrValue},
		"response":                  {func(a *Alert) { a.Infos[0].ResponseTypes = []string{"Patch"} }, ErrValue},
		"urgency":                   {func(a *Alert) { a.Infos[0].Urgency = "" }, ErrValue},
		"severity":                  {func(a *Alert) { a.Infos[0].Severity = "red" }, ErrValue},
		"certainty":                 {func(a *Alert) { a.Infos[0].Certainty = "yes" }, ErrValue},
	} {
		a := whole()
		c.breaks(&a)
		if b, err := a.Encode(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v\n%s", name, err, b)
		}
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("identifier", "text")
	f.Add("\x00\ufffe\xff", "]]></alert>")
	f.Fuzz(func(t *testing.T, identifier, text string) {
		a := whole()
		a.Identifier, a.Infos[0].Description, a.Infos[0].Headline = identifier, text, text
		b, err := a.Encode()
		if err != nil {
			return
		}
		if wrong := held(b); len(wrong) > 0 {
			t.Fatalf("%v: %q", wrong, b)
		}
	})
}

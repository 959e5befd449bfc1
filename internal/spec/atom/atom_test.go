// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package atom

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
)

var at = time.Date(2021, 12, 10, 8, 0, 0, 5, time.FixedZone("CST", 8*3600))

func whole() Feed {
	return Feed{ID: "https://fengsui.example/feeds/advisories.atom", Title: "漏洞公告 <&>", Subtitle: "公告", Lang: "zh-CN", Updated: at, Self: "https://fengsui.example/feeds/advisories.atom",
		Page: "https://fengsui.example/advisories", Author: Person{Name: "平台", Email: "a@fengsui.example"}, Generator: "Fengsui", Rights: "TLP:CLEAR",
		Translated: []Link{{Type: "application/atom+xml", Lang: "en", URL: "https://fengsui.example/feeds/advisories.atom?lang=en&x=1"}},
		Entries: []Entry{
			{ID: "urn:uuid:0190b2f0-0000-7000-8000-000000000001", Title: "一 \x00\x0b</title><script>", URL: "https://fengsui.example/advisories/1", Published: at, Updated: at.Add(time.Hour),
				Summary: "文本 ]]> & \"引号\"", Categories: []Category{{Scheme: "https://fengsui.example/grade", Term: "critical", Label: "超危"}},
				Links: []Link{{Type: "application/json", Title: "CSAF 2.0", URL: "https://fengsui.example/csaf/2021/1.json"}}},
			{ID: "urn:uuid:0190b2f0-0000-7000-8000-000000000002", Title: "二", URL: "https://fengsui.example/advisories/2", Updated: at},
		}}
}

func TestReadersUnderstandTheFeed(t *testing.T) {
	b, err := whole().Encode()
	if err != nil {
		t.Fatal(err)
	}
	f, err := gofeed.NewParser().ParseString(string(b))
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	if f.FeedType != "atom" || f.FeedVersion != "1.0" || f.Title != "漏洞公告 <&>" || f.Language != "zh-CN" || f.FeedLink != whole().Self || f.Link != whole().Page || len(f.Items) != 2 {
		t.Errorf("feed is %+v", f)
	}
	if len(f.Authors) != 1 || f.Authors[0].Name != "平台" || !f.UpdatedParsed.Equal(at.Truncate(time.Second)) {
		t.Errorf("author %+v, updated %v", f.Authors, f.UpdatedParsed)
	}
	x := f.Items[0]
	if x.GUID != whole().Entries[0].ID || x.Link != whole().Entries[0].URL || x.Description != whole().Entries[0].Summary || len(x.Categories) != 1 || !x.PublishedParsed.Equal(at.Truncate(time.Second)) {
		t.Errorf("entry is %+v", x)
	}
	if !strings.HasSuffix(x.Title, "</title><script>") || strings.Contains(string(b), "<script>") {
		t.Errorf("title is %q", x.Title)
	}
}

func TestWhatIsNoFeedIsNotWritten(t *testing.T) {
	for name, c := range map[string]struct {
		breaks func(*Feed)
		want   error
	}{
		"no title":         {func(f *Feed) { f.Title = "" }, ErrRequired},
		"no author":        {func(f *Feed) { f.Author = Person{} }, ErrRequired},
		"no time":          {func(f *Feed) { f.Updated = time.Time{} }, ErrRequired},
		"no id":            {func(f *Feed) { f.ID = "" }, ErrID},
		"relative id":      {func(f *Feed) { f.Entries[0].ID = "advisories/1" }, ErrID},
		"one id twice":     {func(f *Feed) { f.Entries[1].ID = f.Entries[0].ID }, ErrID},
		"entry of no time": {func(f *Feed) { f.Entries[1].Updated = time.Time{} }, ErrRequired},
		"entry of no page": {func(f *Feed) { f.Entries[1].URL = "" }, ErrRequired},
	} {
		f := whole()
		c.breaks(&f)
		if b, err := f.Encode(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v\n%s", name, err, b)
		}
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("title", "summary")
	f.Add("\x00\ufffe\xff", "]]></feed>")
	f.Fuzz(func(t *testing.T, title, summary string) {
		feed := whole()
		feed.Entries[0].Title, feed.Entries[0].Summary = title, summary
		b, err := feed.Encode()
		if title == "" {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		read, err := gofeed.NewParser().ParseString(string(b))
		if err != nil || len(read.Items) != 2 {
			t.Fatalf("%v: %q", err, b)
		}
	})
}

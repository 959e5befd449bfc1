// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package jsonfeed

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
)

var at = time.Date(2021, 12, 10, 0, 0, 0, 0, time.UTC)

func whole() Feed {
	return Feed{Title: "预警 <&>", Page: "https://fengsui.example/warnings", Self: "https://fengsui.example/feeds/warnings.json", Lang: "zh-CN", Authors: []Author{{Name: "平台"}},
		Items: []Item{{ID: "urn:uuid:1", URL: "https://fengsui.example/warnings/1", Title: "一", Text: "文本 <b>", Published: at, Modified: at.Add(time.Hour), Tags: []string{"TLP:AMBER"},
			Attachments: []Attachment{{URL: "https://fengsui.example/x.cap", Type: "application/cap+xml"}}}, {ID: "urn:uuid:2", Text: ""}}}
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
	if f.FeedType != "json" || f.FeedVersion != Version || f.Title != "预警 <&>" || f.Language != "zh-CN" || len(f.Items) != 2 {
		t.Errorf("feed is %+v", f)
	}
	x := f.Items[0]
	if x.GUID != "urn:uuid:1" || x.Content != "文本 <b>" || !x.PublishedParsed.Equal(at) || !x.UpdatedParsed.Equal(at.Add(time.Hour)) || len(x.Categories) != 1 || len(x.Enclosures) != 1 {
		t.Errorf("item is %+v", x)
	}
	if b, err = (Feed{Title: "leer"}).Encode(); err != nil || !strings.Contains(string(b), `"items": []`) {
		t.Errorf("%v: %s", err, b)
	}
}

func TestWhatIsNoFeedIsNotWritten(t *testing.T) {
	for name, breaks := range map[string]func(*Feed){
		"no title":            func(f *Feed) { f.Title = "" },
		"no id":               func(f *Feed) { f.Items[0].ID = "" },
		"one id twice":        func(f *Feed) { f.Items[1].ID = f.Items[0].ID },
		"relative attachment": func(f *Feed) { f.Items[0].Attachments[0].URL = "/x" },
	} {
		f := whole()
		breaks(&f)
		if b, err := f.Encode(); !errors.Is(err, ErrRequired) {
			t.Errorf("%s: %v\n%s", name, err, b)
		}
	}
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package i18n_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fengsui/fengsui/internal/i18n"
)

func TestBothLanguagesHaveEveryKey(t *testing.T) {
	zh, err := i18n.Keys(i18n.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	en, err := i18n.Keys(i18n.English)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(zh, en); diff != "" {
		t.Errorf("keys differ (-zh-CN +en):\n%s", diff)
	}
}

func TestSpeak(t *testing.T) {
	zh, en := i18n.For("zh-CN"), i18n.For("en")
	now := time.Date(2021, 11, 24, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{zh.Left(now.Add(28*time.Hour), now), "还剩 1 天 4 小时"},
		{en.Left(now.Add(28*time.Hour), now), "1 day 4 hours left"},
		{en.Left(now.Add(-61*time.Minute), now), "1 hour 1 minute overdue"},
		{en.Left(now.Add(-2*time.Hour), now), "2 hours overdue"},
		{en.Ago(now.Add(-30*time.Second), now), "under a minute ago"},
		{zh.Ago(now, now.Add(49*time.Hour)), "2 天 1 小时前"},
		{zh.DateTime(now), "2021-11-24 10:00"},
		{en.Number(1234567), "1,234,567"},
		{en.T("fault.invalid", 1), "1 item needs correction."},
		{en.T("fault.invalid", 2), "2 items need correction."},
		{zh.T("no.such.key"), "no.such.key"},
		{i18n.Match("fr, en-GB;q=0.8"), "en"},
		{i18n.Match("zh-TW"), "zh-CN"},
		{i18n.Match(""), "zh-CN"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

// Columns stand below each other in a terminal, whatever is written in them.
func TestTableAlignsChinese(t *testing.T) {
	var b strings.Builder
	table(&b, "NAME | LEVEL | ID", [][]string{{"华原电网", "橙色", "1"}, {"Yunfan Cloud", "red", "2"}, {"", "蓝", "3"}})
	want := "NAME          LEVEL  ID\n华原电网      橙色   1\nYunfan Cloud  red    2\n              蓝     3\n"
	if b.String() != want {
		t.Errorf("\n%s\nwant\n%s", b.String(), want)
	}
}

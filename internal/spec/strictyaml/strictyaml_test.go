// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package strictyaml

import (
	"errors"
	"strings"
	"testing"
)

type doc struct {
	Name string `yaml:"name"`
	List []struct {
		N int `yaml:"n"`
	} `yaml:"list"`
}

func TestRead(t *testing.T) {
	var d doc
	root, err := Read("x", "list", []byte("name: R&D\nlist:\n  - n: 1\n  - n: 2\n"), 100, &d)
	if err != nil || d.Name != "R&D" || len(d.List) != 2 {
		t.Fatalf("%+v %v", d, err)
	}
	for want, path := range map[int][]any{1: {"name"}, 4: {"list", 1, "n"}, 3: {"list", 7}} {
		if got := Line(root, path...); got != want {
			t.Errorf("%v stands on line %d, want %d", path, got, want)
		}
	}
}

func TestRefuse(t *testing.T) {
	for text, want := range map[string]string{
		"name: [":                      "x:1: ",
		"name: a\nnmae: b":             "x:2: field nmae not found",
		"name: a\nname: b":             "x:2: ",
		"name: a\n---\nname: b":        "second document",
		"list: &a\n  - n: 1\nname: *a": "x:1: anchors",
		"list:\n  - n: one":            "x:2: cannot unmarshal",
		strings.Repeat("#", 101):       "larger than a list",
		"":                             "x:1: ",
	} {
		_, err := Read("x", "list", []byte(text), 100, new(doc))
		var ps Problems
		if !errors.As(err, &ps) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("name: a\nlist: [{n: 1}]"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		root, err := Read("x", "list", data, 1<<16, new(doc))
		var ps Problems
		if err != nil && (!errors.As(err, &ps) || len(ps) == 0) {
			t.Errorf("%T %v", err, err)
		}
		if err == nil && Line(root, "list", 0, "n") < 1 {
			t.Error("no line")
		}
	})
}

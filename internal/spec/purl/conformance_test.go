// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package purl

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// differs says where we differ from the cases, by what their input holds, and why.
var differs = map[string]string{
	"?Platform=java": "keys of qualifiers in capitals are read, as SBOMs carry them",
	"?Arch=i386":     "keys of qualifiers in capitals are read, as SBOMs carry them",
	"pkg:git/":       "the library has no rules for the type git, whose name holds slashes; it names no package of an ecosystem",
	`"git"`:          "the library has no rules for the type git, whose name holds slashes; it names no package of an ecosystem",
}

func (c specCase) explained() (why string) {
	for part, why := range differs {
		if strings.Contains(string(c.Input), part) {
			return why
		}
	}
	return ""
}

// The test cases of the specification (github.com/package-url/purl-spec, folder tests), where FENGSUI_PURL_SPEC names a
// copy of it. A case of building is asked as what is built and read again.
func TestCasesOfTheSpecification(t *testing.T) {
	dir := os.Getenv("FENGSUI_PURL_SPEC")
	asked, agreed := map[string]int{}, map[string]int{}
	walk := func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var doc struct {
			Tests []specCase `json:"tests"`
		}
		if err := json.Unmarshal(b, &doc); err != nil {
			return err
		}
		for _, c := range doc.Tests {
			kind := c.Group + " " + c.Type
			asked[kind]++
			if problem := c.run(); problem == "" {
				agreed[kind]++
			} else if why := c.explained(); why != "" {
				t.Logf("%s: %s %s differs: %s", filepath.Base(path), kind, c.Input, why)
			} else {
				t.Errorf("%s: %s %s: %s", filepath.Base(path), kind, c.Input, problem)
			}
		}
		return nil
	}
	if dir != "" {
		if err := filepath.WalkDir(filepath.Join(dir, "tests"), walk); err != nil {
			t.Fatal(err)
		}
	}
	for kind, n := range asked {
		t.Logf("%s: %d cases, %d agree", kind, n, agreed[kind])
	}
}

type specCase struct {
	Group  string          `json:"test_group"`
	Type   string          `json:"test_type"`
	Input  json.RawMessage `json:"input"`
	Output json.RawMessage `json:"expected_output"`
	Fails  bool            `json:"expected_failure"`
}

// parts are a package URL taken apart, as the cases write it.
type parts struct {
	Type, Namespace, Name, Version, Subpath string
	Qualifiers                              map[string]string
}

func (p parts) build() Package {
	return Package{Type: p.Type, Namespace: p.Namespace, Name: p.Name, Version: p.Version, Qualifiers: p.Qualifiers, Subpath: p.Subpath}
}

// run returns what is wrong, or "".
func (c specCase) run() string {
	var in, out string
	var of, want parts
	if c.Type == "build" {
		if err := json.Unmarshal(c.Input, &of); err != nil {
			return err.Error()
		}
		in = of.build().String()
	} else if err := json.Unmarshal(c.Input, &in); err != nil {
		return err.Error()
	}
	p, err := Parse(in)
	if (err != nil) != c.Fails {
		return fmt.Sprintf("failure: %v, %s", err, p)
	}
	if c.Fails {
		return ""
	}
	if c.Type == "parse" {
		json.Unmarshal(c.Output, &want)
		if w := want.build(); p.Type != w.Type || p.Namespace != w.Namespace || p.Name != w.Name || p.Version != w.Version || p.Subpath != w.Subpath || !maps.Equal(p.Qualifiers, w.Qualifiers) {
			return fmt.Sprintf("%+v, want %+v", p, w)
		}
		return ""
	}
	json.Unmarshal(c.Output, &out)
	if p.String() != out {
		return fmt.Sprintf("%s, want %s", p, out)
	}
	return ""
}

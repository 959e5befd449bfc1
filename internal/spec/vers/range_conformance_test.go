// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vers

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The test cases of the specification (github.com/package-url/vers-spec, folder tests), where FENGSUI_VERS_SPEC names a
// copy of it: parsing, validation, containment, comparison and equality. Ranges in the notation of an ecosystem
// (from_native) are not read here. Four comparisons of NuGet versions write them in small letters too, which is not what
// sorting is about.
func TestCasesOfTheSpecification(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(os.Getenv("FENGSUI_VERS_SPEC"), "tests", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("FENGSUI_VERS_SPEC") == "" {
		files = nil
	}
	asked, agreed := map[string]int{}, map[string]int{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Tests []specCase `json:"tests"`
		}
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range doc.Tests {
			asked[c.Type]++
			if c.Type == "from_native" {
				continue
			}
			problem := c.run()
			if problem == "" {
				agreed[c.Type]++
				continue
			}
			t.Errorf("%s: %s %s: %s", filepath.Base(file), c.Group, c.Input, problem)
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

// run returns what is wrong, or "".
func (c specCase) run() string {
	var text string
	var of struct {
		Scheme   string   `json:"input_scheme"`
		Versions []string `json:"versions"`
		Vers     string   `json:"vers"`
		Version  string   `json:"version"`
	}
	var in, equal bool
	var sorted []string
	json.Unmarshal(c.Input, &text)
	json.Unmarshal(c.Input, &of)
	switch c.Type {
	case "parse":
		r, err := ParseRange(text)
		if (err != nil) != c.Fails {
			return fmt.Sprint("failure: ", err)
		}
		if c.Fails {
			return ""
		}
		var want struct {
			Scheme      string      `json:"scheme"`
			Constraints [][2]string `json:"version_constraints"`
		}
		if err := json.Unmarshal(c.Output, &want); err != nil || r.Type != want.Scheme || len(r.Constraints) != len(want.Constraints) || r.String() != text {
			return fmt.Sprint(r)
		}
		for i, x := range r.Constraints {
			if string(x.Comparator) != want.Constraints[i][0] || x.Version != want.Constraints[i][1] {
				return fmt.Sprint(r)
			}
		}
	case "validate":
		r, err := ReadRange(text)
		var want string
		if json.Unmarshal(c.Output, &want); err != nil || r.String() != want {
			return fmt.Sprint(r, err)
		}
	case "containment":
		r, err := ReadRange(of.Vers)
		got := false
		if err == nil {
			got, err = r.Contains(of.Version)
		}
		if json.Unmarshal(c.Output, &in); err != nil || got != in {
			return fmt.Sprint(got, err)
		}
	case "equality":
		n, err := ordersOf(of.Scheme)(of.Versions[0], of.Versions[1])
		if json.Unmarshal(c.Output, &equal); err != nil || (n == 0) != equal {
			return fmt.Sprint(n, err)
		}
	case "comparison":
		var bad error
		got := slices.Clone(of.Versions)
		slices.SortStableFunc(got, func(a, b string) int {
			n, err := ordersOf(of.Scheme)(a, b)
			if err != nil {
				bad = err
			}
			return n
		})
		if json.Unmarshal(c.Output, &sorted); bad != nil || !slices.EqualFunc(got, sorted, func(a, b string) bool { return a == b || of.Scheme == "nuget" && strings.EqualFold(a, b) }) {
			return fmt.Sprint(got, " want ", sorted, bad)
		}
	default:
		return "a kind of case that is not known"
	}
	return ""
}

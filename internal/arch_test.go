// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/fengsui/fengsui/internal/"

// sources calls visit for every Go file below internal/. It parses the files itself: a result got from running
// "go list" would be cached by go test and outlive a change of imports.
func sources(t *testing.T, tests bool, visit func(file, pkg string, src []byte)) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") != tests {
			return err
		}
		src, err := os.ReadFile(file)
		visit(file, filepath.ToSlash(filepath.Dir(file)), src)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// floorOf reads the floors of ARCHITECTURE.md and returns a function that gives a package's floor, counted from the
// ground, or 0. An exact name wins over a pattern.
func floorOf(t *testing.T) func(pkg string) int {
	t.Helper()
	doc, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(doc), "```floors\n")
	table, _, closed := strings.Cut(rest, "\n```")
	if !ok || !closed {
		t.Fatal("ARCHITECTURE.md has no ```floors block")
	}
	lines := strings.Split(table, "\n")
	return func(pkg string) (n int) {
		for i, line := range lines {
			for _, name := range strings.Fields(line) {
				if name == pkg {
					return len(lines) - i
				}
				if match, _ := path.Match(name, pkg); match {
					n = len(lines) - i
				}
			}
		}
		return n
	}
}

// A package imports only what stands on a lower floor.
func TestImportsGoDown(t *testing.T) {
	floor := floorOf(t)
	sources(t, false, func(file, pkg string, src []byte) {
		f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ImportsOnly)
		if err != nil {
			t.Error(err)
			return
		}
		if floor(pkg) == 0 {
			t.Errorf("%s stands on no floor of ARCHITECTURE.md", pkg)
		}
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			if to, ok := strings.CutPrefix(imp, module); ok && floor(to) >= floor(pkg) {
				t.Errorf("%s imports %s, which does not stand below %s", file, to, pkg)
			}
		}
	})
}

// Every package says in one sentence what it is for, and every file carries the two-line licence.
func TestPackagesSpeak(t *testing.T) {
	said := map[string]bool{}
	sources(t, false, func(file, pkg string, src []byte) {
		if !strings.HasPrefix(string(src), "// SPDX-FileCopyrightText: The Fengsui Authors\n// SPDX-License-Identifier: Apache-2.0\n") &&
			!strings.HasPrefix(string(src), "// Code generated") {
			t.Errorf("%s lacks the licence lines", file)
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Error(err)
			return
		}
		said[pkg] = said[pkg] || strings.HasPrefix(f.Doc.Text(), "Package "+f.Name.Name+" ")
	})
	for pkg, ok := range said {
		if !ok {
			t.Errorf("package %s has no sentence that says what it is for", pkg)
		}
	}
}

var write = regexp.MustCompile(`(?i)\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+([a-z_]+)|"([a-z_]+) \([a-z_, ]+\)"`)

// A table has one owner: the package that its comment in the migrations names.
func TestTablesHaveOneOwner(t *testing.T) {
	owner := map[string]string{"series": "db"}
	files, err := filepath.Glob("db/migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var now string
		for _, line := range strings.Split(string(b), "\n") {
			if _, pkg, ok := strings.Cut(line, ": owner internal/"); ok && strings.HasPrefix(line, "--") {
				now = strings.TrimSpace(pkg)
			}
			if rest, ok := strings.CutPrefix(line, "CREATE TABLE "); ok && now != "" {
				owner[strings.Fields(rest)[0]] = now
			}
		}
	}
	if len(owner) < 20 {
		t.Fatalf("only %d tables found: the comments have changed their form", len(owner))
	}
	// Two writes cross a border on purpose: a release writes its deliveries by INSERT … SELECT in one statement,
	// and the evidence log's counter is its lock.
	allowed := map[string]bool{"warning→delivery": true, "destination→delivery": true, "evidence→series": true}
	sources(t, false, func(file, pkg string, src []byte) {
		if strings.HasSuffix(pkg, "test") { // makes worlds for tests and benchmarks
			return
		}
		for _, m := range write.FindAllStringSubmatch(string(src), -1) {
			table := m[1] + m[2]
			if own, known := owner[table]; known && own != pkg && !allowed[pkg+"→"+table] {
				t.Errorf("%s writes table %s, which belongs to %s", file, table, own)
			}
		}
	})
}

var unfinished = regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`)

// The tree holds nothing unfinished, and no room called util.
func TestNothingUnfinished(t *testing.T) {
	for _, tests := range []bool{false, true} {
		sources(t, tests, func(file, pkg string, src []byte) {
			if file != "arch_test.go" && unfinished.Match(src) {
				t.Errorf("%s says that something is unfinished", file)
			}
			switch path.Base(pkg) {
			case "util", "utils", "common", "helper", "helpers", "manager", "misc", "types", "model", "models":
				t.Errorf("%s: the name %s says nothing", file, pkg)
			}
		})
	}
}

// No package holds more than a fifth of the code that people write: a larger one wants to be two.
func TestNoRoomIsTooLarge(t *testing.T) {
	lines, all := map[string]int{}, 0
	for _, root := range []string{".", "../cmd"} {
		err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			written := strings.HasSuffix(file, ".templ") || strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") && !strings.HasSuffix(file, "_templ.go")
			if err != nil || d.IsDir() || !written {
				return err
			}
			src, err := os.ReadFile(file)
			n := strings.Count(string(src), "\n")
			lines[filepath.Dir(file)] += n
			all += n
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for room, n := range lines {
		if 5*n > all {
			t.Errorf("%s has %d of %d lines", room, n, all)
		}
	}
}

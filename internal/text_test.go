// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fengsui/fengsui/internal/i18n"
)

// keyArgument says which argument of a call is the key of a text, by the function's name.
var keyArgument = map[string]int{"T": 0, "Deny": 0, "Clash": 0, "FieldError": 1, "That": 2}

// TestTextsAreNeitherMissingNorUnused reads the sources: every key that a call names exists, every key that exists is
// named somewhere, whole or by its beginning ("case.state." + state).
func TestTextsAreNeitherMissingNorUnused(t *testing.T) {
	list, err := i18n.Keys(i18n.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	known, named := map[string]bool{}, map[string]bool{}
	for _, k := range list {
		known[k] = true
	}
	var beginnings []string
	visit := func(file, _ string, src []byte) {
		f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if s, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil {
					named[s] = true
					if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "-") {
						beginnings = append(beginnings, s)
					}
				}
			case *ast.CallExpr:
				key, whole := keyOf(n)
				if key != "" && whole && !known[key] {
					t.Errorf("%s: no text has the key %q", file, key)
				}
				if key != "" && !whole && !slices.ContainsFunc(list, func(k string) bool { return strings.HasPrefix(k, key) }) {
					t.Errorf("%s: no text has a key that begins with %q", file, key)
				}
			}
			return true
		})
	}
	sources(t, false, visit)
	visitCommands(t, visit)
	for _, k := range slices.Sorted(maps.Keys(known)) {
		if !named[k] && !slices.ContainsFunc(beginnings, func(b string) bool { return len(b) > 3 && strings.HasPrefix(k, b) }) {
			t.Errorf("nobody uses the text %q", k)
		}
	}
}

// keyOf returns the literal key of a call that takes one, or the literal it begins with.
func keyOf(call *ast.CallExpr) (key string, whole bool) {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.Ident:
		name = f.Name
	}
	i, ok := keyArgument[name]
	if !ok || i >= len(call.Args) {
		return "", false
	}
	arg, whole := call.Args[i], true
	if b, ok := arg.(*ast.BinaryExpr); ok {
		for ok && b.Op == token.ADD {
			arg, whole = b.X, false
			b, ok = arg.(*ast.BinaryExpr)
		}
	}
	if l, ok := arg.(*ast.BasicLit); ok && l.Kind == token.STRING {
		key, _ = strconv.Unquote(l.Value)
	}
	return key, whole
}

// visitCommands visits the sources of the programs.
func visitCommands(t *testing.T, visit func(file, pkg string, src []byte)) {
	t.Helper()
	programs, err := os.ReadDir("../cmd")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		files, err := os.ReadDir("../cmd/" + p.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			name := "../cmd/" + p.Name() + "/" + f.Name()
			if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				continue
			}
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			visit(name, "cmd", src)
		}
	}
}

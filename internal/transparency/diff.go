// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package transparency

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// diff lists what two documents of figures say differently, by path, leaving out when they were made. Lists of things that
// have a name are compared by name.
func diff(before, after []byte) ([]Change, error) {
	a, b := map[string]string{}, map[string]string{}
	for m, doc := range map[*map[string]string][]byte{&a: before, &b: after} {
		var v any
		d := json.NewDecoder(strings.NewReader(string(doc)))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			return nil, fmt.Errorf("compare figures: %w", err)
		}
		flatten("", v, *m)
	}
	paths := map[string]bool{}
	for p := range a {
		paths[p] = true
	}
	for p := range b {
		paths[p] = true
	}
	out := []Change{}
	for p := range paths {
		if a[p] != b[p] && p != "as_of" && !strings.HasPrefix(p, "log.") {
			out = append(out, Change{p, a[p], b[p]})
		}
	}
	slices.SortFunc(out, func(x, y Change) int { return strings.Compare(x.Path, y.Path) })
	return out, nil
}

// flatten writes every value under its path.
func flatten(path string, v any, into map[string]string) {
	join := func(k string) string {
		if path == "" {
			return k
		}
		return path + "." + k
	}
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			flatten(join(k), x, into)
		}
	case []any:
		for i, x := range v {
			flatten(join(named(x, i)), x, into)
		}
	default:
		b, err := json.Marshal(v)
		if err == nil {
			into[path] = string(b)
		}
	}
}

// named is the name of an item of a list, or its place.
func named(x any, i int) string {
	if m, ok := x.(map[string]any); ok {
		for _, k := range []string{"name", "key", "quarter", "level", "duty"} {
			if s, ok := m[k].(string); ok && s != "" {
				return s
			}
		}
	}
	return fmt.Sprint(i)
}

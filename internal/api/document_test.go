// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTheDocumentIsOpenAPI holds the document to the rules of OpenAPI 3.1 that its schema states, and every schema in it
// to JSON Schema 2020-12.
func TestTheDocumentIsOpenAPI(t *testing.T) {
	each(t, func(h *house) {
		c := h.caller()
		if v, _ := c.doc["openapi"].(string); !regexp.MustCompile(`^3\.1\.\d+$`).MatchString(v) {
			t.Errorf("openapi %q", v)
		}
		info := c.doc["info"].(object)
		if info["title"] == "" || info["version"] == "" {
			t.Errorf("info: %v", info)
		}
		ids, shapes := map[string]bool{}, map[string]string{}
		for path, item := range c.doc["paths"].(object) {
			shape := placeholder.ReplaceAllString(path, "{}")
			if other, twice := shapes[shape]; twice {
				t.Errorf("%s and %s are the same path", path, other)
			}
			shapes[shape] = path
			if !strings.HasPrefix(path, "/api/v1/") {
				t.Errorf("path %q", path)
			}
			for method, node := range item.(object) {
				if !slices.Contains([]string{"get", "put", "post", "delete"}, method) {
					t.Errorf("%s has a member %q", path, method)
				}
				c.checkOperation(path, node.(object), ids)
			}
		}
		c.references(c.doc, "#")
		for name := range c.doc["components"].(object)["schemas"].(object) {
			if !regexp.MustCompile(`^[A-Za-z0-9._-]+$`).MatchString(name) {
				t.Errorf("schema %q", name)
			}
			if _, err := c.schema.Compile("openapi.json#/components/schemas/" + name); err != nil {
				t.Errorf("schema %s is no JSON Schema: %v", name, err)
			}
		}
	})
}

func (c *caller) checkOperation(path string, op object, ids map[string]bool) {
	c.Helper()
	id, _ := op["operationId"].(string)
	if id == "" || ids[id] || op["summary"] == "" || op["tags"] == nil {
		c.Errorf("%s: operationId %q is missing or stands twice, or there is no summary or tag", path, id)
	}
	ids[id] = true
	var inPath []string
	seen := map[string]bool{}
	params, _ := op["parameters"].([]any)
	for _, p := range params {
		p := p.(object)
		name, in := p["name"].(string), p["in"].(string)
		if seen[in+" "+name] || p["schema"] == nil || !slices.Contains([]string{"path", "query", "header"}, in) {
			c.Errorf("%s: parameter %q in %q", id, name, in)
		}
		seen[in+" "+name] = true
		if in == "path" {
			if p["required"] != true {
				c.Errorf("%s: path parameter %q is not required", id, name)
			}
			inPath = append(inPath, "{"+name+"}")
		}
	}
	want := placeholder.FindAllString(path, -1)
	slices.Sort(want)
	slices.Sort(inPath)
	if !slices.Equal(want, inPath) {
		c.Errorf("%s: the path has %v, the parameters %v", id, want, inPath)
	}
	good := false
	for status, r := range op["responses"].(object) {
		good = good || strings.HasPrefix(status, "2")
		if !regexp.MustCompile(`^[1-5]\d\d$`).MatchString(status) || r.(object)["description"] == "" {
			c.Errorf("%s: response %q", id, status)
		}
		content, _ := r.(object)["content"].(object)
		for kind, media := range content {
			if status >= "400" && kind != "application/problem+json" {
				c.Errorf("%s %s: a problem of media type %q", id, status, kind)
			}
			if media.(object)["schema"] == nil {
				c.Errorf("%s %s %s has no schema", id, status, kind)
			}
		}
	}
	if !good {
		c.Errorf("%s: no response is a good one", id)
	}
	security, _ := op["security"].([]any)
	for _, s := range security {
		for scheme := range s.(object) {
			if c.doc["components"].(object)["securitySchemes"].(object)[scheme] == nil {
				c.Errorf("%s: security scheme %q is not there", id, scheme)
			}
		}
	}
}

// references checks that every $ref of the document leads somewhere in it.
func (c *caller) references(x any, where string) {
	switch x := x.(type) {
	case object:
		if ref, ok := x["$ref"].(string); ok {
			var at any = c.doc
			for _, k := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
				m, _ := at.(object)
				at = m[k]
			}
			if at == nil {
				c.Errorf("%s: %q leads nowhere", where, ref)
			}
		}
		for k, v := range x {
			c.references(v, where+"/"+k)
		}
	case []any:
		for i, v := range x {
			c.references(v, fmt.Sprintf("%s/%d", where, i))
		}
	}
}

// TestWhatIsNoOperation: an address that nobody knows is 404, one that knows other methods 405, both as problems.
func TestWhatIsNoOperation(t *testing.T) {
	each(t, func(h *house) {
		c := h.caller()
		for _, x := range []struct {
			method, path string
			want         int
		}{
			{"GET", "/api/v1/nothing", 404}, {"POST", "/api/v1/", 404}, {"DELETE", "/api/v1/reports", 405}, {"POST", "/api/v1/me", 405}, {"PUT", "/api/v1/cases/x/content/y", 404},
		} {
			a := c.send(x.method, x.path, rq{as: "analyst"})
			if a.status != x.want || mediaType(a.header) != "application/problem+json" || a.text("detail") == "" {
				t.Errorf("%s %s: %d %v %s", x.method, x.path, a.status, a.header, a.raw)
			}
			if x.want == http.StatusMethodNotAllowed && a.header.Get("Allow") == "" {
				t.Errorf("%s %s does not say what is allowed", x.method, x.path)
			}
		}
	})
}

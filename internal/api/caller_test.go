// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

type object = map[string]any

// A rq is one request. path fills the placeholders in their order; body is sent as it is when it is []byte or a
// reader, as JSON otherwise.
type rq struct {
	op     string
	as     string
	path   []string
	query  string
	header map[string]string
	body   any
	want   int
}

// An answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    []byte
	json   any
}

// A caller knows the API by its document alone, and holds every answer to it.
type caller struct {
	*house
	doc    object
	ops    map[string]operation
	schema *jsonschema.Compiler
	driven map[string]map[int]bool
}

type operation struct {
	id, method, path string
	node             object
}

// caller reads the document from the server.
func (h *house) caller() *caller {
	h.Helper()
	resp, err := http.Get(h.http.URL + "/api/v1/openapi.json")
	h.ok(err)
	defer resp.Body.Close()
	doc, err := jsonschema.UnmarshalJSON(resp.Body)
	h.ok(err)
	c := &caller{house: h, doc: doc.(object), ops: map[string]operation{}, schema: jsonschema.NewCompiler(), driven: map[string]map[int]bool{}}
	c.schema.DefaultDraft(jsonschema.Draft2020)
	c.schema.AssertFormat()
	h.ok(c.schema.AddResource("openapi.json", doc))
	for path, item := range c.doc["paths"].(object) {
		for method, node := range item.(object) {
			n := node.(object)
			id := n["operationId"].(string)
			c.ops[id] = operation{id, strings.ToUpper(method), path, n}
		}
	}
	return c
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

// do sends a request and checks the answer: its status is the wanted one, the document knows it, and its body is what
// the document says.
func (c *caller) do(r rq) answer {
	c.Helper()
	op, ok := c.ops[r.op]
	if !ok {
		c.Fatalf("the document has no operation %q", r.op)
	}
	path, used := op.path, 0
	path = placeholder.ReplaceAllStringFunc(path, func(string) string {
		if used++; used > len(r.path) {
			return "missing"
		}
		return r.path[used-1]
	})
	if r.query != "" {
		path += "?" + r.query
	}
	a := c.send(op.method, path, r)
	if r.want == 0 {
		r.want = 200
	}
	if a.status != r.want {
		c.Fatalf("%s as %q: %d %s, want %d", r.op, r.as, a.status, a.raw, r.want)
	}
	c.check(op, a)
	return a
}

// send sends a request without looking at the document.
func (c *caller) send(method, path string, r rq) (a answer) {
	c.Helper()
	var body io.Reader
	contentType := ""
	switch b := r.body.(type) {
	case nil:
	case []byte:
		body, contentType = bytes.NewReader(b), "application/json"
	case io.Reader:
		body, contentType = b, "application/json"
	default:
		j, err := json.Marshal(b)
		c.ok(err)
		body, contentType = bytes.NewReader(j), "application/json"
	}
	q, err := http.NewRequestWithContext(c.Context(), method, c.http.URL+path, body)
	c.ok(err)
	q.Header.Set("Accept-Language", "en")
	if contentType != "" {
		q.Header.Set("Content-Type", contentType)
	}
	if c.tokens[r.as] != "" {
		q.Header.Set("Authorization", "Bearer "+c.tokens[r.as])
	}
	for k, v := range r.header {
		q.Header.Set(k, v)
	}
	if n, err := strconv.ParseInt(q.Header.Get("Content-Length"), 10, 64); err == nil {
		q.ContentLength = n
	}
	resp, err := c.http.Client().Do(q)
	c.ok(err)
	defer resp.Body.Close()
	a = answer{status: resp.StatusCode, header: resp.Header}
	a.raw, err = io.ReadAll(resp.Body)
	c.ok(err)
	if strings.HasSuffix(mediaType(resp.Header), "json") && len(a.raw) > 0 {
		a.json, err = jsonschema.UnmarshalJSON(bytes.NewReader(a.raw))
		c.ok(err)
	}
	return a
}

func mediaType(h http.Header) string {
	t, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return t
}

// check holds an answer to the document.
func (c *caller) check(op operation, a answer) {
	c.Helper()
	status := strconv.Itoa(a.status)
	response, ok := op.node["responses"].(object)[status].(object)
	if !ok {
		c.Errorf("%s: the document does not know status %s: %s", op.id, status, a.raw)
		return
	}
	if c.driven[op.id] == nil {
		c.driven[op.id] = map[int]bool{}
	}
	c.driven[op.id][a.status] = true
	content, _ := response["content"].(object)
	if len(content) == 0 {
		if len(a.raw) > 0 {
			c.Errorf("%s %s: a body that the document does not know: %s", op.id, status, a.raw)
		}
		return
	}
	kind := mediaType(a.header)
	if content[kind] == nil {
		c.Errorf("%s %s: the document does not know the media type %q", op.id, status, kind)
		return
	}
	if a.json == nil {
		return
	}
	pointer := fmt.Sprintf("openapi.json#/paths/%s/%s/responses/%s/content/%s/schema", escape(op.path), strings.ToLower(op.method), status, escape(kind))
	s, err := c.schema.Compile(pointer)
	c.ok(err)
	if err := s.Validate(a.json); err != nil {
		c.Errorf("%s %s: the answer is not what the document says: %v\n%s", op.id, status, err, a.raw)
	}
	if a.status >= 400 {
		if kind != "application/problem+json" {
			c.Errorf("%s %s: a problem of media type %q", op.id, status, kind)
		}
		if got := a.json.(object)["status"]; fmt.Sprint(got) != status {
			c.Errorf("%s %s: the problem says status %v", op.id, status, got)
		}
	}
}

// escape writes a name for a JSON pointer in a URL fragment.
func escape(s string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D", "+", "%2B").Replace(s)
}

// at walks into an answer: "report.id", "items.0.id".
func (a answer) at(path string) any {
	x := a.json
	for _, k := range strings.Split(path, ".") {
		switch v := x.(type) {
		case object:
			x = v[k]
		case []any:
			i, err := strconv.Atoi(k)
			if err != nil || i >= len(v) {
				return nil
			}
			x = v[i]
		default:
			return nil
		}
	}
	return x
}

// text is at as a string.
func (a answer) text(path string) string {
	s, _ := a.at(path).(string)
	return s
}

// len is how many elements stand at path.
func (a answer) len(path string) int {
	l, _ := a.at(path).([]any)
	return len(l)
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/fault"
)

// formLimit bounds a posted form with its files.
const formLimit = 96 << 20

// form is a posted form, and what was wrong with it when it is shown again.
type form struct {
	v      *view
	values map[string][]string
	errs   map[string]fault.Field // by field
	Err    *fault.Error           // as a whole
}

// parse reads the posted form, bounded.
func (v *view) parse() (*form, error) {
	v.Body = http.MaxBytesReader(v.w, v.Body, formLimit)
	err := v.ParseMultipartForm(8 << 20)
	if errors.Is(err, http.ErrNotMultipart) {
		err = v.ParseForm()
	}
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, err
		}
		return nil, &fault.Error{Kind: fault.Invalid, Key: "web.form-broken"}
	}
	return &form{v: v, values: v.PostForm}, nil
}

// blank is a form nobody has filled in, with these values.
func (v *view) blank(values map[string]string) *form {
	f := &form{v: v, values: map[string][]string{}}
	for k, x := range values {
		f.values[k] = []string{x}
	}
	return f
}

// Get is a field's value.
func (f *form) Get(name string) string {
	if vs := f.values[name]; len(vs) > 0 {
		return strings.TrimSpace(strings.ReplaceAll(vs[0], "\r\n", "\n"))
	}
	return ""
}

// All are a field's values.
func (f *form) All(name string) []string { return f.values[name] }

// Has reports whether a field has the value.
func (f *form) Has(name, value string) bool {
	for _, x := range f.values[name] {
		if x == value {
			return true
		}
	}
	return false
}

// Lines are the non-empty lines of a field.
func (f *form) Lines(name string) (out []string) {
	for _, l := range strings.FieldsFunc(f.Get(name), func(r rune) bool { return r == '\n' || r == ',' || r == '，' || r == '、' }) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// Int is a field's whole number, 0 when it is empty.
func (f *form) Int(name string) (int, error) {
	s := f.Get(name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, fault.FieldError(name, "web.rule.number", "12")
	}
	return n, nil
}

// Time is a field of type datetime-local, in the reader's zone.
func (f *form) Time(name string) (time.Time, error) {
	s := f.Get(name)
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, calendar.Beijing()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fault.FieldError(name, "web.rule.time", "2021-11-24T10:00")
}

// input writes a time for a field of type datetime-local.
func input(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(calendar.Beijing()).Format("2006-01-02T15:04")
}

// refuse keeps what was wrong, so that the form can be shown again; other errors are returned.
func (f *form) refuse(err error, prefix string) error {
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Invalid && e.Kind != fault.Conflict && e.Kind != fault.Limited && e.Kind != fault.Unauthenticated {
		return err
	}
	f.Err, f.errs = e, map[string]fault.Field{}
	for _, x := range e.Fields {
		f.errs[strings.TrimPrefix(x.Name, prefix)] = x
	}
	return nil
}

// chosen are fields that people pick instead of typing: an example in the API's notation would puzzle them.
var chosen = map[string]bool{"relation": true, "exploited": true, "public": true, "upstream": true, "learned_at": true, "roles": true}

// Wrong says what is wrong with a field, or "".
func (f *form) Wrong(name string) string {
	x, ok := f.errs[name]
	if !ok {
		return ""
	}
	if x.Rule == "rule.one-of" && f.Get(name) == "" {
		return f.v.T("rule.required") // the choices stand there in words
	}
	s := f.v.T(x.Rule, x.Args...)
	if x.Example != "" && !chosen[name] {
		s += f.v.T("web.for-example", x.Example)
	}
	return s
}

// file is an uploaded file.
type file struct {
	Name, MediaType string
	Bytes           []byte
}

// Files are the uploaded files of a field.
func (f *form) Files(name string) (out []file, err error) {
	if f.v.MultipartForm == nil {
		return nil, nil
	}
	for _, h := range f.v.MultipartForm.File[name] {
		r, err := h.Open()
		if err != nil {
			return nil, fmt.Errorf("uploaded file: %w", err)
		}
		b, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return nil, fmt.Errorf("uploaded file: %w", err)
		}
		out = append(out, file{h.Filename, h.Header.Get("Content-Type"), b})
	}
	return out, nil
}

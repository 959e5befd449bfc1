// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/fault"
)

// Limits of a posted form: of one with files, of one without, how much of the files is kept in memory, and how long it
// may take to arrive.
const (
	formLimit = 96 << 20
	textLimit = 8 << 20
	inMemory  = 8 << 20
	formTime  = 5 * time.Minute
)

// large holds the places of requests whose files are in memory; the next ones wait, with theirs on disk.
var large = make(chan struct{}, 4)

// form is a posted form, and what was wrong with it when it is shown again.
type form struct {
	v      *view
	values map[string][]string
	errs   map[string]fault.Field // by field
	Err    *fault.Error           // as a whole
	prefix string                 // of the elements' ids, where a page has two forms with the same names
}

// parse reads the posted form, bounded in size and time.
func (v *view) parse() (*form, error) {
	limit, read := int64(textLimit), v.ParseForm
	if media, _, _ := mime.ParseMediaType(v.Header.Get("Content-Type")); media == "multipart/form-data" {
		limit, read = formLimit, func() error { return v.ParseMultipartForm(inMemory) }
	}
	control := http.NewResponseController(v.w)
	if err := control.SetReadDeadline(time.Now().Add(formTime)); err == nil {
		defer control.SetReadDeadline(time.Time{}) //nolint:errcheck // it was set before
	}
	v.Body = http.MaxBytesReader(v.w, v.Body, limit)
	if err := read(); err != nil {
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

// At is the i-th of a field's values, "" past the last.
func (f *form) At(name string, i int) string {
	if vs := f.values[name]; i < len(vs) {
		return strings.TrimSpace(strings.ReplaceAll(vs[i], "\r\n", "\n"))
	}
	return ""
}

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
func (f *form) Time(name string) (time.Time, error) { return moment(f.Get(name), name) }

// moment reads what a field of type datetime-local holds; name is the field's.
func moment(s, name string) (time.Time, error) {
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

// input writes a time for a field of type datetime-local, to the second where it has any.
func input(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if t.Second() != 0 {
		return t.In(calendar.Beijing()).Format("2006-01-02T15:04:05")
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

// hold waits for a place, which the request keeps to its end, when files are large.
func (v *view) hold(files []*multipart.FileHeader) error {
	var size int64
	for _, h := range files {
		size += h.Size
	}
	if size <= 1<<20 || v.held {
		return nil
	}
	select {
	case large <- struct{}{}:
		v.held = true
		return nil
	case <-v.Context().Done():
		return v.Context().Err()
	}
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
	if err := f.v.hold(f.v.MultipartForm.File[name]); err != nil {
		return nil, err
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

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// MaxUpload is how large an uploaded file may be, in bytes; larger ones are imported on the platform's machine.
const MaxUpload = 64 << 20

// Upload imports a file that somebody sends: a record, several (a list, or one a line), an archive, a catalogue or a table.
// name is what the file is called where it comes from. It is otherwise as Import. For administrators.
func (s *Service) Upload(ctx context.Context, by member.Actor, kind, name string, data []byte) (Run, error) {
	if err := importer(by); err != nil {
		return Run{}, err
	}
	if err := checkInput(kind, name); err != nil {
		return Run{}, err
	}
	switch {
	case len(data) > MaxUpload:
		return Run{}, &fault.Error{Kind: fault.TooLarge, Key: "fault.too-large", Args: []any{fmt.Sprintf("%d MiB", MaxUpload>>20)}}
	case len(bytes.TrimSpace(data)) == 0:
		return Run{}, fault.FieldError("file", "rule.required", "")
	}
	f, err := os.CreateTemp(s.Scratch, "upload-*"+form(kind, data))
	if err != nil {
		return Run{}, fmt.Errorf("import %s: %w", kind, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		return Run{}, fmt.Errorf("import %s: %w", kind, err)
	}
	return s.importPath(ctx, by, Input{Kind: kind, Source: f.Name(), Name: "upload: " + text(name, 300)})
}

// form is the ending of a file's name by what it holds.
func form(kind string, data []byte) string {
	first, rest, _ := bytes.Cut(bytes.TrimSpace(data), []byte("\n"))
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return ".zip"
	case kind == "epss":
		return ".csv"
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
		return ".ndjson.gz"
	case kind == "kev":
		return ".json"
	case len(bytes.TrimSpace(rest)) > 0 && json.Valid(first):
		return ".ndjson"
	case kind == "osv" && !bytes.HasPrefix(first, []byte("{")) && !bytes.HasPrefix(first, []byte("[")):
		return ".yaml"
	}
	return ".json"
}

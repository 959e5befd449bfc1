// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/spec/bound"
)

// Limits of one import.
const (
	MaxBatch   = 64 << 20  // bytes, packed
	maxWhole   = 512 << 20 // bytes, unpacked
	maxDocs    = 20_000
	maxEntries = 100_000 // of an archive
	maxSource  = 300     // characters of a name
)

// A document is one JSON text with the name of where it comes from.
type document struct {
	name string
	body []byte
}

// unpack calls each for every document in data: one JSON text, several after each other, a list of them, or a ZIP archive
// of files that end in .json.
func unpack(name string, data []byte, each func(document) error) error {
	n := 0
	counted := func(d document) error {
		if n++; n > maxDocs {
			return fault.FieldError("file", "credit.rule.documents", "", maxDocs)
		}
		return each(d)
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return unzip(name, data, counted)
	}
	data = bytes.TrimPrefix(bytes.TrimSpace(data), []byte("\xef\xbb\xbf"))
	err := texts(name, data, counted)
	if err == nil && n == 0 {
		return fault.FieldError("file", "rule.required", "")
	}
	return err
}

func texts(name string, data []byte, each func(document) error) error {
	d := json.NewDecoder(bytes.NewReader(data))
	list := bytes.HasPrefix(data, []byte("["))
	if list {
		if _, err := d.Token(); err != nil {
			return fault.FieldError("file", string(RefusedSyntax), "")
		}
	}
	for i := 0; !list || d.More(); i++ {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return nil
		}
		doc := document{name: name, body: raw}
		if i > 0 || list {
			doc.name = fmt.Sprintf("%s#%d", name, i+1)
		}
		if err != nil {
			doc.body = []byte("no JSON")
			if err := each(doc); err != nil {
				return err
			}
			return nil // what follows a broken text cannot be found
		}
		if err := each(doc); err != nil {
			return err
		}
	}
	return nil
}

func unzip(name string, data []byte, each func(document) error) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fault.FieldError("file", "credit.rule.archive", "")
	}
	if len(z.File) > maxEntries {
		return fault.FieldError("file", "credit.rule.documents", "", maxDocs)
	}
	whole := int64(0)
	for _, f := range z.File {
		if f.FileInfo().IsDir() || !strings.HasSuffix(strings.ToLower(f.Name), ".json") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return fault.FieldError("file", "credit.rule.archive", "")
		}
		// What an archive says of sizes is not believed.
		b, err := io.ReadAll(io.LimitReader(r, int64(bound.Document.Bytes)+1))
		r.Close() //nolint:errcheck // read only
		if whole += int64(len(b)); whole > maxWhole {
			return fault.FieldError("file", "credit.rule.unpacked", "", maxWhole>>20)
		}
		if err != nil {
			b = []byte("no JSON")
		}
		if err := each(document{name: name + "/" + f.Name, body: bytes.TrimSpace(b)}); err != nil {
			return err
		}
	}
	return nil
}

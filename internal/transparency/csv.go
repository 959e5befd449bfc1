// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package transparency

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fengsui/fengsui/internal/spec/spreadsheet"
)

// CSV writes figures as a table of three columns for spreadsheets: where a figure stands, what it is of, and its value. Rows
// stand in the order of the document.
func CSV(f Figures) ([]byte, error) {
	b, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("write figures: %w", err)
	}
	var out bytes.Buffer
	w := spreadsheet.New(&out)
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	err = w.Row("section", "figure", "value")
	if err == nil {
		err = rows(w, d, nil)
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return nil, fmt.Errorf("write figures: %w", err)
	}
	return out.Bytes(), nil
}

// rows writes the next value of a document, which stands at a path.
func rows(w *spreadsheet.Writer, d *json.Decoder, path []string) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return err
			}
			if err := rows(w, d, append(path[:len(path):len(path)], fmt.Sprint(k))); err != nil {
				return err
			}
		}
		_, err = d.Token()
		return err
	case json.Delim('['):
		for i := 1; d.More(); i++ {
			if err := rows(w, d, append(path[:len(path):len(path)], fmt.Sprint(i))); err != nil {
				return err
			}
		}
		_, err = d.Token()
		return err
	}
	v := ""
	if t != nil {
		v = fmt.Sprint(t)
	}
	section := ""
	if len(path) > 1 {
		section, path = path[0], path[1:]
	}
	return w.Row(section, strings.Join(path, "."), v)
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package transparency

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
)

// CSV writes figures as a table of three columns for spreadsheets: where a figure stands, what it is of, and its value. Rows
// stand in the order of the document; texts that a spreadsheet would take for a formula are quoted.
func CSV(f Figures) ([]byte, error) {
	b, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("write figures: %w", err)
	}
	var out bytes.Buffer
	out.WriteString("\xef\xbb\xbf") // spreadsheets take the file for UTF-8 by this
	w := csv.NewWriter(&out)
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	err = w.Write([]string{"section", "figure", "value"})
	if err == nil {
		err = rows(w, d, nil)
	}
	w.Flush()
	if err == nil {
		err = w.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("write figures: %w", err)
	}
	return out.Bytes(), nil
}

// rows writes the next value of a document, which stands at a path.
func rows(w *csv.Writer, d *json.Decoder, path []string) error {
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
	if s, ok := t.(string); ok && strings.ContainsAny(s[:min(1, len(s))], "=+-@\t\r") {
		v = "'" + v
	}
	section := ""
	if len(path) > 1 {
		section, path = path[0], path[1:]
	}
	return w.Write([]string{section, strings.Join(path, "."), v})
}

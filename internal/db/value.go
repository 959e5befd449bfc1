// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"
)

// Time is a column TIMESTAMPTZ: on SQLite fixed-width UTC text, so that comparing text compares time.
// The zero time is stored as NULL.
type Time struct{ time.Time }

const timeLayout = "2006-01-02T15:04:05.000000Z"

// At wraps t for a parameter.
func At(t time.Time) Time { return Time{t} }

// Value implements driver.Valuer.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil
	}
	return t.UTC().Format(timeLayout), nil
}

// Scan implements sql.Scanner.
func (t *Time) Scan(v any) (err error) {
	switch v := v.(type) {
	case nil:
		t.Time = time.Time{}
	case time.Time:
		t.Time = v.UTC()
	case string:
		t.Time, err = time.Parse(time.RFC3339Nano, v)
	default:
		err = fmt.Errorf("db: cannot read a time from %T", v)
	}
	return err
}

// JSON is a column JSONB that holds any T.
type JSON[T any] struct{ V T }

// ToJSON wraps v for a parameter.
func ToJSON[T any](v T) JSON[T] { return JSON[T]{v} }

// Value implements driver.Valuer.
func (j JSON[T]) Value() (driver.Value, error) {
	b, err := json.Marshal(j.V)
	return string(b), err
}

// Scan implements sql.Scanner.
func (j *JSON[T]) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), &j.V)
	case []byte:
		return json.Unmarshal(v, &j.V)
	}
	return fmt.Errorf("db: cannot read JSON from %T", v)
}

// Null scans a text column that may be NULL into s, which stays empty then.
func Null(s *string) any { return &nullText{s} }

type nullText struct{ s *string }

func (n *nullText) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*n.s = ""
	case string:
		*n.s = v
	case []byte:
		*n.s = string(v)
	default:
		return fmt.Errorf("db: cannot read text from %T", v)
	}
	return nil
}

// Opt is a text parameter that is stored as NULL when empty.
func Opt(s string) any {
	if s == "" {
		return nil
	}
	return s
}

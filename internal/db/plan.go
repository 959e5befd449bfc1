// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// A plan says what a statement does to a watched table, and how to make it return what it does.
type plan struct {
	t       *Table // nil: nothing that is watched
	verb    byte   // 'I', 'U' or 'D'
	columns string // to be returned
	returns bool   // it has a RETURNING of its own
	adds    bool   // INSERT … SELECT that leaves existing rows alone, whose new rows have the largest rowids on SQLite
	err     error
}

var (
	plans     sync.Map // by statement
	planCount atomic.Int64
)

// planOf finds the plan of a statement. Statements are texts of the program, and few.
func planOf(query string) plan {
	if p, ok := plans.Load(query); ok {
		return p.(plan)
	}
	p := makePlan(query)
	if len(query) < 1<<12 && planCount.Load() < 1<<12 {
		if _, had := plans.LoadOrStore(query, p); !had {
			planCount.Add(1)
		}
	}
	return p
}

func makePlan(query string) (p plan) {
	ws := words(query)
	i := slices.IndexFunc(ws, func(w string) bool {
		return w == "SELECT" || w == "INSERT" || w == "UPDATE" || w == "DELETE" || w == "TRUNCATE"
	})
	if i < 0 || ws[i] == "SELECT" {
		return p
	}
	p.verb = ws[i][0]
	at := i + 2 // INSERT INTO t, DELETE FROM t
	switch p.verb {
	case 'U':
		at = i + 1
	case 'T':
		at = len(ws) - 1
	}
	if at >= len(ws) {
		return plan{}
	}
	t := schema().tables[strings.ToLower(ws[at])]
	if t == nil || t.Watch == Never {
		return plan{}
	}
	if p.verb == 'T' {
		p.err = fmt.Errorf("db: TRUNCATE %s would leave no trace", t.Name)
		return p
	}
	sets := assigned(ws[at+1:])
	for _, name := range sets {
		if t.Watch == By && name == t.Group || t.Watch != By && slices.Contains(t.Key, name) {
			p.err = fmt.Errorf("db: a statement may not change the key %s of table %s: delete the row and insert another", name, t.Name)
		}
	}
	if p.verb == 'U' && len(sets) > 0 && !slices.ContainsFunc(sets, func(name string) bool { return !slices.Contains(t.Free, name) }) {
		return plan{} // changes only what may change freely
	}
	p.t, p.returns = t, slices.Contains(ws, "RETURNING")
	p.adds = p.verb == 'I' && slices.Contains(ws, "SELECT") && len(sets) == 0 && !(len(t.Key) == 1 && t.Columns[t.place[t.Key[0]]].Kind == Integer)
	switch {
	case t.Watch == By:
		p.columns = t.Group
	case p.verb == 'D':
		p.columns = strings.Join(t.Key, ", ")
	default:
		p.columns = t.list
	}
	return p
}

// assigned are the columns that SET changes.
func assigned(ws []string) (out []string) {
	in := false
	for i, w := range ws {
		switch w {
		case "SET":
			in = true
		case "WHERE", "FROM", "RETURNING":
			in = false
		case "=":
			if in && i > 0 && (ws[i-2] == "SET" || ws[i-2] == ",") {
				out = append(out, strings.ToLower(ws[i-1]))
			}
		}
	}
	return out
}

// words are the words and signs of a statement that stand in no parentheses and no quotes; keywords are in upper case.
func words(s string) (out []string) {
	depth := 0
	for i := 0; i < len(s); {
		c := s[i]
		j := i + 1
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '\'':
			for j < len(s) && s[j] != '\'' {
				j++
			}
			j++
		case c == '-' && j < len(s) && s[j] == '-':
			for j < len(s) && s[j] != '\n' {
				j++
			}
		case letter(c):
			for j < len(s) && (letter(s[j]) || s[j] >= '0' && s[j] <= '9' || s[j] == '.') {
				j++
			}
			if depth == 0 {
				out = append(out, keyword(s[i:j]))
			}
		case c == '=' || c == ',':
			if depth == 0 {
				out = append(out, s[i:j])
			}
		}
		i = j
	}
	return out
}

func letter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

var keywords = map[string]bool{"SELECT": true, "INSERT": true, "UPDATE": true, "DELETE": true, "TRUNCATE": true, "SET": true, "WHERE": true, "FROM": true, "RETURNING": true}

func keyword(w string) string {
	if len(w) < 10 {
		if up := strings.ToUpper(w); keywords[up] {
			return up
		}
	}
	return w
}

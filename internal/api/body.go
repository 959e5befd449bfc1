// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

// reply is an answer with a JSON body.
type reply[T any] struct{ Body T }

func answer[T any](v T, err error) (*reply[T], error) {
	if err != nil {
		return nil, err
	}
	return &reply[T]{v}, nil
}

// ByID names a thing by its id in the path.
type ByID struct {
	ID string `path:"id" doc:"id" maxLength:"64"`
}

// withBody is ByID and a JSON body.
type withBody[T any] struct {
	ByID
	Body T
}

// Seen says what somebody has read who decides about it.
type Seen struct {
	Rev int `json:"rev" doc:"rev of what you have read; another one is a conflict"`
}

// body is a JSON body alone.
type body[T any] struct{ Body T }

// Page asks for a page of a list.
type Page struct {
	After string `query:"after" doc:"cursor: 'next' of the page before" maxLength:"200"`
	Limit int    `query:"limit" doc:"rows of a page" minimum:"1" maximum:"200" default:"50"`
}

// list is a page of a list.
type list[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"cursor of the next page; absent on the last one"`
}

func lists[A, B any](in []A, next string, f func(A) B) list[B] {
	return list[B]{Items: each(in, f), Next: next}
}

// each maps a slice; the result is never nil, so that JSON says [].
func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, x := range in {
		out = append(out, f(x))
	}
	return out
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/fengsui/fengsui/internal/member"
)

// tagged is an answer with an entity tag (RFC 9110 §8.8.3): the digest of its body, which changes when any of it does.
type tagged[T any] struct {
	ETag string `header:"ETag" doc:"give it back as If-None-Match or If-Match"`
	Body T
}

// getInput names a thing and what the caller already has of it.
type getInput struct {
	ByID
	IfNoneMatch string `header:"If-None-Match" maxLength:"500" doc:"entity tag; 304 when nothing has changed"`
}

// editInput names a thing, what the caller edited, and the change.
type editInput[T any] struct {
	ByID
	IfMatch string `header:"If-Match" maxLength:"500" doc:"entity tag that you edited; 412 when it has changed since"`
	Body    T
}

type getter[T any] func(context.Context, member.Actor, *ByID) (*reply[T], error)

type editor[B, T any] func(context.Context, member.Actor, *withBody[B]) (*reply[T], error)

// fresh adds the entity tag to a getter, and answers 304 to whoever has it already.
func fresh[T any](get getter[T]) func(context.Context, member.Actor, *getInput) (*tagged[T], error) {
	return func(ctx context.Context, by member.Actor, in *getInput) (*tagged[T], error) {
		out, err := get(ctx, by, &in.ByID)
		if err != nil {
			return nil, err
		}
		tag, err := tagOf(out.Body)
		if err != nil {
			return nil, err
		}
		if names(in.IfNoneMatch, tag) {
			return nil, &Problem{Status: http.StatusNotModified, Title: http.StatusText(http.StatusNotModified)}
		}
		return &tagged[T]{tag, out.Body}, nil
	}
}

// guarded lets an edit happen only to what its caller has seen, when the caller says what that was.
func guarded[B, T any](get getter[T], edit editor[B, T]) func(context.Context, member.Actor, *editInput[B]) (*tagged[T], error) {
	return func(ctx context.Context, by member.Actor, in *editInput[B]) (*tagged[T], error) {
		if in.IfMatch != "" {
			now, err := get(ctx, by, &in.ByID)
			if err != nil {
				return nil, err
			}
			tag, err := tagOf(now.Body)
			if err != nil {
				return nil, err
			}
			if !names(in.IfMatch, tag) {
				return nil, stale(printer(ctx).T("fault.stale"))
			}
		}
		out, err := edit(ctx, by, &withBody[B]{in.ByID, in.Body})
		if err != nil {
			return nil, err
		}
		tag, err := tagOf(out.Body)
		return &tagged[T]{tag, out.Body}, err
	}
}

func stale(detail string) *Problem {
	return &Problem{Type: "urn:fengsui:problem:stale", Status: http.StatusPreconditionFailed, Title: http.StatusText(http.StatusPreconditionFailed), Detail: detail}
}

func tagOf(v any) (string, error) {
	b, err := json.Marshal(v)
	sum := sha256.Sum256(b)
	return `"` + hex.EncodeToString(sum[:12]) + `"`, err
}

// names reports whether a list of entity tags, or "*", names tag.
func names(list, tag string) bool {
	for _, x := range strings.Split(list, ",") {
		if x = strings.TrimPrefix(strings.TrimSpace(x), "W/"); x == tag || x == "*" {
			return true
		}
	}
	return false
}

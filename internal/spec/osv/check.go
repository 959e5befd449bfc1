// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package osv

import (
	"fmt"
	"regexp"
)

// Refused says where a record breaks the schema.
type Refused struct {
	Field string // "affected[0].ranges[1].events[2]"
	Rule  Rule
}

func (r *Refused) Error() string { return fmt.Sprintf("osv: %s: %s", r.Field, r.Rule) }

// A Rule names what a record breaks.
type Rule string

// The rules of a record.
const (
	Required   Rule = "required"   // must be there
	Prefix     Rule = "prefix"     // an id begins with the prefix of a database, or with "x_"
	Vocabulary Rule = "vocabulary" // is none of the schema's words
	OneEvent   Rule = "one-event"  // an event sets exactly one of its fields
	Opening    Rule = "opening"    // a range needs an introduced event
	Exclusive  Rule = "exclusive"  // fixed and last_affected do not stand in one range
	Commit     Rule = "commit"     // an event of a GIT range is a full commit hash or "0"
)

var (
	id     = regexp.MustCompile(`^(x_.|[A-Za-z0-9]+(-[A-Za-z]+)?-.)`)
	commit = regexp.MustCompile(`^(0|[a-f0-9]{40}|[a-f0-9]{64})$`)
)

// Check holds r to the rules of the schema that a Go value can break. Its error is a *Refused.
func (r Record) Check() error {
	switch {
	case r.ID == "":
		return &Refused{"id", Required}
	case !id.MatchString(r.ID):
		return &Refused{"id", Prefix}
	case r.Modified.IsZero():
		return &Refused{"modified", Required}
	}
	if err := checkSeverity("severity", r.Severity); err != nil {
		return err
	}
	for i, a := range r.Affected {
		if err := a.check(fmt.Sprintf("affected[%d]", i)); err != nil {
			return err
		}
	}
	for i, ref := range r.References {
		if err := oneOf(fmt.Sprintf("references[%d].type", i), ref.Type, RefAdvisory, RefArticle, RefDetection, RefDiscussion,
			RefReport, RefFix, RefIntroduced, RefGit, RefPackage, RefEvidence, RefWeb); err != nil {
			return err
		}
		if ref.URL == "" {
			return &Refused{fmt.Sprintf("references[%d].url", i), Required}
		}
	}
	for i, c := range r.Credits {
		if c.Name == "" {
			return &Refused{fmt.Sprintf("credits[%d].name", i), Required}
		}
		if err := oneOf(fmt.Sprintf("credits[%d].type", i), c.Type, "", Finder, Reporter, Analyst, Coordinator,
			RemediationDeveloper, RemediationReviewer, RemediationVerifier, Tool, Sponsor, Other); err != nil {
			return err
		}
	}
	return nil
}

func oneOf(field, word string, words ...string) error {
	for _, w := range words {
		if w == word {
			return nil
		}
	}
	return &Refused{field, Vocabulary}
}

func checkSeverity(field string, list []Severity) error {
	for i, s := range list {
		if err := oneOf(fmt.Sprintf("%s[%d].type", field, i), s.Type, CVSSv2, CVSSv3, CVSSv4, Ubuntu); err != nil {
			return err
		}
		if s.Score == "" {
			return &Refused{fmt.Sprintf("%s[%d].score", field, i), Required}
		}
	}
	return nil
}

func (a Affected) check(field string) error {
	if p := a.Package; p != nil && (p.Ecosystem == "" || p.Name == "") {
		return &Refused{field + ".package", Required}
	}
	if err := checkSeverity(field+".severity", a.Severity); err != nil {
		return err
	}
	for i, r := range a.Ranges {
		if err := r.check(fmt.Sprintf("%s.ranges[%d]", field, i)); err != nil {
			return err
		}
	}
	return nil
}

func (r Range) check(field string) error {
	if err := oneOf(field+".type", r.Type, RangeGit, RangeSemVer, RangeEcosystem); err != nil {
		return err
	}
	if r.Type == RangeGit && r.Repo == "" {
		return &Refused{field + ".repo", Required}
	}
	var introduced, fixed, last bool
	for i, e := range r.Events {
		at, set := "", 0
		for _, v := range []string{e.Introduced, e.Fixed, e.LastAffected, e.Limit} {
			if v != "" {
				at, set = v, set+1
			}
		}
		switch {
		case set != 1:
			return &Refused{fmt.Sprintf("%s.events[%d]", field, i), OneEvent}
		case r.Type == RangeGit && !commit.MatchString(at):
			return &Refused{fmt.Sprintf("%s.events[%d]", field, i), Commit}
		}
		introduced, fixed, last = introduced || e.Introduced != "", fixed || e.Fixed != "", last || e.LastAffected != ""
	}
	switch {
	case !introduced:
		return &Refused{field + ".events", Opening}
	case fixed && last:
		return &Refused{field + ".events", Exclusive}
	}
	return nil
}

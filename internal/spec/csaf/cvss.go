// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package csaf

import (
	"fmt"
	"strings"

	cvss30 "github.com/pandatix/go-cvss/30"
	cvss31 "github.com/pandatix/go-cvss/31"
)

// CVSSv3 is a CVSS 3.0 or 3.1 score in the form of FIRST's JSON schema.
type CVSSv3 struct {
	BaseScore    float64 `json:"baseScore"`
	BaseSeverity string  `json:"baseSeverity"` // "NONE" … "CRITICAL"
	VectorString string  `json:"vectorString"`
	Version      string  `json:"version"` // "3.0" or "3.1"
}

// Score3 computes the base score of a CVSS 3.0 or 3.1 vector. It fails for every other text.
func Score3(vector string) (*CVSSv3, error) {
	s := &CVSSv3{VectorString: vector}
	switch {
	case strings.HasPrefix(vector, "CVSS:3.1/"):
		v, err := cvss31.ParseVector(vector)
		if err != nil {
			return nil, fmt.Errorf("csaf: CVSS 3.1 vector: %w", err)
		}
		s.Version, s.BaseScore = "3.1", v.BaseScore()
	case strings.HasPrefix(vector, "CVSS:3.0/"):
		v, err := cvss30.ParseVector(vector)
		if err != nil {
			return nil, fmt.Errorf("csaf: CVSS 3.0 vector: %w", err)
		}
		s.Version, s.BaseScore = "3.0", v.BaseScore()
	default:
		return nil, fmt.Errorf("csaf: not a vector of CVSS 3")
	}
	s.BaseSeverity = severity(s.BaseScore)
	return s, nil
}

// severity is the qualitative scale of CVSS 3 (section 5 of its specification).
func severity(score float64) string {
	switch {
	case score >= 9:
		return "CRITICAL"
	case score >= 7:
		return "HIGH"
	case score >= 4:
		return "MEDIUM"
	case score > 0:
		return "LOW"
	}
	return "NONE"
}

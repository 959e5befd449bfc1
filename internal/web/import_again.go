// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import "github.com/fengsui/fengsui/internal/vuln"

// importStartAgain asks that the place of an import be imported from now.
func (s *Server) importStartAgain(v *view) error {
	if err := s.Vulns.Again(v.Context(), v.Actor, v.PathValue("id")); err != nil {
		return err
	}
	return v.see("/imports")
}

// awaited reports whether a place has been asked for, and its import has not begun.
func awaited(v *view, x vuln.Stand) bool { return !x.Next.IsZero() && !x.Next.After(v.Now) }

// mayStart reports whether the reader may have a place imported from now.
func (x importsView) mayStart(v *view, s vuln.Stand) bool {
	return v.maySteerImports() && s.Last.ID != "" && s.Last.State != vuln.Running && !awaited(v, s) && x.Regular(s.Kind, s.Source)
}

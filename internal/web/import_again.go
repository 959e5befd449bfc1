// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

// importStartAgain asks that the place of an import be imported from now.
func (s *Server) importStartAgain(v *view) error {
	if err := s.Vulns.Again(v.Context(), v.Actor, v.PathValue("id")); err != nil {
		return err
	}
	return v.see("/imports")
}

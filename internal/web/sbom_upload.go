// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/web/look"
)

// largeList is from how many bytes on a component list is worked on after the answer, so that nobody waits before a blank page.
const largeList = 1 << 20

// takeList takes a component list in: a small one at once, a large one step by step.
func (s *Server) takeList(v *view, id, version, name string, doc []byte) (err error) {
	if len(doc) < largeList {
		_, err = s.Products.PushSBOM(v.Context(), v.Actor, id, version, doc)
		return err
	}
	_, err = s.Products.Upload(v.Context(), v.Actor, id, version, name, doc)
	return err
}

// uploadCancel ends an upload that is under way.
func (s *Server) uploadCancel(v *view) error {
	u, err := s.Products.CancelUpload(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	return v.see("/products/" + pathEscape(u.ProductID))
}

// uploadTone is how the state of an upload looks.
func uploadTone(s product.UploadState) string {
	switch s {
	case product.UploadDone:
		return look.Good
	case product.UploadFailed:
		return look.Bad
	case product.UploadCancelled:
		return look.Off
	}
	return look.Wait
}

// uploadShare is how far an upload is, in per cent.
func uploadShare(u product.Upload) int {
	if u.Total == 0 {
		return 0
	}
	return int(min(100, 100*u.Done/u.Total))
}

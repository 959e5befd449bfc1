// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package sbom

import (
	"bytes"
	"compress/gzip"
	"io"
)

// unpacked returns what a gzip stream holds, and everything else as it is. A stream that unpacks to more than MaxSize
// is given up there; one inside another is not unpacked.
func unpacked(b []byte) ([]byte, error) {
	if !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		return b, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, &Refused{Rule: Packed}
	}
	out, err := io.ReadAll(io.LimitReader(z, MaxSize+1))
	switch {
	case err != nil:
		return nil, &Refused{Rule: Packed}
	case len(out) > MaxSize:
		return nil, &Refused{Rule: Size, Limit: MaxSize}
	}
	return out, nil
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package bundle writes and reads files that carry warnings over an air gap: a ZIP archive (PKWARE APPNOTE 6.3) whose
// SHA256SUMS names every other file with its digest and is signed with Ed25519 (RFC 8032). What verifies it is on every
// machine: sha256sum -c, and openssl pkeyutl.
//
// Nothing in the archive is compressed, and there is one way to write the same files: reading writes them again and
// compares, so that there is no byte, of the archive itself either, that could be changed unseen.
package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
	"slices"
	"strings"
)

// The two files that vouch for the others.
const (
	Sums      = "SHA256SUMS"
	Signature = "SHA256SUMS.sig" // 64 bytes: Ed25519 over Sums
)

// Limits of what is read as a bundle.
const (
	MaxBytes   = 64 << 20
	MaxContent = MaxBytes / 2 // of all files together
	MaxFiles   = 2000
)

// Reasons why something is no bundle, or not the one that was signed.
var (
	ErrForm    = errors.New("this is no bundle, or one that was altered: the archive is not in the form in which bundles are written")
	ErrTooBig  = errors.New("this is larger than any bundle")
	ErrName    = errors.New("the archive names a file in a way that bundles do not")
	ErrSums    = errors.New("a file is not the one that " + Sums + " names")
	ErrSigning = errors.New("the signature is not of 64 bytes")
)

// A File is one in a bundle. Its name is a relative path of letters, digits, "-", "_" and "." in ASCII.
type File struct {
	Name  string
	Bytes []byte
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*){0,3}$`)

// Write returns the bundle of some files; sign signs their sums.
func Write(files []File, sign func(sums []byte) (signature []byte, err error)) ([]byte, error) {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	if err := check(files); err != nil {
		return nil, err
	}
	sums := sumsOf(files)
	signature, err := sign(sums)
	if err != nil {
		return nil, fmt.Errorf("sign a bundle: %w", err)
	}
	if len(signature) != 64 {
		return nil, ErrSigning
	}
	return archive(append([]File{{Sums, sums}, {Signature, signature}}, files...)), nil
}

func check(files []File) error {
	if len(files) == 0 || len(files) > MaxFiles {
		return ErrTooBig
	}
	size, seen := 0, map[string]bool{strings.ToLower(Sums): true, strings.ToLower(Signature): true}
	for _, f := range files {
		folded := strings.ToLower(f.Name) // two names that are one on some machines
		if len(f.Name) > 200 || !nameForm.MatchString(f.Name) || seen[folded] {
			return fmt.Errorf("%w: %q", ErrName, clip(f.Name))
		}
		seen[folded] = true
		if size += len(f.Bytes); size > MaxContent {
			return ErrTooBig
		}
	}
	return nil
}

func clip(s string) string { return s[:min(len(s), 80)] }

// sumsOf is the list of digests as sha256sum writes it.
func sumsOf(files []File) []byte {
	var b bytes.Buffer
	for _, f := range files {
		sum := sha256.Sum256(f.Bytes)
		b.WriteString(hex.EncodeToString(sum[:]) + "  " + f.Name + "\n")
	}
	return b.Bytes()
}

// A Bundle is what Read found. Whose the signature is, is for the caller to verify.
type Bundle struct {
	Files     []File // without the two that vouch for them, by name
	Sums      []byte
	Signature []byte
}

// File returns the bytes of a file, nil when there is none of the name.
func (b Bundle) File(name string) []byte {
	for _, f := range b.Files {
		if f.Name == name {
			return f.Bytes
		}
	}
	return nil
}

// Read takes a bundle apart, and refuses whatever Write would not have written: other names, other sums, compressed
// files, anything before, between or behind them.
func Read(b []byte) (out Bundle, err error) {
	if len(b) > MaxBytes {
		return out, ErrTooBig
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return out, ErrForm
	}
	if len(z.File) > MaxFiles+2 {
		return out, ErrTooBig
	}
	var files []File
	for i, f := range z.File {
		if f.Method != zip.Store || f.UncompressedSize64 != f.CompressedSize64 || f.UncompressedSize64 > uint64(len(b)) {
			return out, ErrForm
		}
		r, err := f.Open()
		if err != nil {
			return out, ErrForm
		}
		text, err := io.ReadAll(io.LimitReader(r, int64(len(b))+1))
		if err != nil {
			return out, ErrForm
		}
		switch {
		case i == 0 && f.Name == Sums:
			out.Sums = text
		case i == 1 && f.Name == Signature:
			out.Signature = text
		default:
			files = append(files, File{f.Name, text})
		}
	}
	if err := check(files); err != nil {
		return out, err
	}
	if len(out.Signature) != 64 {
		return out, ErrSigning
	}
	if !bytes.Equal(out.Sums, sumsOf(files)) {
		return out, ErrSums
	}
	if !bytes.Equal(b, archive(append([]File{{Sums, out.Sums}, {Signature, out.Signature}}, files...))) {
		return out, ErrForm
	}
	out.Files = files
	return out, nil
}

// archive is a ZIP archive of files in their order, not compressed, dated 1 January 1980: no other is a bundle. It is written
// here, because a library's next version may write other bytes, and bundles must stay good for years.
func archive(files []File) []byte {
	var out, directory bytes.Buffer
	le := binary.LittleEndian
	for _, f := range files {
		var common []byte                           // of the two headers, from "version needed" on (sections 4.3.7 and 4.3.12)
		common = le.AppendUint16(common, 10)        // version 1.0
		common = le.AppendUint16(common, 0)         // flags
		common = le.AppendUint16(common, zip.Store) // not compressed
		common = le.AppendUint16(common, 0)         // 00:00
		common = le.AppendUint16(common, 1<<5|1)    // 1980-01-01
		common = le.AppendUint32(common, crc32.ChecksumIEEE(f.Bytes))
		common = le.AppendUint32(common, uint32(len(f.Bytes)))
		common = le.AppendUint32(common, uint32(len(f.Bytes)))
		common = le.AppendUint16(common, uint16(len(f.Name)))
		common = le.AppendUint16(common, 0) // no extra field
		offset := out.Len()
		out.WriteString("PK\x03\x04")
		out.Write(common)
		out.WriteString(f.Name)
		out.Write(f.Bytes)
		directory.WriteString("PK\x01\x02\x0a\x00") // made by version 1.0
		directory.Write(common)
		directory.Write(make([]byte, 10)) // no comment, disk 0, no attributes
		directory.Write(le.AppendUint32(nil, uint32(offset)))
		directory.WriteString(f.Name)
	}
	offset := out.Len()
	out.Write(directory.Bytes())
	end := []byte("PK\x05\x06\x00\x00\x00\x00")
	end = le.AppendUint16(end, uint16(len(files)))
	end = le.AppendUint16(end, uint16(len(files)))
	end = le.AppendUint32(end, uint32(directory.Len()))
	end = le.AppendUint32(end, uint32(offset))
	out.Write(le.AppendUint16(end, 0))
	return out.Bytes()
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Package archive opens zip archives of many small documents, such as whole ecosystems of OSV records (APPNOTE 6.3.10).
// Half of what a scan computes is unpacking. A document is unpacked by klauspost/compress out of a buffer that is used
// again and holds most of them whole; that package's own reader of archives takes a new buffer for each document, and is no
// faster than the standard library.
package archive

import (
	"archive/zip"
	"bufio"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Open opens the archive at a path. The caller closes it.
func Open(path string) (*zip.ReadCloser, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	z.RegisterDecompressor(zip.Deflate, inflate)
	return z, nil
}

// New reads an archive of size bytes from r.
func New(r io.ReaderAt, size int64) (*zip.Reader, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, err
	}
	z.RegisterDecompressor(zip.Deflate, inflate)
	return z, nil
}

// window is how much of an entry is read at once, in bytes.
const window = 16 << 10

// An inflating unpacks an entry, and goes back to where it was taken from when it is closed.
type inflating struct {
	packed *bufio.Reader
	plain  io.ReadCloser
}

var idle = sync.Pool{New: func() any {
	packed := bufio.NewReaderSize(nil, window)
	return &inflating{packed, flate.NewReader(packed)}
}}

func inflate(r io.Reader) io.ReadCloser {
	f := idle.Get().(*inflating)
	f.packed.Reset(r)
	f.plain.(flate.Resetter).Reset(f.packed, nil) //nolint:errcheck // it never fails
	return &entry{f}
}

// An entry is closed once, however often it is asked to.
type entry struct{ f *inflating }

// Read implements io.Reader.
func (e *entry) Read(p []byte) (int, error) {
	if e.f == nil {
		return 0, io.ErrClosedPipe
	}
	return e.f.plain.Read(p)
}

// Close implements io.Closer.
func (e *entry) Close() error {
	if e.f == nil {
		return nil
	}
	err := e.f.plain.Close()
	e.f.packed.Reset(nil)
	idle.Put(e.f)
	e.f = nil
	return err
}

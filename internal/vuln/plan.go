// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package vuln

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fengsui/fengsui/internal/spec/archive"
	"github.com/fengsui/fengsui/internal/spec/bound"
)

// Limits on what is read. What an archive says of its sizes is not believed.
const (
	maxFiles    = 3_000_000 // below a directory, or in an archive
	maxEntry    = 32 << 20  // bytes of one document, unpacked; as bound.Document
	maxRatio    = 200       // unpacked to packed size of an entry over smallEntry
	smallEntry  = 1 << 20   // bytes
	maxNested   = 8 << 30   // bytes of an archive within an archive, unpacked
	maxUnpacked = 200 << 30 // bytes of all entries of one archive
)

// A piece is one file, entry or line: what progress counts. It may hold several documents.
type piece struct {
	name string
	size int64
	load func() ([]byte, error) // safe for use beside other pieces'
}

// A plan is what an import reads, in an order that stays the same while nothing changes there.
type plan struct {
	total       int    // pieces, or 0 when nobody can tell
	fingerprint string // of names, sizes and times
	parts       []part
	close       []func() error
}

// A part is a container of pieces.
type part struct {
	pieces int
	each   func(skip int, do func(piece) error) error
}

func (p *plan) Close() error {
	var errs []error
	for _, c := range slices.Backward(p.close) {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// each calls do for every piece behind the first skip.
func (p *plan) each(skip int, do func(piece) error) error {
	for _, x := range p.parts {
		if skip >= x.pieces {
			skip -= x.pieces
			continue
		}
		if err := x.each(skip, do); err != nil {
			return err
		}
		skip = 0
	}
	return nil
}

// suffixes of documents, by kind. Others are passed over where directories and archives are searched.
func wanted(kind, name string) bool {
	base := strings.ToLower(path.Base(filepath.ToSlash(name)))
	if strings.HasPrefix(base, ".") {
		return false
	}
	ext := path.Ext(base)
	switch kind {
	case "osv":
		return ext == ".json" || ext == ".yaml" || ext == ".yml" || lines(base)
	case "cve":
		return ext == ".json" && base != "delta.json" && base != "deltalog.json" || lines(base)
	case "csaf":
		return ext == ".json" && base != "provider-metadata.json" && base != "aggregator.json" && !strings.HasPrefix(base, "csaf-feed") && base != "service.json" && base != "category.json" && base != "index.json"
	}
	return true
}

func lines(base string) bool {
	base = strings.TrimSuffix(base, ".gz")
	return strings.HasSuffix(base, ".ndjson") || strings.HasSuffix(base, ".jsonl")
}

func isArchive(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".zip") }

// open makes the plan of a path: a file, an archive, or a directory with both below it. A file is called label, or by its
// own name.
func open(kind, at, label, scratch string) (p *plan, err error) {
	info, err := os.Stat(at)
	if err != nil {
		return nil, err
	}
	made := &plan{}
	p = made
	defer func() {
		if err != nil {
			made.Close() //nolint:errcheck // the error in hand matters more
		}
	}()
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %d\n", kind, reader)
	if !info.IsDir() {
		fmt.Fprintf(sum, "%s %d %d\n", filepath.Base(at), info.Size(), info.ModTime().UnixNano())
		if label == "" {
			label = filepath.Base(at)
		}
		if err := p.file(kind, at, label, info.Size(), scratch); err != nil {
			return nil, err
		}
	} else if err := p.directory(kind, at, scratch, sum); err != nil {
		return nil, err
	}
	for _, x := range p.parts {
		p.total += x.pieces
	}
	p.fingerprint = hex.EncodeToString(sum.Sum(nil))
	return p, nil
}

// directory adds what lies below a directory, in the order of names. Links are not followed.
func (p *plan) directory(kind, dir, scratch string, sum io.Writer) error {
	type file struct {
		rel  string
		size int64
	}
	var plain []file
	flush := func() {
		if len(plain) == 0 {
			return
		}
		files := plain
		plain = nil
		p.parts = append(p.parts, part{len(files), func(skip int, do func(piece) error) error {
			for _, f := range files[skip:] {
				full := filepath.Join(dir, f.rel)
				if err := do(piece{filepath.ToSlash(f.rel), f.size, func() ([]byte, error) { return readFile(kind, full) }}); err != nil {
					return err
				}
			}
			return nil
		}})
	}
	seen := 0
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != dir && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.Type().IsRegular() || !wanted(kind, name) && !isArchive(name):
			return nil
		}
		if seen++; seen > maxFiles {
			return fmt.Errorf("there are more than %d files below %s", maxFiles, dir)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d %d\n", rel, info.Size(), info.ModTime().UnixNano())
		if isArchive(name) || lines(strings.ToLower(name)) {
			flush()
			return p.file(kind, name, filepath.ToSlash(rel), info.Size(), scratch)
		}
		plain = append(plain, file{rel, info.Size()})
		return nil
	})
	flush()
	return err
}

// readFile reads one document; of a CSAF document also the digest beside it, which must be right.
func readFile(kind, name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := readMost(f, maxEntry)
	if err == nil && kind == "csaf" {
		err = checkSums(b, func(ext string) ([]byte, error) {
			s, err := os.Open(name + ext)
			if err != nil {
				return nil, err
			}
			defer s.Close()
			return io.ReadAll(io.LimitReader(s, 4<<10))
		})
	}
	return b, err
}

// readMost reads all of r, or refuses what is longer.
func readMost(r io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > most {
		return nil, refuse("", RefusedBound, fmt.Sprintf("%v: more than %d MiB", bound.ErrLarge, most>>20))
	}
	return b, nil
}

// file adds what one file holds.
func (p *plan) file(kind, full, name string, size int64, scratch string) error {
	switch base := strings.ToLower(filepath.Base(full)); {
	case isArchive(base):
		z, err := archive.Open(full)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		p.close = append(p.close, z.Close)
		return p.zip(kind, &z.Reader, name, scratch, 0)
	case lines(base):
		return p.lines(full, name)
	}
	list, err := isList(full)
	if err != nil {
		return err
	}
	if list {
		n := 0
		if err := eachOf(full, name, 0, func(piece) error { n++; return nil }); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		p.parts = append(p.parts, part{n, func(skip int, do func(piece) error) error { return eachOf(full, name, skip, do) }})
		return nil
	}
	p.parts = append(p.parts, part{1, func(_ int, do func(piece) error) error {
		return do(piece{name, size, func() ([]byte, error) { return readFile(kind, full) }})
	}})
	return nil
}

// zip adds the entries of an archive; archives in it are unpacked into scratch files.
func (p *plan) zip(kind string, z *zip.Reader, name, scratch string, depth int) error {
	if len(z.File) > maxFiles {
		return fmt.Errorf("%s: the archive has %d entries, more than %d", name, len(z.File), maxFiles)
	}
	var entries []*zip.File
	whole := uint64(0)
	for _, f := range z.File {
		if whole += f.UncompressedSize64; whole > maxUnpacked {
			return fmt.Errorf("%s: the archive unpacks to more than %d GiB", name, maxUnpacked>>30)
		}
		switch {
		case f.FileInfo().IsDir():
		case isArchive(f.Name):
			if depth >= 2 {
				return fmt.Errorf("%s/%s: archives lie too deep in archives", name, f.Name)
			}
			if err := p.nested(kind, f, name+"/"+f.Name, scratch, depth+1); err != nil {
				return err
			}
		case wanted(kind, f.Name) && !lines(strings.ToLower(f.Name)):
			entries = append(entries, f)
		}
	}
	if len(entries) == 0 {
		return nil
	}
	p.parts = append(p.parts, part{len(entries), func(skip int, do func(piece) error) error {
		for _, f := range entries[skip:] {
			if err := do(piece{name + "/" + f.Name, int64(min(f.UncompressedSize64, maxEntry)), func() ([]byte, error) { return readEntry(f) }}); err != nil {
				return err
			}
		}
		return nil
	}})
	return nil
}

func readEntry(f *zip.File) ([]byte, error) {
	most := int64(maxEntry)
	if packed := int64(min(f.CompressedSize64, maxEntry)); packed*maxRatio < most {
		most = max(packed*maxRatio, smallEntry)
	}
	r, err := f.Open()
	if err != nil {
		return nil, refuse("", RefusedRead, text(err.Error(), 200))
	}
	defer r.Close()
	var b bytes.Buffer
	b.Grow(int(min(f.UncompressedSize64, uint64(most))) + bytes.MinRead)
	n, err := b.ReadFrom(io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return nil, refuse("", RefusedRead, text(err.Error(), 200))
	case n > most:
		return nil, refuse("", RefusedBound, fmt.Sprintf("%v: it unpacks to more than %d KiB", bound.ErrLarge, most>>10))
	}
	return b.Bytes(), nil
}

func (p *plan) nested(kind string, f *zip.File, name, scratch string, depth int) error {
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer r.Close()
	out, err := os.CreateTemp(scratch, "import-*.zip")
	if err != nil {
		return err
	}
	p.close = append(p.close, func() error { return errors.Join(out.Close(), os.Remove(out.Name())) })
	n, err := io.Copy(out, io.LimitReader(r, maxNested+1))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if n > maxNested {
		return fmt.Errorf("%s: the archive unpacks to more than %d GiB", name, int64(maxNested)>>30)
	}
	z, err := archive.New(out, n)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return p.zip(kind, z, name, scratch, depth)
}

// lines adds a file of one document a line, which may be packed by gzip.
func (p *plan) lines(full, name string) error {
	n := 0
	if err := eachLine(full, func(int, []byte, error) error { n++; return nil }); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p.parts = append(p.parts, part{n, func(skip int, do func(piece) error) error {
		at := 0
		return eachLine(full, func(number int, line []byte, broken error) error {
			if at++; at <= skip {
				return nil
			}
			b := bytes.Clone(line)
			return do(piece{fmt.Sprintf("%s:%d", name, number), int64(len(b)), func() ([]byte, error) { return b, broken }})
		})
	}})
	return nil
}

// eachLine calls do for every line that is not blank, with its number. Of one that is too long broken says so.
func eachLine(full string, do func(number int, line []byte, broken error) error) error {
	f, err := os.Open(full)
	if err != nil {
		return err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(strings.ToLower(full), ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return err
		}
	}
	in := bufio.NewReaderSize(r, 1<<20)
	var line []byte
	for number := 1; ; number++ {
		line = line[:0]
		long := false
		for {
			b, err := in.ReadSlice('\n')
			if len(line)+len(b) > maxEntry {
				long = true
			} else {
				line = append(line, b...)
			}
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			var broken error
			if long {
				broken = refuse("", RefusedBound, fmt.Sprintf("%v: more than %d MiB", bound.ErrLarge, maxEntry>>20))
			}
			if x := bytes.TrimSpace(line); len(x) > 0 || long {
				if err := do(number, x, broken); err != nil {
					return err
				}
			}
			if err != nil {
				return nil
			}
			break
		}
	}
}

// isList reports whether a file of JSON begins with a list.
func isList(full string) (bool, error) {
	f, err := os.Open(full)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 1<<10)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return false, err
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head[:n], []byte("\xef\xbb\xbf")), " \t\r\n")
	return bytes.HasPrefix(head, []byte("[")), nil
}

// eachOf calls do for every element of a list of documents behind the first skip.
func eachOf(full, name string, skip int, do func(piece) error) error {
	f, err := os.Open(full)
	if err != nil {
		return err
	}
	defer f.Close()
	fuse := &fuse{f, maxEntry}
	d := json.NewDecoder(fuse)
	if _, err := d.Token(); err != nil {
		return do(piece{name, 0, func() ([]byte, error) { return nil, refuse("", RefusedSyntax, text(err.Error(), 200)) }})
	}
	for n := 1; d.More(); n++ {
		fuse.left = maxEntry + 1<<20
		var one json.RawMessage
		err := d.Decode(&one)
		p := piece{fmt.Sprintf("%s#%d", name, n), int64(len(one)), func() ([]byte, error) { return one, nil }}
		if err != nil { // what follows a broken element cannot be found
			p.load = func() ([]byte, error) { return nil, refuse("", RefusedSyntax, text(err.Error(), 200)) }
		}
		if n > skip || err != nil {
			if e := do(p); e != nil || err != nil {
				return e
			}
		}
	}
	return nil
}

// A fuse lets only so many bytes through until it is set again.
type fuse struct {
	r    io.Reader
	left int
}

func (f *fuse) Read(b []byte) (int, error) {
	if f.left <= 0 {
		return 0, bound.ErrLarge
	}
	n, err := f.r.Read(b)
	f.left -= n
	return n, err
}

// checkSums holds a document against the digests that lie beside it (CSAF 2.0, section 7.1.18).
func checkSums(doc []byte, beside func(ext string) ([]byte, error)) error {
	for _, x := range []struct {
		ext string
		sum func() string
	}{
		{".sha512", func() string { s := sha512.Sum512(doc); return hex.EncodeToString(s[:]) }},
		{".sha256", func() string { s := sha256.Sum256(doc); return hex.EncodeToString(s[:]) }},
	} {
		line, err := beside(x.ext)
		if err != nil {
			continue
		}
		want, _, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		if want != "" && !strings.EqualFold(want, x.sum()) {
			return refuse("", RefusedSealed, x.ext)
		}
		return nil
	}
	return nil
}

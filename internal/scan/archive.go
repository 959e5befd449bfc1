// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package scan

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/fengsui/fengsui/internal/spec/archive"
	"github.com/fengsui/fengsui/internal/spec/bound"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/vuln"
)

// maxUnreadable bounds how many unreadable records are named.
const maxUnreadable = 20

// A document is a record that waits to be read.
type document struct {
	name string
	read func(*bytes.Buffer) error
}

// Archives looks into OSV records: directories of JSON files, zips of whole ecosystems, and directories of those, as
// osv.dev publishes them and scanners keep them (ECOSYSTEM/all.zip). A folder that has the name of an ecosystem which the
// lists do not touch is not opened. Records that cannot be read are counted and passed over.
func (s *Scan) Archives(ctx context.Context, paths ...string) error {
	var found []Finding
	work := make(chan []document, 4)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var crew sync.WaitGroup
	var all sync.Mutex
	var read, broken atomic.Int64
	for range workers(runtime.GOMAXPROCS(0)) {
		crew.Go(func() {
			r := reader{scan: s, known: map[string][]int{}}
			for docs := range work {
				for _, d := range docs {
					if ctx.Err() != nil {
						continue
					}
					read.Add(1)
					if err := r.look(d); err != nil {
						broken.Add(1)
						all.Lock()
						if len(s.Unreadable) < maxUnreadable {
							s.Unreadable = append(s.Unreadable, d.name)
						}
						all.Unlock()
					}
				}
			}
			all.Lock()
			found = append(found, r.found...)
			all.Unlock()
		})
	}
	var zips []*zip.ReadCloser
	err := s.open(ctx, paths, work, &zips)
	close(work)
	crew.Wait()
	for _, z := range zips {
		z.Close() //nolint:errcheck // read only
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	s.Read, s.broken = s.Read+int(read.Load()), s.broken+int(broken.Load())
	slices.Sort(s.Unreadable)
	s.settle(append(s.Findings, found...))
	return err
}

func workers(n int) int { return max(1, min(n, runtime.GOMAXPROCS(0))) }

// some is how many records a worker takes at a time.
const some = 64

// open hands out the records that lie at paths. The caller closes the zips when they have been read.
func (s *Scan) open(ctx context.Context, paths []string, work chan<- []document, zips *[]*zip.ReadCloser) error {
	var batch []document
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		select {
		case work <- batch:
			batch = nil
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	add := func(d document) error {
		if batch = append(batch, d); len(batch) < some {
			return nil
		}
		return flush()
	}
	needed := map[string]bool{}
	for _, p := range s.packages {
		needed[p.Ecosystem] = true
	}
	for _, path := range paths {
		err := filepath.WalkDir(path, func(at string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case e.IsDir():
				base, _, _ := strings.Cut(e.Name(), ":")
				if at != path && ecosystems[base] && !needed[base] {
					return fs.SkipDir
				}
				return nil
			case strings.HasSuffix(at, ".json"):
				return add(document{at, func(b *bytes.Buffer) error { return readFile(b, at) }})
			case !strings.HasSuffix(at, ".zip"):
				return nil
			}
			z, err := archive.Open(at)
			if err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
			*zips = append(*zips, z)
			for _, f := range z.File {
				if !strings.HasSuffix(f.Name, ".json") {
					continue
				}
				if err := add(document{at + "/" + f.Name, func(b *bytes.Buffer) error { return readEntry(b, f) }}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return flush()
}

var errLarge = errors.New("scan: the record is too large")

func readFile(b *bytes.Buffer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return limited(b, f)
}

func readEntry(b *bytes.Buffer, f *zip.File) error {
	if f.UncompressedSize64 > uint64(bound.Document.Bytes) {
		return errLarge
	}
	b.Grow(int(f.UncompressedSize64))
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	return limited(b, r)
}

func limited(b *bytes.Buffer, r io.Reader) error {
	n, err := b.ReadFrom(io.LimitReader(r, int64(bound.Document.Bytes)+1))
	if err == nil && n > int64(bound.Document.Bytes) {
		err = errLarge
	}
	return err
}

// A reader looks into records one after the other.
type reader struct {
	scan   *Scan
	buffer bytes.Buffer
	slim   slim
	key    []byte
	known  map[string][]int // components, by the package as records write it; nil for none
	found  []Finding
}

func (r *reader) look(d document) error {
	r.buffer.Reset()
	if err := d.read(&r.buffer); err != nil {
		return err
	}
	return r.record(r.buffer.Bytes())
}

// record looks into one record.
func (r *reader) record(doc []byte) error {
	if err := r.slim.read(doc); err != nil {
		return err
	}
	if w := r.slim.withdrawn; w != nil && string(w) != "null" && string(w) != `""` {
		return nil
	}
	var record *Record
	for _, a := range r.slim.affected {
		components, err := r.components(a)
		if err != nil {
			return err
		}
		if len(components) == 0 {
			continue
		}
		says, err := a.full()
		if err != nil {
			return err
		}
		var broken error
		before := len(r.found)
		r.found = r.scan.judge(r.found, says, components, func() *Record {
			if record == nil {
				record, broken = r.slim.named()
			}
			return record
		})
		if broken != nil {
			r.found = r.found[:before]
			return broken
		}
		if len(r.found) > before {
			record.rate(says.Severity, "")
		}
	}
	return nil
}

// components are those that the lists have of an entry's package. How records write a package is folded once.
func (r *reader) components(a said) ([]int, error) {
	if a.ecosystem == nil || a.name == nil {
		return nil, nil
	}
	r.key = append(append(r.key[:0], a.ecosystem...), a.name...)
	if at, ok := r.known[string(r.key)]; ok {
		return at, nil
	}
	ecosystem, err := unquoted(a.ecosystem)
	if err != nil {
		return nil, err
	}
	name, err := unquoted(a.name)
	if err != nil {
		return nil, err
	}
	at := r.scan.of(vuln.PackageOf(ecosystem, name))
	r.known[string(r.key)] = at
	return at, nil
}

// named is the record without what it says of packages.
func (s *slim) named() (*Record, error) {
	r := &Record{}
	var vectors []osv.Severity
	var own struct{ Severity string }
	for _, part := range []struct {
		raw  []byte
		into any
	}{{s.id, &r.ID}, {s.aliases, &r.Aliases}, {s.summary, &r.Summary}, {s.severity, &vectors}} {
		if part.raw != nil && json.Unmarshal(part.raw, part.into) != nil {
			return nil, errJSON
		}
	}
	if s.own != nil {
		json.Unmarshal(s.own, &own) //nolint:errcheck // what its publisher keeps for itself may be anything
	}
	r.rate(vectors, own.Severity)
	if r.ID == "" {
		return nil, errJSON
	}
	return r, nil
}

// ecosystems are the folders that may be left closed: those of the schema that a package URL leads to, and those that none
// does (OSV schema 1.7, affected[].package).
var ecosystems = func() map[string]bool {
	out := map[string]bool{}
	for _, e := range strings.Split("AlmaLinux|Alpaquita|Alpine|Android|Azure Linux|BellSoft Hardened Containers|Bioconductor|Bitnami|CRAN|Chainguard|CleanStart|ConanCenter|Debian|Docker Hardened Images|Echo|FreeBSD|GHC|GIT|"+
		"GitHub Actions|Go|Hackage|Hex|Julia|Kubernetes|Linux|Mageia|Maven|MinimOS|npm|NuGet|OSS-Fuzz|openEuler|openSUSE|opam|Packagist|Photon OS|Pub|PyPI|Red Hat|Rocky Linux|Root|RubyGems|SUSE|SwiftURL|Ubuntu|"+
		"VSCode|Wolfi|crates.io", "|") {
		out[e] = true
	}
	return out
}()

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package archive_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fengsui/fengsui/internal/spec/archive"
)

// packed is an archive of n documents, the last of them longer than what is read at once.
func packed(t *testing.T, n int) (b []byte, docs map[string]string) {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	docs = map[string]string{}
	for i := range n {
		name, method := fmt.Sprintf("%d.json", i), zip.Deflate
		if i%5 == 0 {
			method = zip.Store
		}
		doc := strings.Repeat(fmt.Sprintf(`{"id":"X-%d","n":%d}`, i, i*i), 1+i)
		if i == n-1 {
			var long strings.Builder
			for k := range 200_000 {
				fmt.Fprintf(&long, "%d,", k*k)
			}
			doc, method = long.String(), zip.Deflate
		}
		docs[name] = doc
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err == nil {
			_, err = io.WriteString(w, doc)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), docs
}

func read(f *zip.File) (string, error) {
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	return string(b), errors.Join(err, r.Close())
}

// What was packed comes out as it was, from a file and from memory, by many at a time.
func TestEveryDocumentComesOut(t *testing.T) {
	b, docs := packed(t, 100)
	path := filepath.Join(t.TempDir(), "all.zip")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := archive.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	memory, err := archive.New(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var crew sync.WaitGroup
	for _, z := range []*zip.Reader{&file.Reader, memory, memory, &file.Reader} {
		crew.Go(func() {
			for _, f := range z.File {
				if got, err := read(f); err != nil || got != docs[f.Name] {
					t.Errorf("%s: %d bytes of %d, %v", f.Name, len(got), len(docs[f.Name]), err)
				}
			}
		})
	}
	crew.Wait()
}

// A reader that was closed gives nothing any more: another may have what it read with.
func TestAClosedEntryIsSilent(t *testing.T) {
	b, docs := packed(t, 3)
	z, err := archive.New(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	first, err := z.File[1].Open()
	if err != nil {
		t.Fatal(err)
	}
	first.Close() //nolint:errcheck // read only
	first.Close() //nolint:errcheck // a second time
	second, err := z.File[2].Open()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := first.Read(make([]byte, 8)); n != 0 || err == nil || err == io.EOF {
		t.Errorf("%d bytes, %v", n, err)
	}
	if got, err := io.ReadAll(second); err != nil || string(got) != docs[z.File[2].Name] {
		t.Errorf("the next entry: %d bytes, %v", len(got), err)
	}
}

// Whatever bytes are broken, nothing false comes out, and what is read next is whole.
func TestBrokenBytesAreNoticed(t *testing.T) {
	whole, docs := packed(t, 30)
	good, err := archive.New(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	noticed := 0
	for at := 40; at < 4000; at += 13 {
		b := bytes.Clone(whole)
		b[at] ^= 0x55
		z, err := archive.New(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			noticed++
			continue
		}
		for i, f := range z.File[:29] { // the last is long
			got, err := read(f)
			if err != nil {
				noticed++
				if got, err := read(good.File[i]); err != nil || got != docs[good.File[i].Name] {
					t.Fatalf("after a broken one: %v", err)
				}
			} else if got != docs[good.File[i].Name] {
				t.Fatalf("byte %d: %s came out false", at, f.Name)
			}
		}
	}
	if noticed < 100 {
		t.Errorf("%d noticed", noticed)
	}
}

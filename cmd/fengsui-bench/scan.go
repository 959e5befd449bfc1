// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/fengsui/fengsui/internal/app"
	"github.com/fengsui/fengsui/internal/match"
	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/vuln"
)

// scanSeed makes the lists the same every time.
const scanSeed = 20261123

// scanned measures component lists of 1 000 to 100 000 components: scanned from a cold start out of OSV archives and out of
// an imported database, uploaded to a running platform, asked about over the OSV API; and, in the same run, by osv-scanner,
// when FENGSUI_OSV_SCANNER or the search path has one. Records are those of the folder that FENGSUI_OSV names
// (ECOSYSTEM/all.zip), or made ones. FENGSUI_BIN is the program, bin/fengsui by default.
func scanned(ctx context.Context, b *bench) error {
	dir, err := os.MkdirTemp("", "fengsui-bench-scan")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w, err := newScanWorld(dir, b.scaled(30_000))
	if err != nil {
		return err
	}
	_, err = b.Vulns.Import(ctx, member.System(), vuln.Input{Kind: "osv", Source: w.archives})
	if err != nil {
		return err
	}
	if err := b.Matches.CatchUp(ctx); err != nil {
		return err
	}
	for _, n := range []int{1_000, 10_000, 100_000} {
		n = b.scaled(n)
		list := filepath.Join(dir, fmt.Sprintf("%d.cdx.json", n))
		doc := w.list(n)
		if err := os.WriteFile(list, doc, 0o600); err != nil {
			return err
		}
		if err := b.scanOne(ctx, w, list, n); err != nil {
			return err
		}
		if err := b.askOne(ctx, w, doc, n); err != nil {
			return err
		}
		if err := b.uploadOne(ctx, doc, n); err != nil {
			return err
		}
	}
	return b.osvAPI(w)
}

// scanOne scans one list by the program and by the scanner, taking turns.
func (b *bench) scanOne(ctx context.Context, w *scanWorld, list string, n int) error {
	times := 5
	if n > 50_000 {
		times = 1
	}
	from := []string{"--data", b.config.Data}
	if b.config.Database != "" {
		from = []string{"--database", b.config.Database}
	}
	ways := []struct {
		name string
		args []string
		env  string
	}{{"archives", []string{w.program, "sbom", "scan", "--json", "--osv", w.archives, list}, ""}, {"database", append([]string{w.program, "sbom", "scan", "--json", list}, from...), ""}}
	if w.scanner != "" && b.engine == "sqlite" { // it knows no database: once is enough
		ways = append(ways, struct {
			name string
			args []string
			env  string
		}{"osv-scanner", []string{w.scanner, "scan", "source", "--offline", "-L", list, "--format", "json", "--all-vulns", "--output-file", filepath.Join(w.dir, "theirs.json")}, "OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY=" + w.dir})
	}
	took := map[string][]usage{}
	for range times {
		for _, x := range ways {
			u, err := measure(ctx, x.args, x.env)
			if err != nil {
				return fmt.Errorf("%s: %w", x.name, err)
			}
			took[x.name] = append(took[x.name], u)
		}
	}
	of := fmt.Sprintf("%d components, %d records, cold process; median", n, w.records)
	for _, x := range ways {
		u := median(took[x.name])
		name := fmt.Sprintf("scan %d components: %s: ", n, x.name)
		b.say(name+"wall", u.wall.Seconds()*1000, "ms", times, of)
		b.say(name+"CPU", u.cpu.Seconds()*1000, "ms", times, of)
		b.say(name+"peak memory", float64(u.peak>>20), "MiB", times, of)
	}
	if theirs := took["osv-scanner"]; theirs != nil {
		ours, them := median(took["archives"]), median(theirs)
		b.say(fmt.Sprintf("scan %d components: osv-scanner / archives", n), them.wall.Seconds()/ours.wall.Seconds(), "×", times, "wall")
		b.say(fmt.Sprintf("scan %d components: osv-scanner / archives, CPU", n), them.cpu.Seconds()/ours.cpu.Seconds(), "×", times, "")
		b.say(fmt.Sprintf("scan %d components: osv-scanner / archives, memory", n), float64(them.peak)/float64(ours.peak), "×", times, "")
		b.theirs = append(b.theirs, them.wall)
	}
	return nil
}

// askOne sends lists to the platform over HTTP and reads what it finds: one that is like those before, which names versions
// that were never asked about and unknown packages, and the same again.
func (b *bench) askOne(ctx context.Context, w *scanWorld, doc []byte, n int) error {
	o, err := b.Members.AddOrg(ctx, member.System(), member.OrgInput{Slug: fmt.Sprintf("ask-%d", n), NameZH: "询问", Roles: []member.OrgRole{member.Provider}, Partner: true, Country: "CN", Email: "a@ask.example", Phone: "010-5555-0101"})
	if err != nil {
		return err
	}
	a, err := b.Members.AddAccount(ctx, member.System(), member.AccountInput{OrgID: o.ID, Email: fmt.Sprintf("p%d@ask.example", n), Name: "Asker", Roles: []member.Role{member.Engineer}, Locale: "en"})
	if err != nil {
		return err
	}
	token, _, err := b.Members.IssueToken(ctx, member.Actor{AccountID: a.ID, OrgID: o.ID, Roles: a.Roles, OrgRoles: o.Roles, Via: "web"}, "bench", []string{member.ScopeProduct}, 0)
	if err != nil {
		return err
	}
	server := httptest.NewServer(app.New(b.config, b.Services, "bench").Handler())
	defer server.Close()
	found := 0
	ask := func(doc []byte) (time.Duration, error) {
		start := time.Now()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/api/v1/scans", bytes.NewReader(doc))
		if err != nil {
			return 0, err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/octet-stream")
		resp, err := server.Client().Do(r)
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		took := time.Since(start)
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("scan: %s %.300s", resp.Status, answer)
		}
		if err != nil {
			return 0, err
		}
		var said struct{ Affected, Check int }
		found = 0
		if err = json.Unmarshal(answer, &said); err == nil {
			found = said.Affected + said.Check
		}
		return took, err
	}
	first, err := ask(w.listOf(n, scanSeed+1))
	if err != nil {
		return err
	}
	name := fmt.Sprintf("ask the platform about %d components", n)
	b.say(name+": first", ms(first), "ms", 1, "HTTP; the platform has been asked about shorter lists at most")
	var took []time.Duration
	for i := range 5 {
		d, err := ask(w.listOf(n, scanSeed+2+uint64(i)))
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	b.quantiles(name+": another list", took, fmt.Sprintf("HTTP; %d findings; a list like those before, with unknown packages and versions", found))
	slices.Sort(took)
	if b.engine == "sqlite" && len(b.theirs) > 0 {
		b.say(fmt.Sprintf("scan %d components: osv-scanner / asking the platform", n), b.theirs[len(b.theirs)-1].Seconds()/took[len(took)/2].Seconds(), "×", len(took), "wall; their cold process, our running server; another list")
	}
	took = nil
	for range 5 {
		d, err := ask(doc)
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	b.quantiles(name+": the same list", took, fmt.Sprintf("HTTP; %d findings", found))
	return nil
}

// uploadOne uploads a list to the platform and waits for what is known about it.
func (b *bench) uploadOne(ctx context.Context, doc []byte, n int) error {
	o, err := b.Members.AddOrg(ctx, member.System(), member.OrgInput{Slug: fmt.Sprintf("scan-%d", n), NameZH: "扫描", Roles: []member.OrgRole{member.Provider}, Partner: true, Country: "CN", Email: "a@scan.example", Phone: "010-5555-0100"})
	if err != nil {
		return err
	}
	by := member.Actor{AccountID: "bench", OrgID: o.ID, Roles: []member.Role{member.Engineer}, OrgRoles: o.Roles, Via: "api", Locale: "en"}
	p, err := b.Products.Register(ctx, by, product.Input{OrgID: o.ID, Vendor: "Maker", Name: "Gateway", Kind: product.Software, Versions: []string{"1.0"}})
	if err != nil {
		return err
	}
	for i, how := range []string{"unknown components", "known components"} {
		if i > 0 { // another document about the same
			doc = bytes.Replace(doc, []byte(`"version": 1,`), []byte(`"version": 2,`), 1)
		}
		start, cpu := time.Now(), ownCPU()
		if _, err := b.Products.PushSBOM(ctx, by, p.ID, "1.0", doc); err != nil {
			return err
		}
		if err := b.Matches.OnContents(ctx, product.Changed{ProductID: p.ID}); err != nil {
			return err
		}
		page, err := b.Matches.KnownOf(ctx, by, p.ID, match.KnownFilter{})
		if err != nil {
			return err
		}
		took := time.Since(start)
		of := fmt.Sprintf("%s; parsed, stored, matched, and the findings read: %d vulnerabilities", how, page.Counts.Open())
		b.say(fmt.Sprintf("upload %d components", n), ms(took), "ms", 1, of)
		b.say(fmt.Sprintf("upload %d components: CPU", n), ms(ownCPU()-cpu), "ms", 1, of)
		if i > 0 && b.engine == "sqlite" && len(b.theirs) > 0 {
			b.say(fmt.Sprintf("scan %d components: osv-scanner / upload", n), b.theirs[len(b.theirs)-1].Seconds()/took.Seconds(), "×", 1, how)
		}
	}
	return nil
}

// osvAPI asks by the API of osv.dev.
func (b *bench) osvAPI(w *scanWorld) error {
	h := app.New(b.config, b.Services, "bench").Handler()
	ask := func(path string, q any) (time.Duration, error) {
		body, err := json.Marshal(q)
		if err != nil {
			return 0, err
		}
		start, rec := time.Now(), httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body)))
		if rec.Code != http.StatusOK {
			return 0, fmt.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
		return time.Since(start), nil
	}
	r := rand.New(rand.NewPCG(scanSeed, 2))
	query := func() map[string]any { return map[string]any{"package": map[string]string{"purl": w.component(r)}} }
	var one, many []time.Duration
	for range 2000 {
		d, err := ask("/v1/query", query())
		if err != nil {
			return err
		}
		one = append(one, d)
	}
	for range 100 {
		qs := make([]map[string]any, 1000)
		for i := range qs {
			qs[i] = query()
		}
		d, err := ask("/v1/querybatch", map[string]any{"queries": qs})
		if err != nil {
			return err
		}
		many = append(many, d)
	}
	b.quantiles("OSV API: query", one, "package URL with version")
	b.quantiles("OSV API: batch of 1 000", many, "package URLs with versions")
	return nil
}

// usage is what a process took.
type usage struct {
	wall, cpu time.Duration
	peak      int64 // bytes
}

// measure runs a program to its end. Scanners end with 1 when they have found something.
func measure(ctx context.Context, args []string, env string) (usage, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), env)
	var errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.Discard, &errs
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return usage{}, err
	}
	peak, done := make(chan int64, 1), make(chan struct{})
	go watchPeak(cmd.Process.Pid, done, peak)
	err := cmd.Wait()
	u := usage{wall: time.Since(start)}
	close(done)
	u.peak = <-peak
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		err = nil
	}
	if err != nil {
		return u, fmt.Errorf("%w: %.500s", err, errs.String())
	}
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return u, nil
}

// watchPeak reads a process's largest resident size until it has ended. What the system says when it has ended counts the
// process that started it too.
func watchPeak(pid int, done <-chan struct{}, peak chan<- int64) {
	var most int64
	for {
		if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
			if _, rest, ok := bytes.Cut(b, []byte("VmHWM:")); ok {
				var n int64
				if _, err := fmt.Sscan(string(rest[:min(len(rest), 32)]), &n); err == nil {
					most = max(most, n<<10)
				}
			}
		}
		select {
		case <-done:
			peak <- most
			return
		case <-time.After(3 * time.Millisecond):
		}
	}
}

func median(us []usage) usage {
	us = slices.Clone(us)
	slices.SortFunc(us, func(a, b usage) int { return int(a.wall - b.wall) })
	return us[len(us)/2]
}

func ownCPU() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// A scanWorld is records in archives, and what lists are made of.
type scanWorld struct {
	dir, archives    string
	program, scanner string
	records          int
	hot              []hotPackage
}

// A hotPackage is one that records are about, with versions at which something begins or ends.
type hotPackage struct {
	purl     string // without a version
	versions []string
}

// types are the package URL types of the ecosystems that lists are made from.
var types = map[string]string{"npm": "npm", "PyPI": "pypi", "Go": "golang", "crates.io": "cargo", "RubyGems": "gem", "NuGet": "nuget", "Maven": "maven", "Bitnami": "bitnami"}

func newScanWorld(dir string, n int) (*scanWorld, error) {
	w := &scanWorld{dir: dir, archives: filepath.Join(dir, "osv-scalibr"), program: os.Getenv("FENGSUI_BIN"), scanner: os.Getenv("FENGSUI_OSV_SCANNER")}
	if w.program == "" {
		w.program = "bin/fengsui"
	}
	if _, err := os.Stat(w.program); err != nil {
		return nil, fmt.Errorf("the program is missing (make build): %w", err)
	}
	if w.scanner == "" {
		w.scanner, _ = exec.LookPath("osv-scanner")
	}
	if w.scanner == "" {
		fmt.Fprintln(os.Stderr, "osv-scanner is not installed (go install github.com/google/osv-scanner/v2/cmd/osv-scanner@v2.5.0, or FENGSUI_OSV_SCANNER): measured without it")
	}
	docs := map[string]map[string][]byte{} // by ecosystem and id
	if from := os.Getenv("FENGSUI_OSV"); from != "" {
		if err := readRecords(from, docs); err != nil {
			return nil, err
		}
	} else {
		fmt.Fprintln(os.Stderr, "FENGSUI_OSV names no folder of OSV records: made ones are used")
		r := rand.New(rand.NewPCG(scanSeed, 1))
		for i := range n {
			x := record(r, i)
			b, err := json.Marshal(x)
			if err != nil {
				return nil, err
			}
			put(docs, x.Affected[0].Package.Ecosystem, x.ID, b)
		}
	}
	return w, w.write(docs)
}

func put(docs map[string]map[string][]byte, ecosystem, id string, b []byte) {
	base, _, _ := strings.Cut(ecosystem, ":")
	if docs[base] == nil {
		docs[base] = map[string][]byte{}
	}
	docs[base][id] = b
}

func readRecords(from string, docs map[string]map[string][]byte) error {
	archives, err := filepath.Glob(filepath.Join(from, "*", "all.zip"))
	if err != nil {
		return err
	}
	for _, path := range archives {
		z, err := zip.OpenReader(path)
		if err != nil {
			return err
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				return err
			}
			b, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil {
				return err
			}
			put(docs, filepath.Base(filepath.Dir(path)), strings.TrimSuffix(f.Name, ".json"), b)
		}
		if err := z.Close(); err != nil {
			return err
		}
	}
	if len(docs) == 0 {
		return fmt.Errorf("%s holds no ECOSYSTEM/all.zip", from)
	}
	return nil
}

// write writes the archives, with empty ones where the scanner wants some, and notes what records are about.
func (w *scanWorld) write(docs map[string]map[string][]byte) error {
	hot := map[string][]string{}
	for ecosystem := range types {
		if docs[ecosystem] == nil {
			docs[ecosystem] = map[string][]byte{}
		}
	}
	for ecosystem, of := range docs {
		to := filepath.Join(w.archives, ecosystem)
		if err := os.MkdirAll(to, 0o700); err != nil {
			return err
		}
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, id := range sorted(of) {
			e, err := z.Create(id + ".json")
			if err != nil {
				return err
			}
			if _, err := e.Write(of[id]); err != nil {
				return err
			}
			w.records++
			var r osv.Record
			if json.Unmarshal(of[id], &r) != nil || r.Withdrawn != nil {
				continue
			}
			for _, a := range r.Affected {
				if a.Package == nil || types[a.Package.Ecosystem] == "" {
					continue
				}
				p := "pkg:" + types[a.Package.Ecosystem] + "/" + strings.ReplaceAll(strings.ReplaceAll(a.Package.Name, ":", "/"), "@", "%40")
				for _, x := range a.Ranges {
					for _, e := range x.Events {
						if v := e.Introduced + e.Fixed + e.LastAffected; v != "" && v != "0" && x.Type != osv.RangeGit && !strings.ContainsAny(v, " %@?#") {
							hot[p] = append(hot[p], v)
						}
					}
				}
			}
		}
		if err := z.Close(); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, "all.zip"), b.Bytes(), 0o600); err != nil {
			return err
		}
	}
	for _, p := range sorted(hot) {
		slices.Sort(hot[p])
		w.hot = append(w.hot, hotPackage{p, slices.Compact(hot[p])})
	}
	return nil
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// component is a package URL with a version: two of five are packages that records are about, at versions where something
// begins or ends, which is far worse than real life.
func (w *scanWorld) component(r *rand.Rand) string {
	if r.IntN(5) < 2 {
		h := w.hot[r.IntN(len(w.hot))]
		v := h.versions[r.IntN(len(h.versions))]
		if strings.HasPrefix(h.purl, "pkg:golang/") {
			v = "v" + strings.TrimPrefix(v, "v")
		}
		return h.purl + "@" + v
	}
	return fmt.Sprintf("pkg:npm/quiet-%d@%d.%d.%d", r.IntN(1_000_000), r.IntN(5), r.IntN(20), r.IntN(20))
}

// list is a component list in CycloneDX with n components, each of which depends on up to three later ones.
func (w *scanWorld) list(n int) []byte { return w.listOf(n, scanSeed) }

func (w *scanWorld) listOf(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	var b bytes.Buffer
	b.WriteString(`{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [`)
	for i := range n {
		p := w.component(r)
		bare, version, _ := strings.Cut(p, "@")
		name := strings.TrimPrefix(bare[strings.Index(bare, "/")+1:], "%40")
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n{\"type\": \"library\", \"bom-ref\": \"c%d\", \"name\": %q, \"version\": %q, \"purl\": %q}", i, name, version, p)
	}
	b.WriteString("],\n\"dependencies\": [")
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n{\"ref\": \"c%d\", \"dependsOn\": [", i)
		for k := range min(r.IntN(4), n-1-i) {
			if k > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%q", fmt.Sprintf("c%d", i+1+r.IntN(n-1-i)))
		}
		b.WriteString("]}")
	}
	b.WriteString("]}")
	return b.Bytes()
}

// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/spec/osv"
	"github.com/fengsui/fengsui/internal/vuln"
)

// ecosystems of made records, with what of them there is in the world, in thousandths.
var ecosystems = []struct {
	name  string
	share int
}{{"npm", 480}, {"PyPI", 130}, {"Maven", 90}, {"Packagist", 80}, {"Go", 70}, {"crates.io", 30}, {"RubyGems", 20}, {"NuGet", 20}, {"Debian:12", 50}, {"AlmaLinux:9", 30}}

// flaws and things that made records are about; every fifth speaks Chinese.
var (
	flawsEN = strings.Fields("injection overflow traversal deserialization disclosure bypass escalation denial corruption forgery smuggling exhaustion confusion redirection inclusion spoofing")
	flawsZH = []string{"远程代码执行漏洞", "缓冲区溢出漏洞", "目录遍历漏洞", "反序列化漏洞", "信息泄露漏洞", "权限提升漏洞", "拒绝服务漏洞", "命令注入漏洞", "跨站脚本漏洞", "服务端请求伪造漏洞"}
	waysEN  = strings.Fields("crafted request header cookie archive image certificate template parameter session password plugin gateway router parser decoder driver kernel handler queue socket stream buffer token proxy cache upload scheduler")
	waysZH  = []string{"路由器", "防火墙", "网关", "摄像头", "日志组件", "办公系统", "工业控制", "数据库", "浏览器", "中间件", "调度平台", "邮件服务"}
)

const letters = "abcdefghijklmnopqrstuvwxyz"

// packageName is the n-th package's, of which the first are the most popular.
func packageName(n int) string {
	b := []byte{letters[n%26], letters[n/26%26], letters[n/676%26]}
	return fmt.Sprintf("%s-%s%d", waysEN[n%len(waysEN)], b, n/1000)
}

// record makes the n-th record; two of five stand for a vulnerability that another record has as well.
func record(r *rand.Rand, n int) osv.Record {
	pick := r.IntN(1000)
	at := 0
	for pick >= ecosystems[at].share && at < len(ecosystems)-1 {
		pick -= ecosystems[at].share
		at++
	}
	ecosystem := ecosystems[at].name
	published := time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(int64(14 * 365 * 24 * time.Hour))))
	number := n
	if r.IntN(5) < 2 && n > 0 {
		number = r.IntN(n)
	}
	x := osv.Record{SchemaVersion: osv.SchemaVersion, ID: fmt.Sprintf("GHSA-%s-%s-%04d", base(n/456976, 4), base(n, 4), n%10000), Modified: published.Add(time.Duration(r.IntN(1000)) * time.Hour), Published: &published,
		Aliases: []string{fmt.Sprintf("CVE-%d-%d", 2000+number%25, 10000+number)}}
	var words []string
	for range 40 + r.IntN(160) {
		words = append(words, waysEN[r.IntN(len(waysEN))], flawsEN[r.IntN(len(flawsEN))])
	}
	x.Details = strings.Join(words, " ")
	if n%5 == 0 {
		x.Summary = waysZH[r.IntN(len(waysZH))] + "存在" + flawsZH[r.IntN(len(flawsZH))]
	} else {
		x.Summary = fmt.Sprintf("%s %s in %s", waysEN[r.IntN(len(waysEN))], flawsEN[r.IntN(len(flawsEN))], waysEN[r.IntN(len(waysEN))])
	}
	x.Severity = []osv.Severity{{Type: osv.CVSSv3, Score: "CVSS:3.1/AV:N/AC:" + pickOf(r, "L", "H") + "/PR:" + pickOf(r, "N", "L", "H") + "/UI:" + pickOf(r, "N", "R") + "/S:U/C:" + pickOf(r, "H", "L", "N") + "/I:" + pickOf(r, "H", "L") + "/A:" + pickOf(r, "H", "N")}}
	for range 1 + min(r.IntN(8), r.IntN(8)) {
		name := packageName(min(r.IntN(200_000), r.IntN(200_000), r.IntN(200_000)))
		a := osv.Affected{Package: &osv.Package{Ecosystem: ecosystem, Name: name}}
		for from := range 1 + r.IntN(2) {
			a.Ranges = append(a.Ranges, osv.Range{Type: osv.RangeEcosystem, Events: []osv.Event{{Introduced: fmt.Sprintf("%d.0.0", from)}, {Fixed: fmt.Sprintf("%d.%d.%d", from, r.IntN(20), r.IntN(30))}}})
		}
		if ecosystem == "PyPI" {
			for v := range r.IntN(60) {
				a.Versions = append(a.Versions, fmt.Sprintf("0.%d.%d", v/8, v%8))
			}
		}
		x.Affected = append(x.Affected, a)
	}
	for i := range 2 + r.IntN(4) {
		x.References = append(x.References, osv.Reference{Type: osv.RefWeb, URL: fmt.Sprintf("https://advisories.example.org/%s/%d", x.ID, i)})
	}
	return x
}

func pickOf(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

func base(n, digits int) string {
	b := make([]byte, digits)
	for i := range b {
		b[digits-1-i] = letters[n%26]
		n /= 26
	}
	return string(b)
}

// publicRecords writes n records as an archive, and returns how many bytes they have unpacked.
func publicRecords(path string, n int) (whole int, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	z := zip.NewWriter(w)
	r := rand.New(rand.NewPCG(2026, 11))
	for i := range n {
		x := record(r, i)
		doc, err := json.Marshal(x)
		if err != nil {
			return 0, err
		}
		e, err := z.Create(x.ID + ".json")
		if err != nil {
			return 0, err
		}
		if _, err := e.Write(doc); err != nil {
			return 0, err
		}
		whole += len(doc)
	}
	if err := z.Close(); err != nil {
		return 0, err
	}
	return whole, w.Flush()
}

// imports measures how fast public records are taken in, and found again.
func imports(ctx context.Context, b *bench) error {
	dir, err := os.MkdirTemp("", "fengsui-bench-records")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	n := b.scaled(400_000)
	path := filepath.Join(dir, "all.zip")
	whole, err := publicRecords(path, n)
	if err != nil {
		return err
	}
	of := fmt.Sprintf("records of %d bytes on average, from an archive", whole/n)
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as 'fengsui import' does
	heap, stop := watchHeap()
	start := time.Now()
	run, err := b.Vulns.Import(ctx, member.System(), vuln.Input{Kind: "osv", Source: path})
	if err != nil {
		return err
	}
	took := time.Since(start)
	stop()
	if run.New != n || run.Refused > 0 {
		return fmt.Errorf("of %d records %d were taken and %d refused", n, run.New, run.Refused)
	}
	b.say("import OSV", float64(n)/took.Seconds(), "1/s", n, of)
	b.say("import OSV: heap", float64(*heap>>20), "MiB", n, "the most that was in use")
	if run, err = b.Vulns.Import(ctx, member.System(), vuln.Input{Kind: "osv", Source: path}); err != nil {
		return err
	}
	b.say("import OSV again, nothing changed", float64(n)/run.Ended.Sub(run.Started).Seconds(), "1/s", n, of)
	if err := search(ctx, b, n); err != nil {
		return err
	}
	return realImports(ctx, b)
}

// realImports measures the same with the records of the folder that FENGSUI_OSV names (ECOSYSTEM/all.zip), beside those
// that are there already.
func realImports(ctx context.Context, b *bench) error {
	from := os.Getenv("FENGSUI_OSV")
	if from == "" {
		return nil
	}
	docs := map[string]map[string][]byte{}
	if err := readRecords(from, docs); err != nil {
		return err
	}
	whole := 0
	for _, of := range docs {
		for _, doc := range of {
			whole += len(doc)
		}
	}
	clear(docs)
	start := time.Now()
	run, err := b.Vulns.Import(ctx, member.System(), vuln.Input{Kind: "osv", Source: from})
	if err != nil {
		return err
	}
	b.say("import OSV: real records", float64(run.New)/time.Since(start).Seconds(), "1/s", run.New, fmt.Sprintf("of %d bytes on average, refused %d", whole/max(1, run.New), run.Refused))
	return nil
}

// search measures questions of the sort that people ask.
func search(ctx context.Context, b *bench, n int) error {
	r := rand.New(rand.NewPCG(2026, 12))
	questions := []struct {
		name string
		ask  func() vuln.Filter
	}{
		{"by number", func() vuln.Filter {
			i := r.IntN(n)
			return vuln.Filter{Text: fmt.Sprintf("CVE-%d-%d", 2000+i%25, 10000+i)}
		}},
		{"one English word", func() vuln.Filter { return vuln.Filter{Text: waysEN[r.IntN(len(waysEN))]} }},
		{"two English words", func() vuln.Filter {
			return vuln.Filter{Text: waysEN[r.IntN(len(waysEN))] + " " + flawsEN[r.IntN(len(flawsEN))]}
		}},
		{"one package", func() vuln.Filter { return vuln.Filter{Text: packageName(r.IntN(200_000))} }},
		{"two Chinese characters", func() vuln.Filter { w := []rune(waysZH[r.IntN(len(waysZH))]); return vuln.Filter{Text: string(w[:2])} }},
		{"two Chinese words", func() vuln.Filter {
			return vuln.Filter{Text: waysZH[r.IntN(len(waysZH))] + " " + flawsZH[r.IntN(len(flawsZH))]}
		}},
		{"word, ecosystem, severity, year", func() vuln.Filter {
			return vuln.Filter{Text: waysEN[r.IntN(len(waysEN))], Ecosystem: ecosystems[r.IntN(len(ecosystems))].name, Severity: "critical", Since: time.Date(2012+r.IntN(14), 1, 1, 0, 0, 0, 0, time.UTC)}
		}},
		{"nothing but an ecosystem", func() vuln.Filter { return vuln.Filter{Ecosystem: ecosystems[r.IntN(len(ecosystems))].name} }},
		{"nothing", func() vuln.Filter { return vuln.Filter{} }},
	}
	var all []time.Duration
	for _, q := range questions {
		var took []time.Duration
		found := 0
		for range 200 {
			f := q.ask()
			start := time.Now()
			p, err := b.Vulns.List(ctx, f)
			if err != nil {
				return err
			}
			took = append(took, time.Since(start))
			found += len(p.Named) + len(p.Items)
		}
		all = append(all, took...)
		b.quantiles("search: "+q.name, took, fmt.Sprintf("%d records; %d found on average on the page", n, found/200))
	}
	b.quantiles("search: all", all, fmt.Sprintf("%d records", n))
	return nil
}

// watchHeap watches how many bytes of the heap are in use, until stop.
func watchHeap() (most *uint64, stop func()) {
	most = new(uint64)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			metrics.Read(s)
			*most = max(*most, s[0].Value.Uint64())
			select {
			case <-tick.C:
			case <-end:
				return
			}
		}
	}()
	return most, func() { close(end); <-ended }
}

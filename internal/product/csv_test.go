// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/product"
)

const table = "厂商,产品名称,型号,固件版本,数量,备注\n" +
	"灯塔科技,边界路由器,XR-5600,V3.2.1,\"1,200\",机房一\n" +
	"灯塔科技, 边界路由器 ,xr 5600,V3.3.0,7,\n" +
	"\n" +
	"灯塔科技,边界路由器,XR-5600,V3.2.1,3,\n" +
	"灯塔科技,,AC-10,,,\n"

func TestTablesOfDevices(t *testing.T) {
	gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(table))
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(strings.ReplaceAll(strings.ReplaceAll(table, "1,200", "1200"), ",", "\t")))
	if err != nil {
		t.Fatal(err)
	}
	for name, doc := range map[string][]byte{"UTF-8": []byte("\ufeff" + table), "GBK": gbk, "UTF-16 with tabs": utf16, "CRLF": []byte(strings.ReplaceAll(table, "\n", "\r\n"))} {
		t.Run(name, func(t *testing.T) {
			each(t, func(b bench) {
				before := b.rows()
				want := product.Table{Rows: 4, New: 2, Versions: 2, Counted: 2}
				got, err := b.ImportCSV(b.Context(), b.own, doc, true)
				if err != nil || got != want {
					b.Fatalf("%+v, %v %v", got, err, broken(err))
				}
				b.same("what a check changes", before, b.rows())
				if got, err = b.ImportCSV(b.Context(), b.own, doc, false); err != nil || got != want {
					b.Fatalf("%+v, %v", got, err)
				}
				ps, _, err := b.List(b.Context(), b.own, product.Filter{Text: "xr-5600"})
				if err != nil || len(ps) != 1 {
					b.Fatal(ps, err)
				}
				b.same("product", []string{"灯塔科技", "边界路由器", "XR-5600", "hardware", "V3.2.1 V3.3.0"}, []string{ps[0].Vendor, ps[0].Name, ps[0].Model, string(ps[0].Kind), strings.Join(ps[0].Versions, " ")})
				n, err := b.Counts(b.Context(), b.own, ps[0].ID)
				b.same("counts", map[string]int64{"V3.2.1": 1203, "V3.3.0": 7}, n)
				_, err = b.Counts(b.Context(), b.other, ps[0].ID)
				b.wantKind("another's counts", err, fault.Withheld)
				after := b.rows()
				if got, err = b.ImportCSV(b.Context(), b.own, doc, false); err != nil || got != (product.Table{Rows: 4, Known: 2, Counted: 2}) {
					b.Errorf("once more: %+v, %v", got, err)
				}
				b.same("what the same table changes", after, b.rows())
				got, err = b.ImportCSV(b.Context(), b.other, doc, false)
				if err != nil || got.New != 2 {
					b.Errorf("another's: %+v, %v", got, err)
				}
				_, err = b.ImportCSV(b.Context(), b.people["analyst"], doc, false)
				b.wantKind("the platform", err, fault.Forbidden)
			})
		})
	}
}

func TestTablesAreRefusedByLineAndColumn(t *testing.T) {
	each(t, func(b bench) {
		before := b.rows()
		for name, x := range map[string]struct {
			doc  string
			want string
		}{
			"nothing":       {"", "document: product.csv.heads"},
			"no vendor":     {"name,model\na,b\n", "line 1: product.csv.column"},
			"no rows":       {"vendor,name\n,\n", "document: product.csv.empty"},
			"no name":       {"vendor,product\nx,y\nBeacon,\n", "line 3: product.csv.required 3 2"},
			"a wrong kind":  {"vendor;product;kind\nBeacon;Router;fridge\n", "line 2: product.csv.kind 2 3"},
			"a wrong count": {"vendor,model,count\nBeacon,XR,many\n", "line 2: product.csv.count 2 3"},
			"a wrong CPE":   {"vendor,model,cpe\nBeacon,XR,cpe:2.3:x\n", "line 2: product.csv.cpe 2 3"},
			"a wrong purl":  {"vendor,model,purl\nBeacon,XR,xr\n", "line 2: product.csv.purl 2 3"},
			"a long name":   {"vendor,model\n\"Bea\ncon\",XR\nBeacon," + strings.Repeat("字", 301) + "\n", "line 2: product.csv.characters 2 1"},
			"a quote":       {"vendor,model\nBeacon,\"XR\"5\n", "line 2: product.csv.syntax 2"},
			"no encoding":   {"vendor,model\nBeacon,\x80\xff\n", "document: product.csv.encoding"},
		} {
			_, err := b.ImportCSV(b.Context(), b.own, []byte(x.doc), false)
			var f *fault.Error
			if !errors.As(err, &f) || len(f.Fields) == 0 {
				b.Errorf("%s: %v", name, err)
				continue
			}
			got := strings.TrimSpace(fmt.Sprint(f.Fields[0].Name, ": ", f.Fields[0].Rule, " ", strings.Trim(fmt.Sprint(f.Fields[0].Args), "[]")))
			if !strings.HasPrefix(got, x.want) {
				b.Errorf("%s: %s", name, got)
			}
		}
		_, err := b.ImportCSV(b.Context(), b.own, []byte("vendor,model\n"+strings.Repeat(",\n", 10)+strings.Repeat("x,\n", 500)), false)
		if n := len(broken(err)); n != 100 {
			b.Errorf("%d faults are told", n)
		}
		_, err = b.ImportCSV(b.Context(), b.own, []byte("vendor,model\n"+strings.Repeat("x,y\n", 10_001)), false)
		b.same("rows", []string{"document: product.csv.rows"}, broken(err))
		_, err = b.ImportCSV(b.Context(), b.own, make([]byte, 9<<20), false)
		b.wantKind("size", err, fault.TooLarge)
		b.same("what a refused table changes", before, b.rows())
		for _, lang := range []string{"zh-CN", "en"} {
			if got, err := b.ImportCSV(b.Context(), b.own, product.Template(lang), true); err != nil || got.New != 1 || got.Counted != 1 {
				b.Errorf("the template: %+v, %v %v", got, err, broken(err))
			}
		}
	})
}

func FuzzTable(f *testing.F) {
	f.Add([]byte(table))
	f.Add(product.Template("en"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := product.CheckTable(b); err != nil {
			if f := (*fault.Error)(nil); !errors.As(err, &f) {
				t.Fatal(err)
			}
		}
	})
}

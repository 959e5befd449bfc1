// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/fengsui/fengsui/internal/fault"
)

// Limits of a table.
const (
	maxTable  = 8 << 20 // bytes
	maxRows   = 10_000
	maxFaults = 100 // that are told
	maxCount  = 1_000_000_000
)

// A column of a table of products.
type column int

const (
	vendorColumn column = iota
	nameColumn
	nameENColumn
	modelColumn
	versionColumn
	kindColumn
	countColumn
	cpeColumn
	purlColumn
	columnCount
)

// columnNames are how a column may be headed, the first one in the template: in Chinese, in English, and as tools write it.
var columnNames = [columnCount][]string{
	vendorColumn:  {"厂商", "vendor", "生产厂商", "供应商", "品牌", "厂家", "manufacturer", "brand"},
	nameColumn:    {"产品名称", "product", "产品", "名称", "设备名称", "name", "product name"},
	nameENColumn:  {"英文名称", "name_en", "英文名", "english name"},
	modelColumn:   {"型号", "model", "设备型号", "规格型号"},
	versionColumn: {"版本", "version", "固件版本", "软件版本", "firmware", "firmware version", "固件"},
	kindColumn:    {"类型", "kind", "产品类型", "设备类型", "type"},
	countColumn:   {"数量", "count", "台数", "在用数量", "quantity"},
	cpeColumn:     {"CPE", "cpe"},
	purlColumn:    {"purl", "package url"},
}

// kindNames are how the kinds may be written.
var kindNames = map[string]Kind{"software": Software, "软件": Software, "hardware": Hardware, "硬件": Hardware, "设备": Hardware, "device": Hardware,
	"service": Hosted, "服务": Hosted, "网络服务": Hosted}

// Template is an empty table with one row as an example, in Chinese or English, as spreadsheets open it.
func Template(lang string) []byte {
	at, row := 0, []string{"灯塔科技", "边界路由器", "Edge Router", "XR-5600", "V3.2.1", "硬件", "120", "", ""}
	if lang == "en" {
		at, row = 1, []string{"Beacon", "Edge Router", "", "XR-5600", "V3.2.1", "hardware", "120", "", ""}
	}
	heads := make([]string, columnCount)
	for i, names := range columnNames {
		heads[i] = names[min(at, len(names)-1)]
	}
	return []byte("\ufeff" + strings.Join(heads, ",") + "\r\n" + strings.Join(row, ",") + "\r\n")
}

// A tableRow is one row of a table of products.
type tableRow struct {
	line  int
	cells [columnCount]string
	in    Input
	count int64 // -1 where nothing is said
}

// A tableReader collects what is wrong with a table.
type tableReader struct {
	k      fault.Check
	faults int
	at     [columnCount]int // where each column stands, or -1
}

// cell adds a broken rule of a cell; rule takes the line, the column and its name.
func (r *tableReader) cell(line int, c column, rule, example string, args ...any) {
	if r.faults++; r.faults > maxFaults {
		return
	}
	r.k.That(false, fmt.Sprintf("line %d", line), "product.csv."+rule, example, append([]any{line, r.at[c] + 1, columnNames[c][1]}, args...)...)
}

// plainText is a table as text: UTF-8 and UTF-16 as their marks say, and what is no UTF-8 as GB 18030, in which
// spreadsheets in Chinese write.
func plainText(b []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(b)
		return string(out), err == nil
	case utf8.Valid(b):
		return strings.TrimPrefix(string(b), "\ufeff"), true
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	return string(out), err == nil && !bytes.ContainsRune(out, utf8.RuneError)
}

// readTable reads a table of products; every broken rule names its line and column.
func readTable(b []byte) ([]tableRow, error) {
	if len(b) > maxTable {
		return nil, &fault.Error{Kind: fault.TooLarge, Key: "fault.too-large", Args: []any{"8 MiB"}}
	}
	text, ok := plainText(b)
	if !ok {
		return nil, fault.FieldError("document", "product.csv.encoding", "")
	}
	c := csv.NewReader(strings.NewReader(text))
	first, _, _ := strings.Cut(text, "\n")
	for _, sep := range []rune{'\t', ';', '；'} {
		if strings.Count(first, string(sep)) > strings.Count(first, ",") {
			c.Comma = sep
		}
	}
	c.FieldsPerRecord, c.TrimLeadingSpace = -1, true
	r := &tableReader{}
	heads, err := c.Read()
	if err != nil {
		return nil, fault.FieldError("document", "product.csv.heads", columnNames[vendorColumn][0]+","+columnNames[nameColumn][0])
	}
	if err := r.heads(heads); err != nil {
		return nil, err
	}
	var rows []tableRow
	for {
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if wrong := (*csv.ParseError)(nil); errors.As(err, &wrong) {
			return nil, fault.FieldError(fmt.Sprintf("line %d", wrong.Line), "product.csv.syntax", "", wrong.Line, wrong.Column)
		}
		line, _ := c.FieldPos(0)
		if !slices.ContainsFunc(cells, func(s string) bool { return strings.TrimSpace(s) != "" }) {
			continue
		}
		if len(rows) == maxRows {
			return nil, fault.FieldError("document", "product.csv.rows", "", maxRows)
		}
		rows = append(rows, r.row(line, cells))
	}
	if len(rows) == 0 && r.faults == 0 {
		return nil, fault.FieldError("document", "product.csv.empty", "")
	}
	return rows, r.k.Err()
}

// heads finds the columns by their names. Columns that nothing is known of are passed over.
func (r *tableReader) heads(cells []string) error {
	for i := range r.at {
		r.at[i] = -1
	}
	for at, head := range cells {
		for c, names := range columnNames {
			if r.at[c] < 0 && slices.ContainsFunc(names, func(n string) bool { return Key(n) == Key(head) }) {
				r.at[c] = at
				break
			}
		}
	}
	var k fault.Check
	for _, c := range []column{vendorColumn, nameColumn} {
		if c == nameColumn && r.at[modelColumn] >= 0 {
			continue // a model names a device
		}
		k.That(r.at[c] >= 0, "line 1", "product.csv.column", columnNames[c][0], columnNames[c][0], columnNames[c][1])
	}
	return k.Err()
}

// row reads and checks one row.
func (r *tableReader) row(line int, cells []string) tableRow {
	x := tableRow{line: line, count: -1}
	for c, at := range r.at {
		if at < 0 || at >= len(cells) {
			continue
		}
		v, limit := strings.TrimSpace(cells[at]), maxName
		switch column(c) {
		case versionColumn:
			limit = maxVersion
		case cpeColumn:
			limit = maxCPE
		case purlColumn:
			limit = 1 << 10
		}
		switch {
		case !storable(v) || strings.ContainsFunc(v, isControl):
			r.cell(line, column(c), "characters", "")
		case utf8.RuneCountInString(v) > limit:
			r.cell(line, column(c), "long", "", limit)
		default:
			x.cells[c] = v
		}
	}
	in := Input{Vendor: x.cells[vendorColumn], Name: x.cells[nameColumn], NameEN: x.cells[nameENColumn], Model: x.cells[modelColumn], Kind: Software, CPE: x.cells[cpeColumn]}
	if in.Name == "" {
		in.Name = in.Model
	}
	if in.Model != "" {
		in.Kind = Hardware
	}
	if Key(in.Vendor) == "" {
		r.cell(line, vendorColumn, "required", "灯塔科技")
	}
	if Key(in.Name) == "" {
		r.cell(line, nameColumn, "required", "XR-5600")
	}
	if text := x.cells[kindColumn]; text != "" {
		kind, ok := kindNames[strings.ToLower(text)]
		if !ok {
			r.cell(line, kindColumn, "kind", "硬件")
		}
		in.Kind = kind
	}
	if in.CPE != "" && !wellFormedCPE(in.CPE) {
		r.cell(line, cpeColumn, "cpe", "cpe:2.3:h:beacon:xr-5600:-:*:*:*:*:*:*:*")
	}
	if text := x.cells[purlColumn]; text != "" {
		var k fault.Check
		if in.PURL = packageOf(&k, text); k.Err() != nil {
			r.cell(line, purlColumn, "purl", "pkg:generic/edge-router")
		}
	}
	if text := strings.NewReplacer(",", "", "，", "", " ", "").Replace(x.cells[countColumn]); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 || n > maxCount {
			r.cell(line, countColumn, "count", "120")
		}
		x.count = n
	}
	x.in = in
	return x
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }

package reports

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine"
)

// readCSV reads a table back as rows by column; the reader refuses rows of another
// length than the first.
func readCSV(t require.TestingT, text string) []map[string]string {
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.NotEmpty(t, all, "the header is always there")
	var rows []map[string]string
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, column := range all[0] {
			row[column] = cells[i]
		}
		require.Len(t, row, len(all[0]), "two columns of the same name")
		rows = append(rows, row)
	}
	return rows
}

func TestCSVRows(t *testing.T) {
	kinds := func(r *engine.Result) map[string]int {
		n := map[string]int{}
		for _, row := range readCSV(t, render(t, csvFormat, r, Options{})) {
			n[row["kind"]]++
		}
		return n
	}
	assert.Equal(t, map[string]int{"finding": 6, "drift": 3, "ownership": 3}, kinds(failing()))
	assert.Equal(t, map[string]int{"resource": 4}, kinds(inventoryResult()))
	assert.Equal(t, map[string]int{"gap": 3, "fault": 1, "not-judged": 1, "ownership": 1}, kinds(incomplete()), "what was not read is in the table")
	assert.Empty(t, kinds(clean()))

	first := readCSV(t, render(t, csvFormat, incomplete(), Options{}))[0]
	assert.Equal(t, "gap", first["kind"], "coverage comes first")

	rows := readCSV(t, render(t, csvFormat, failing(), Options{}))
	for column, want := range map[string]string{
		"severity": "high", "status": "fail", "rule": "restricted-ssh", "logicalId": "web-sg", "file": "apps/orders/pcf.yaml", "line": "14", "column": "9",
		"app": "orders", "path": "/SecurityGroupIngress/1/CidrIp", "controls": "fsbp/EC2.13", "fingerprint": "sha256:01",
	} {
		assert.Equal(t, want, rows[0][column], column)
	}
	assert.Equal(t, "until 2027-01-01 by security@acme.example: bastion until the VPN is there", rows[5]["waiver"])
	assert.Equal(t, "changed", rows[6]["class"])
	assert.Contains(t, rows[6]["message"], "/VpcId was not compared")
	assert.Equal(t, "orphan", rows[9]["class"])
	assert.Equal(t, "high", rows[9]["severity"])

	rows = readCSV(t, render(t, csvFormat, inventoryResult(), Options{}))
	assert.Equal(t, `{"pcf:app":"reports","pcf:version":"0.9.0"}`, rows[0]["tags"])
	assert.Equal(t, [2]string{"", "{}"}, [2]string{rows[2]["tags"], rows[3]["tags"]}, "tags that could not be read are not the same as none")
	assert.Equal(t, "2024-02-29T08:00:00Z", rows[0]["created"])
}

func TestCSVCell(t *testing.T) {
	for _, c := range []struct{ in, want, why string }{
		{"", "", "nothing stays nothing"},
		{"a=b", "a=b", "only the start makes a formula"},
		{"=1+1", "'=1+1", "formula"},
		{"+1", "'+1", "formula"},
		{"-1", "'-1", "formula"},
		{"@SUM(A1)", "'@SUM(A1)", "formula of older spreadsheets"},
		{"\t=1", "' =1", "a tab that some importers drop"},
		{"\rx", "' x", "a carriage return begins a line for some"},
		{"  =1", "'  =1", "spaces that some importers drop"},
		{"\n=1", "' =1", "so is a line break"},
		{"＝1", "'＝1", "the wide form, which Asian locales take for the sign"},
		{"a\r\n=1", "a  =1", "no cell has a second line"},
		{"\x1b[31m", `\u001b[31m`, "a terminal shows files as well"},
		{"a\xff", "a\ufffd", "bytes that are no text"},
		{strings.Repeat("é", maxCell), strings.Repeat("é", maxCell), "what fits stays whole"},
		{strings.Repeat("é", maxCell+1), strings.Repeat("é", maxCell-1) + "…", "what does not fit into a cell would run into the next row"},
	} {
		assert.Equal(t, c.want, cell(c.in), c.why)
	}
}

func TestCSVOfAnyResult(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyResult(t)
		for _, row := range readCSV(t, render(t, csvFormat, r, Options{})) {
			assert.NotEmpty(t, row["kind"])
			for column, value := range row {
				assert.NotRegexp(t, `^\s*[-=+@]`, value, column)
			}
		}
		columns := problemColumns
		if r.Command == "inventory" {
			columns = inventoryColumns
		}
		read := readCSV(t, render(t, csvFormat, r, Options{}))
		for row := range csvRows(r) {
			for _, column := range columns {
				assert.Equal(t, cell(row[column]), read[0][column], "what is read is what was written")
			}
			read = read[1:]
			for column, value := range row {
				// The table of problems has no room for what only an inventory tells.
				if value != "" && row["kind"] != "ownership" {
					assert.Contains(t, columns, column, "a value gets lost")
				}
			}
		}
	})
}

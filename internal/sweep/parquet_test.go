package sweep_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/parquet-go/parquet-go"

	"bitline/internal/sweep"
)

// parquetOf writes results and opens the file.
func parquetOf(t *testing.T, r *sweep.Results) *parquet.File {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteParquet(&b); err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// rowsOf are the rows of a file, values by column.
func rowsOf(t *testing.T, file *parquet.File) []parquet.Row {
	t.Helper()
	var all []parquet.Row
	for _, group := range file.RowGroups() {
		rows := group.Rows()
		batch := make([]parquet.Row, 7)
		for {
			n, err := rows.ReadRows(batch)
			for _, row := range batch[:n] {
				all = append(all, row.Clone())
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// The file holds, column by column and row by row, what the results do.
func TestParquetReadsBack(t *testing.T) {
	for name, r := range map[string]*sweep.Results{"chips": chips(t), "many": manyPoints(t, 700)} {
		file := parquetOf(t, r)
		var types []string
		for i, field := range file.Schema().Fields() {
			if c := r.Columns[i]; field.Name() != c.Name || !field.Optional() {
				t.Errorf("%s: column %d is %s, optional %t, want %s and true", name, i, field.Name(), field.Optional(), c.Name)
			}
			types = append(types, field.Type().String())
		}
		if name == "chips" {
			want := []string{"INT(64,true)", "INT(64,true)", "STRING", "STRING", "STRING", "DOUBLE", "DOUBLE", "INT(64,true)", "BOOLEAN", "STRING"}
			if !slices.Equal(types, want) {
				t.Errorf("types are %v, want %v", types, want)
			}
		}
		rows := rowsOf(t, file)
		if len(rows) != r.Len() {
			t.Fatalf("%s: %d rows, want %d", name, len(rows), r.Len())
		}
		for i, row := range rows {
			for j, c := range r.Columns {
				want, got := c.Value(i), row[j]
				same := got.IsNull()
				switch want.Kind {
				case sweep.Truth:
					same = got.Boolean() == (want.Number != 0)
				case sweep.Integer:
					same = got.Int64() == int64(want.Number)
				case sweep.Number:
					same = got.Double() == want.Number
				case sweep.Text:
					same = string(got.ByteArray()) == want.Text
				}
				if !same || got.IsNull() != (want.Kind == sweep.Missing) {
					t.Errorf("%s: row %d, %s: %v, want %+v", name, i, c.Name, got, want)
				}
			}
		}
		if created, want := file.Metadata().CreatedBy, "bitline version 1.0.0(build sweep)"; created != want {
			t.Errorf("created by %q, want %q", created, want)
		}
		if version, _ := file.Lookup("bitline.version"); version != "v1.2.3" {
			t.Errorf("version is %q, want v1.2.3", version)
		}
	}
}

// manyPoints are results of more rows than are handed over at once.
func manyPoints(t *testing.T, n int) *sweep.Results {
	t.Helper()
	dir := t.TempDir()
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	put(t, dir, identityOf(n), sweep.Whole, all...)
	return mustCollect(t, dir)
}

// readers are programs that others read the file with: each prints as CSV the
// sums of two columns, and the number of rows that lack a figure.
var readers = []struct{ library, program string }{
	{"pyarrow", `
import pyarrow.parquet as p, pyarrow.compute as c
t = p.read_table(FILE)
print(t.num_rows, c.sum(t["adc.bits"]), c.sum(t["energy_pj"]), t["energy_pj"].null_count, sep=",")`},
	{"pandas, pyarrow", `
import pandas
t = pandas.read_parquet(FILE)
print(len(t), t["adc.bits"].sum(), t["energy_pj"].sum(), t["energy_pj"].isna().sum(), sep=",")`},
	{"polars", `
import polars
t = polars.read_parquet(FILE)
print(len(t), t["adc.bits"].sum(), t["energy_pj"].sum(), t["energy_pj"].null_count(), sep=",")`},
	{"duckdb", `
import duckdb
print(*duckdb.sql(f"""select count(*), sum("adc.bits"), sum(energy_pj), count(*) - count(energy_pj) from read_parquet('{FILE}')""").fetchone(), sep=",")`},
}

// Other libraries read the file, as far as this machine has one.
func TestOthersReadParquet(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.parquet")
	if err := chips(t).WriteFiles("", path); err != nil {
		t.Fatal(err)
	}
	done := 0
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		for _, reader := range readers {
			if exec.Command(python, "-c", "import "+reader.library).Run() != nil {
				continue
			}
			done++
			out, err := exec.Command(python, "-c", "FILE = "+strconv.Quote(path)+reader.program).CombinedOutput()
			if err != nil {
				t.Errorf("%s with %s: %v\n%s", python, reader.library, err, out)
				continue
			}
			// six rows; bits 1 + 2 + … + 6; energies 100 + 200 + 300 + 400 + 300; one failed
			cells, err := csv.NewReader(bytes.NewReader(out)).Read()
			if want := []string{"6", "21", "1300.0", "1"}; err != nil || !slices.Equal(cells, want) {
				t.Errorf("%s with %s reads %v, error %v, want %v", python, reader.library, cells, err, want)
			}
		}
	}
	if done == 0 {
		t.Skip("NOT RUN: no python3 with pyarrow, pandas, polars or duckdb")
	}
}

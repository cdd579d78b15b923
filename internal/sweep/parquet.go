package sweep

import (
	"io"

	"github.com/parquet-go/parquet-go"
)

// parquetRows is how many rows are handed over at once, and parquetGroup how many
// a row group has, which bounds what is held in memory.
const (
	parquetRows  = 256
	parquetGroup = 1 << 16
)

// WriteParquet writes the results as an Apache Parquet file: integers as INT64,
// numbers as DOUBLE, truths as BOOLEAN, texts as strings, missing values as null;
// compressed with zstd. Equal results give equal bytes.
func (r *Results) WriteParquet(w io.Writer) error {
	out := parquet.NewWriter(w, r.parquetSchema(),
		parquet.Compression(&parquet.Zstd),
		parquet.CreatedBy("bitline", "1.0.0", "sweep"),
		parquet.MaxRowsPerRowGroup(parquetGroup),
		parquet.KeyValueMetadata("bitline.sweep", r.Identity.Name),
		parquet.KeyValueMetadata("bitline.plan_sha256", r.Identity.Plan),
		parquet.KeyValueMetadata("bitline.version", r.Identity.Version),
		parquet.KeyValueMetadata("bitline.kernel_class", r.Identity.Kernels),
	)
	batch := make([]parquet.Row, 0, parquetRows)
	for row := range r.rows {
		values := make(parquet.Row, len(r.Columns))
		for i, c := range r.Columns {
			values[i] = c.Value(row).parquet(i)
		}
		batch = append(batch, values)
		if len(batch) == parquetRows || row == r.rows-1 {
			if _, err := out.WriteRows(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return out.Close()
}

// parquet is the value in column i of a file, all of whose columns are optional.
func (v Value) parquet(i int) parquet.Value {
	switch v.Kind {
	case Truth:
		return parquet.BooleanValue(v.Number != 0).Level(0, 1, i)
	case Integer:
		return parquet.Int64Value(int64(v.Number)).Level(0, 1, i)
	case Number:
		return parquet.DoubleValue(v.Number).Level(0, 1, i)
	case Text:
		return parquet.ByteArrayValue([]byte(v.Text)).Level(0, 1, i)
	}
	return parquet.NullValue().Level(0, 0, i)
}

// parquetSchema has the columns in their order.
func (r *Results) parquetSchema() *parquet.Schema {
	group := columnGroup{Group: parquet.Group{}, columns: r.Columns}
	for _, c := range r.Columns {
		group.Group[c.Name] = parquet.Optional(c.parquetNode())
	}
	return parquet.NewSchema("results", group)
}

func (c *Column) parquetNode() parquet.Node {
	switch c.Kind {
	case Truth:
		return parquet.Leaf(parquet.BooleanType)
	case Integer:
		return parquet.Int(64)
	case Text:
		return parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	}
	return parquet.Leaf(parquet.DoubleType)
}

// columnGroup is a group whose fields are in the order of columns instead of that
// of their names.
type columnGroup struct {
	parquet.Group
	columns []*Column
}

func (g columnGroup) Fields() []parquet.Field {
	byName := map[string]parquet.Field{}
	for _, f := range g.Group.Fields() {
		byName[f.Name()] = f
	}
	fields := make([]parquet.Field, len(g.columns))
	for i, c := range g.columns {
		fields[i] = byName[c.Name]
	}
	return fields
}

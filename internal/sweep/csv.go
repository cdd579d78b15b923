package sweep

import (
	"encoding/csv"
	"errors"
	"io"

	"bitline/internal/atomicfile"
)

// WriteCSV writes the results with a header. A missing value is empty, a number
// the shortest text that is no other number's, or nan, inf or -inf.
func (r *Results) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	if err := c.Write(r.names()); err != nil {
		return err
	}
	cells := make([]string, len(r.Columns))
	for row := range r.rows {
		for i, column := range r.Columns {
			cells[i] = column.Value(row).format()
		}
		if err := c.Write(cells); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// WriteFiles writes the results as CSV and as Parquet, whole or not at all. Empty
// paths are none. One file's fault does not keep the other from being written.
func (r *Results) WriteFiles(csvPath, parquetPath string) error {
	var faults []error
	if csvPath != "" {
		faults = append(faults, atomicfile.Stream(csvPath, r.WriteCSV))
	}
	if parquetPath != "" {
		faults = append(faults, atomicfile.Stream(parquetPath, r.WriteParquet))
	}
	return errors.Join(faults...)
}

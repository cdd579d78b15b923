package sweep

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"bitline/internal/config"
	"bitline/internal/pipeline"
)

// Digest is the SHA-256, in hex, of what decides the points: the job's name, the
// shared overrides, the axes with their values, how they are sampled, and which
// points constraints leave, and whether they are computed under every law. Names, sets
// of figures, and how the same values are written are no part of it, and neither is
// what files hold (Files).
func (p *Plan) Digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "bitline sweep 1\njob %q\nset %q\n", p.job, p.shared)
	for _, d := range p.dimensions {
		switch d := d.(type) {
		case *axis:
			d.describe(h)
		case *sample:
			fmt.Fprintf(h, "sample %t %d %d\n", d.strata != nil, d.points, d.seed)
			for _, a := range d.axes {
				a.describe(h)
			}
		}
	}
	if p.Laws {
		fmt.Fprintf(h, "laws\n")
	}
	if p.kept != nil {
		fmt.Fprintf(h, "kept\n")
		for i, start := range p.kept.starts {
			var pair [8]byte
			binary.LittleEndian.PutUint32(pair[:], uint32(start))
			binary.LittleEndian.PutUint32(pair[4:], uint32(p.kept.ends[i]))
			h.Write(pair[:])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// describe writes what decides the axis's points.
func (a *axis) describe(w io.Writer) {
	fmt.Fprintf(w, "axis %q\n", a.columns)
	if s := a.span; s != nil {
		fmt.Fprintf(w, "range %q %q %t %t\n", decimal(s.from)+s.unit, decimal(s.to)+s.unit, s.log, s.round)
	}
	for _, r := range a.rows {
		for _, v := range r.values {
			fmt.Fprintf(w, "%q ", v.text)
		}
		fmt.Fprintf(w, "%q\n", r.sets)
	}
}

// Files is the SHA-256, in hex, of what the files hold from which the points' jobs are
// read: the job's own, and every chip, network and checkpoint that it or an axis
// names. A file that cannot be read is an error.
func (p *Plan) Files() (string, error) {
	h := sha256.New()
	note := func(sets []string) error {
		text, err := pipeline.Contents(p.jobPath(), append(append([]string(nil), p.shared...), sets...))
		fmt.Fprintf(h, "%d %s", len(text), text)
		return err
	}
	faults := []error{note(nil)}
	for _, r := range p.rows() {
		if slices.ContainsFunc(r.sets, namesFile) {
			faults = append(faults, note(r.sets))
		}
	}
	return hex.EncodeToString(h.Sum(nil)), errors.Join(faults...)
}

// rows are those of all axes.
func (p *Plan) rows() []row {
	var rows []row
	for _, d := range p.dimensions {
		switch d := d.(type) {
		case *axis:
			rows = append(rows, d.rows...)
		case *sample:
			for _, a := range d.axes {
				rows = append(rows, a.rows...)
			}
		}
	}
	return rows
}

// namesFile says whether an override may name a file.
func namesFile(set string) bool {
	key, _, _ := config.CutSet(set)
	return slices.Contains([]string{"chip", "network", "checkpoint", "weights", "train", "train.adc", "train.adc.start", "train.teacher", "train.teacher.checkpoint"}, key)
}

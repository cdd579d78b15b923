package sweep

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// The size that a sweep may have on a small machine: points, figures of each, and
// the bytes in all.
const (
	largePoints  = 100_000
	largeFigures = 40
	largeBytes   = 300 << 20
)

// writeLarge writes the records of a large sweep into a folder: ten settings with
// values of their own for every point, as a sample has, and figures of all kinds.
func writeLarge(t *testing.T, dir string) {
	t.Helper()
	id := Identity{Name: "large", Points: largePoints, Version: "v1", Pareto: [][]string{{"figure_0", "figure_1"}, {"figure_0", "figure_1", "figure_2"}}}
	s, err := Open(dir, id, Whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := bufio.NewWriterSize(file, 1<<20)
	random := rand.New(rand.NewPCG(1, 1))
	var line []byte
	for _, point := range random.Perm(largePoints) {
		r := Record{Point: point}
		for i := range 10 {
			r.Settings = append(r.Settings, Setting{fmt.Sprintf("table.key_%d", i), fmt.Sprint(random.Float64())})
		}
		for i := range largeFigures {
			v := Value{Name: fmt.Sprintf("figure_%d", i), Kind: Number, Number: random.NormFloat64()}
			switch {
			case i%8 == 6:
				v.Kind, v.Number = Integer, float64(random.IntN(1e6))
			case i%20 == 7:
				v.Kind, v.Text = Text, fmt.Sprintf("resource-%d", random.IntN(20))
			}
			r.Figures = append(r.Figures, v)
		}
		line = appendLine(line[:0], &r)
		if _, err := out.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
}

// Collecting a large sweep and writing its files stays within a small machine's
// memory. What the system gave the process is counted, garbage included.
func TestMemoryOfLargeSweep(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT RUN: -short, and this writes 200 MB")
	}
	dir := t.TempDir()
	writeLarge(t, dir)
	var stats runtime.MemStats
	phase := func(name string, since time.Time) {
		runtime.ReadMemStats(&stats)
		t.Logf("%s: %.1f s, %d MiB from the system, %d MiB of heap in use", name, time.Since(since).Seconds(), stats.Sys>>20, stats.HeapInuse>>20)
		if stats.Sys > largeBytes {
			t.Errorf("%s took %d MiB, want at most %d", name, stats.Sys>>20, largeBytes>>20)
		}
	}
	start := time.Now()
	phase("nothing", start)
	r, err := Collect(dir)
	if err != nil {
		t.Fatal(err)
	}
	phase("Collect", start)
	start = time.Now()
	if err := r.WriteFiles(filepath.Join(dir, "r.csv"), ""); err != nil {
		t.Fatal(err)
	}
	phase("CSV", start)
	start = time.Now()
	if err := r.WriteFiles("", filepath.Join(dir, "r.parquet")); err != nil {
		t.Fatal(err)
	}
	phase("Parquet", start)
	start = time.Now()
	best, err := r.Select(Query{Where: "figure_0 > 0 && figure_1 < 1", Sort: []string{"-figure_2"}})
	if err != nil {
		t.Fatal(err)
	}
	phase("Select", start)
	if err := best.WriteCSV(io.Discard); err != nil {
		t.Error(err)
	}
	if best.Len() == 0 {
		t.Error("no point has a positive figure_0 and a figure_1 below 1, want about two fifths")
	}
	start = time.Now()
	s, err := Open(dir, r.Identity, Whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	phase("Open", start)
}

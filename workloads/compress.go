package workloads

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
)

// maxExpanded bounds a checkpoint, in bytes, so that a small file cannot ask for
// all memory: weights of two bytes, a thousand times those of ResNet-20.
const maxExpanded = 1 << 29

// compress packs a checkpoint. Digits of sparse weights are mostly zero, and most
// of what int16 has over them is.
func compress(b []byte) []byte {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		panic("workloads: " + err.Error()) // the level is one of the package's own
	}
	for _, step := range []func() error{func() error { _, err := w.Write(b); return err }, w.Close} {
		if err := step(); err != nil {
			panic("workloads: " + err.Error()) // a buffer takes everything
		}
	}
	return packed.Bytes()
}

// expand unpacks what compress packed; what begins otherwise stays as it is.
func expand(b []byte) ([]byte, error) { return expandTo(b, maxExpanded) }

func expandTo(b []byte, most int64) ([]byte, error) {
	if !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		return b, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("not a whole gzip file: %w", err)
	}
	whole, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, fmt.Errorf("not a whole gzip file: %w", err)
	}
	if int64(len(whole)) > most {
		return nil, fmt.Errorf("expands to more than %d bytes, want a checkpoint of at most that", most)
	}
	return whole, nil
}

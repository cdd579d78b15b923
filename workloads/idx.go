package workloads

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
)

// readIDX reads an IDX file of bytes, plain or gzip by its content, that must
// have exactly the shape want. It gives the decompressed file and the values in
// it. However the file came about, no more is read than that shape takes.
func readIDX(path string, want []int) (content, values []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err // names the file itself
	}
	defer f.Close()
	content, err = decompress(f, idxSize(want))
	if err == nil {
		values, err = decodeIDX(content, want)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return content, values, nil
}

// decompress reads all of r, gzip or plain, up to one byte more than limit: the
// reader of the content sees that there was more.
func decompress(r io.Reader, limit int) ([]byte, error) {
	buffered := bufio.NewReader(r)
	if head, _ := buffered.Peek(2); string(head) == "\x1f\x8b" {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("not a whole gzip file: %w", err)
		}
		content, err := io.ReadAll(io.LimitReader(z, int64(limit)+1))
		if err != nil {
			return nil, fmt.Errorf("not a whole gzip file: %w", err)
		}
		return content, nil
	}
	return io.ReadAll(io.LimitReader(buffered, int64(limit)+1))
}

// idxSize is the size of an IDX file of bytes.
func idxSize(shape []int) int {
	size := 1
	for _, d := range shape {
		size *= d
	}
	return 4 + 4*len(shape) + size
}

// decodeIDX is the values of an IDX file that must have the shape want. The
// format is described where MNIST is published: two zero bytes, the type (8 for
// unsigned bytes), the number of dimensions, then each dimension as a big-endian
// 32-bit number, then the values, last index fastest.
func decodeIDX(b []byte, want []int) ([]byte, error) {
	head := 4 + 4*len(want)
	magic := []byte{0, 0, 8, byte(len(want))}
	if len(b) < 4 || !slices.Equal(b[:4], magic) {
		found := "missing"
		if len(b) > 0 {
			found = fmt.Sprintf("% x", b[:min(len(b), 4)])
		}
		return nil, fmt.Errorf("idx magic is %s, want % x: bytes in %d dimensions", found, magic, len(want))
	}
	if len(b) < head {
		return nil, fmt.Errorf("idx header is cut off after %d bytes, want %d", len(b), head)
	}
	for i, d := range want {
		if got := binary.BigEndian.Uint32(b[4+4*i:]); d < 0 || d > math.MaxUint32 || got != uint32(d) {
			return nil, fmt.Errorf("idx dimension %d is %d, want %d", i+1, got, d)
		}
	}
	switch size := idxSize(want); {
	case len(b) < size:
		return nil, fmt.Errorf("idx data is cut off after %d bytes, want %d for shape %v", len(b)-head, size-head, want)
	case len(b) > size:
		return nil, fmt.Errorf("idx data goes on after the %d bytes of shape %v, want the end of the file", size-head, want)
	}
	return b[head:], nil
}

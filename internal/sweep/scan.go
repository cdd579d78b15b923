package sweep

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// scan calls do with the body of every record of a file, in the order of lines,
// and returns the length of all whole lines. A writer that was killed, or is at
// work, may leave a last line that is not whole: it is not counted. Any other
// damage is an error. A body lives until do returns.
func scan(path string, do func(body []byte) error) (whole int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 1<<16)
	damaged := 0
	var line []byte
	for number := 1; ; number++ {
		line, err = readLine(in, line[:0])
		if err != nil && !errors.Is(err, io.EOF) {
			return whole, err
		}
		if len(line) == 0 {
			return whole, nil
		}
		if damaged > 0 {
			return whole, fmt.Errorf("%s:%d: line is damaged (its checksum is another); without the line its point is computed again", path, damaged)
		}
		body, ok := lineBody(line)
		if !ok {
			damaged = number
			continue
		}
		if err := do(body); err != nil {
			return whole, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		whole += int64(len(line))
	}
}

// readLine appends a line with its line feed, which the last one may lack. Its
// error is one of reading, or io.EOF.
func readLine(in *bufio.Reader, line []byte) ([]byte, error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}
